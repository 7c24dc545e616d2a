"""The command line of `python -m notebooks.lite`."""

from __future__ import annotations

from pathlib import Path

from compat.command_line import run
from modern.command_line import Parser, print_text, program_name
from notebooks.lite.site import build_site

PROGRAM = "lite"


def build_parser() -> Parser:
    """Return the command line."""
    parser = Parser(
        prog=program_name("python -m notebooks.lite"),
        description="Write a web site (JupyterLite) in which the notebooks run. "
        "This fetches Python for browsers from npm, and packages from PyPI.",
    )
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument(
        "--solutions", action="store_true", help="keep the solutions: a site for teachers"
    )
    return parser


def main() -> int:
    """Run the program; return its exit status."""
    return run(PROGRAM, _build)


def _build() -> None:
    arguments = build_parser().parse()
    for line in build_site(arguments.folder, solutions=arguments.solutions):
        print_text(f"{line}\n")
