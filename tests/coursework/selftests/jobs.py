"""A submission that a test wants graded, in a form that can run beside others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.coursework.model import Result


class Job(NamedTuple):
    """A submission to grade; `run` gets an empty folder to work in."""

    name: str
    run: Callable[[Path], list[Result]]

    def __str__(self) -> str:
        return self.name


Graded = Callable[[Job], list[Result]]
"""Waits until a job is done and returns its results: the type of the fixture `graded`."""
