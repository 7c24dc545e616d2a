"""Grade a whole class into one CSV file: each folder in FOLDER is one submission.

    python -m tests.coursework.grade_class FOLDER --csv points.csv [--reports FOLDER]

Submissions are graded side by side. One that is broken, missing or hangs costs nobody else
anything: it gets its row, too.
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

from tests.coursework.grading import PROTOCOLS, ROLES, TIME_LIMIT, Assignment, total
from tests.coursework.model import Outcome, Result

_INTERRUPTED = 130


class Graded(NamedTuple):
    """One row: a submission and what it reached; `problem` says why it could not be graded."""

    name: str
    results: Sequence[Result]
    seconds: float
    problem: str = ""


def find_submissions(folder: Path) -> list[Path]:
    """Return the folders of all submissions, by name."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")


def _innermost(folder: Path) -> Path:
    """Step into a folder that holds one folder and nothing else, as unpacked archives do."""
    inside = [path for path in folder.iterdir() if path.name not in ("__MACOSX", ".DS_Store")]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def grade_one(assignment: Assignment, folder: Path) -> Graded:
    """Grade one submission; whatever goes wrong is in the row."""
    began = time.monotonic()
    try:
        results = assignment.grade(_innermost(folder))
    except Exception as error:  # the other submissions are to be graded
        problem = f"{type(error).__name__}: {error}"
        return Graded(folder.name, (), time.monotonic() - began, problem)
    return Graded(folder.name, results, time.monotonic() - began)


def grade_all(
    assignment: Assignment, folders: Sequence[Path], jobs: int, progress: Progress
) -> Iterator[Graded]:
    """Yield every submission's row in the order of `folders`, grading `jobs` at a time."""
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
    """Write one row: points for each check, nothing where it was not reached."""
    most = sum(check.points for check in assignment.checks)
    points, _ = total(row.results)
    reached = {
        result.check.id: result.points
        for result in row.results
        if result.outcome is not Outcome.NOT_REACHED
    }
    summary = {"submission": row.name, "points": points, "of": most, "problem": row.problem}
    table.writerow(summary | {"seconds": f"{row.seconds:.1f}"} | reached)


def write_report(folder: Path, row: Graded) -> bool:
    """Write what a student gets to read; return whether that could be done.

    Where it could not, standard error says why, and the rows of the others go on.
    """
    try:
        (folder / f"{row.name}.txt").write_text(report_of(row), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"cannot write the report of {row.name!a}: {error!a}", file=sys.stderr)
        return False
    return True


def report_of(row: Graded) -> str:
    """Return the score and, for each failed check, why."""
    points, most = total(row.results)
    lines = [f"{points} of {most} points", ""]
    lines += [
        f"{r.outcome.value:11}  {r.points:2}  {r.check.id:24} {r.check.title}" for r in row.results
    ]
    lines += [f"\n\n{r.report}" for r in row.results if r.outcome is Outcome.FAILED]
    return "\n".join(lines) + "\n"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.coursework.grade_class",
        description="Grade every folder in FOLDER as one submission, into one CSV file.",
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="holds one folder for each submission")
    add("--csv", type=Path, required=True, metavar="FILE", help="where the points go")
    add("--reports", type=Path, metavar="FOLDER", help="write a text for each student here, too")
    add("--jobs", type=int, default=os.cpu_count() or 1, help="at a time (default %(default)s)")
    add("--protocol", choices=PROTOCOLS, help="grade this chat only (default: both)")
    for role in ROLES:
        add(f"--{role}-command", metavar="COMMAND", help=f"grade programs: starts the {role}")
    add("--time-limit", type=float, default=TIME_LIMIT, help="seconds for each call or wait")
    arguments = parser.parse_args()
    commands = arguments.server_command or arguments.client_command
    if commands and not arguments.protocol:
        parser.error("a command needs --protocol legacy or --protocol modern")
    if commands and "{port}" not in commands and arguments.jobs > 1:
        parser.error("programs on a fixed port are graded one at a time: add --jobs 1")
    if not arguments.folder.is_dir():
        parser.error(f"there is no folder {arguments.folder}")
    if arguments.jobs < 1 or arguments.time_limit <= 0:
        parser.error("--jobs and --time-limit must be more than 0")
    return arguments


def assignment_of(arguments: argparse.Namespace) -> Assignment:
    """Return what the arguments ask for."""
    commands = {"server": arguments.server_command, "client": arguments.client_command}
    return Assignment(
        protocols=(arguments.protocol,) if arguments.protocol else PROTOCOLS,
        commands={role: command for role, command in commands.items() if command},
        time_limit=arguments.time_limit,
    )


@contextmanager
def open_table(path: Path, assignment: Assignment) -> Iterator[tuple[csv.DictWriter[str], TextIO]]:
    """Open the CSV file with its header written."""
    names = ["submission", "points", "of", "seconds", "problem"]
    how = {"encoding": "utf-8", "errors": "backslashreplace"}  # folders may have any bytes as names
    with path.open("w", newline="", **how) as stream:
        table = csv.DictWriter(stream, names + [check.id for check in assignment.checks])
        table.writeheader()
        yield table, stream


def run(arguments: argparse.Namespace) -> int:
    """Grade, write and say what was done; return the exit status.

    Raises OSError where the table cannot be written.
    """
    assignment = assignment_of(arguments)
    folders = find_submissions(arguments.folder)
    if arguments.reports:
        arguments.reports.mkdir(parents=True, exist_ok=True)
    began, reached, problems, unwritten = time.monotonic(), 0, 0, 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        open_table(arguments.csv, assignment) as (table, stream),
        Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):
        for row in grade_all(assignment, folders, arguments.jobs, progress):
            write_row(table, row, assignment)
            stream.flush()  # what is graded stays graded if somebody presses Ctrl-C
            if arguments.reports and not row.problem:
                unwritten += not write_report(arguments.reports, row)
            reached += total(row.results)[0]
            problems += bool(row.problem)
    seconds, count = time.monotonic() - began, len(folders)
    mean = reached / count if count else 0
    print(f"{count} submissions in {seconds:.0f} s, {mean:.1f} points on average: {arguments.csv}")
    if problems:
        print(f"{problems} could not be graded: see the column problem", file=sys.stderr)
    return 1 if unwritten else 0


def main() -> int:
    """Run the command; return the exit status."""
    arguments = parse_arguments()
    try:
        return run(arguments)
    except OSError as error:
        print(f"cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted: what was graded is in {arguments.csv}", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
