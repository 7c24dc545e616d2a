"""The notebooks as the tests see them: read, run in a fresh kernel, solved."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("[0-9]*.ipynb"))
NAMES = [path.stem for path in PATHS]

CELL_SECONDS = 120


def read(name: str) -> NotebookNode:
    return copy.deepcopy(_read(name))


@cache
def _read(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in tags(cell)]


def run(notebook: NotebookNode, folder: Path = FOLDER) -> NotebookNode:
    """Run a copy in a fresh kernel whose working directory is `folder`; return it."""
    fresh = copy.deepcopy(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        fresh,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return fresh


def solve(notebook: NotebookNode) -> NotebookNode:
    """Return a copy in which each check is followed by the folded solution and the check again."""
    longer = copy.deepcopy(notebook)
    longer.cells = []
    for cell in copy.deepcopy(notebook).cells:
        longer.cells.append(cell)
        if "exercise" in tags(cell):
            exercise = cell
        elif "check" in tags(cell):
            check = cell
        elif "solution" in tags(cell):
            longer.cells.append(new_code(f"{exercise.id}-answer", solution_of(cell.source)))
            longer.cells.append(new_code(f"{exercise.id}-solved", check.source))
    return longer


def new_code(name: str, source: str) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    cell.id = name
    return cell


def solution_of(source: str) -> str:
    (code,) = re.findall(r"^```python\n(.*?)^```$", source, re.DOTALL | re.MULTILINE)
    return code.rstrip("\n")


def says(cell: NotebookNode) -> str:
    """Return the text of a code cell's outputs: streams as they read, displays as plain text.

    Pictures and markup depend on versions and machines, so their plain text stands for them.
    """
    return "".join(_texts(cell.outputs))


def _texts(outputs: list[NotebookNode]) -> Iterator[str]:
    for output in outputs:
        if output.output_type == "stream":
            yield output.text
        else:
            yield f"[{output.data.get('text/plain', '')}]\n"
