"""Streams that take only text: those of IDLE, of notebooks, and of programs that run others."""

from __future__ import annotations

import asyncio
import importlib.util
import sys

import pytest

from compat.doors import DOORS
from modern.streams import NOTEBOOK, SEEN
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    HARDENED_PASSPHRASE,
    KEYS,
    MODERN,
    ROOT,
    Program,
    environment,
    modern_port,
    one_line,
    run,
    run_here,
)

IN_IDLE = ("-m", "tests.text_only", "idle")
CAPTURED = ("-m", "tests.text_only", "captured")
needs_idle = pytest.mark.skipif(
    not (importlib.util.find_spec("idlelib") and importlib.util.find_spec("_tkinter")),
    reason="this Python came without IDLE",
)


@needs_idle
@pytest.mark.parametrize("package", ["legacy", pytest.param("compat", marks=pytest.mark.soak)])
def test_two_windows_of_idle_hold_a_legacy_chat(package):
    with Program(*IN_IDLE, f"{package}/Server.py", "0") as server:
        port = server.wait_for(r"PORT (\d+)")[1]
        with Program(*IN_IDLE, f"{package}/Client.py") as client:
            client.type(f"127.0.0.1\n{port}\nsecret\n")
            server.type("secret\n")
            for program in (server, client):
                program.wait_for("Listening On Thread 1")
            client.type("naïve ☑\n")
            server.wait_for("^Received : naïve ☑ +☑  ")
            server.type("and back\nquit()\n")
            client.wait_for("^Received : and back +☑  ")
            assert (server.wait(), client.wait()) == (0, 0)
    assert (server.stderr, client.stderr) == ("", "")
    assert SEEN in server.stdout  # IDLE cannot hide a passphrase


@needs_idle
@pytest.mark.parametrize(
    "module", ["modern", pytest.param("modern.hardened", marks=pytest.mark.soak)]
)
def test_two_windows_of_idle_hold_a_modern_chat(module):
    keys = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
    env = environment(HARDENED_PASSPHRASE=HARDENED_PASSPHRASE, **keys)
    with Program(*IN_IDLE, "-m", module, "--server", "--port", "0", env=env) as server:
        place = ("--client", "127.0.0.1", "--port", modern_port(server))
        with Program(*IN_IDLE, "-m", module, *place, env=env) as client:
            server.wait_for("connected by", "stderr")
            client.type("naïve ☑ \x1b[2J\n")
            server.wait_for(r"^naïve ☑ \\x1b\[2J\n")
            server.type("and back\n")
            client.wait_for("^and back\n")
            client.end_input()
            assert (server.wait(), client.wait()) == (0, 0)


@needs_idle
def test_idle_asks_for_keys_in_its_own_window_and_says_that_it_shows_them():
    with Program(*IN_IDLE, *MODERN, "--server", "--port", "0") as server:
        server.wait_for("confkey: ")
        server.type(f"{CONFKEY}\n{AUTHKEY}\n")
        modern_port(server)
    assert server.stdout == f"confkey: {SEEN}authkey: {SEEN}"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(door.module, marks=() if door.module == "legacy.Server" else pytest.mark.soak)
        for door in DOORS
    ],
)
def test_help_can_be_collected(name):
    done = run(*CAPTURED, "-m", name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run("-m", name, "--help").stdout


@pytest.mark.soak
def test_the_tour_can_be_collected():
    done = run(*CAPTURED, "-m", "compat", "--fast")
    assert (done.returncode, done.stderr) == (0, "")
    assert "It still works." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_capture_cannot_come_from_a_window():
    done = run(*CAPTURED, "-m", "compat.identify", "-", *KEYS)
    assert done.returncode == 1
    assert "name a file" in one_line(done.stderr)


# In a notebook -------------------------------------------------------------------------------

CHATS = (
    "legacy/Server.py 0",
    "legacy/Client.py",
    "compat/Server.py 0",
    "modern/p2p_encryption.py --server --port 0",
    "-m modern.hardened -- --client 127.0.0.1",
)
LOOPS = (
    "-m compat -- --fast",
    "-m compat.wiretap -- --listen 127.0.0.1:0 --forward 127.0.0.1:1",
    "-m compat.page -- --port 0",
)


MODULES = (
    ("-m", "legacy.Server", "0"),
    ("-m", "legacy.Client"),
    ("-m", "compat.Server", "0"),
    ("-m", "modern", "--server", "--port", "0"),
    ("-m", "modern.hardened", "--client", "127.0.0.1"),
)


@pytest.mark.parametrize("words", MODULES, ids=lambda words: words[1])
def test_where_a_notebook_asks_a_chat_says_so_before_it_listens_or_connects(monkeypatch, words):
    """A kernel has an `input` of its own."""
    monkeypatch.setattr("builtins.input", lambda prompt="": "")
    done = run_here(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert one_line(done.stderr).endswith(NOTEBOOK)


@pytest.mark.parametrize("words", LOOPS, ids=lambda words: words.split()[1])
def test_where_a_loop_runs_already_a_program_says_so(words):
    """A kernel runs one."""

    async def run_in_a_loop():
        return run_here(*(word for word in words.split() if word != "--"))

    done = asyncio.run(run_in_a_loop())
    assert done.returncode == 1
    assert one_line(done.stderr).endswith("or in a cell with an exclamation mark before python")


@pytest.fixture(scope="module")
def cell():
    """Return a function that runs a line in a real kernel and returns what it printed."""
    manager = pytest.importorskip("jupyter_client.manager", reason="there is no Jupyter")
    kernel, client = manager.start_new_kernel(
        kernel_name="python3", cwd=str(ROOT), env=environment()
    )

    def execute(code):
        printed = []

        def collect(message):
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        client.execute_interactive(code, output_hook=collect, allow_stdin=False, timeout=20)
        return "".join(printed)

    yield execute
    client.stop_channels()
    kernel.shutdown_kernel(now=True)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # those of Jupyter
@pytest.mark.skipif(sys.platform == "win32", reason="Jupyter there wants another loop")
def test_in_a_notebook_a_chat_says_so_before_it_listens_or_connects(cell):
    for words in CHATS:
        first, *others = cell(f"%run {words}").splitlines()
        assert first.endswith(NOTEBOOK), words
        assert not [line for line in others if "UserWarning" not in line and "warn(" not in line]
    for words in LOOPS:
        first, *_ = cell(f"%run {words}").splitlines()
        assert first.endswith("or in a cell with an exclamation mark before python"), words
    assert "usage: Server.py" in cell("%run legacy/Server.py --help")
    assert "usage: " in cell(f"!{sys.executable} -m compat --help")
