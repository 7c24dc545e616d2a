"""What a submission's functions must not reach: our packages, and what is outside their folder.

The process of a submission holds this for itself (`worker.py`). README.md says how far that goes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.coursework.places import HERE, OWN_SUBMISSIONS, REPOSITORY

PACKAGES = ("legacy", "modern", "compat", "notebooks", "tests")
_MOST_ENTRIES = 5000


def is_ours(file: Path) -> bool:
    """Return whether this is one of our own submissions, which may import our packages."""
    return any(file.resolve().is_relative_to(folder) for folder in OWN_SUBMISSIONS)


def rules_for(file: Path) -> dict[str, Any]:
    """Return what `worker.py` needs to know about a submission's file."""
    libraries = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    if is_ours(file):
        return {"paths": [*libraries, str(REPOSITORY)], "hidden": None, "packages": PACKAGES}
    folder = str(file.parent.resolve()) + os.sep
    hidden = [identity for path, identity in _our_files() if not path.startswith(folder)]
    return {"paths": libraries, "hidden": hidden, "packages": PACKAGES}


@lru_cache(maxsize=1)
def _our_files() -> list[tuple[str, list[int]]]:
    """Return our files as the system knows them: links and other names for them are no way in."""
    worker = HERE / "worker.py"  # a traceback may show its lines
    return [
        (str(path), [status.st_dev, status.st_ino])
        for name in PACKAGES
        for path in sorted((REPOSITORY / name).rglob("*"))
        if path.suffix in (".py", ".pyc", ".json", ".mjs", ".ipynb") and path != worker
        for status in [path.stat()]
    ]


def problem_of_links(folder: Path) -> str:
    """Return which link leaves the folder; empty if none does."""
    real = os.path.realpath(folder)
    for entry in _entries(real):
        if entry.is_symlink():
            target = os.path.realpath(entry.path)
            if os.path.commonpath([real, target]) != real:
                name = os.path.relpath(entry.path, real)
                return f"{name!a} is a link that leaves the folder: hand in the file itself"
    return ""


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a folder, as deep as it goes, except in hidden and virtual environments."""
    left, waiting = _MOST_ENTRIES, [folder]
    while waiting and left > 0:
        with os.scandir(waiting.pop()) as entries:
            listed = list(entries)
        names = {entry.name for entry in listed}
        for entry in [] if "pyvenv.cfg" in names else listed:
            left -= 1
            yield entry
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                waiting.append(entry.path)
