"""Consoles of every encoding and width: all is printed, and escaped where it must be.

Every day in the poorest encoding, ASCII; `-m soak` tries all programs in all of them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys

import pytest

from compat.doors import DOORS
from modern.streams import escape
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    KEYS,
    MODERN,
    ROOT,
    TIMEOUT,
    Program,
    environment,
    modern_client,
    modern_port,
    modern_server,
    one_line,
    run,
)

ENCODINGS = ("cp1252", "cp437", "cp850", "gbk", "cp932", "ascii")
HELP = {door.module: ("-m", door.module, "--help") for door in DOORS}
A_CLASS = "a folder with a class"
REPORTS = {
    "dialects": (*MODERN, "--dialects"),
    "checks": ("-m", "tests.coursework", "list"),
    "a report": (
        "-m",
        "tests.coursework",
        "check",
        "tests/coursework/starter",
        "-pno:cacheprovider",
    ),
    "a class": ("-m", "tests.coursework", "class", A_CLASS, "--csv", f"{A_CLASS}.csv"),
    "identify": ("-m", "compat.identify", "README.md", *KEYS),
    "all programs": ("-c", "from compat.doors import main; main()"),
    "the tour": ("-m", "compat", "--fast"),
}
ALL = HELP | REPORTS
EVERY_DAY = {"dialects", "checks"}


def in_encoding(encoding: str) -> dict[str, str]:
    return environment(PYTHONUTF8="0", PYTHONIOENCODING=encoding)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        pytest.param(encoding, name)
        if encoding == "ascii" and name in EVERY_DAY
        else pytest.param(encoding, name, marks=pytest.mark.soak)
        for encoding in ENCODINGS
        for name in ALL
    ],
)
def test_everything_is_printed(tmp_path, encoding, name):
    starter = ROOT / "tests" / "coursework" / "starter"
    shutil.copytree(starter, tmp_path / "class" / "alice")
    arguments = [word.replace(A_CLASS, str(tmp_path / "class")) for word in ALL[name]]
    with Program(*arguments, env=in_encoding(encoding)) as program:
        program.end_input()
        program.process.wait(150)
        program.wait()
    assert "Traceback" not in program.stderr
    assert program.stdout_bytes.decode(encoding)  # strictly: nothing there is of another encoding
    if name == "the tour":
        tag = "☑".encode(encoding, "backslashreplace").decode()
        assert f" {tag}  " in program.stdout_bytes.decode(encoding)


@pytest.mark.soak
@pytest.mark.parametrize("name", HELP)
def test_help_is_the_same_on_a_pipe_whatever_the_window(name):
    narrow, wide = (run(*HELP[name], env=environment(COLUMNS=width)) for width in ("20", "200"))
    assert narrow.stdout == wide.stdout or name == "tests.coursework"
    lines = wide.stdout.splitlines()
    assert max(len(line) for line in lines if "--generate-keys | " not in line) <= 80


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_a_stream_cannot_encode_is_escaped(tmp_path, encoding):
    with (tmp_path / "file").open("w", encoding=encoding) as file:
        file.write(escape("ok ☑ 猫 \u202e é", file))
    shown = (tmp_path / "file").read_text(encoding=encoding)
    assert shown.startswith("ok ")
    assert "\\u202e" in shown


# Typed text ----------------------------------------------------------------------------------


def test_a_pipe_with_text_in_another_encoding_is_told_how_to_convert_it():
    with modern_server() as server:
        with modern_client(modern_port(server)) as client:
            client.type("naïve\n".encode("cp1252") + b"hello\n")
            client.end_input()
            server.wait_for("^hello\n")
            server.end_input()
            assert (client.wait(), server.wait()) == (1, 0)
    assert server.stdout == "hello\n"
    assert "skipped a line that is not UTF-8: convert the text first" in client.stderr
    assert client.stderr.endswith("lines not sent, because they are not UTF-8: 1\n")


def test_a_terminal_in_another_encoding_sends_and_shows_text_in_it():
    terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
    keys = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
    variables = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"}
    with terminals.at_terminal(*MODERN, "--server", "--port", "0", **keys, **variables) as server:
        server.expect(r"waiting for a peer on port (\d+)")
        with modern_client(server.match[1]) as client:
            server.expect("connected by")
            client.type("tag ☑ caf\u00e9\n")
            server.expect(r"tag \\u2611 caf\ufffd\r\n")  # the é is one byte, as cp1252 has it
            os.write(server.child_fd, "naïve €\n".encode("cp1252"))
            client.wait_for("^naïve €\n")
            os.write(server.child_fd, b"\x81\x8d\n")  # no character of that encoding
            server.expect("skipped a line that is not in the terminal's encoding")


# Widths --------------------------------------------------------------------------------------

WIDTHS = """
import os, sys
from compat.printer import Printer
for os.environ["COLUMNS"] in sys.argv[1:]:
    print(Printer().width)
"""


def test_a_senseless_width_is_that_of_the_window():
    pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals there")
    seen = {"0": 60, "abc": 60, "": 60, "20": 20}
    command = shlex.join([sys.executable, "-c", WIDTHS, *seen])
    env = environment(TERM="dumb")
    shown = pexpect.run(command, env=env, dimensions=(50, 60), timeout=TIMEOUT)
    assert [*map(int, shown.split())] == [*seen.values()]


@pytest.mark.soak
@pytest.mark.parametrize(
    "variables",
    [{"TERM": "dumb"}, {"COLUMNS": "0"}, {"COLUMNS": "abc"}, {"COLUMNS": "20"}, {"COLUMNS": "1"}],
    ids=repr,
)
def test_the_tour_plays_at_every_terminal(variables):
    terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
    with terminals.at_terminal("-m", "compat", "--fast", **variables) as tour:
        shown, status = terminals.ended(tour)
    assert status == 0
    assert "Traceback" not in shown


def test_a_line_of_the_legacy_prompt_in_another_encoding_is_used_wrongly():
    done = run("-m", "legacy.Client", typed="caf\udce9\n", errors="surrogateescape")
    assert done.returncode == 2
    assert "what was typed is not utf-8" in one_line(done.stderr)
