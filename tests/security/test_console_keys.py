"""Ctrl-C and Ctrl-Break at a console of Windows end each program as its page says."""

from __future__ import annotations

import os
import sys

import pytest

from legacy import console
from modern import devices
from tests.programs import AUTHKEY, CONFKEY, HARDENED_PASSPHRASE, ROOT, Program, environment
from tests.systems import ON_WINE, not_under_wine

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="consoles of Windows")

KEYBOARD = str(ROOT / "tests" / "console_keys.py")
NOWHERE = "127.0.0.1:1"
SECRETS = environment(
    MODERN_CONFKEY=CONFKEY, MODERN_AUTHKEY=AUTHKEY, HARDENED_PASSPHRASE=HARDENED_PASSPHRASE
)
WAITING: dict[str, tuple[tuple[str, ...], str, str]] = {
    "legacy": (("legacy.Server", "0"), "stdout", "Waiting For Connection"),
    "careful": (("compat.Server", "0"), "stdout", "Waiting For Connection"),
    "modern": (("modern", "--server", "--port", "0"), "stderr", "waiting for a peer"),
    "third chat": (("modern.hardened", "--server", "--port", "0"), "stderr", "waiting for a peer"),
    "wiretap": (
        ("compat.wiretap", "--listen", "0", "--forward", NOWHERE),
        "stderr",
        "waiting for a peer",
    ),
}
"""For each program: how it is started, on which stream it says that it waits, and its words."""


@pytest.mark.parametrize(
    "key",
    [
        "^C",
        pytest.param(
            "^Break", marks=not_under_wine("its C library does not pass Ctrl-Break on as SIGBREAK")
        ),
    ],
)
@pytest.mark.parametrize("program", WAITING)
def test_a_key_ends_a_program_that_waits_for_its_peer(program, key):
    arguments, stream, words = WAITING[program]
    with Program(KEYBOARD, "-m", *arguments, env=SECRETS) as waiting:
        waiting.wait_for(words, stream)
        waiting.type(f"{key}\n")
        assert waiting.wait() == expected_status(program, key)
    assert "Traceback" not in waiting.stderr


def expected_status(program: str, key: str) -> int:
    """Return the exit status that the program's page names; SIGBREAK has the number 21."""
    if key == "^Break":
        return 128 + 21
    return 255 if program in ("legacy", "careful") else 130


@pytest.mark.parametrize("package", ["modern", "modern.hardened"])
def test_ctrl_c_in_a_chat_that_is_piped_breaks_it_off(package):
    where = ("--client", "127.0.0.1", "--port")
    with Program("-m", package, "--server", "--port", "0", env=SECRETS) as server:
        port = server.wait_for(r"waiting for a peer on port (\d+)", "stderr")[1]
        with Program(KEYBOARD, "-m", package, *where, port, env=SECRETS) as client:
            client.type("hello\n")
            server.wait_for("^hello\n")
            client.type("^C\n")
            assert client.wait() == 130
        server.end_input()
        assert server.wait() in BROKEN_OFF[package]


@pytest.mark.parametrize("is_nul", [console._is_nul, devices.is_nul], ids=["legacy", "modern"])
def test_the_device_nul_is_told_from_pipes_and_files(is_nul, tmp_path):
    """The line editor of a chat has a pipe: taken for NUL, it would be nobody's."""
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe, open(writing, "wb"), open(os.devnull, "rb") as nul:
        with (tmp_path / "file").open("wb") as file:
            assert [is_nul(stream) for stream in (pipe, file, nul)] == [False, False, True]


BROKEN_OFF = {
    "modern": (0, 1) if ON_WINE else (1,),  # Wine may end a connection that Windows resets
    "modern.hardened": (1,),
}
