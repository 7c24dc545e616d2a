"""Every place that a page or a docstring points to is there: files, and headings within them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.architecture.prose import PACKAGES, PAGES, Page, read
from tests.programs import ROOT

LINK = re.compile(
    r"\]\(\s*<?([^()\s>]+)|\b(?:src|href)=\"([^\"]+)\"|^\[[^]]+\]: +(\S+)", re.MULTILINE
)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")  # https:, mailto:

NAMED = re.compile(r"`((?:[\w.*-]+/)+[\w.*-]*)((?:::\w+)*)`")
MADE_LATER = {
    ".github/workflows/grade.yml": "in the repository of a class",
    "tests/soak/fuzz/corpus/TARGET": "stands for all of them",
}
"""Places that are named and are not in this repository."""

IGNORED = re.findall(r"^/?([\w.-]+)/$", (ROOT / ".gitignore").read_text("utf-8"), re.MULTILINE)

SOURCES = [
    path for folder in (*PACKAGES, "tests") for path in sorted((ROOT / folder).rglob("*.py"))
]


def links(page: Page) -> Iterator[str]:
    """Yield the targets of a page's links to places in this repository."""
    prose = re.sub(r"`[^`\n]*`", "", page.words)  # code is displayed as it is, brackets and all
    for match in LINK.finditer(prose):
        target = next(filter(None, match.groups()))
        if not ELSEWHERE.match(target):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_somewhere(page):
    for target in links(page):
        name, _, place = target.partition("#")
        path = (page.path.parent / unquote(name)).resolve() if name else page.path
        assert path.is_relative_to(ROOT), target
        assert path.exists(), target
        if place:
            assert unquote(place) in read(path).anchors, target


def missing(path: Path, text: str) -> list[str]:
    """Return the places in backticks, with a slash in them, that are not there.

    A path may begin beside the file that names it, at the top, or, for a test, in `tests/`. What
    the commands of the pages make is not in the repository, but in its `.gitignore`.
    """
    gone = []
    for name, inner in NAMED.findall(text):
        found = [
            place
            for base in (path.parent, ROOT, ROOT / "tests")
            for place in base.glob(name.rstrip("/"))
        ]
        parts = inner.split("::")[1:]
        is_excused = name in MADE_LATER or name.split("/")[0] in IGNORED
        if not is_excused and not any(_has(place, parts) for place in found):
            gone.append(name + inner)
    return gone


def _has(place: Path, parts: list[str]) -> bool:
    if not parts:
        return True
    text = place.read_text(encoding="utf-8")
    return all(re.search(rf"^ *(?:def|class) {part}\b", text, re.MULTILINE) for part in parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_file_that_a_page_names_is_there(page):
    assert missing(page.path, page.words) == []


def test_each_file_that_the_code_names_is_there():
    gone = {
        str(path.relative_to(ROOT)): names
        for path in SOURCES
        if (names := missing(path, path.read_text(encoding="utf-8")))
    }
    assert gone == {}


def test_no_exception_is_out_of_date():
    texts = [page.words for page in PAGES]
    texts += [path.read_text(encoding="utf-8") for path in SOURCES if path != Path(__file__)]
    assert [name for name in MADE_LATER if not any(f"`{name}`" in text for text in texts)] == []
