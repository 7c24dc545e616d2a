"""What checks, results and failures are, and in which order checks run.

A check is data: an id, a title, points, a rule, a hint. It has one function, which tries the
submission out and raises Failure if the submission breaks the rule. A check can need other checks.
It runs only if all of those have passed; otherwise its result is "not reached". In this way a
mistake is reported once, and not by every check that depends on it.

But one slip must not cost the points of others, either. So a check needs only what it cannot do
without. What it would rather see right, but can do without, are its `parts`: it runs if at most
`MOST_SLIPS` of them failed. It looks at `failed` of the submission, and if it then sees nothing, it
raises Unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import wraps
from typing import Any, Protocol

from tests.coursework.console import fill, text_width

GRADER_FAULT = "the mistake is in the grader, not in the submission"
MOST_SLIPS = 2
"""So many parts of a check may have failed: some slips are seen by two checks."""

_LONGEST = 300
_MOST_LINES, _LONGEST_LINE = 25, 900
CODE_ROW = "  code      "
"""Begins the row with a line of a student's file."""

_ROWS = ("  expected  ", "  actual    ", "  printed   ", CODE_ROW, " " * 12)

_Run = Callable[[Any], None]


class Failure(Exception):  # noqa: N818 - not an error of the grader, but what it reports
    """The submission breaks the rule of a check; the text tells the student how.

    `hint` is the true reason, where it is known, in place of the check's own hint. `unwritten`
    names the function that the student has not written yet, if that is all.
    """

    def __init__(self, text: str, hint: str = "", unwritten: str = ""):
        super().__init__(text)
        self.hint, self.unwritten = hint, unwritten


class Unseen(Exception):  # noqa: N818 - no error either
    """The check can see nothing, because of a mistake that another check reports.

    The text is the name of that other check, without its family.
    """


def after(*others: str) -> Callable[[_Run], _Run]:
    """Let the check below this decorator see nothing if it fails, and one of these failed before.

    What is wrong is then reported there. If the check passes in spite of it, that counts.
    """

    def decorate(run: _Run) -> _Run:
        @wraps(run)
        def run_after(subject: Any) -> None:
            try:
                run(subject)
            except Failure:
                if wrong := [other for other in others if other in subject.failed]:
                    raise Unseen(wrong[0]) from None
                raise

        return run_after

    return decorate


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
    """What is graded: the functions of `legacy` or `modern`, or a program: `modern-server`."""
    run: Callable[[Any], None] = field(repr=False)
    parts: tuple[str, ...] = ()


class Outcome(Enum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Result:
    """The outcome of a check; `detail` is empty if it passed."""

    check: Check
    outcome: Outcome
    detail: str = ""
    reason: str = ""
    """Why it failed, where that is known better than the check's hint can say."""
    unwritten: str = ""
    """The function, with its step, without which it failed: it is not written yet."""

    @property
    def status(self) -> str:
        """The word for the outcome. What nobody has written yet is no mistake."""
        return "not written" if self.unwritten else self.outcome.value

    @property
    def hint(self) -> str:
        """What to do next."""
        return self.reason or self.check.hint

    @property
    def points(self) -> int:
        return self.check.points if self.outcome is Outcome.PASSED else 0

    @property
    def report(self) -> str:
        """What the student is told, as a file gets it."""
        return self.report_in(text_width())

    def report_in(self, width: int) -> str:
        """Return, in lines of that width, what went wrong, the rule, and a hint what to do next."""
        check = self.check
        title = f"{check.id}: {check.title} (0 of {check.points} points)"
        rule, hint = (
            fill(text, width, f"  {name:10}", " " * 12)
            for name, text in (("rule", check.rule), ("hint", self.hint))
        )
        return f"{fill(title, width)}\n\n{_wrapped(self.detail, width)}\n\n{rule}\n{hint}\n"


def _wrapped(detail: str, width: int) -> str:
    """Return a text with its long lines wrapped, except rows of values, which stand in columns."""
    return "\n".join(
        line if len(line) <= width or line.startswith(_ROWS) else _fill(line, width)
        for line in detail.split("\n")
    )


def _fill(line: str, width: int) -> str:
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    return fill(text, width, indent, f"{indent}  ")


def next_step(results: Iterable[Result]) -> str:
    """Return what to do first: the first check that failed says so. Empty if none failed."""
    first = next((result for result in results if result.outcome is Outcome.FAILED), None)
    if not first:
        return ""
    if first.unwritten:
        return f"next: write {first.unwritten}"
    return f"next: {first.check.id}: {first.hint}"


class Catalogue:
    """A list of checks for one family, in the order in which students meet them.

    Every check needs the check named `first`.
    """

    def __init__(self, family: str, first: str):
        self.family, self._first = family, first
        self.checks: list[Check] = []

    def add(  # noqa: PLR0917 - a check reads as a table row: name, title, points, rule, hint
        self,
        name: str,
        title: str,
        points: int,
        rule: str,
        hint: str,
        needs: Iterable[str] = (),
        parts: Iterable[str] = (),
    ) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
        """Add the function below this decorator as the check `FAMILY-NAME`."""
        wanted = [need for need in (self._first, *needs) if need != name]

        def register(run: Callable[[Any], None]) -> Callable[[Any], None]:
            ids, part_ids = (
                tuple(f"{self.family}-{each}" for each in names) for names in (wanted, parts)
            )
            check_id = f"{self.family}-{name}"
            self.checks.append(
                Check(check_id, title, points, rule, hint, ids, self.family, run, part_ids)
            )
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
                parts=tuple(rename(part) for part in check.parts),
                family=family,
            )
            for check in self.checks
        ]


