"""The chat where a person sits: a line that stays whole below what arrives, and a sane terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from modern import terminal
from modern.terminal import Seat, put_editor, take_seat
from tests.programs import AUTHKEY, CONFKEY, ROOT, Program, environment, modern_client
from tests.terminals import how_it_ended, in_shell

if TYPE_CHECKING:
    import pexpect

VARIABLES = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
SERVER = ("-m", "modern", "--server", "--bind", "127.0.0.1", "--port", "0", "--peer-name", "alice")
DRAWING = r"(?:\x1b\[[?0-9]*[a-zA-Z]|\r)*"
"""What comes before a line that is drawn: the erasing of what was there, colours, the cursor."""
PASTE = "\x1b[200~{}\x1b[201~"
"""How a terminal marks what was pasted."""
INTERRUPTED_START = """
import runpy, signal, sys, threading
def start(thread, start=threading.Thread.start):
    start(thread)
    signal.raise_signal(signal.SIGTERM)
threading.Thread.start = start
sys.argv = sys.argv[1:]
runpy.run_module("modern", run_name="__main__", alter_sys=True)
"""
"""Is told to end in the moment in which the editor has taken the terminal, and has not begun."""
LEFT, UP = "\x1b[D", "\x1b[A"


@pytest.fixture
def pair() -> Iterator[tuple[pexpect.spawn, Program]]:
    """Return bob's server at a terminal, and alice's client on pipes."""
    with in_shell(*SERVER, **VARIABLES) as bob:
        bob.expect(r"waiting for a peer on port (\d+)")
        with modern_client(bob.match[1]) as alice:
            bob.expect(r"connected by [^\r]*\r\n")
            bob.expect_exact(f"modern-chat: {terminal.HINT}\r\n")
            yield bob, alice


class TestTheLine:
    def test_it_stays_whole_below_what_arrives(self, pair):
        bob, alice = pair
        bob.send("half ty")
        bob.expect("half ty")
        alice.type("naïve ☃ 二重\n")
        bob.expect(rf"alice: naïve ☃ 二重\r\n{DRAWING}you: {DRAWING}half ty")
        alice.type("\x1b[2Jgone?\u202e\n")  # nor can she drive the terminal
        bob.expect_exact("alice: \\x1b[2Jgone?\\u202e\r\n")
        bob.send("ped\r")
        alice.wait_for("^half typed$")
        alice.end_input()
        bob.expect_exact("modern-chat: alice has left\r\n")
        assert how_it_ended(bob) == (0, True)

    def test_a_last_line_without_its_end_is_a_line(self, pair):
        bob, alice = pair
        alice.type("no newline")
        alice.end_input()
        bob.expect_exact("alice: no newline\r\nmodern-chat: alice has left\r\n")
        assert how_it_ended(bob) == (0, True)

    def test_who_leaves_first_is_not_told_that_the_peer_has_left(self, pair):
        bob, alice = pair
        bob.send("bye\r\x04")
        alice.wait_for("^bye$")
        alice.end_input()
        assert how_it_ended(bob) == (0, True)
        assert "has left" not in bob.before

    def test_arrows_history_and_pastes(self, pair):
        bob, alice = pair
        bob.send(f"helo{LEFT}l\r")
        alice.wait_for("^hello$")
        bob.expect(rf"you: hello\r\n{DRAWING}you:")  # with the new line, its history is there
        bob.send(f"{UP} again\r")
        alice.wait_for("^hello again$")
        bob.send(PASTE.format("one\ntwo\r\nthree") + "\r")
        alice.wait_for("^one\ntwo\nthree$")
        bob.send(PASTE.format("é" * 3000) + "\r")  # more than a terminal's line can have
        alice.wait_for("^é{3000}$")
        os.write(bob.child_fd, b"caf\xe9\r")
        bob.expect("is not in the terminal.s encoding")
        bob.sendcontrol("d")
        bob.expect_exact("said your end; Ctrl-C leaves")
        alice.type("and I go on\n")
        bob.expect_exact("alice: and I go on\r\n")
        alice.end_input()
        assert how_it_ended(bob) == (1, True)


class TestTheEnd:
    def test_ctrl_c_leaves_what_was_half_typed_and_a_sane_terminal(self, pair):
        bob, alice = pair
        bob.send("half ty")
        bob.expect("half ty")
        bob.sendcontrol("c")
        bob.expect_exact("you: half ty\r\n")
        assert how_it_ended(bob) == (130, True)
        alice.end_input()
        assert alice.wait() == 0  # nothing was broken off

    def test_a_signal_while_the_editor_begins_leaves_a_sane_terminal(self):
        with in_shell("-c", INTERRUPTED_START, *SERVER[1:], **VARIABLES) as bob:
            assert how_it_ended(bob) == (143, True)


class TestWithoutIt:
    def test_pipes_load_nothing_of_it(self):
        code = (
            "import sys, modern.chat, modern.program, modern.hardened.command_line\n"
            "import compat.careful.server, compat.careful.client\n"
            "import compat.tour.command_line, compat.tour.keys, compat.tour.scenes\n"
            "print([m for m in ('prompt_toolkit', 'modern.line_editor') if m in sys.modules])"
        )
        where = {"env": environment(), "cwd": ROOT, "capture_output": True, "text": True}
        done = subprocess.run([sys.executable, "-c", code], check=True, **where)
        assert done.stdout == "[]\n"

    @pytest.mark.parametrize("missing", ["prompt_toolkit", "prompt_toolkit.application"])
    def test_a_system_without_prompt_toolkit_has_the_plain_terminal_and_a_line(
        self, monkeypatch, missing
    ):
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setitem(sys.modules, missing, None)
        monkeypatch.delitem(sys.modules, "modern.line_editor", raising=False)
        said: list[str] = []
        plain = Seat(Terminal(), Terminal(), said.append)
        with put_editor(plain) as seat:
            assert seat is plain
        assert said == [terminal.NO_EDITOR]
        assert "--upgrade prompt_toolkit" in terminal.NO_EDITOR  # it may be there, but too old

    @pytest.mark.parametrize(
        ("stdin", "stdout", "term"),
        [
            ("pipe", "terminal", "xterm"),
            ("terminal", "pipe", "xterm"),
            ("terminal",) * 2 + ("dumb",),
        ],
    )
    def test_where_nobody_sits_or_nothing_can_be_drawn(self, monkeypatch, stdin, stdout, term):
        monkeypatch.setenv("TERM", term)
        streams = [Terminal() if kind == "terminal" else io.BytesIO() for kind in (stdin, stdout)]
        plain = Seat(*streams, print)
        with put_editor(plain) as seat:
            assert seat is plain


class TestTheHint:
    """Which key ends the chat: a person is told once, and only on a screen."""

    @pytest.mark.parametrize(
        ("stdin", "stderr", "expected"),
        [
            ("terminal", "terminal", [terminal.HINT]),
            ("terminal", "file", []),
            ("pipe", "terminal", []),
        ],
    )
    def test_who_is_told(self, monkeypatch, stdin, stderr, expected):
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setattr(sys, "stderr", Terminal() if stderr == "terminal" else io.StringIO())
        said: list[str] = []
        plain = Seat(Terminal() if stdin == "terminal" else io.BytesIO(), Terminal(), said.append)
        with take_seat(plain, Namespace(peer_name="peer", plain=True)) as seat:
            for _ in range(2):  # as a server does for each peer that connects
                seat.say_hint()
        assert said == expected

    @pytest.mark.parametrize(
        ("has_editor", "expected"), [(True, terminal.HINT), (False, terminal.HINT_ON_WINDOWS)]
    )
    def test_windows_has_another_key_without_the_editor(self, monkeypatch, has_editor, expected):
        monkeypatch.setattr(terminal, "os", SimpleNamespace(name="nt"))
        monkeypatch.setattr(sys, "stderr", Terminal())
        assert terminal.find_hint(Terminal(), has_editor=has_editor) == expected


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True
