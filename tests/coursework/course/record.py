"""All that is known about a class, as JSON: for other programs, and to grade one student again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.coursework.course.graded import Graded
from tests.coursework.course.lateness import Late
from tests.coursework.course.table import TableError
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome, Result
from tests.coursework.similarity import Pair


def text_of(rows: Iterable[Graded], pairs: Iterable[Pair], assignment: Assignment) -> str:
    """Return the record of a class."""
    checks = [
        {"id": check.id, "title": check.title, "points": check.points}
        for check in assignment.checks
    ]
    record = {
        "points": assignment.points,
        "checks": checks,
        "submissions": [_row(row) for row in rows],
        "same": [{"left": p.left, "right": p.right, "share": round(p.share, 4)} for p in pairs],
    }
    return json.dumps(record, indent=1) + "\n"


def _row(row: Graded) -> dict[str, object]:
    return {
        "name": row.name,
        "number": row.number,
        "points": row.points,
        "counts": row.counts,
        "problem": row.problem,
        "same_as": row.same_as,
        "late_seconds": row.late.delay.total_seconds() if row.late else 0,
        "late_percent": row.late.percent if row.late else 0,
        "late": row.lateness,
        "notes": list(row.notes),
        "seconds": round(row.seconds, 2),
        "checks": {each.check.id: _result(each) for each in row.results},
    }


def _result(result: Result) -> dict[str, object]:
    return {
        "outcome": result.outcome.value,
        "points": result.points,
        "detail": result.detail,
        "reason": result.reason,
    }


def read(file: Path, assignment: Assignment) -> list[Graded]:
    """Return the rows of a record. Raises TableError, OSError."""
    try:
        record = json.loads(file.read_text("utf-8"))
        return [_read_row(row, assignment) for row in record["submissions"]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise TableError(f"{file.name} is no record of this class ({error!a})") from None


def _read_row(row: dict[str, Any], assignment: Assignment) -> Graded:
    checks = {check.id: check for check in assignment.checks}
    results: Sequence[Result] = [
        Result(checks[name], Outcome(each["outcome"]), each["detail"], each["reason"])
        for name, each in row["checks"].items()
    ]
    delay = timedelta(seconds=row["late_seconds"])
    return Graded(
        row["name"],
        results,
        row["seconds"],
        row["problem"],
        row["number"],
        row["notes"],
        late=Late(delay, row["late_percent"]) if delay else None,
        remark="" if delay else row["late"],
        same_as=row["same_as"],
    )
