"""What the checks ask is drawn afresh in each run: keys, IVs, texts, tamperings.

So a table of right answers is of no use. All of it follows from one number, the seed: with the same
seed, and for each check by itself, the same is drawn again.
"""

from __future__ import annotations

import random
import secrets
import string
from collections.abc import Iterable, Sequence
from typing import TypeVar

from tests.coursework.answers import Keys

_T = TypeVar("_T")
_DIGITS = 6
_LETTERS = string.ascii_letters + string.digits
_WORDS = [
    "salt",
    "river",
    "blue",
    "late",
    "count",
    "seven",
    "window",
    "paper",
    "often",
    "green",
    "stone",
    "quiet",
    "sugar",
    "north",
]
_FOREIGN = ("é", "ü", "ñ", "ø", "ß", "ж", "λ", "☃", "€", "漢", "🔑", "🎈")


def new_seed() -> int:
    """Return a seed that nobody can know before the run."""
    return secrets.randbelow(10**_DIGITS)


class Draw:
    """The values of one check."""

    def __init__(self, seed: int, name: str):
        self._random = random.Random(f"{seed} {name}")

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def shuffled(self, values: Iterable[_T]) -> list[_T]:
        return self._random.sample(listed := list(values), len(listed))

    def some_of(self, values: Sequence[_T], count: int) -> list[_T]:
        """Return the first value and some of the others, in their order."""
        chosen = self._random.sample(range(1, len(values)), count - 1)
        return [values[place] for place in (0, *sorted(chosen))]

    def octets(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def letters(self, size: int) -> str:
        """Return letters and digits, for what must have an exact length."""
        return "".join(self._random.choices(_LETTERS, k=size))

    def secret(self) -> str:
        """Return what a user may type as one of the keys of the modern chat."""
        return self.letters(32)

    def words(self, count: int = 3) -> str:
        """Return some words and a number, in ASCII."""
        return " ".join([*self._random.choices(_WORDS, k=count), str(self.number(100, 999))])

    def foreign(self, count: int = 3) -> str:
        """Return words with characters of two, three and four bytes in UTF-8."""
        some = [*self._random.choices(_FOREIGN[:7], k=count), *self._random.choices(_FOREIGN, k=2)]
        return self.words(count) + "".join(self.shuffled([*some, "☃", "🔑", " "]))

    def timestamp(self) -> str:
        hour, minute, second = (self.number(0, most) for most in (23, 59, 59))
        return f"{hour:02}:{minute:02}:{second:02}"

    def keys(self) -> Keys:
        """Return two keys that no secret belongs to."""
        return Keys(self.octets(32), self.octets(32))

    def iv(self) -> bytes:
        return self.octets(16)
