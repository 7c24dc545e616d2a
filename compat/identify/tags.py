"""The search for tags: every hash, key and range of bytes, until one stands in the capture.

The first 8 bytes of each result are looked up among all places at once, as bytes and as
hexadecimal digits. At least 8 must fit, so that fewer than 2^21 results do not meet one of a few
hundred places by chance.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from compat.identify.keys import HASHES, CandidateKey

LEAST = 8
"""Bytes of a tag that must fit."""

_CUT_STEP = 4
"""A tag is cut to a multiple of this: the byte behind it may be the right one by chance."""

Make = Callable[[str, bytes, bytes], bytes]
"""Takes the name of a hash, key and data."""


def _hmac(algorithm: str, key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, algorithm)


def _swapped(algorithm: str, key: bytes, data: bytes) -> bytes:
    return hmac.digest(data, key, algorithm)


def _twice(algorithm: str, key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data * 2, algorithm)


def _key_last(algorithm: str, key: bytes, data: bytes) -> bytes:
    return hashlib.new(algorithm, data + key).digest()


def _key_first(algorithm: str, key: bytes, data: bytes) -> bytes:
    return hashlib.new(algorithm, key + data).digest()


def _plain(algorithm: str, _: bytes, data: bytes) -> bytes:
    return hashlib.new(algorithm, data).digest()


class _Construction(NamedTuple):
    make: Make
    words: str
    keyed: bool = True


_CONSTRUCTIONS = (
    _Construction(_hmac, "HMAC-{hash} under {key}"),
    _Construction(_plain, "{hash} of it, without any key: everybody can make it", keyed=False),
    _Construction(_key_last, "{hash} of it followed by the key, which is no HMAC; the key: {key}"),
    _Construction(_key_first, "{hash} of the key followed by it, which is no HMAC; the key: {key}"),
    _Construction(_swapped, "HMAC-{hash} with key and message swapped; the key: {key}"),
    _Construction(_twice, "HMAC-{hash} of it twice over, under {key}"),
)


class Data(NamedTuple):
    """Bytes that a tag may be over, and what they are called."""

    value: bytes
    words: str


class Rule(NamedTuple):
    """How a tag is made."""

    construction: _Construction
    algorithm: str
    key: CandidateKey

    @property
    def words(self) -> str:
        """Say it."""
        return self.construction.words.format(hash=HASHES[self.algorithm], key=self.key.name)

    def make(self, data: bytes) -> bytes:
        """Return the whole tag."""
        return self.construction.make(self.algorithm, self.key.value, data)


def rules(keys: Sequence[CandidateKey]) -> list[Rule]:
    """Return every way to make a tag, the usual ones first."""
    found = []
    for construction in _CONSTRUCTIONS:
        for key in keys if construction.keyed else keys[:1]:
            found += [Rule(construction, algorithm, key) for algorithm in HASHES]
    return found


# Where a tag may stand -----------------------------------------------------------------------


class Place(NamedTuple):
    """Where a tag may stand."""

    layer: int
    offset: int
    coating: str
    """Empty, or `hex` or `HEX`."""


class Places:
    """All places of several layers of bytes, by the 8 bytes that stand there."""

    def __init__(self, layers: Sequence[bytes]):
        self._layers = layers
        self._places: dict[bytes, list[Place]] = {}
        for number, data in enumerate(layers):
            for offset in range(len(data) - LEAST + 1):
                self._add(data[offset : offset + LEAST], Place(number, offset, ""))
            for offset in range(len(data) - 2 * LEAST + 1):
                digits = data[offset : offset + 2 * LEAST]
                for coating, alphabet in _DIGITS.items():
                    if not digits.strip(alphabet) and digits.strip(b"0123456789"):
                        self._add(bytes.fromhex(digits.decode()), Place(number, offset, coating))

    def _add(self, start: bytes, place: Place) -> None:
        self._places.setdefault(start, []).append(place)

    def find(self, tag: bytes) -> Iterator[tuple[Place, int]]:
        """Yield where a tag stands, and how many bytes of it."""
        for place in self._places.get(tag[:LEAST], ()):
            written = _write(tag, place.coating)
            there = self._layers[place.layer][place.offset : place.offset + len(written)]
            equal = next((n for n, byte in enumerate(there) if byte != written[n]), len(there))
            size = equal // 2 if place.coating else equal
            yield place, size if size == len(tag) else size - size % _CUT_STEP


_DIGITS = {"hex": b"0123456789abcdef", "HEX": b"0123456789ABCDEF"}


def _write(tag: bytes, coating: str) -> bytes:
    if not coating:
        return tag
    digits = tag.hex() if coating == "hex" else tag.hex().upper()
    return digits.encode()


# Search --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TagFound:
    """A tag that was made again."""

    place: Place
    size: int
    """Bytes of it that stand there."""
    rule: Rule
    data: Data

    @property
    def end(self) -> int:
        """Where it ends in its layer."""
        return self.place.offset + (2 * self.size if self.place.coating else self.size)

    @property
    def how(self) -> str:
        """Say in which form it stands there."""
        whole = hashlib.new(self.rule.algorithm).digest_size
        forms = []
        if self.size < whole:
            forms.append(f"cut to its first {self.size} of {whole} bytes")
        if self.place.coating:
            letters = "" if self.place.coating == "hex" else ", in capital letters"
            forms.append(f"written as hexadecimal digits{letters}")
        return " and ".join(forms)


class TagSearch:
    """Tries rules on data, as often as it may."""

    def __init__(self, places: Places, most: int):
        """`most` results are computed altogether."""
        self.places = places
        self.left = most

    def search(self, pool: Iterable[Data], tried: Sequence[Rule]) -> Iterator[TagFound]:
        """Yield the tags that one of the rules makes of one of the data."""
        for data in pool:
            if self.left < len(tried):
                return
            self.left -= len(tried)
            for rule in tried:
                for place, size in self.places.find(rule.make(data.value)):
                    yield TagFound(place, size, rule, data)
