"""Counts and lists in prose are those of the code: "twelve attacks", "L1 to L12", a table of all.

A number that stands in a sentence is not computed there, so it goes wrong as soon as the code has
one more. Here the sentences are found, and compared with what they count.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest

from legacy import protocol as legacy_protocol
from modern.dialects import DIALECTS
from modern.protocol import FRAME_SIZE
from tests.architecture.prose import PACKAGES, PAGES
from tests.programs import ROOT, run
from tests.recorded import load

NOTEBOOKS = [page for page in PAGES if page.path.suffix == ".ipynb"]
WORDS = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
NUMBERS = {word: number for number, word in enumerate(WORDS.split(), 2)}
NUMBERS |= {"dozen": 12, "a dozen": 12}
NUMBER = rf"(?P<number>\d[\d,]*|a dozen|{'|'.join(NUMBERS)})"


def how_many_parsers() -> int:
    from tests.soak.fuzz.targets import TARGETS  # noqa: PLC0415 - it loads all that has a parser

    return len(TARGETS)


def value(word: str) -> int:
    """Return the number that a word or figure stands for."""
    return NUMBERS.get(word.lower()) or int(word.replace(",", ""))


# Weaknesses ----------------------------------------------------------------------------------


def weaknesses(letter: str, notebook: str = "") -> list[str]:
    """Return the weaknesses of this letter that have a section, in the notebooks' order."""
    return [
        label
        for page in NOTEBOOKS
        if page.path.name.startswith(notebook)
        for text in page.headings
        for label in re.findall(rf"^({letter}\d+) · ", text)
    ]


LEGACY, MENDED, OPEN = weaknesses("L"), weaknesses("M", "3"), weaknesses("M", "4")
SECTIONS = {labels[0]: labels for labels in (LEGACY, MENDED, OPEN)}
OTHER_RANGES = {("L1", "L6"): "what notebook 3 needs"}


@pytest.mark.parametrize("letter", ["L", "M"])
def test_weaknesses_are_numbered_from_1(letter):
    found = weaknesses(letter)
    assert found == [f"{letter}{number}" for number in range(1, len(found) + 1)]


@cache
def everything() -> str:
    """Return all pages and all code of the packages."""
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return "\n".join(page.words for page in PAGES) + "\n".join(
        path.read_text(encoding="utf-8") for path in sources
    )


def test_each_weakness_that_is_named_has_a_section():
    named = set(re.findall(r"\b[LM][1-9]\d?\b", everything()))
    assert named == {*LEGACY, *MENDED, *OPEN}


@pytest.mark.parametrize("first", SECTIONS)
def test_a_range_from_the_first_weakness_of_a_notebook_ends_at_its_last(first):
    letter = first[0]
    ends = re.findall(rf"\b{first}(?:\*\*)?(?: to |–| through )({letter}\d+)\b", everything())
    ends = [end for end in ends if (first, end) not in OTHER_RANGES]
    assert set(ends) == {SECTIONS[first][-1]}


@pytest.mark.parametrize(("notebook", "expected"), [("2", LEGACY), ("4", LEGACY + MENDED + OPEN)])
def test_the_last_table_of_a_notebook_has_every_weakness(notebook, expected):
    (page,) = [page for page in NOTEBOOKS if page.path.name.startswith(notebook)]
    _, rows = page.tables[-1]
    assert sorted(re.findall(r"[LM]\d+", " ".join(row[0] for row in rows))) == sorted(expected)


# Counts --------------------------------------------------------------------------------------


def attacks_of_the_tour() -> int:
    """Return how many attacks on the legacy chat the tour numbers."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "compat").rglob("*.py")]
    return len(set(re.findall(r"\"Attack (\d+): ", "\n".join(sources))))


def longest_shown() -> int:
    """Return how many characters the longest legacy message has that is shown."""

    def is_shown(size: int) -> bool:
        text = legacy_protocol.build_envelope("x" * size, "12:34:56")
        return legacy_protocol.verify_and_display(text) is not None

    return max(filter(is_shown, range(200)))


class Count(NamedTuple):
    """Phrases with a number in them, and what it may be."""

    phrase: str
    numbers: Callable[[], set[int]]


COUNTS = {
    "attacks": Count(
        r"(?<!first )(?<!last ){} (?:\w+ )?attacks",
        lambda: {len(LEGACY), len(OPEN), attacks_of_the_tour()},
    ),
    "weaknesses": Count(r"{} (?:\w+ )?weaknesses", lambda: {len(LEGACY), len(OPEN)}),
    "ways to break it": Count(
        r"(?:break|fell apart)(?: [\w`]+){{0,2}} in {} ways", lambda: {len(LEGACY)}
    ),
    "dialects": Count(r"(?!two\b){} (?:dialects|readings)", lambda: {len(DIALECTS)}),
    "things repaired": Count(r"{} things that it repairs", lambda: {len(MENDED)}),
    "things left open": Count(r"{} things that [\w ]+ leaves? open", lambda: {len(OPEN)}),
    "notebooks": Count(r"{} (?:notebooks|walks)", lambda: {len(NOTEBOOKS)}),
    "parsers": Count(r"{} parsers", lambda: {how_many_parsers()}),
    "bytes of a frame": Count(
        r"frames?[*`]*(?: of its own,)?(?: of)? {} bytes", lambda: {FRAME_SIZE}
    ),
    "bits of a frame": Count(
        r"(?:each of|all)(?: the)? {} (?:flipped )?bits", lambda: {FRAME_SIZE * 8}
    ),
    "characters of a message too long": Count(
        r"{} characters or more", lambda: {longest_shown() + 1}
    ),
}
"""Each is said somewhere: where its sentence has gone, or has other words now, mend the row."""


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
def test_a_count_in_prose_is_right(count):
    phrase = re.compile(rf"\b{count.phrase.format(NUMBER)}\b", re.IGNORECASE)
    found = {
        (page.name, match[0]): value(match["number"])
        for page in PAGES
        for match in phrase.finditer(" ".join(page.words.split()))
    }
    assert found, "no page says it"
    numbers = count.numbers()
    assert {place: number for place, number in found.items() if number not in numbers} == {}


# Lists ---------------------------------------------------------------------------------------


def test_the_recorded_cases():
    """The table of the long runs has their number: of both files together, and of each."""
    modern, legacy = (load(f"wycheproof_{name}")["numberOfTests"] for name in ("modern", "legacy"))
    rows = [
        " ".join(row)
        for page in PAGES
        for _, rows in page.tables
        for row in rows
        if "wycheproof_*.json" in row[0]
    ]
    assert rows
    for row in rows:
        assert f" {modern + legacy}: {modern} modern, {legacy} legacy" in row


def named_in_tables(header: str) -> list[list[str]]:
    """Return what stands in backticks in the first column, for each table with this header."""
    return [
        re.findall(r"`([^`]+)`", " ".join(row[0] for row in rows))
        for page in PAGES
        for head, rows in page.tables
        if head[0] == header
    ]


def test_each_table_of_dialects_has_all():
    tables = named_in_tables("`--dialect`")
    assert tables
    assert all(names == list(DIALECTS) for names in tables), tables


def test_the_table_of_tamperings_has_all():
    """As the wiretap's help does: an option that wants the number of a message is a tampering."""
    help_text = run("-m", "compat.wiretap", "--help").stdout
    offered = re.findall(r"^  (--\w+ N\S*)", help_text, re.MULTILINE)
    tables = [names for names in named_in_tables("option") if set(names) & set(offered)]
    assert tables == [offered], "compat/README.md: its table of options is another one"
