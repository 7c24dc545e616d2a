"""The rules that the checks test, quoted from the specifications that students are given.

They are read from `legacy/README.md` and `modern/README.md`. So a failing check and the page that
it names use the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.coursework.places import REPOSITORY


def specification(protocol: str) -> str:
    """Return the page that specifies a chat."""
    return (REPOSITORY / protocol / "README.md").read_text("utf-8")


def rules_of(protocol: str) -> Callable[[str], str]:
    """Return a function that takes a rule's number, such as `2.2`, and returns the rule."""
    rows = re.findall(r"^\| (\d[\d.]*) ([^|]+?) \| ([^|]+?) \|", specification(protocol), re.M)
    rules = {
        number: f"{protocol}/README.md, {number} {name}: {text}" for number, name, text in rows
    }
    return rules.__getitem__


def quotes_of(protocol: str) -> Callable[..., str]:
    """Return a function that quotes rules which have no number.

    It takes the heading above them and their words. It raises ValueError if the page does not have
    these words.
    """
    page = " ".join(specification(protocol).split())

    def quote(place: str, *sentences: str) -> str:
        for sentence in sentences:
            if sentence not in page:
                raise ValueError(f"{protocol}/README.md does not say: {sentence}")
        return f"{protocol}/README.md, {place}: {' … '.join(sentences)}"

    return quote
