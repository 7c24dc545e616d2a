"""Write copies of the notebooks for students: `python -m notebooks.handout DIRECTORY`.

The copies have no solutions. The folder also contains the packages that they need, but no tests,
so you can zip it, upload it or open it as it is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
COMPANIONS = ("legacy", "modern", "compat", "notebooks", "pyproject.toml", "LICENSE")
"""What the folder contains."""

README = "notebooks/for_students.md"
"""The README for students; the README of the project is also for teachers."""

_IGNORED = shutil.ignore_patterns(
    "__pycache__", ".*_cache", ".ipynb_checkpoints", "handout.py", Path(README).name
)


class HandoutError(Exception):
    """The copies cannot be written."""


def without_solutions(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook (as read from JSON) without the cells tagged `solution`."""
    cells = [
        cell for cell in notebook["cells"] if "solution" not in cell["metadata"].get("tags", [])
    ]
    return {**notebook, "cells": cells}


def write_handout(directory: Path, checkout: Path = CHECKOUT) -> list[Path]:
    """Write the copies into a new or empty directory; return the paths of the notebooks.

    Raises HandoutError if the directory is not empty, if there are no notebooks in `checkout`, or
    if writing fails.
    """
    try:
        if directory.exists() and any(directory.iterdir()):
            raise HandoutError(f"{directory} is not empty: give a new directory")
        return _write(directory, checkout)
    except OSError as error:
        raise HandoutError(f"cannot write to {directory}: {error.strerror or error}") from None


def _write(directory: Path, checkout: Path) -> list[Path]:
    originals = sorted((checkout / "notebooks").glob("*.ipynb"))
    if not originals:
        raise HandoutError("the notebooks are not here: run this in a checkout of the project")
    for name in COMPANIONS:
        _copy(checkout / name, directory / name)
    _copy(checkout / README, directory / "README.md")
    return [_write_copy(original, directory / "notebooks") for original in originals]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_IGNORED)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _write_copy(original: Path, folder: Path) -> Path:
    notebook = without_solutions(json.loads(original.read_text(encoding="utf-8")))
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    copy = folder / original.name
    copy.write_text(text, encoding="utf-8", newline="\n")
    return copy


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m notebooks.handout",
        description="Write copies of the notebooks for students, without the solutions.",
    )
    parser.add_argument("directory", type=Path, help="a new or empty directory")
    try:
        copies = write_handout(parser.parse_args(arguments).directory)
    except HandoutError as error:
        print(f"handout: {error}", file=sys.stderr)
        return 1
    for copy in copies:
        print(copy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