class Opened(Protocol):
    """The submission that is graded, as `finding.py` opens it."""

    notes: list[str]

    def without_places(self, text: str) -> str: ...
    def close(self) -> None: ...


class Grader:
    """Runs each check once, and before it the checks that it needs.

    `subjects` says, for each family, what its checks try out: a Submission or a ProgramUnderTest.
    `opened` is the submission in which they were found.
    """

    def __init__(
        self, subjects: Mapping[str, Any], checks: Iterable[Check], opened: Opened | None = None
    ):
        self._subjects, self._opened = subjects, opened
        self.checks = {check.id: check for check in checks}
        self._results: dict[str, Result] = {}

    def result(self, check_id: str) -> Result:
        """Return the result of a check; the first call runs it."""
        if check_id not in self._results:
            self._results[check_id] = self._run(self.checks[check_id])
        return self._results[check_id]

    def results(self) -> list[Result]:
        """Run all checks."""
        return [self.result(check_id) for check_id in self.checks]

    def close(self) -> None:
        """End every process that is still there, and remove what was unpacked."""
        for subject in self._subjects.values():
            subject.close()
        if self._opened:
            self._opened.close()

    @property
    def notes(self) -> list[str]:
        """What of the submission is not graded, a line each."""
        return self._opened.notes if self._opened else []

    def _run(self, check: Check) -> Result:
        if missing := self._missing(check):
            return _not_reached(check, missing)
        subject = self._subjects[check.family]
        subject.begin(check.id, self._failed(check.family))
        try:
            check.run(subject)
        except Failure as failure:
            words = _cut(str(failure)) + subject.printed_here()
            return self._failure(check, words, _cut(failure.hint), failure.unwritten)
        except Unseen as other:
            return _not_reached(check, f"{check.family}-{other}")
        except Exception as error:  # the other checks must go on
            text = f"  {GRADER_FAULT}: show this to your teacher: {ascii(error)[:_LONGEST]}"
            return self._failure(check, text)
        return Result(check, Outcome.PASSED)

    def _failure(self, check: Check, detail: str, reason: str = "", unwritten: str = "") -> Result:
        """Return the result of a failed check, without the places of this computer."""
        tidy = self._opened.without_places if self._opened else str
        return Result(check, Outcome.FAILED, tidy(detail), tidy(reason), unwritten)

    def _missing(self, check: Check) -> str:
        """Run what the check needs; return the id of what must pass first, or nothing."""
        needed = (need for need in check.needs if self._has_failed(need))
        results = [self.result(part) for part in check.parts]
        failed = [each.check.id for each in results if each.outcome is Outcome.FAILED]
        return next(needed, failed[0] if len(failed) > MOST_SLIPS else "")

    def _has_failed(self, check_id: str) -> bool:
        return self.result(check_id).outcome is not Outcome.PASSED

    def _failed(self, family: str) -> frozenset[str]:
        """Return the names of the checks of a family that have not passed, so far."""
        return frozenset(
            check_id.removeprefix(f"{family}-")
            for check_id, result in self._results.items()
            if result.check.family == family and result.outcome is not Outcome.PASSED
        )


def _cut(text: str) -> str:
    """Return a text of at most some lines of some length, whatever a submission put into it."""
    lines = text.split("\n")
    more = ["  …"] if len(lines) > _MOST_LINES else []
    kept = [
        line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"
        for line in lines[:_MOST_LINES]
    ]
    return "\n".join(kept + more)


def _not_reached(check: Check, first: str) -> Result:
    return Result(check, Outcome.NOT_REACHED, f"not reached: {first} comes first")
