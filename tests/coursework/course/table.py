"""The tables of a class: one for the teacher, and one for Moodle and for Canvas.

Spreadsheets run a cell that begins with `=`, `+`, `-` or `@` as a formula. Students can choose such
words, so these cells get an apostrophe in front. Excel takes a file for UTF-8 only if it begins
with a byte order mark, so a table has one if it has any letter beyond ASCII.

Moodle: the columns of its grading worksheet (mod/assign/feedback/offline/importgradeslib.php in
Moodle's source says which must be there). Canvas: the columns of its gradebook
(lib/gradebook_importer.rb in Canvas's source).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.coursework.course.graded import Graded, number_text
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome

FIRST = ["submission", "points", "of", "seconds", "problem", "same as"]
LATE = ["late", "counts"]
_FORMULA = re.compile(r"[=+@\t\r]|-.")  # a lone `-` is Moodle's word for nothing

Row = Mapping[str, object]


class TableError(Exception):
    """A table cannot be used; the text says why."""


def columns(assignment: Assignment, with_late: bool) -> list[str]:
    checks = [check.id for check in assignment.checks]
    return [*FIRST, *(LATE if with_late else []), *checks]


def row_of(graded: Graded, assignment: Assignment) -> dict[str, object]:
    """Return one row: the points of each check, and nothing for a check that was not reached."""
    row: dict[str, object] = {
        "submission": graded.name,
        "points": graded.points,
        "of": assignment.points,
        "seconds": f"{graded.seconds:.1f}",
        "problem": graded.problem,
        "same as": graded.same_as,
        "late": graded.lateness,
        "counts": number_text(graded.counts),
    }
    reached = (each for each in graded.results if each.outcome is not Outcome.NOT_REACHED)
    return row | {each.check.id: each.points for each in reached}


def text_of(names: Sequence[str], rows: Iterable[Row], with_header: bool = True) -> str:
    """Return a table as CSV, with only those columns, and with harmless cells."""
    stream = io.StringIO()
    table = csv.DictWriter(stream, names, extrasaction="ignore", restval="")
    if with_header:
        table.writeheader()
    table.writerows({name: harmless(cell) for name, cell in row.items()} for row in rows)
    return stream.getvalue()


def harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def write(file: Path, text: str) -> None:
    """Write a table. A folder's name in it may have bytes that are not UTF-8."""
    mark = "" if text.isascii() else "\ufeff"
    file.write_bytes((mark + text).encode("utf-8", "backslashreplace"))


def read(file: Path) -> list[dict[str, str]]:
    """Return the rows of a table. Raises TableError, OSError."""
    try:
        with file.open(newline="", encoding="utf-8-sig", errors="strict") as stream:
            rows = list(csv.DictReader(stream))
    except (UnicodeError, csv.Error) as error:
        raise TableError(f"{file.name} is no table: {error}") from None
    return [{name or "": cell or "" for name, cell in row.items()} for row in rows]


def replace_rows(file: Path, names: Sequence[str], new: Iterable[dict[str, object]]) -> list[Row]:
    """Return the rows of an existing table, with the new ones in the place of the old ones.

    Raises TableError if the table has other columns, OSError.
    """
    old = read(file)
    if old and list(old[0]) != list(names):
        raise TableError(f"{file.name} has other columns: give the options that it was made with")
    rows: dict[object, Row] = {row["submission"]: row for row in old}
    rows |= {str(harmless(row["submission"])): row for row in new}
    return [rows[name] for name in sorted(rows, key=lambda name: str(name).lstrip("'"))]


# Learning platforms ------------------------------------------------------------------------------

MOODLE = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)",
          "Feedback comments"]  # fmt: skip
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def moodle_cells(row: Graded, assignment: Assignment) -> dict[str, object]:
    """Return what a grading worksheet of Moodle says about a submission."""
    return {
        "Grade": number_text(row.counts),
        "Maximum Grade": assignment.points,
        "Feedback comments": _feedback(row, assignment),
    }


def moodle(rows: Iterable[Graded], assignment: Assignment) -> str:
    """Return a grading worksheet for Moodle."""
    names = (
        {"Identifier": f"Participant {row.number}" if row.number else "", "Full name": row.name}
        | moodle_cells(row, assignment)
        for row in rows
    )
    return text_of(MOODLE, names)


def _feedback(row: Graded, assignment: Assignment) -> str:
    score = f"{row.points} of {assignment.points} points"
    late = f"late: {row.late}" if row.late else ""
    return ". ".join(filter(None, [score, late, row.problem or row.next_step]))


def canvas(rows: Iterable[Graded], assignment: Assignment, title: str) -> str:
    """Return a gradebook for Canvas; `title` is the column of the assignment, as Canvas exports it.

    Canvas finds a student by the ID. Where there is none, it looks for the login and the name.
    """
    points: list[Row] = [{"Student": "    Points Possible", title: assignment.points}]
    students = (
        {
            "Student": row.name,
            "ID": row.number,
            "SIS Login ID": "" if row.number else row.name,
            title: number_text(row.counts),
        }
        for row in rows
    )
    return text_of([*CANVAS, title], [*points, *students])
