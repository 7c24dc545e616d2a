"""Write copies of the notebooks for students: `python -m notebooks.handout DIRECTORY`.

The copies have no solutions. The folder also contains the packages that they need, but no tests,
so you can zip it, upload it or open it as it is.
"""

from __future__ import annotations

import sys

from modern.missing import TOO_MANY

try:
    import json
    import shutil
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from compat.command_line import run
    from compat.errors import CompatError
    from modern.command_line import Parser, print_text, program_name
except KeyboardInterrupt:  # Ctrl-C while this loads
    sys.exit(130)

PROGRAM = "handout"

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("legacy", "modern", "compat", "notebooks")
PROJECT_FILES = ("pyproject.toml", "LICENSE")
"""What the folder contains. A wheel has the latter two in `PACKED`."""

PACKED = "notebooks/project"

README = "notebooks/for_students.md"
"""The README for students; the README of the project is also for teachers."""

_IGNORED = shutil.ignore_patterns("__pycache__", ".*_cache", ".ipynb_checkpoints", "answers.md")
_FOR_TEACHERS = {"README.md", "equal_blocks.svg", "flipped_bits.svg"}
_LEFT_OUT = {Path(README).name, Path(PACKED).name, "handout.py", "lite", *_FOR_TEACHERS}
"""Files of the folder `notebooks` that are not copied."""


class HandoutError(CompatError):
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
        if error.errno in TOO_MANY:
            raise
        raise HandoutError(f"cannot write to {directory}: {error.strerror or error}") from None


def _write(directory: Path, checkout: Path) -> list[Path]:
    originals = sorted((checkout / "notebooks").glob("*.ipynb"))
    if not originals:
        raise HandoutError("the notebooks are not here: take them from a checkout of the project")
    for name in PACKAGES:
        shutil.copytree(checkout / name, directory / name, ignore=_ignore)
    packed = checkout / PACKED
    for name in PROJECT_FILES:
        shutil.copyfile((packed if packed.is_dir() else checkout) / name, directory / name)
    shutil.copyfile(checkout / README, directory / "README.md")
    return [_write_copy(original, directory / "notebooks") for original in originals]


def _ignore(folder: str, names: list[str]) -> Iterable[str]:
    left_out = _LEFT_OUT if Path(folder).name == "notebooks" else set()
    return _IGNORED(folder, names) | left_out


def _write_copy(original: Path, folder: Path) -> Path:
    notebook = without_solutions(json.loads(original.read_text(encoding="utf-8")))
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    copy = folder / original.name
    copy.write_text(text, encoding="utf-8", newline="\n")
    return copy


def build_parser() -> Parser:
    """Return the command line."""
    parser = Parser(
        prog=program_name("python -m notebooks.handout"),
        description="Write copies of the notebooks for students, without the solutions.",
    )
    parser.add_argument("directory", type=Path, help="a new or empty directory")
    return parser


def hand_out(directory: Path) -> None:
    """Write the copies and print their paths. Raises HandoutError, ConsoleError."""
    for copy in write_handout(directory):
        print_text(f"{copy}\n")


def main() -> int:
    """Run the program; return its exit status."""
    return run(PROGRAM, lambda: hand_out(build_parser().parse().directory))


if __name__ == "__main__":
    sys.exit(main())
