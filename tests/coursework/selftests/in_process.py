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
from collections.abc import Callable, Iterator
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
    """Takes back at its end what a submission, a mutant for example, changed in our chats."""

    def __init__(self, file: Path):
        super().__init__(file)
        self._loaded = set(sys.modules)
        self._before = [(each, dict(vars(each))) for each in _parts_of_our_chats()]

    def end(self) -> bytes:
        for name in set(sys.modules) - self._loaded:
            if _OURS.match(name):
                del sys.modules[name]
        for part, before in self._before:
            for name in vars(part).keys() - before.keys():
                delattr(part, name)
            for name, value in before.items():
                if vars(part).get(name) is not value:
                    setattr(part, name, value)
        return super().end()


def _parts_of_our_chats() -> Iterator[ModuleType | type]:
    """Yield our modules that are loaded, and their classes."""
    for name, module in list(sys.modules.items()):
        if _OURS.match(name):
            yield module
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == name:
                    yield value


def grade(
    folder: Path, protocol: str, seed: int | None = None, start: Callable[[Path], Any] = InProcess
) -> list[Result]:
    seed = new_seed() if seed is None else seed
    submission = Submission(folder / f"{protocol}_chat.py", seed=seed, start=start)
    return Grader({protocol: submission}, FUNCTION_CHECKS[protocol]).results()
