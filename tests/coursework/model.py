"""What a check is, and what becomes of it: the vocabulary of the grader, and the order of a run.

A check is data (id, title, points, rule, hint) with one function that drives the subject and
raises Failure where the subject breaks the rule. A check whose `needs` did not all pass is not
run at all: it is "not reached", so that one mistake costs its own points and shows itself once.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

STUMBLED = "the grader itself stumbled over this"
_LONGEST = 300


class Failure(Exception):  # noqa: N818 - no error of the grader: what it tells the learner
    """The subject broke the rule of a check; the text says how, for the learner's eyes."""


_HELD_SPACE = "\x00"


@dataclass(frozen=True)
class Check:
    """One thing that is graded."""

    id: str
    title: str
    points: int
    rule: str
    hint: str
    needs: tuple[str, ...]
    family: str
    """Which subject it drives: `legacy`, `modern`, or a program such as `modern-server`."""
    run: Callable[[Any], None] = field(repr=False)


class Outcome(Enum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Result:
    """What became of a check; `detail` is empty where it passed."""

    check: Check
    outcome: Outcome
    detail: str = ""

    @property
    def points(self) -> int:
        return self.check.points if self.outcome is Outcome.PASSED else 0

    @property
    def report(self) -> str:
        """Everything the learner needs to go on, in the order in which it is needed."""
        check = self.check
        return (
            f"{check.id}: {check.title} (0 of {check.points} points)\n\n"
            f"{self.detail}\n\n"
            f"{_hang('rule', check.rule)}\n"
            f"{_hang('hint', check.hint)}\n"
        )


def _hang(name: str, text: str) -> str:
    """Wrap `text` beside its name, but never inside a code span, whose spaces may be the point."""
    held = re.sub(r"`[^`]*`", lambda span: span[0].replace(" ", _HELD_SPACE), text)
    return textwrap.fill(
        held, 98, initial_indent=f"  {name:10}", subsequent_indent=" " * 12, break_on_hyphens=False
    ).replace(_HELD_SPACE, " ")


class Catalogue:
    """The checks of one family, in rising order of difficulty; each needs `loads` at least."""

    def __init__(self, family: str, first: str):
        self.family, self._first = family, first
        self.checks: list[Check] = []

    def add(  # noqa: PLR0917 - a check reads as a table row: name, title, points, rule, hint
        self, name: str, title: str, points: int, rule: str, hint: str, needs: Iterable[str] = ()
    ) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
        """Register the function below as the check `FAMILY-NAME`."""
        wanted = [need for need in (self._first, *needs) if need != name]

        def register(run: Callable[[Any], None]) -> Callable[[Any], None]:
            ids = tuple(f"{self.family}-{need}" for need in wanted)
            check_id = f"{self.family}-{name}"
            self.checks.append(Check(check_id, title, points, rule, hint, ids, self.family, run))
            return run

        return register

    def for_role(self, role: str) -> list[Check]:
        """Return the same checks for a program in one role, `server` or `client`."""
        family = f"{self.family}-{role}"

        def rename(check_id: str) -> str:
            return family + check_id.removeprefix(self.family)

        return [
            replace(
                check,
                id=rename(check.id),
                needs=tuple(rename(need) for need in check.needs),
                family=family,
            )
            for check in self.checks
        ]


class Grader:
    """Runs checks against their subjects, each once, and what a check needs before it."""

    def __init__(self, subjects: Mapping[str, Any], checks: Iterable[Check]):
        self._subjects = subjects
        self.checks = {check.id: check for check in checks}
        self._results: dict[str, Result] = {}

    def result(self, check_id: str) -> Result:
        """Return what became of a check, running it if it has not been."""
        if check_id not in self._results:
            self._results[check_id] = self._run(self.checks[check_id])
        return self._results[check_id]

    def results(self) -> list[Result]:
        """Run everything."""
        return [self.result(check_id) for check_id in self.checks]

    def close(self) -> None:
        """End every process that a subject still has."""
        for subject in self._subjects.values():
            subject.close()

    def _run(self, check: Check) -> Result:
        for need in check.needs:
            if self.result(need).outcome is not Outcome.PASSED:
                return Result(check, Outcome.NOT_REACHED, f"not reached: {need} comes first")
        try:
            check.run(self._subjects[check.family])
        except Failure as failure:
            return Result(check, Outcome.FAILED, str(failure))
        except Exception as error:  # a mistake of the grader's must not cost the other checks
            words = ascii(error)[:_LONGEST]
            return Result(check, Outcome.FAILED, f"  {STUMBLED}: tell your teacher of {words}")
        return Result(check, Outcome.PASSED)
