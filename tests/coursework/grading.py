"""From what a user names (a folder, commands, protocols) to a grader with its checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.coursework import (
    legacy_checks,
    legacy_program_checks,
    modern_checks,
    modern_program_checks,
    programs,
)
from tests.coursework.model import Check, Grader, Result
from tests.coursework.submission import HERE, Submission

PROTOCOLS = ("legacy", "modern")
ROLES = ("server", "client")
REFERENCE = HERE / "reference"
TIME_LIMIT = 10.0

FUNCTION_CHECKS = {"legacy": legacy_checks.CATALOGUE, "modern": modern_checks.CATALOGUE}
PROGRAM_CHECKS = {
    "legacy": legacy_program_checks.CATALOGUE,
    "modern": modern_program_checks.CATALOGUE,
}


@dataclass(frozen=True)
class Assignment:
    """What is graded, and how; the same for every submission of a class.

    With `commands` (role to command line) programs are graded from outside, otherwise the
    functions of a submission.
    """

    protocols: tuple[str, ...] = PROTOCOLS
    commands: dict[str, str] = field(default_factory=dict)
    time_limit: float = TIME_LIMIT

    @property
    def checks(self) -> list[Check]:
        return [check for family in self._families() for check in self._checks_of(*family)]

    def grader(self, folder: Path) -> Grader:
        """Return a grader of the submission in `folder`; close it after use."""
        folder = folder.resolve()  # submissions run in a folder of their own
        subjects = {"-".join(family): self._subject(folder, *family) for family in self._families()}
        return Grader(subjects, self.checks)

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
            return FUNCTION_CHECKS[protocol].checks
        return PROGRAM_CHECKS[protocol].for_role(*role)

    def _subject(self, folder: Path, protocol: str, *role: str) -> Any:
        if not role:
            return Submission(folder / f"{protocol}_chat.py", self.time_limit)
        command = self.commands[role[0]]
        return programs.ProgramUnderTest(protocol, role[0], command, folder, self.time_limit)


def total(results: Iterable[Result]) -> tuple[int, int]:
    """Return the points reached, and the points there are."""
    listed = list(results)
    return sum(result.points for result in listed), sum(result.check.points for result in listed)
