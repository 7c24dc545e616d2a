"""The command line of `class`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tests.coursework.checks import PROGRAM_CHECKS
from tests.coursework.course.pool import PROCESSES, THREADS
from tests.coursework.grading import NO_PROTOCOL, add_options

_LATE = "later:0"
_PLATFORM_TITLE = "Coursework"


def parse_arguments(arguments: list[str] | None, program: str) -> argparse.Namespace:
    """Read the command line; leave with status 2 if it cannot be right."""
    parser = argparse.ArgumentParser(
        prog=program,
        usage=f"{program} FOLDER --csv FILE [options]",
        description="Grade every submission in FOLDER. Write a CSV file of points.",
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="has a folder or a file of each student")
    add("--csv", type=Path, required=True, metavar="FILE", help="write the points here")
    add("--reports", type=Path, metavar="FOLDER", help="write a text for each student here")
    _add_outputs(parser)
    _add_lateness(parser)
    _add_executor(parser)
    add_options(add)
    options = parser.parse_args(arguments)
    if problem := _problem_of(options) or _problem_of_files(options):
        parser.error(problem)
    return options


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--page", type=Path, metavar="FILE", help="write an HTML page about the class here")
    add("--json", type=Path, metavar="FILE", help="write all results here, for other programs")
    add("--moodle", type=Path, metavar="FILE", help="write a grading worksheet for Moodle here")
    add("--canvas", type=Path, metavar="FILE", help="write a gradebook for Canvas here")
    add(
        "--canvas-title",
        default=_PLATFORM_TITLE,
        metavar="TITLE",
        help="the column of the assignment as Canvas exports it: 'Chat (4711)'",
    )
    add(
        "--roster",
        type=Path,
        metavar="FILE",
        help="with --moodle or --canvas: fill in this file, which the platform exported",
    )
    add(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="grade only this submission, into the table that is already there",
    )


def _add_lateness(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--times", type=Path, metavar="FILE", help="when each was handed in: rows of name,time")
    add("--deadline", metavar="TIME", help="with --times: for example '2026-11-20 23:59'")
    add(
        "--late",
        default=_LATE,
        metavar="RULE",
        help="with --times: what a delay costs in percent, for example "
        "'15m:0 24h:10 3d:30 later:100' (default: nothing)",
    )


def _add_executor(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many submissions are graded at the same time (default %(default)s)",
    )
    add(
        "--executor",
        default=PROCESSES,
        metavar="WHERE",
        help=f"{PROCESSES} (the default), {THREADS}, or the address of a Dask cluster",
    )


def _problem_of(options: argparse.Namespace) -> str:
    """Return what is wrong with the options; empty if nothing is."""
    commands = (options.server_command or "") + (options.client_command or "")
    if commands and options.protocol not in PROGRAM_CHECKS:
        return NO_PROTOCOL
    here = options.executor in (PROCESSES, THREADS)
    if commands and "{port}" not in commands and (options.jobs > 1 or not here):
        return "programs on a fixed port are graded here, one at a time: add --jobs 1"
    if options.jobs < 1 or options.time_limit <= 0:
        return "--jobs and --time-limit must be more than 0"
    return _problem_of_pairs(options)


def _problem_of_pairs(options: argparse.Namespace) -> str:
    """Return which option needs another one; empty if none does."""
    if bool(options.times) != bool(options.deadline):
        return "--times and --deadline need each other"
    if options.roster and bool(options.moodle) == bool(options.canvas):
        return "--roster needs --moodle or --canvas: one of them"
    if options.late != _LATE and not options.times:
        return "--late needs --times and --deadline"
    return ""


def _problem_of_files(options: argparse.Namespace) -> str:
    """Return what is wrong with the files and folders; empty if nothing is."""
    if options.folder.is_file():
        return f"{options.folder} is a file: unpack it, and name the folder"
    if not options.folder.is_dir():
        return f"there is no folder {options.folder}"
    if not options.only:
        return ""
    others = options.page or options.moodle or options.canvas
    if others and not options.json:
        return "--only writes this file anew: add the --json FILE that has the whole class"
    for file in filter(None, (options.csv, options.json)):
        if not file.is_file():
            return f"--only needs {file}, which a run without --only writes"
    return ""
