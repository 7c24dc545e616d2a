"""The rules that the checks test, quoted from the specifications that students are given.

They are read from `legacy/README.md`, `modern/README.md` and `modern/hardened/README.md`. So a
failing check and the page that it names use the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.coursework.places import FOLDERS, REPOSITORY


def page_of(protocol: str) -> str:
    """Return the place of the page that specifies a chat, also in the folder for students."""
    return f"{FOLDERS[protocol]}/README.md"


def specification(protocol: str) -> str:
    """Return the page that specifies a chat."""
    return (REPOSITORY / page_of(protocol)).read_text("utf-8")


def rules_of(protocol: str) -> Callable[[str], str]:
    """Return a function that takes a rule's number, such as `2.2`, and returns the rule."""
    rows = re.findall(r"^\| (\d[\d.]*) ([^|]+?) \| ([^|]+?) \|", specification(protocol), re.M)
    rules = {number: f"{page_of(protocol)}, {number} {name}: {text}" for number, name, text in rows}
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
                raise ValueError(f"{page_of(protocol)} does not say: {sentence}")
        return f"{page_of(protocol)}, {place}: {' … '.join(sentences)}"

    return quote
