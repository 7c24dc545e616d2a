"""The figures in the saved notebooks; `python -m tests.notebooks.pictures` renews the README's."""

from __future__ import annotations

import base64
import re

from nbformat import NotebookNode

from tests.notebooks.books import FOLDER, read

OF_README = (
    ("equal_blocks.svg", "2_breaking_it", "l1-figure"),
    ("flipped_bits.svg", "3_the_modern_chat", "m2-figure"),
)
"""Pictures that the README shows, with the notebook and the cell that draw them."""


def figures_of(notebook: NotebookNode) -> list[tuple[str, NotebookNode]]:
    """Return what each figure of a notebook displays, with the id of its cell."""
    return [
        (cell.id, output.data)
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if '<figure class="drawn"' in output.get("data", {}).get("text/html", "")
    ]


def svg_of(name: str, cell_id: str) -> str:
    """Return the drawing of a figure as it was saved."""
    (html,) = [data["text/html"] for found, data in figures_of(read(name)) if found == cell_id]
    (code,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    return f"{base64.b64decode(code).decode()}\n"


def main() -> None:
    """Write the pictures of the README."""
    for picture, name, cell_id in OF_README:
        (FOLDER / picture).write_text(svg_of(name, cell_id), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
