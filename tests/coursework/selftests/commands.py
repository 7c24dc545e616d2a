"""Runs the commands that teachers and students type: in a process of their own, or in this one.

A process for pytest takes a second of processor time before it grades. What a command answers is
the same in this process. That it answers so as a process, too, one test of each command shows.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from tests import in_process
from tests.coursework import __main__ as front_door
from tests.coursework.places import HERE, REPOSITORY

TIMEOUT = 100
_WITHIN_PYTEST = ("-pno:cacheprovider", "-pno:xdist", "-pno:faulthandler", "-pno:benchmark")
"""Only one pytest of a process can have these; the last one starts six programs each time."""


def run(*arguments: object, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Run `python -m` with these arguments."""
    environment = os.environ | {"PYTHONUTF8": "1", "COLUMNS": "120", "PYTHONPATH": str(REPOSITORY)}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=cwd,
        timeout=TIMEOUT,
        check=False,
    )


def grade(*options: object) -> subprocess.CompletedProcess[str]:
    """Grade with pytest's own command line."""
    return run("pytest", "-p", "no:cacheprovider", "tests/coursework", *options)


def front_door_here(*words: object, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """Do as `python -m tests.coursework` with these words, in this process."""
    return _here(front_door.main, *words, encoding=encoding)


def check_here(*words: object, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """Grade one submission in this process, as `check` does."""
    return front_door_here("check", *words, *_WITHIN_PYTEST, encoding=encoding)


def grade_here(*options: object, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """Grade in this process with pytest's own command line."""
    words = list(map(str, (HERE, *_WITHIN_PYTEST, *options)))
    return _here(partial(pytest.main, words), encoding=encoding)


def _here(
    main: Callable[[], int], *words: object, encoding: str
) -> subprocess.CompletedProcess[str]:
    """Call `main` as `run` does, without the variables of the pytest that runs this test."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with mock.patch.dict(os.environ, outside | {"COLUMNS": "120"}, clear=True):
        return in_process.run_main(main, *map(str, words), encoding=encoding)
