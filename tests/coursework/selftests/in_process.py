"""Grades a submission inside this process: where a test asks what the grader finds.

This takes a third of the processor time of a process with two pipes. How the
grader keeps a submission in its process is tested in `test_hostile.py` and `test_nursery.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.coursework import worker
from tests.coursework.checks import FUNCTION_CHECKS
from tests.coursework.drawing import new_seed
from tests.coursework.model import Grader, Result
from tests.coursework.submission import Submission

_CONSOLE = worker.open_console(os.open(os.devnull, os.O_WRONLY))


class InProcess:
    """Calls a submission's functions here. Only for submissions of our own."""

    def __init__(self, file: Path):
        self._session = worker.Session(str(file))

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes:
        with contextlib.redirect_stdout(_CONSOLE):
            return worker.line_of(self._session.answer(json.loads(json.dumps(request))))

    def printed(self) -> bytes:
        return b""

    end = printed


_OURS = re.compile(r"(legacy|modern|tests\.coursework\.selftests\.reference)(\.|$)")


class Apart(InProcess):
    """Gives a submission, a mutant for example, copies of our chats: it may change them.

    The grader goes on with the true ones.
    """

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes:
        if request["do"] != "load":
            return super().ask(request, time_limit)
        ours = _take_our_chats()
        try:
            return super().ask(request, time_limit)
        finally:
            _take_our_chats()
            sys.modules.update(ours)


def _take_our_chats() -> dict[str, ModuleType]:
    """Take our modules out of those that are loaded: whoever imports them next, loads them anew."""
    return {name: sys.modules.pop(name) for name in [*sys.modules] if _OURS.match(name)}


def grader(
    folder: Path, protocol: str, seed: int | None = None, start: Callable[[Path], Any] = InProcess
) -> Grader:
    seed = new_seed() if seed is None else seed
    submission = Submission(folder / f"{protocol}_chat.py", seed=seed, start=start)
    return Grader({protocol: submission}, FUNCTION_CHECKS[protocol])


def grade(
    folder: Path, protocol: str, seed: int | None = None, start: Callable[[Path], Any] = InProcess
) -> list[Result]:
    return grader(folder, protocol, seed, start).results()
