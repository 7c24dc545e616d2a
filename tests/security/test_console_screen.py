"""What a person sees and types at a console of Windows: the line that stays whole, the secrets."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType

import pytest

from tests.programs import (
    AUTHKEY,
    CONFKEY,
    HARDENED_PASSPHRASE,
    Program,
    environment,
    hardened_client,
    modern_client,
)
from tests.systems import ON_WINE, not_under_wine

pytestmark = [
    pytest.mark.skipif(sys.platform != "win32", reason="consoles of Windows"),
    pytest.mark.skipif(
        ON_WINE and not ctypes.WinDLL("kernel32").GetConsoleCP(),  # type: ignore[attr-defined]
        reason="Wine: there is a console only in a terminal (tests/README.md)",
    ),
]

SECRETS = environment(
    MODERN_CONFKEY=CONFKEY, MODERN_AUTHKEY=AUTHKEY, HARDENED_PASSPHRASE=HARDENED_PASSPHRASE
)
ENTER = "\r"
"""Is pressed alone: after a text, at the same moment, it is taken for a part of a paste."""
LISTENS = r"waiting for a peer on port (\d+)"


class AtConsole(Program):
    """A program at a console, with somebody who types and reads."""

    def __init__(self, *arguments: str) -> None:
        keyboard = ("-m", "tests.console_screen", *arguments)
        super().__init__(*keyboard, env=SECRETS)
        self._answers = 1  # the first line is the program's number

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program, too, if something went wrong."""
        if error is not None and (started := re.match(r"\d+", self.stdout)):
            with suppress(OSError):
                os.kill(int(started[0]), signal.SIGTERM)
        super().__exit__(kind, error, trace)

    def see(self, pattern: str, typed: str = "") -> re.Match[str]:
        """Type, wait for a pattern on the screen, and return where it is."""
        self.type(json.dumps({"type": typed, "find": pattern}) + "\n")
        self._answers += 1
        self.wait_for(rf"\A(.*\n){{{self._answers}}}")
        self.screen = "\n".join(json.loads(self.stdout.splitlines()[-1]))
        found = re.search(pattern, self.screen, re.MULTILINE)
        assert found, self.screen
        return found

    def end(self) -> int:
        """Wait for the program's end, and return its exit status."""
        self.end_input()
        return self.wait()


@pytest.fixture
def pair() -> Iterator[tuple[AtConsole, Program]]:
    """Return bob's server at a console, and alice's client on pipes."""
    with AtConsole("-m", "modern", "--server", "--port", "0", "--peer-name", "alice") as bob:
        with modern_client(bob.see(LISTENS)[1]) as alice:
            bob.see("connected by")
            yield bob, alice


def test_a_line_stays_whole_below_what_arrives(pair):
    bob, alice = pair
    bob.see("^you: half ty$", typed="half ty")
    for number in range(3):
        alice.type(f"line {number} \x1b[2J\n")
        bob.see(rf"^alice: line {number} \\x1b\[2J\nyou: half ty$")
    bob.see("^you: half typed$", typed="ped")
    bob.see("^you: half typed\nyou:$", typed=ENTER)
    alice.wait_for("^half typed\r?$")
    alice.end_input()
    bob.see("^you: half typed\nmodern-chat: alice has left$")
    assert bob.end() == 0


def test_arrows_history_and_a_paste(pair):
    bob, alice = pair
    bob.see("^you: hello$", typed="helo←l")
    bob.see("^you: hello\nyou:$", typed=ENTER)
    bob.see("^you: hello again$", typed="↑ again")
    bob.see("^you: hello again\nyou:$", typed=ENTER)
    bob.see("^(you: one\n)?(you: )?two$", typed="one\rtwo")
    bob.see("^you: one\nyou: two\nyou:$", typed=ENTER)
    alice.wait_for(r"^hello\r?\nhello again\r?\none\r?\ntwo\r?$")


@pytest.mark.parametrize("key", ["\x04", "\x1a"], ids=["Ctrl-D", "Ctrl-Z"])
def test_a_key_says_the_end(pair, key):
    bob, alice = pair
    bob.see("you have said your end", typed=key)
    alice.type("one more\n")
    bob.see("^alice: one more$")
    alice.end_input()
    assert (bob.end(), alice.wait()) == (0, 0)


def test_ctrl_c_breaks_the_chat_off(pair):
    bob, alice = pair
    bob.see("^you: half$", typed="half")
    bob.see("^you: half$", typed="\x03")
    assert bob.end() == 130
    alice.end_input()
    assert alice.wait() in ((0, 1) if ON_WINE else (1,))


def test_the_third_chat_has_the_same_line():
    with AtConsole("-m", "modern.hardened", "--server", "--port", "0") as bob:
        with hardened_client(bob.see(LISTENS)[1]) as alice:
            bob.see("both sides know the passphrase")
            bob.see("^you: half$", typed="half")
            alice.type("hello\n")
            bob.see("^peer: hello\nyou: half$")
            alice.end_input()
            bob.see("has left$")
            assert (bob.end(), alice.wait()) == (0, 0)


@not_under_wine("its console takes escape sequences and does not obey them")
def test_the_colours_of_the_tour_and_the_wiretap_are_no_text():
    code = (
        "from compat.printer import Printer; from rich.text import Text; "
        "Printer().print(Text('first', 'bold red'), 'last')"
    )
    with AtConsole("-c", code) as tour:
        tour.see("^first\nlast$")
        assert tour.end() == 0
