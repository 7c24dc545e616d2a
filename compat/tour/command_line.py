"""The tour's program: `python -m compat`. It waits for the reader's keys, or plays by itself."""

from __future__ import annotations

import argparse
import contextlib

from compat import command_line
from modern.command_line import Parser, program_name

PROGRAM = "compat"

READING_SECONDS = 0.22
"""The pause for each line, if the tour plays by itself. All of it stays under half a minute."""
KEY_SECONDS = 0.08
"""The pause for each line, if a reader's key ends each part: only to show what comes first."""


def build_parser() -> Parser:
    """Return the command line. Wrong use raises UsageError and does not end the program."""
    parser = Parser(
        prog=program_name("python -m compat"),
        description="The tour: it plays both chats on loopback, shows the wire, and attacks both.",
        allow_abbrev=False,
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--fast", action="store_true", help="do not pause, and wait for no key")
    pace.add_argument(
        "--paced",
        action="store_true",
        help="pause after each line, so that you can read it, and wait for no key (without this: "
        "at a terminal, each part waits for a key)",
    )
    return parser


def tour(arguments: argparse.Namespace) -> None:
    """Play the tour, with or without pauses. Raises CompatError, ModernError."""
    from compat import loop
    from compat.printer import Printer
    from compat.tour.guide import Guide
    from compat.tour.keys import LeftEarly, find_keys, without_echo
    from compat.tour.scenes import play

    loop.check_free()
    printer = Printer()
    wait = None if arguments.fast or arguments.paced else find_keys()
    paced = arguments.paced or (printer.is_terminal and not arguments.fast)
    seconds = KEY_SECONDS if wait else READING_SECONDS if paced else 0
    with contextlib.suppress(LeftEarly), without_echo() if wait else contextlib.nullcontext():
        loop.run(play(Guide(printer, seconds, wait)))


def main() -> int:
    """Run the tour; return its exit status."""
    return command_line.run(PROGRAM, lambda: tour(build_parser().parse()))
