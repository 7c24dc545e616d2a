"""Grades a whole class into one CSV file. Each folder in FOLDER is one submission.

    python -m tests.coursework class FOLDER --csv points.csv [--reports FOLDER]

Several submissions are graded at the same time. One that is broken, is empty or never ends gets a
row like every other one.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.coursework.console import write_any_character
from tests.coursework.grading import NO_PROTOCOL, Assignment, add_options, assignment_of, total
from tests.coursework.model import Outcome, Result

PROGRAM = "python -m tests.coursework.grade_class"
_INTERRUPTED = 130


class Graded(NamedTuple):
    """One row: a submission with its results, or the problem that stopped its grading."""

    name: str
    results: Sequence[Result]
    seconds: float
    problem: str = ""


def find_submissions(folder: Path) -> list[Path]:
    """Return the folders of all submissions, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")


def _innermost(folder: Path) -> Path:
    """Return the folder itself or, if it only has one folder in it, that one.

    Unpacked archives often have such an outer folder.
    """
    inside = [path for path in folder.iterdir() if path.name not in ("__MACOSX", ".DS_Store")]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def grade_one(assignment: Assignment, folder: Path) -> Graded:
    """Grade one submission. If something goes wrong, the row says what."""
    began = time.monotonic()
    try:
        results = assignment.grade(_innermost(folder))
    except Exception as error:  # the other submissions must still be graded
        problem = f"{type(error).__name__}: {error}"
        return Graded(folder.name, (), time.monotonic() - began, problem)
    return Graded(folder.name, results, time.monotonic() - began)


def grade_all(
    assignment: Assignment, folders: Sequence[Path], jobs: int, progress: Progress
) -> Iterator[Graded]:
    """Yield the row of each submission, in the order of `folders`; grade `jobs` at a time."""
    task = progress.add_task("grading", total=len(folders))

    def advance(future: Future[Graded]) -> None:
        if not future.cancelled():
            progress.advance(task)

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(grade_one, assignment, folder) for folder in folders]
        for future in futures:
            future.add_done_callback(advance)
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def write_row(table: csv.DictWriter[str], row: Graded, assignment: Assignment) -> None:
    """Write one row: the points of each check, and nothing for a check that was not reached."""
    points, _ = total(row.results)
    reached = {
        result.check.id: result.points
        for result in row.results
        if result.outcome is not Outcome.NOT_REACHED
    }
    summary = {
        "submission": row.name,
        "points": points,
        "of": assignment.points,
        "problem": row.problem,
    }
    table.writerow(summary | {"seconds": f"{row.seconds:.1f}"} | reached)


def write_report(folder: Path, row: Graded) -> bool:
    """Write the text for one student; return whether that worked.

    If it did not, say why on standard error. The other submissions go on.
    """
    try:
        (folder / f"{row.name}.txt").write_text(report_of(row), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"cannot write the report of {row.name!a}: {error!a}", file=sys.stderr)
        return False
    return True


def report_of(row: Graded) -> str:
    """Return the points, the table of checks, and for each failed check the reason."""
    points, most = total(row.results)
    lines = [f"{points} of {most} points", ""]
    lines += [
        f"{r.outcome.value:11}  {r.points:2}  {r.check.id:24} {r.check.title}" for r in row.results
    ]
    lines += [f"\n\n{r.report}" for r in row.results if r.outcome is Outcome.FAILED]
    return "\n".join(lines) + "\n"


def parse_arguments(arguments: list[str] | None, program: str) -> argparse.Namespace:
    """Read the command line; leave with status 2 if it cannot be right."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Grade every folder in FOLDER as one submission. Write a CSV file of points.",
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="has one folder for each submission")
    add("--csv", type=Path, required=True, metavar="FILE", help="write the points here")
    add("--reports", type=Path, metavar="FOLDER", help="write a text for each student here")
    add(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many are graded at the same time (default %(default)s)",
    )
    add_options(add)
    options = parser.parse_args(arguments)
    if problem := _problem_of(options):
        parser.error(problem)
    return options


def _problem_of(options: argparse.Namespace) -> str:
    """Return what is wrong with the options; empty if nothing is."""
    commands = (options.server_command or "") + (options.client_command or "")
    if commands and not options.protocol:
        return NO_PROTOCOL
    if commands and "{port}" not in commands and options.jobs > 1:
        return "programs on a fixed port are graded one at a time: add --jobs 1"
    if not options.folder.is_dir():
        return f"there is no folder {options.folder}"
    if options.jobs < 1 or options.time_limit <= 0:
        return "--jobs and --time-limit must be more than 0"
    return ""


@contextmanager
def open_table(path: Path, assignment: Assignment) -> Iterator[tuple[csv.DictWriter[str], TextIO]]:
    """Open the CSV file and write its header."""
    names = ["submission", "points", "of", "seconds", "problem"]
    # A folder's name may have bytes that are not UTF-8.
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as stream:
        table = csv.DictWriter(stream, names + [check.id for check in assignment.checks])
        table.writeheader()
        yield table, stream


class Summary:
    """Counts over all submissions."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.submissions = self.points = self.problems = self.unwritten = 0

    def add(self, row: Graded) -> None:
        self.submissions += 1
        self.points += total(row.results)[0]
        self.problems += bool(row.problem)

    def __str__(self) -> str:
        mean = self.points / self.submissions if self.submissions else 0
        seconds = time.monotonic() - self.began
        return f"{self.submissions} submissions in {seconds:.0f} s, {mean:.1f} points on average"


def run(options: argparse.Namespace) -> int:
    """Grade, write the files and print a summary; return the exit status.

    Raises OSError if the table cannot be written.
    """
    summary = Summary()
    if options.reports:
        options.reports.mkdir(parents=True, exist_ok=True)
    _grade_into_table(options, summary)
    print(f"{summary}: {options.csv}")
    if summary.problems:
        print(
            f"{summary.problems} could not be graded: see the column problem",
            file=sys.stderr,
        )
    return 1 if summary.unwritten else 0


def _grade_into_table(options: argparse.Namespace, summary: Summary) -> None:
    assignment, folders = assignment_of(options), find_submissions(options.folder)
    print(f"seed {assignment.seed}: --seed={assignment.seed} asks the same", file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        open_table(options.csv, assignment) as (table, stream),
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):
        for row in grade_all(assignment, folders, options.jobs, progress):
            write_row(table, row, assignment)
            stream.flush()  # so that Ctrl-C loses no row
            if options.reports and not row.problem:
                summary.unwritten += not write_report(options.reports, row)
            summary.add(row)


def main(arguments: list[str] | None = None, program: str = PROGRAM) -> int:
    """Grade the class that the command line names; return the exit status."""
    write_any_character()
    options = parse_arguments(arguments, program)
    try:
        return run(options)
    except OSError as error:
        print(f"cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted: the rows so far are in {options.csv}", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
