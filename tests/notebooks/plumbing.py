"""How much of the code on a page is plumbing: `python -m tests.notebooks.plumbing`.

A line of code serves the lesson, or it serves the page: the set-up, checks, drawing, the words that
stand for a picture, and the imports of our helpers for these. (The other imports belong to the
lesson: they say where a hash or AES comes from.) Whoever reads a page should meet as little of the
second kind as possible. Blank lines and comments do not count, in either kind.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from modern.missing import explain

try:
    from nbformat import NotebookNode

    from tests.notebooks.books import NAMES, read, tags
except ImportError as error:
    sys.exit(explain(error))

SERVING = {"check", "checks", "figures"}
"""The names that a statement is about if it checks an answer or draws a picture."""


def count(notebook: NotebookNode) -> tuple[int, int]:
    """Return the lines of plumbing of a notebook, and all its lines of code."""
    plumbing = total = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = code_lines(cell.source)
            total += len(lines)
            plumbing += len(lines & serving_lines(cell))
    return plumbing, total


def code_lines(source: str) -> set[int]:
    """Return the numbers, from 1, of lines that are neither blank nor only a comment."""
    lines = enumerate(source.split("\n"), start=1)
    return {number for number, line in lines if line.strip() and not line.strip().startswith("#")}


def serving_lines(cell: NotebookNode) -> set[int]:
    """Return the numbers of the lines of a cell that serve the page."""
    if tags(cell) & {"setup", "check"}:
        return code_lines(cell.source)
    statements = ast.parse(cell.source).body
    if any(map(is_drawing, statements)) and not tags(cell) & {"experiment", "exercise"}:
        return code_lines(cell.source)  # what else such a cell does is done for its picture
    serving = [one for one in statements if is_drawing(one) or is_import_of_ours(one)]
    return {number for one in serving for number in lines_of(one)}


def is_import_of_ours(statement: ast.stmt) -> bool:
    """Whether a statement imports helpers of the notebooks."""
    module = statement.module if isinstance(statement, ast.ImportFrom) else ""
    return (module or "").split(".")[0] == "notebooks"


def is_drawing(statement: ast.stmt) -> bool:
    """Whether a statement draws, or checks."""
    return isinstance(statement, ast.Expr) and bool(SERVING & set(names_called(statement)))


def names_called(statement: ast.stmt) -> Iterator[str]:
    """Yield the first name of all that is called in a statement: `figures` of `figures.x()`."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            called = node.func
            while isinstance(called, ast.Attribute):
                called = called.value
            if isinstance(called, ast.Name):
                yield called.id


def lines_of(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def main() -> None:
    """Print a table."""
    for name in NAMES:
        plumbing, total = count(read(name))
        sys.stdout.write(f"{name:24} {plumbing:4} of {total:4} lines: {plumbing / total:4.0%}\n")


if __name__ == "__main__":
    main()
