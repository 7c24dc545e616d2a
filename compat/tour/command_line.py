"""The tour's program: `python -m compat`, with or without pauses."""

from __future__ import annotations

import argparse

from compat import command_line
from modern.command_line import Parser, program_name

PROGRAM = "compat"

READING_SECONDS = 0.24
"""The pause for each line, if a person reads along. The whole tour stays under half a minute."""


def build_parser() -> Parser:
    """Return the command line. Wrong use raises UsageError and does not end the program."""
    parser = Parser(
        prog=program_name("python -m compat"),
        description="The tour: it plays both chats on loopback, shows the wire, and attacks both.",
        allow_abbrev=False,
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--fast", action="store_true", help="without pauses")
    pace.add_argument(
        "--paced", action="store_true", help="with time to read (default at a terminal)"
    )
    return parser


def tour(arguments: argparse.Namespace) -> None:
    """Play the tour, with or without pauses. Raises CompatError, ModernError."""
    from compat import loop
    from compat.printer import Printer
    from compat.tour.guide import Guide
    from compat.tour.scenes import play

    loop.check_free()
    printer = Printer()
    paced = arguments.paced or (printer.is_terminal and not arguments.fast)
    loop.run(play(Guide(printer, READING_SECONDS if paced else 0)))


def main() -> int:
    """Run the tour; return its exit status."""
    return command_line.run(PROGRAM, lambda: tour(build_parser().parse()))
