"""The tour's program: `python -m compat`, with or without time to read."""

from __future__ import annotations

import argparse

from compat import command_line
from modern.command_line import Parser, program_name

PROGRAM = "compat"

READING_SECONDS = 0.24
"""Time for one line, where a person reads along: the whole tour stays under half a minute."""


def build_parser() -> Parser:
    """Return the command line; wrong use raises UsageError instead of leaving the program."""
    parser = Parser(
        prog=program_name("python -m compat"),
        description="The tour: both chats on loopback, with the wire in view, and attacked.",
        allow_abbrev=False,
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--fast", action="store_true", help="without pauses")
    pace.add_argument(
        "--paced", action="store_true", help="with time to read (default at a terminal)"
    )
    return parser


def tour(arguments: argparse.Namespace) -> None:
    """Give the tour at the pace that is asked for. Raises CompatError, ModernError."""
    from compat import loop
    from compat.printer import Printer
    from compat.tour.guide import Guide
    from compat.tour.scenes import play

    printer = Printer()
    paced = arguments.paced or (printer.is_terminal and not arguments.fast)
    loop.run(play(Guide(printer, READING_SECONDS if paced else 0)))


def main() -> int:
    """Run the tour; return its exit status."""
    return command_line.run(PROGRAM, lambda: tour(build_parser().parse()))
