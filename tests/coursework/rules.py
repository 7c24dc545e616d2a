"""The rules that checks hold, quoted from the specifications that students are given.

They are read from `legacy/README.md` and `modern/README.md`, so that a failing check and the page
that it points to say the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.coursework.submission import REPOSITORY


def rules_of(protocol: str) -> Callable[[str], str]:
    """Return a function from a rule's number, such as `2.2`, to the rule as its page says it."""
    page = (REPOSITORY / protocol / "README.md").read_text("utf-8")
    rules = {
        number: f"{protocol}/README.md, {number} {name}: {text}"
        for number, name, text in re.findall(r"^\| (\d[\d.]*) ([^|]+?) \| ([^|]+?) \|", page, re.M)
    }
    return rules.__getitem__


def quotes_of(protocol: str) -> Callable[..., str]:
    """Return a function that quotes sentences which have no number.

    It takes the heading under which they stand, and their words. Raises ValueError where the page
    does not have those words.
    """
    page = " ".join((REPOSITORY / protocol / "README.md").read_text("utf-8").split())

    def quote(place: str, *sentences: str) -> str:
        for sentence in sentences:
            if sentence not in page:
                raise ValueError(f"{protocol}/README.md does not say: {sentence}")
        return f"{protocol}/README.md, {place}: {' … '.join(sentences)}"

    return quote
