"""How long a notebook takes three different students: `python -m tests.notebooks.timing`.

An estimate: for each section the words that are read (folded answers count, for who predicts
unfolds them, but folded solutions do not), the cells that are run, the figures that are looked
at, the predictions, and the lines of the solution that are found out and written. Each student
has a speed for each of these. The speeds are assumptions. They stand here, to be corrected by
whoever has watched a class.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from modern.missing import explain

try:
    from nbformat import NotebookNode

    from tests.notebooks.books import NAMES, read, solution_of, tags
    from tests.notebooks.plumbing import code_lines
except ImportError as error:
    sys.exit(explain(error))


class Work(NamedTuple):
    """What there is to do."""

    words: int = 0
    code: int = 0
    predictions: int = 0
    figures: int = 0
    exercises: int = 0
    solution: int = 0

    def plus(self, other: Work) -> Work:
        """Return both together."""
        return Work(*(a + b for a, b in zip(self, other, strict=True)))


class Student(NamedTuple):
    """The speed of somebody: words a minute, and seconds for each of the other things."""

    words: int
    code: int
    predictions: int
    figures: int
    exercises: int
    solution: int

    def minutes(self, work: Work) -> float:
        """Return how long the work takes."""
        seconds = sum(a * b for a, b in zip(self[1:], work[1:], strict=True))
        return work.words / self.words + seconds / 60


STUDENTS = {
    "writes Python every day": Student(200, 3, 20, 20, 60, 20),
    "second year": Student(150, 5, 35, 35, 120, 35),
    "reads a second language, slowly": Student(110, 7, 60, 50, 180, 50),
}
"""`exercises` is the time to understand one and to try it; `solution` that for each line of it."""


def work_of(cell: NotebookNode) -> Work:
    """Return what there is to do in one cell."""
    if "solution" in tags(cell):
        code = solution_of(cell.source)
        lines = [line for line in code.split("\n") if not re.match(r"def |\s*\"\"\"|$", line)]
        return Work(exercises=1, solution=len(lines))
    if cell.cell_type == "markdown":
        return Work(words=len(cell.source.split()), predictions=int("predict" in tags(cell)))
    if tags(cell) & {"setup", "check", "exercise"}:
        return Work()
    drawn = sum("<figure" in output.get("data", {}).get("text/html", "") for output in cell.outputs)
    return Work(code=len(code_lines(cell.source)), figures=drawn)


def sections(notebook: NotebookNode) -> dict[str, Work]:
    """Return the work in each section; what comes before the first one is `begin`."""
    found: dict[str, Work] = {}
    name = "begin"
    for cell in notebook.cells:
        heading = re.match(r"## (.*)", cell.source) if cell.cell_type == "markdown" else None
        name = heading[1] if heading else name
        found[name] = found.get(name, Work()).plus(work_of(cell))
    return found


def main() -> None:
    """Print the minutes for each section, and the sum."""
    for name in NAMES:
        sys.stdout.write(f"\n{name}: {', '.join(STUDENTS)}\n")
        parts = sections(read(name))
        for title, work in [*parts.items(), ("together", total(parts))]:
            times = " ".join(f"{one.minutes(work):5.1f}" for one in STUDENTS.values())
            sys.stdout.write(f"  {times}  {title}\n")


def total(parts: dict[str, Work]) -> Work:
    """Return the work of all sections."""
    together = Work()
    for work in parts.values():
        together = together.plus(work)
    return together


if __name__ == "__main__":
    main()
