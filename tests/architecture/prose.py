"""All prose of this repository: its Markdown pages, and the notebooks' cells between the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.programs import ROOT

PACKAGES = ("legacy", "modern", "compat", "notebooks")


@dataclass(frozen=True)
class Page:
    """A Markdown page, or a notebook read as one."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Its path from the top, as a test's id."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def words(self) -> str:
        """What it says, without code blocks, in which a number or a link is no statement."""
        return re.sub(r"^( *)```.*?^\1```$", "", self.text, flags=re.DOTALL | re.MULTILINE)

    @property
    def headings(self) -> list[str]:
        """The headings, as they are displayed."""
        found = re.findall(r"^#+ (.*)$", self.words, re.MULTILINE)
        return [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).strip() for text in found]

    @property
    def tables(self) -> list[tuple[list[str], list[list[str]]]]:
        """Return the tables: the cells of the header, and of each row."""
        found = re.findall(r"^(\|.*\|)\n\|[-:| ]+\|\n((?:\|.*\|\n?)*)", self.words, re.MULTILINE)
        return [(_cells(head), [_cells(row) for row in rows.splitlines()]) for head, rows in found]

    @property
    def anchors(self) -> set[str]:
        """What a link to a place on this page may end in: GitHub's way, and Jupyter's."""
        if self.path.suffix == ".ipynb":
            return {text.replace(" ", "-") for text in self.headings}
        return set(_number_doubles(self.headings))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def _number_doubles(headings: list[str]) -> Iterator[str]:
    """Yield GitHub's anchor for each heading: words and hyphens; equal ones are numbered."""
    seen: dict[str, int] = {}
    for text in headings:
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        yield f"{anchor}-{seen[anchor]}" if anchor in seen else anchor
        seen[anchor] = seen.get(anchor, 0) + 1


@cache
def read(path: Path) -> Page:
    """Return one page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return Page(path, text)


def paths() -> Iterator[Path]:
    """Yield where all pages are."""
    yield from ROOT.glob("*.md")
    yield from ROOT.glob(".github/**/*.md")
    for folder in (*PACKAGES, "tests"):
        yield from (ROOT / folder).rglob("*.md")
    yield from (ROOT / "notebooks").glob("[0-9]*.ipynb")


PAGES = [read(path) for path in sorted(paths())]
