"""The checks of the exercises: `check("L3", fits)` says whether an answer is right.

After a wrong answer it says what to look at next, and not before. It never raises because of an
answer. A check has the id that its exercise has: a weakness (`L3`), or the number of the notebook
and of the exercise in it (`1.2`).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

HOMES = {
    "legacy_built": ("1.1", "1.2", "1.3"),
    "legacy_watched": ("L1", "L2", "L3"),
    "legacy_misled": ("L4", "L5", "L6", "L7", "L8"),
    "legacy_undone": ("L9", "L10", "L11", "L12"),
    "modern_built": ("3.1", "M1", "M1b"),
    "modern_tampered": ("M2", "M2b", "M3"),
    "modern_open": ("M4", "M5", "M6", "M8", "M9"),
    "modern_ends": ("M7",),
    "third_chat": ("5.1", "5.2", "5.3", "5.5"),
    "third_stream": ("5.4", "5.6", "5.7"),
}
"""The module of each check; each module has a table `CHECKS` from ids to functions."""

_MODULES = {exercise: module for module, exercises in HOMES.items() for exercise in exercises}


def check(exercise: str, *answers: Any) -> None:
    """Try an answer, usually one function: print `✓`, or `✗` and what to look at next."""
    module = import_module(f"{__name__}.{_MODULES[exercise]}")
    function: Callable[..., None] = module.CHECKS[exercise]
    function(*answers)
