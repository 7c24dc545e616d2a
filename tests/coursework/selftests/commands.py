"""Runs the commands that teachers and students type, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.coursework.places import REPOSITORY

TIMEOUT = 100


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
