"""One row of a class: a submission with its results, and the text that its student reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.coursework.compare import visible
from tests.coursework.course.lateness import Late
from tests.coursework.grading import total
from tests.coursework.model import CODE_ROW, Outcome, Result, next_step
from tests.coursework.submission import NOT_WRITTEN

UNWRITTEN = "nothing is written yet"
_LONGEST_PROBLEM = 300


@dataclass(frozen=True)
class Graded:
    """A submission with its results, or the problem that stopped its grading."""

    name: str
    results: Sequence[Result]
    seconds: float
    problem: str = ""
    number: str = ""
    """The student's number in the learning platform."""
    notes: Sequence[str] = ()
    """What of the submission was not graded, a line each."""
    code: str = ""
    """The text of its files, to be compared with the others."""
    late: Late | None = None
    remark: str = ""
    """What stands in the column *late* if no delay is known."""
    same_as: str = ""

    @property
    def points(self) -> int:
        return total(self.results)[0]

    @property
    def counts(self) -> float:
        """The points that are left after the deduction for being late."""
        return self.points * (100 - (self.late.percent if self.late else 0)) / 100

    @property
    def is_ungraded(self) -> bool:
        """Whether something could not be graded; what is not written yet was graded."""
        parts = [part for part in self.problem.split("; ") if part]
        return any(not part.endswith(UNWRITTEN) for part in parts)

    @property
    def lateness(self) -> str:
        return str(self.late) if self.late else self.remark

    @property
    def next_step(self) -> str:
        """What the student should do first."""
        return next_step(self.results)


def number_text(value: float) -> str:
    """Return 36 for 36.0, and 34.2 as it is."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def count_of(number: int, noun: str) -> str:
    """Return `1 student`, `2 students`."""
    return f"{number} {noun}{'s'[: number != 1]}"


def problem_of(results: Iterable[Result]) -> str:
    """Return why nothing of a chat could be graded; empty if something was.

    That is so if its first check failed, which every other check needs, or if nothing is written.
    """
    families: dict[str, list[Result]] = {}
    for result in results:
        families.setdefault(result.check.family, []).append(result)
    problems = {}
    for family, (first, *others) in families.items():
        reached = any(each.outcome is not Outcome.NOT_REACHED for each in others)
        if first.outcome is Outcome.FAILED and not reached:
            problems[family] = _in_one_line(first.detail)
        elif _is_unwritten(others):
            problems[family] = UNWRITTEN
    if len(families) == 1:
        return "".join(problems.values())
    return "; ".join(f"{family}: {problem}" for family, problem in problems.items())


def _is_unwritten(results: Sequence[Result]) -> bool:
    """Whether this is a starter in which nothing was written."""
    failed = [each.detail for each in results if each.outcome is Outcome.FAILED]
    passed = any(each.points for each in results)
    return bool(failed) and not passed and all(NOT_WRITTEN in each for each in failed)


def _in_one_line(detail: str) -> str:
    """Return the first words of a report. A line of the file with a mark needs lines of its own."""
    words = detail.partition(f"\n{CODE_ROW}")[0]
    lines = [" ".join(line.split()) for line in words.splitlines() if line.strip()]
    return ": ".join(lines)[:_LONGEST_PROBLEM]


def report_of(row: Graded) -> str:
    """Return the points, the table of checks, and for each failed check the reason."""
    points, most = total(row.results)
    lines = [f"{points} of {most} points"] if row.results else [f"not graded: {row.problem}"]
    if row.late:
        left = number_text(row.counts)
        lines.append(f"late: {row.late}; {left} points are left")
    lines += [visible(note) for note in row.notes]
    lines.append("")
    lines += [f"{r.status:11}  {r.points:2}  {r.check.id:24} {r.check.title}" for r in row.results]
    lines += [f"\n\n{r.report}" for r in row.results if r.outcome is Outcome.FAILED]
    return "\n".join(lines) + "\n"
