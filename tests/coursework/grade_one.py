"""Grades one submission: calls pytest with the grader's options.

    python -m tests.coursework check FOLDER [--protocol legacy|modern|hardened] [options]

`python -m pytest tests/coursework --submission=FOLDER` does the same.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from tests.coursework import plugin
from tests.coursework.checks import PROGRAM_CHECKS
from tests.coursework.compare import visible
from tests.coursework.finding import Opened
from tests.coursework.grading import NO_PROTOCOL, assignment_of
from tests.coursework.places import HERE

PROGRAM = "python -m tests.coursework.grade_one"
_USED_WRONGLY = 2


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Grade the submission that the command line names; return the exit status."""
    status = pytest.main(pytest_arguments(arguments, program))
    return _USED_WRONGLY if status == pytest.ExitCode.USAGE_ERROR else int(status)


def pytest_arguments(arguments: list[str] | None, program: str) -> list[str]:
    """Return the arguments for pytest; leave with status 2 if the command line cannot be right.

    Each option is one word, `--name=value`. If its value stood alone, pytest could take it for a
    folder with tests, and run code of the submission there.
    """
    parser = _parser(program)
    options, others = parser.parse_known_args(arguments)
    if options.folder and options.submission:
        parser.error("FOLDER and --submission say the same: use one of them")
    options.submission = options.folder or options.submission
    if problem := _problem_of(options, others):
        parser.error(problem)
    del options.folder
    keyword = [f"-k{options.__dict__.pop('keyword')}"] if options.keyword else []
    words = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in vars(options).items()
        if value is not None
    ]
    return [str(HERE), "-q", *words, *keyword, *others]


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        allow_abbrev=False,
        usage=f"{program} FOLDER [options]",
        description="Grade the submission in FOLDER. Exit status 0: all points, 1: not all points.",
        epilog="Other options go to pytest: -x stops at the first failure, -v prints more. "
        "If one has a value, write --name=value.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="has legacy_chat.py, modern_chat.py, hardened_chat.py; or a .zip archive",
    )
    plugin.add_options(parser.add_argument)
    add = parser.add_argument
    add("-k", dest="keyword", metavar="WORDS", help="only checks with these words in their names")
    add("--junitxml", type=Path, metavar="FILE", help="write a JUnit report here")
    return parser


def _problem_of(options: argparse.Namespace, others: list[str]) -> str:
    """Return what is wrong with the command line; empty if nothing is."""
    commands = options.server_command or options.client_command
    if loose := [word for word in others if not word.startswith("-")]:
        return f"what is {loose[0]!r}? (write other options of pytest as --name=value)"
    if commands and options.protocol not in PROGRAM_CHECKS:
        return NO_PROTOCOL
    if not options.submission and not commands:
        return "name the folder of the submission"
    if options.submission and not options.submission.exists():
        return f"there is no folder {options.submission}"
    return "" if commands else _problem_of_protocol(options)


def _problem_of_protocol(options: argparse.Namespace) -> str:
    """Return what is wrong if there is nothing but a file for a chat that is not graded."""
    opened = Opened(options.submission)
    try:
        other = opened.of_another_chat(*assignment_of(options).files)
    finally:
        opened.close()
    if not other:
        return ""
    protocol = other.partition("_chat")[0]
    return f"{visible(options.submission.name)} has only {other}: add --protocol {protocol}"


if __name__ == "__main__":
    sys.exit(main())
