"""Grades a whole class into one table: a row for each submission in FOLDER.

    python -m tests.coursework class FOLDER --csv points.csv [--reports FOLDER] [--page FILE]

Several submissions are graded at the same time. One that is broken, is empty or never ends gets a
row like every other one.
"""

from __future__ import annotations

import re
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.coursework.compare import visible
from tests.coursework.console import write_any_character
from tests.coursework.course import lateness, page, record, table
from tests.coursework.course.collecting import Entry, collect
from tests.coursework.course.graded import Graded, count_of, number_text, problem_of, report_of
from tests.coursework.course.options import parse_arguments
from tests.coursework.course.pool import (
    Pool,
    PoolError,
    Report,
    Sender,
    code_of_entry,
    grade_all,
)
from tests.coursework.course.roster import Roster
from tests.coursework.grading import Assignment, assignment_of
from tests.coursework.packing import PackingError
from tests.coursework.similarity import TOO_LITTLE, Pair, closest, compare, is_too_little, same_as

PROGRAM = "python -m tests.coursework.grade_class"
_INTERRUPTED = 130
_ADVISED = re.compile(r"; to grade \S+, add (--protocol \w+)")


class ClassError(Exception):
    """The class cannot be graded; the text says why."""


class Course:
    """A class that is being graded: who handed in what, and the rows so far."""

    def __init__(self, options: Namespace):
        self.options, self.began = options, time.monotonic()
        self.assignment: Assignment = assignment_of(options)
        self.columns = table.columns(self.assignment, bool(options.times))
        self._rule = lateness.read_rule(options.deadline, options.late) if options.times else None
        self.roster = Roster(options.roster) if options.roster else None
        self._expect_column()
        self._times = lateness.read_times(options.times) if options.times else {}
        collected = collect(options.folder, self.assignment.files)
        self.all, self.skipped = collected.entries, collected.skipped
        self.chosen = _chosen(self.all, options.only)
        self.rows: list[Graded] = []
        self.pairs: list[Pair] = []
        self._too_little: set[str] = set()
        self.unwritten = 0

    @property
    def seed(self) -> str:
        """How to repeat this run."""
        return f"seed {self.assignment.seed}: --seed={self.assignment.seed} asks the same"

    def times_of_nobody(self) -> list[str]:
        """Return the names in the list of times that belong to no submission."""
        return sorted(set(self._times) - {entry.name for entry in self.all})

    def _expect_column(self) -> None:
        """Raise TableError if the platform's list has no column for the points."""
        wanted = "Grade" if self.options.moodle else self.options.canvas_title
        if self.roster and wanted not in self.roster.columns:
            columns = ", ".join(self.roster.columns)
            raise table.TableError(
                f"{self.roster.name} has no column {wanted!a}; it has: {columns}"
            )

    def add(self, entry: Entry, report: Report) -> Graded:
        """Turn what came back of a submission into its row."""
        results = report.results(self.assignment)
        row = Graded(
            entry.name,
            results,
            report.seconds,
            report.problem or problem_of(results),
            entry.number,
            report.notes,
            report.code,
        )
        row = self._with_lateness(row, entry)
        self.rows.append(row)
        return row

    def missing(self) -> list[Entry]:
        """Return who has no row yet."""
        names = {row.name for row in self.rows}
        return [entry for entry in self.chosen if entry.name not in names]

    def _with_lateness(self, row: Graded, entry: Entry) -> Graded:
        if not self._rule:
            return row
        handed_in = self._times.get(entry.name)
        if handed_in:
            return replace(row, late=self._rule.apply(handed_in))
        late = "; the platform says: late" if entry.late else ""
        return replace(row, remark=f"no time in the list{late}")

    def compare(self) -> None:
        """Compare each submission with the others and with our own chats."""
        codes = {row.name: row.code for row in self.rows}
        for entry in self.all:
            if entry.name not in codes:  # it is not graded now, but a copy of it may be
                codes[entry.name] = code_of_entry(self.assignment, entry.pack)
        self.pairs = compare(codes)
        self._too_little = {name for name, code in codes.items() if is_too_little(code)}
        self.rows = self.with_same_as(self.rows)

    def with_same_as(self, rows: Iterable[Graded]) -> list[Graded]:
        """Return the rows with the column *same as*."""
        nearest = closest(self.pairs)
        none = dict.fromkeys(self._too_little, TOO_LITTLE)
        return [
            replace(row, same_as=same_as(row.name, nearest.get(row.name)) or none.get(row.name, ""))
            for row in rows
        ]

    def __str__(self) -> str:
        mean = sum(row.points for row in self.rows) / max(1, len(self.rows))
        seconds = time.monotonic() - self.began
        number = count_of(len(self.rows), "submission")
        return f"{number} in {seconds:.0f} s, {mean:.1f} points on average"


def _chosen(entries: Sequence[Entry], only: Sequence[str]) -> list[Entry]:
    """Return the entries that are to be graded. Raises ClassError."""
    names = {entry.name for entry in entries}
    for name in only:
        if name not in names:
            raise ClassError(f"there is no submission {name}")
    return [entry for entry in entries if not only or entry.name in only]


# Grading -----------------------------------------------------------------------------------------


