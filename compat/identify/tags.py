"""The search for tags: every hash, key and range of bytes, until a result is in the capture.

The first 8 bytes of each result are looked up among all places at once, as bytes and as hexadecimal
digits. At least 8 bytes must fit. The search computes fewer than 2^21 results, and looks for each
at a few hundred places. So it is practically impossible that 8 bytes fit by chance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from compat.identify.keys import HASHES, CandidateKey

LEAST = 8
"""So many bytes of a tag must fit."""

Make = Callable[[bytes], bytes]
"""Takes the data and returns the whole tag."""


# Ways to make a tag --------------------------------------------------------------------------

_MASKS = [bytes(byte ^ mask for byte in range(256)) for mask in (0x36, 0x5C)]


def _hmac(algorithm: str, key: bytes) -> Make:
    """Return HMAC (RFC 2104). Its two hashes already contain the key: this halves the time."""
    new = getattr(hashlib, algorithm)
    size = new().block_size
    block = (new(key).digest() if len(key) > size else key).ljust(size, b"\0")
    inner, outer = new(block.translate(_MASKS[0])), new(block.translate(_MASKS[1]))

    def make(data: bytes) -> bytes:
        hashed, last = inner.copy(), outer.copy()
        hashed.update(data)
        last.update(hashed.digest())
        tag: bytes = last.digest()
        return tag

    return make


def _exchanged(prepare: Callable[[str, bytes], Make]) -> Callable[[str, bytes], Make]:
    """Return what makes tags with key and data exchanged. Many keys are tried on the same data.

    So it prepares the data once, for each hash. Only the last data are kept.
    """
    prepared = lru_cache(maxsize=len(HASHES))(prepare)
    return lambda algorithm, key: lambda data: prepared(algorithm, data)(key)


def _twice(algorithm: str, key: bytes) -> Make:
    once = _hmac(algorithm, key)
    return lambda data: once(data * 2)


def _key_first(algorithm: str, key: bytes) -> Make:
    start = getattr(hashlib, algorithm)(key)

    def make(data: bytes) -> bytes:
        hashed = start.copy()
        hashed.update(data)
        tag: bytes = hashed.digest()
        return tag

    return make


class _Construction(NamedTuple):
    prepare: Callable[[str, bytes], Make]
    words: str
    hashes: Sequence[str] = tuple(HASHES)


USUAL_HASHES = ("sha256", "sha1", "md5")
_CONSTRUCTIONS = (
    _Construction(_hmac, "HMAC-{hash}; the key is {key}"),
    _Construction(
        _exchanged(_key_first),
        "{hash} of the data and then the key, which is no HMAC; the key is {key}",
    ),
    _Construction(
        _key_first, "{hash} of the key and then the data, which is no HMAC; the key is {key}"
    ),
    _Construction(
        _exchanged(_hmac),
        "HMAC-{hash} with key and message swapped; the key is {key}",
        USUAL_HASHES,
    ),
    _Construction(_twice, "HMAC-{hash} of the data, taken twice; the key is {key}", USUAL_HASHES),
)
_KEYLESS = _Construction(_key_first, "{hash} without any key: everybody can make it")


class Data(NamedTuple):
    """Bytes that a tag may cover, and their name."""

    value: bytes
    words: str


@dataclass(frozen=True)
class Rule:
    """How a tag is made."""

    words: str
    algorithm: str
    make: Make = field(repr=False, compare=False)


def rules(keys: Sequence[CandidateKey]) -> list[Rule]:
    """Return every way to make a tag, the usual ones first."""
    found = [_rule(_KEYLESS, algorithm, CandidateKey("", b"")) for algorithm in HASHES]
    for construction in _CONSTRUCTIONS:
        for key in keys:
            found += [_rule(construction, algorithm, key) for algorithm in construction.hashes]
    return found


def _rule(construction: _Construction, algorithm: str, key: CandidateKey) -> Rule:
    name = HASHES[algorithm]
    if "HMAC-" in construction.words:
        name = name.replace("SHA-", "SHA")  # as in HMAC-SHA256
    words = construction.words.format(hash=name, key=key.name)
    return Rule(words, algorithm, construction.prepare(algorithm, key.value))


# Possible places of a tag --------------------------------------------------------------------


class Place(NamedTuple):
    """A possible place of a tag."""

    layer: int
    offset: int
    coating: str
    """Empty, or `hex` or `HEX`."""


class Places:
    """All places in several layers, by the 8 bytes at each place."""

    def __init__(self, layers: Sequence[bytes]):
        self._layers = layers
        self.starts: dict[bytes, list[Place]] = {}
        for number, data in enumerate(layers):
            for offset in range(len(data) - LEAST + 1):
                self._add(data[offset : offset + LEAST], Place(number, offset, ""))
            for offset in range(len(data) - 2 * LEAST + 1):
                digits = data[offset : offset + 2 * LEAST]
                for coating, alphabet in _DIGITS.items():
                    if not digits.strip(alphabet) and digits.strip(b"0123456789"):
                        self._add(bytes.fromhex(digits.decode()), Place(number, offset, coating))

    def _add(self, start: bytes, place: Place) -> None:
        self.starts.setdefault(start, []).append(place)

    def find(self, tag: bytes) -> Iterator[tuple[Place, int]]:
        """Yield each place of a tag, and how many of its bytes are there."""
        for place in self.starts.get(tag[:LEAST], ()):
            written = _write(tag, place.coating)
            there = self._layers[place.layer][place.offset : place.offset + len(written)]
            equal = next((n for n, byte in enumerate(there) if byte != written[n]), len(there))
            yield place, equal // 2 if place.coating else equal


_DIGITS = {"hex": b"0123456789abcdef", "HEX": b"0123456789ABCDEF"}


def _write(tag: bytes, coating: str) -> bytes:
    if not coating:
        return tag
    digits = tag.hex() if coating == "hex" else tag.hex().upper()
    return digits.encode()


# Search --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TagFound:
    """A tag that was computed again, and found."""

    place: Place
    size: int
    """How many bytes of the tag are there."""
    rule: Rule
    data: Data

    @property
    def end(self) -> int:
        """The offset after the tag."""
        return self.place.offset + (2 * self.size if self.place.coating else self.size)

    @property
    def how(self) -> str:
        """Say whether the tag is cut or written in hexadecimal digits."""
        whole = hashlib.new(self.rule.algorithm).digest_size
        forms = []
        if self.size < whole:
            forms.append(f"Only the first {self.size} of the tag's {whole} bytes are here.")
        if self.place.coating:
            letters = "" if self.place.coating == "hex" else ", in capital letters"
            forms.append(f"The tag is written in hexadecimal digits{letters}.")
        return " ".join(forms)


class TagSearch:
    """Tries rules on data, up to a number of results."""

    def __init__(self, places: Places, most: int):
        """Take all places, and how many results may be computed altogether."""
        self.places = places
        self.left = most
        self._done: set[bytes] = set()

    def search(self, pool: Iterable[Data], tried: Sequence[Rule]) -> Iterator[TagFound]:
        """Yield the tags that a rule makes of one of the data, and that are at some place.

        Equal data are tried once, under their first name. Later searches may only try fewer rules.
        """
        makes = [(rule, rule.make) for rule in tried]
        for data in pool:
            if self.left < len(tried):
                return
            value, starts = data.value, self.places.starts
            if value in self._done:
                continue
            self._done.add(value)
            self.left -= len(tried)
            for rule, make in makes:
                tag = make(value)
                if tag[:LEAST] in starts:
                    for place, size in self.places.find(tag):
                        yield TagFound(place, size, rule, data)
