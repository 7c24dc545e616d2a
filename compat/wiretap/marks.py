"""How equal blocks are made recognisable: equal letters, equal colours, over a whole conversation.

Nothing here draws. layout.py draws for a terminal, `compat.page` for a browser; both take the
letters and the colours from here, so that a block looks alike in both.
"""

from __future__ import annotations

from collections import OrderedDict
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import NamedTuple

MOST_REMEMBERED = 1 << 16
"""The most different blocks and fields that are remembered. The oldest are forgotten first."""


class Colour(NamedTuple):
    """Two colours that can be read on each other."""

    text: str
    background: str


COLOURS = (  # of Okabe and Ito, for all kinds of colour vision; readable on any
    Colour("#000000", "#56b4e9"),
    Colour("#000000", "#e69f00"),
    Colour("#000000", "#009e73"),
    Colour("#000000", "#f0e442"),
    Colour("#ffffff", "#0072b2"),
    Colour("#000000", "#d55e00"),
    Colour("#000000", "#cc79a7"),
    Colour("#000000", "#bbbbbb"),
)


def to_letters(index: int) -> str:
    """Return the name of the block with that index: A to Z, a to z, then AA, AB and so on."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, len(ascii_letters))
        letters = (ascii_uppercase + ascii_lowercase)[rest] + letters
    return letters


class Mark(NamedTuple):
    """What makes a block recognisable."""

    letters: str
    colour: Colour
    seen: bool
    """Whether it has arrived before."""


class Marker:
    """Gives equal blocks equal letters and colours, over a whole conversation."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[bytes, int] = OrderedDict()  # soon tells which is the oldest
        self._arrived: set[bytes] = set()
        self._count = 0

    def mark(self, data: bytes, *, arrives: bool = True) -> Mark:
        """Return the mark of a block or field; take note of it if it goes on to its receiver."""
        index = self._indexes.get(data)
        if index is None:
            index = self._indexes[data] = self._count
            self._count += 1
            self._forget()
        seen = data in self._arrived
        if arrives:
            self._arrived.add(data)
        return Mark(to_letters(index), COLOURS[index % len(COLOURS)], seen)

    def _forget(self) -> None:
        """Forget the oldest block, if there are too many to remember."""
        if len(self._indexes) > MOST_REMEMBERED:
            oldest, _ = self._indexes.popitem(last=False)
            self._arrived.discard(oldest)
