"""From the options of a command to a grader: which chat, functions or programs, which checks."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.coursework.checks import FUNCTION_CHECKS, PROGRAM_CHECKS
from tests.coursework.console import beside
from tests.coursework.drawing import new_seed
from tests.coursework.finding import Opened, names_in_commands, root_of
from tests.coursework.model import Check, Grader, Result
from tests.coursework.programs import ProgramUnderTest
from tests.coursework.submission import Submission

PROTOCOLS = ("legacy", "modern", "hardened")
BOTH = ("legacy", "modern")
"""What is graded without `--protocol`. The records of the third chat are a work of their own."""

ROLES = ("server", "client")
TIME_LIMIT = 10.0


@dataclass(frozen=True)
class Assignment:
    """What is graded, and how. It is the same for every submission of a class.

    `commands` has a command line for each role that is graded. Without commands, the functions of
    a submission's file are graded.
    """

    protocols: tuple[str, ...] = BOTH
    commands: dict[str, str] = field(default_factory=dict)
    time_limit: float = TIME_LIMIT
    seed: int = field(default_factory=new_seed)
    """From it follows all that the checks draw. It is the same for all, so that it is fair."""

    @property
    def checks(self) -> list[Check]:
        return [check for family in self._families() for check in self._checks_of(*family)]

    @property
    def points(self) -> int:
        """How many points a submission can get."""
        return sum(check.points for check in self.checks)

    def grader(self, folder: Path, notes: Iterable[str] = ()) -> Grader:
        """Return a grader of the submission in `folder`; close it after use.

        `notes` say what of the submission was left out before, a line each.
        """
        opened = Opened(folder, notes)
        subjects = {"-".join(family): self._subject(opened, *family) for family in self._families()}
        return Grader(subjects, self.checks, opened)

    def grade(self, folder: Path) -> list[Result]:
        """Grade one submission."""
        grader = self.grader(folder)
        try:
            return grader.results()
        finally:
            grader.close()

    def _families(self) -> list[tuple[str, ...]]:
        if not self.commands:
            return [(protocol,) for protocol in self.protocols]
        return [(protocol, role) for protocol in self.protocols for role in self.commands]

    def _checks_of(self, protocol: str, *role: str) -> list[Check]:
        if not role:
            return FUNCTION_CHECKS[protocol]
        return PROGRAM_CHECKS[protocol].for_role(*role)

    @property
    def files(self) -> list[str]:
        """The names of the files that a submission must have."""
        if self.commands:
            return names_in_commands(self.commands.values())
        return [f"{protocol}_chat.py" for protocol in self.protocols]

    def _subject(self, opened: Opened, protocol: str, *role: str) -> Any:
        if not role:
            return Submission(opened.find(f"{protocol}_chat.py"), self.time_limit, self.seed)
        command, folder = self.commands[role[0]], root_of(opened, self.files)
        return ProgramUnderTest(protocol, role[0], command, folder, self.time_limit, self.seed)


def total(results: Iterable[Result]) -> tuple[int, int]:
    """Return the points of a submission, and how many it could have got."""
    listed = list(results)
    return sum(result.points for result in listed), sum(result.check.points for result in listed)


# Options: the same for argparse and for pytest ---------------------------------------------------

NO_PROTOCOL = "a command needs --protocol legacy or --protocol modern"
"""What is wrong with a command, and another protocol or none: the third chat has no such checks."""


def add_options(add: Callable[..., object]) -> None:
    """Add the options that describe an assignment; `add` is argparse's or pytest's method."""
    add(
        "--protocol",
        choices=PROTOCOLS,
        help=f"grade only this chat (default: {' and '.join(BOTH)})",
    )
    for role in ROLES:
        add(
            f"--{role}-command",
            metavar="COMMAND",
            help=f"grade a program: the command that starts its {role}; {{host}}, {{port}}, "
            "{confkey}, {authkey} and {submission} in it are replaced",
        )
    add(
        "--time-limit",
        type=float,
        default=TIME_LIMIT,
        metavar="SECONDS",
        help="for each call and each wait (default %(default)g)",
    )
    add("--seed", type=int, metavar="N", help="ask the same as the run that printed this seed")


def assignment_of(options: argparse.Namespace) -> Assignment:
    """Return the assignment that the options describe."""
    commands = {role: getattr(options, f"{role}_command") for role in ROLES}
    return Assignment(
        protocols=(options.protocol,) if options.protocol else BOTH,
        commands={role: command for role, command in commands.items() if command},
        time_limit=options.time_limit,
        seed=new_seed() if options.seed is None else options.seed,
    )


def table_of_checks(chosen: Assignment, columns: int | None = None) -> Iterator[str]:
    """Yield the rows of the table of checks. Without commands it has both kinds of checks.

    `columns` is the width of the terminal, if there is one.
    """
    with_programs = tuple(each for each in chosen.protocols if each in PROGRAM_CHECKS)
    programs = [Assignment(with_programs, dict.fromkeys(ROLES, ""))] if with_programs else []
    for assignment in [chosen] if chosen.commands else [chosen, *programs]:
        for check in assignment.checks:
            rule = " ".join(check.rule.split(":")[0].split())
            head = f"{check.id:32} {check.points:2}  "
            yield beside(head, f"{check.title} [{rule}]", columns)
        yield f"{'':32} {assignment.points:2}  points in all\n"
