"""A thread that is just telling something, when the program ends: Python must not abort for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap

import pytest

from modern import command_line
from tests.programs import ROOT, TIMEOUT, environment, one_line, run

TELLING = textwrap.dedent("""
    import sys, threading
    from modern import command_line

    def tell():
        while True:
            command_line.report("x" * int(sys.argv[1]), "telling")
            told.set()

    def work():
        threading.Thread(target=tell, daemon=True).start()
        told.wait(0.5)

    told = threading.Event()
    sys.exit(command_line.run("telling", work))
""")


@pytest.mark.skipif(sys.platform == "win32", reason="a socket is no standard stream there")
@pytest.mark.parametrize("size", [10, 10_000_000], ids=["somebody reads", "nobody reads"])
def test_the_status_is_that_of_the_program(size):
    reading, writing = socket.socketpair()
    with reading, writing:
        for _ in range(5 if size == 10 else 1):
            reader = subprocess.Popen(["cat"], stdin=reading, stdout=subprocess.DEVNULL)
            if size > 10:
                reader.kill()
            done = subprocess.run(
                [sys.executable, "-c", TELLING, str(size)],
                stderr=writing,
                env=environment(),
                cwd=ROOT,
                timeout=TIMEOUT,
                check=False,
            )
            reader.kill()
            reader.wait()
            assert done.returncode == 0


INTERRUPTED = textwrap.dedent("""
    import os, signal, sys
    from modern import command_line
    from modern.errors import NetworkError

    def work():
        raise NetworkError("the peer broke off the chat")

    command_line.report = lambda line, program: os.kill(os.getpid(), signal.SIGINT)
    sys.exit(command_line.run("telling", work))
""")


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_while_the_last_line_is_reported_is_no_traceback():
    done = run("-c", INTERRUPTED)
    assert (done.returncode, done.stderr) == (130, "")


def test_a_line_stays_one_line_whatever_is_in_a_name(monkeypatch, capsys):
    monkeypatch.setattr(command_line, "_reporting", command_line._Reporting())
    command_line.report("cannot read two\nlines\r\n\x1b[2J\u202e\udce9 ☑", "telling")
    shown = one_line(capsys.readouterr().err)
    assert shown == r"telling: cannot read two\x0alines\x0d\x0a\x1b[2J\u202e\udce9 ☑"


def test_an_invisible_letter_alone_is_escaped_too(monkeypatch, capsys):
    """Python calls the Korean fillers printable."""
    monkeypatch.setattr(command_line, "_reporting", command_line._Reporting())
    command_line.report("cannot read \u3164", "telling")
    assert one_line(capsys.readouterr().err) == r"telling: cannot read \u3164"
