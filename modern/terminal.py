"""Which console a chat gets: a line editor if a person sits there, otherwise the plain streams.

A chat gets the plain streams in a pipe, with a file, at a terminal that can only print (TERM=dumb),
without prompt_toolkit, and with `--plain`. Then no name is put before a line.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from modern.errors import ConsoleError
from modern.streams import TextOnly

# --help needs this file, too: what only a conversation needs is imported when it begins.
TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from modern.line_editor import LineEditor

YOU = "you: "
PEER_NAME = "peer"
HINT = "Ctrl-D on an empty line ends the chat"
HINT_ON_WINDOWS = "Ctrl-Z and Enter on an empty line end the chat"
"""A console of Windows without an editor has no other way to say the end of input."""
NO_EDITOR = (
    "what arrives may tear what you type: "
    "`python -m pip install --upgrade prompt_toolkit` gives you a line that stays whole"
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--peer-name` and `--plain`."""
    parser.add_argument(
        "--peer-name",
        metavar="NAME",
        default=PEER_NAME,
        help="at a terminal: the name before each line of your peer (default %(default)s)",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="at a terminal: no names and no line editor",
    )


class Seat:
    """Where a chat reads and writes: two raw streams, and lines for the user beside them."""

    def __init__(
        self,
        stdin: BinaryIO | None,
        stdout: BinaryIO | None,
        report: Callable[[str], None],
        farewell: str = "",
    ):
        """Take the streams and `report`; `farewell` is the line for a peer that has left."""
        self.stdin, self.stdout = stdin, stdout
        self.report, self.farewell = report, farewell
        self.hint = ""

    @classmethod
    def standard(cls, report: Callable[[str], None]) -> Seat:
        """Return the seat of this process: its own streams, plain."""
        from modern.console import unbuffered

        return cls(unbuffered(sys.stdin), unbuffered(sys.stdout), report)

    def say_hint(self) -> None:
        """Say how to end the chat, once, to a person who has not been told yet."""
        hint, self.hint = self.hint, ""
        if hint:
            self.report(hint)

    @property
    def has_person(self) -> bool:
        """Whether somebody types at one end and reads at the other."""
        from modern.console import is_terminal

        return is_terminal(self.stdin) and is_terminal(self.stdout)

    @property
    def can_draw(self) -> bool:
        """Whether a person sits there, at a terminal that can do more than print lines."""
        if isinstance(self.stdin, TextOnly) or isinstance(self.stdout, TextOnly):  # such as IDLE
            return False
        if os.name == "posix" and os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
            return False
        return self.has_person


@contextmanager
def take_seat(plain: Seat, arguments: argparse.Namespace) -> Iterator[Seat]:
    """Yield the seat that the options ask for. A pipe or a file stays what it is."""
    if not plain.has_person:
        yield plain
        return
    name = _one_line(arguments.peer_name)
    plain.farewell = f"{'the peer' if name == PEER_NAME else name} has left"
    if arguments.plain:
        plain.hint = find_hint(plain.stdin, has_editor=False)
        yield plain
    else:
        with put_editor(plain, you=YOU, peer=f"{name}: ") as seat:
            seat.hint = find_hint(plain.stdin, has_editor=seat is not plain)
            yield seat


@contextmanager
def put_editor(plain: Seat, you: str = "", peer: str = "") -> Iterator[Seat]:
    """Put a line editor in front of a plain seat, if a person sits there and the terminal can draw.

    `you` and `peer` stand before the lines of each side.
    """
    editor = _make_editor(plain, you, peer) if plain.can_draw else None
    if not editor:
        yield plain
        return
    with editor:
        report = plain.report
        yield Seat(*editor.streams, lambda line: editor.aside(lambda: report(line)), plain.farewell)


def find_hint(stdin: BinaryIO | None, *, has_editor: bool) -> str:
    """Return how to end the chat; nothing if what is reported goes to a pipe or a file."""
    if not (sys.stderr and sys.stderr.isatty()):
        return ""
    is_console = os.name == "nt" and not isinstance(stdin, TextOnly)
    return HINT_ON_WINDOWS if is_console and not has_editor else HINT


def _make_editor(plain: Seat, you: str, peer: str) -> LineEditor | None:
    """Return an editor, or None, after a line that says why there is none."""
    try:
        from modern.line_editor import LineEditor

        return LineEditor(plain.stdout, you, peer)
    except ImportError:
        plain.report(NO_EDITOR)
    except ConsoleError as error:
        plain.report(str(error))
    return None


def _one_line(name: str) -> str:
    from modern.console import defuse_line

    return defuse_line(name)
