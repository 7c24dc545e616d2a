"""The parts of a capture that are not encrypted: the typed line, lengths, equal blocks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from compat.identify.ciphers import BLOCK, PRINTABLE
from compat.identify.findings import (
    Encryption,
    EqualBlocks,
    InTheClear,
    LengthInTheClear,
    Span,
    Statement,
    Tag,
    uncovered,
)
from compat.identify.layers import Layer

_LEAST_TYPED = 6
_LEAST_TEXT = 40
"""So many printable characters in a row cannot be chance."""
_LEAST_NUMBER, _MOST_NUMBER = 4, 16
"""How many bytes a length may have. Fewer may fit by chance."""
_MOST_SEPARATOR = 8
_MOST_EQUAL = 3
"""At most so many equal blocks are named; more say nothing new."""


def covered(statements: Sequence[Statement]) -> list[Span]:
    """Return all bytes that are explained."""
    return [span for statement in statements for span in statement.spans]


# Text ----------------------------------------------------------------------------------------


def find_text(
    layer: Layer, forms: Sequence[bytes], coats: Sequence[Span], explained: Sequence[Statement]
) -> Iterator[InTheClear]:
    """Yield the places of the typed line and of other text that is not encrypted.

    `coats` look like hexadecimal digits or base64. What they stand for is not known, so they are
    not reported as text.
    """
    for gap in uncovered(len(layer.data), covered(explained), layer.name):
        piece = layer.data[gap.start : gap.end]
        places = list(_find_typed(piece, forms))
        for start, end in places:
            yield InTheClear(Span(gap.start + start, gap.start + end, layer.name), "the typed line")
        is_coat = any(coat.start < gap.end and gap.start < coat.end for coat in coats)
        if places or is_coat or len(piece) < _LEAST_TEXT or not PRINTABLE.issuperset(piece):
            continue
        yield InTheClear(gap, "printable text")


def _find_typed(piece: bytes, forms: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    if piece in forms:
        yield 0, len(piece)
        return
    for form in forms:  # the form with its newline comes first
        if len(form) >= _LEAST_TYPED and form in piece:
            for match in re.finditer(re.escape(form), piece):
                yield match.span()
            return


def is_all_clear(data: bytes, statements: Sequence[Statement], of: str = "") -> bool:
    """Whether nothing is encrypted: all is text, tags, lengths, or a few characters between."""
    if any(isinstance(each, Encryption) for each in statements):
        return False
    if any(isinstance(each, Tag) and each.encrypted for each in statements):
        return False
    if not any(isinstance(each, InTheClear) for each in statements):
        return False
    return all(
        gap.end - gap.start <= _MOST_SEPARATOR and PRINTABLE.issuperset(data[gap.start : gap.end])
        for gap in uncovered(len(data), covered(statements), of)
    )


# Lengths -------------------------------------------------------------------------------------


def find_lengths(layer: Layer, explained: Sequence[Statement]) -> Iterator[LengthInTheClear]:
    """Among the unexplained bytes, find numbers that give the size of something near them."""
    gaps = uncovered(len(layer.data), covered(explained), layer.name)
    ends = [*(gap.start for gap in gaps[1:]), len(layer.data)][: len(gaps)]
    for gap, end in zip(gaps, ends, strict=True):
        written = layer.data[gap.start : gap.end]
        if not _LEAST_NUMBER <= len(written) <= _MOST_NUMBER:
            continue
        sizes = _sizes_near(gap, end, explained)
        for number, form in _read_numbers(written):
            if number in sizes:
                yield LengthInTheClear(gap, form, number, sizes[number])
                break


def _read_numbers(written: bytes) -> Iterator[tuple[int, str]]:
    digits = written.rstrip(b"\0 \n").lstrip(b" ")
    if digits.isdigit():
        filled = "" if digits == written else " and filling"
        yield int(digits), f"decimal digits{filled}"
    yield int.from_bytes(written, "big"), f"{len(written)} bytes, big-endian"
    yield int.from_bytes(written, "little"), f"{len(written)} bytes, little-endian"


def _sizes_near(gap: Span, end: int, explained: Sequence[Statement]) -> dict[int, str]:
    """Return the sizes that a length at `gap` may give, and what has each size."""
    sizes = {end - gap.end: "what follows", end - gap.start: "what follows, this length included"}
    for each in explained:
        if isinstance(each, Encryption) and gap.end <= each.span.start < end:
            sizes.setdefault(len(each.text), "the plain text")
            sizes.setdefault(each.span.end - each.span.start, "the encrypted part")
            around = each.span.end - each.span.start + BLOCK
            sizes.setdefault(around, "the encrypted part with its IV")
        elif isinstance(each, InTheClear) and gap.end <= each.span.start < end:
            sizes.setdefault(each.span.end - each.span.start, "the text in the clear")
    sizes.pop(0, None)
    return sizes


# Equal blocks --------------------------------------------------------------------------------


def find_equal_blocks(data: bytes, of: str = "") -> Iterator[EqualBlocks]:
    """Yield the blocks of 16 bytes that occur more than once, counted from the beginning."""
    places = defaultdict(list)
    for at in range(0, len(data) - BLOCK + 1, BLOCK):
        places[data[at : at + BLOCK]].append(at)
    equal = (
        tuple(offsets)
        for block, offsets in places.items()
        if len(offsets) > 1 and not PRINTABLE.issuperset(block) and any(block)
    )
    yield from (EqualBlocks(offsets, of) for offsets in islice(equal, _MOST_EQUAL))