def run(options: Namespace) -> int:
    """Grade, write the files and print a summary; return the exit status.

    Raises ClassError, LatenessError, PoolError, TableError, and OSError if a file cannot be used.
    """
    course = Course(options)
    for line in (*course.skipped, course.seed):
        print(visible(line), file=sys.stderr)
    for name in course.times_of_nobody():
        print(f"{visible(name)} is in {options.times}, but handed in nothing", file=sys.stderr)
    if options.reports:
        options.reports.mkdir(parents=True, exist_ok=True)
    if not options.only:
        table.write(options.csv, table.text_of(course.columns, ()))
    if not course.chosen:
        raise ClassError(f"there is no submission in {options.folder}")
    try:
        _grade(course)
    finally:
        _write(course)
    return _end(course)


def _grade(course: Course) -> None:
    """Grade all that was chosen. Each row is written at once, so that Ctrl-C loses none."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    senders: list[Sender] = [entry.pack for entry in course.chosen]
    pool = Pool(course.options.executor, course.options.jobs)
    try:
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
            task = progress.add_task("grading", total=len(senders))
            for place, report in grade_all(course.assignment, senders, pool):
                row = course.add(course.chosen[place], report)
                _append(course, row)
                progress.advance(task)
    except PoolError as error:  # nobody is left out of the table
        for entry in course.missing():
            course.add(entry, Report(entry.name, problem=str(error)))
        raise
    finally:
        pool.close()


def _append(course: Course, row: Graded) -> None:
    if course.options.only:
        return
    text = table.text_of(course.columns, [table.row_of(row, course.assignment)], False)
    with course.options.csv.open("ab") as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


# Writing -----------------------------------------------------------------------------------------


def _write(course: Course) -> None:
    """Write all files of the class. Raises OSError, TableError."""
    options = course.options
    course.rows.sort(key=lambda row: row.name)
    course.compare()
    new = [table.row_of(row, course.assignment) for row in course.rows]
    rows: Iterable[table.Row] = new
    if options.only:
        rows = table.replace_rows(options.csv, course.columns, new)
    table.write(options.csv, table.text_of(course.columns, rows))
    if options.reports:
        course.unwritten = sum(not _write_report(options, row) for row in course.rows)
    _write_others(course, _whole_class(course))


def _whole_class(course: Course) -> list[Graded]:
    """Return the rows of all students: some were perhaps graded before, and are in the record."""
    options = course.options
    if not options.only or not options.json:
        return course.rows
    before = {row.name: row for row in record.read(options.json, course.assignment)}
    rows = before | {row.name: row for row in course.rows}
    return course.with_same_as(rows[name] for name in sorted(rows))


def _write_others(course: Course, rows: Sequence[Graded]) -> None:
    options, assignment = course.options, course.assignment
    if options.json:
        text = record.text_of(rows, course.pairs, assignment)
        options.json.write_text(text, "utf-8")
    if options.page:
        text = page.text_of(rows, course.pairs, assignment)
        options.page.write_text(text, "utf-8", "backslashreplace")
    if options.roster:
        _fill_roster(course, rows)
    elif options.moodle:
        table.write(options.moodle, table.moodle(rows, assignment))
    if options.canvas and not options.roster:
        table.write(options.canvas, table.canvas(rows, assignment, options.canvas_title))


def _fill_roster(course: Course, rows: Sequence[Graded]) -> None:
    """Write the rows of the platform's own list, with the points in them."""
    options, roster = course.options, course.roster
    assert roster
    found, nobody = roster.match(rows)
    for name in nobody:
        print(f"{visible(name)} is not in {roster.name}, so has no points there", file=sys.stderr)
    if other := roster.other_maximum(course.assignment.points):
        ours = course.assignment.points
        print(f"in {roster.name} the maximum is {other}: set it to {ours} there", file=sys.stderr)
    if options.moodle:
        cells = [table.moodle_cells(row, course.assignment) for row in found.values()]
    else:
        cells = [{options.canvas_title: number_text(row.counts)} for row in found.values()]
    file = options.moodle or options.canvas
    table.write(file, table.text_of(roster.columns, roster.filled(found, cells)))


def _write_report(options: Namespace, row: Graded) -> bool:
    """Write the text for one student; return whether that worked.

    If it did not, say why on standard error. The other submissions go on.
    """
    try:
        (options.reports / f"{row.name}.txt").write_text(report_of(row), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"cannot write the report of {row.name!a}: {error!a}", file=sys.stderr)
        return False
    return True


def _end(course: Course) -> int:
    """Print the summary and what went wrong; return the exit status."""
    print(f"{course}: {course.options.csv}")
    problems = sum(row.is_ungraded for row in course.rows)
    if problems:
        print(f"{problems} could not be graded: see the column problem", file=sys.stderr)
    for option in sorted(
        {found[1] for row in course.rows if (found := _ADVISED.search(row.problem))}
    ):
        print(f"some files are for another chat: grade them with {option}", file=sys.stderr)
    if problems == len(course.rows):
        print("nothing was graded", file=sys.stderr)
        return 1
    return 1 if course.unwritten else 0


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Grade the class that the command line names; return the exit status."""
    write_any_character()
    options = parse_arguments(arguments, program)
    try:
        return run(options)
    except (ClassError, PackingError, PoolError, lateness.LatenessError, table.TableError) as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted: the rows so far are in {options.csv}", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
