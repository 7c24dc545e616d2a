"""Name the dialect of a capture, and tell which of its rules these bytes prove.

A rule is proven if the frames, sealed once more with it and with their own IVs, are these bytes,
and if no other rule in its place gives the same bytes. A short line proves little about where long
ones are cut.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

from compat.identify.findings import DialectFound, Span
from modern import axes
from modern.axes import BinaryNumber, DecimalDigits, Order
from modern.construction import Decoder, Sealer, find_first_frame
from modern.dialects import DIALECTS, Dialect, derive_all_keys
from modern.errors import AuthenticationError, ProtocolError, UsageError
from modern.protocol import BLOCK_SIZE, TAG_SIZE, Keys

_MOST_STARTS = 4096
"""Offsets at which a frame is looked for."""

AXES = {
    "keys": "authentication key",
    "tag": "tag",
    "prefix": "before the IV",
    "length.form": "length",
    "length.counting": "the length counts",
    "body_iv": "IV of the body",
    "padding": "padding",
    "newline": "newline",
    "cut": "cut",
}
"""The places in which dialects differ, by the names of a dialect's fields; and in words."""


def rule_of(dialect: Dialect, axis: str) -> Any:
    """Return the rule of a dialect on an axis."""
    return attrgetter(axis)(dialect)


def _with_rule(dialect: Dialect, axis: str, rule: Any) -> Dialect:
    field_name, _, part = axis.partition(".")
    if part:
        rule = replace(getattr(dialect, field_name), **{part: rule})
    return replace(dialect, **{field_name: rule})


def _rules_of(axis: str) -> list[Any]:
    """Return every rule that some dialect has on an axis."""
    found: list[Any] = []
    for dialect in DIALECTS.values():
        rule = rule_of(dialect, axis)
        if rule not in found:
            found.append(rule)
    return found


_WIDTHS = (2, 4, 8, 15)


def _number_forms() -> Iterator[axes.LengthForm]:
    """Yield the ways to write a length; no two of them give the same bytes."""
    orders: tuple[Order, ...] = ("big", "little")
    yield DecimalDigits()
    for order in orders:
        yield BinaryNumber(16, order, "nothing")  # little-endian: also what zeros fill up
        yield BinaryNumber(16, order, "a block of PKCS#7")
        yield from (BinaryNumber(width, order, "PKCS#7") for width in _WIDTHS)
    yield BinaryNumber(1, "big", "PKCS#7")
    yield from (BinaryNumber(width, "big", "zero bytes") for width in _WIDTHS)


def _alternatives(axis: str) -> list[Any]:
    """Return every rule that a program may have on an axis."""
    return list(_number_forms()) if axis == "length.form" else _rules_of(axis)


@dataclass(frozen=True)
class Capture:
    """Whole frames of one dialect, opened."""

    span: Span
    dialect: Dialect
    keys: Keys = field(repr=False)
    chunks: tuple[bytes, ...]
    ivs: tuple[bytes, ...]
    data: bytes
    """The frames."""

    @property
    def text(self) -> str:
        """What they say."""
        return b"".join(self.chunks).decode()

    @property
    def lines(self) -> list[str]:
        """What they say, as messages."""
        return re.findall(r"[^\n]*\n|[^\n]+", self.text)


def open_frames(data: bytes, confkey: str, authkey: str) -> Capture | None:
    """Return the frames at the first place where some dialect's tags fit."""
    all_keys = derive_all_keys(confkey, authkey)
    try:
        start, dialect = find_first_frame(data[:_MOST_STARTS], all_keys)
    except AuthenticationError:
        return None
    keys = all_keys[dialect]
    chunks, ends = _open_all(data[start:], dialect, keys)
    if not ends:
        return None
    frames = data[start : start + ends[-1]]
    ivs = tuple(_find_ivs(frames, [0, *ends[:-1]], dialect))
    return Capture(Span(start, start + ends[-1]), dialect, keys, chunks, ivs, frames)


def _open_all(data: bytes, dialect: Dialect, keys: Keys) -> tuple[tuple[bytes, ...], list[int]]:
    """Return all chunks, and where the frame of each ends."""
    decoder = Decoder(dialect, keys)
    chunks, ends = [], []
    with contextlib.suppress(ProtocolError):
        for end, byte in enumerate(data, 1):
            for chunk in decoder.feed(bytes([byte])):
                chunks.append(chunk)
                ends.append(end)
    return tuple(chunks), ends


def _find_ivs(frames: bytes, starts: Sequence[int], dialect: Dialect) -> Iterator[bytes]:
    """Yield every IV, in the order of the wire."""
    for start in starts:
        first = start + dialect.prefix.size
        yield frames[first : first + BLOCK_SIZE]
        if dialect.body_iv.own:
            second = first + BLOCK_SIZE + dialect.length.form.size + TAG_SIZE
            yield frames[second : second + BLOCK_SIZE]


# What the bytes prove ------------------------------------------------------------------------


def find_dialect(data: bytes, confkey: str, authkey: str) -> DialectFound | None:
    """Return what dialect the bytes are in, if it is one of those that this project talks."""
    capture = open_frames(data, confkey, authkey)
    if not capture:
        return None
    name, shown, unshown = capture.dialect.name, [], []
    for axis, words in AXES.items():
        rule = f"{words}: {rule_of(capture.dialect, axis).rule}"
        others = find_others(capture, axis, confkey, authkey)
        if others:
            unshown.append(f"{rule} (fits as well: {', '.join(others[:2])})")
        else:
            shown.append(rule)
    return DialectFound(capture.span, name, capture.text, tuple(shown), tuple(unshown))


def find_others(capture: Capture, axis: str, confkey: str, authkey: str) -> list[str]:
    """Return the other rules on an axis with which the frames would be the same bytes."""
    own = rule_of(capture.dialect, axis)
    agrees = _seals_to if _seals_to(capture, capture.dialect, capture.keys) else _opens_to
    others = []
    for rule in _alternatives(axis):
        if rule == own or (rule is axes.HMAC_RUNNING and own is axes.HMAC_SHA256):
            continue  # what runs on is HMAC-SHA256 as well
        variant = _with_rule(capture.dialect, axis, rule)
        with contextlib.suppress(UsageError):
            if agrees(capture, variant, variant.derive_keys(confkey, authkey)):
                others.append(str(rule.rule))
    return others


def _seals_to(capture: Capture, dialect: Dialect, keys: Keys) -> bool:
    """Whether the text, sealed in a dialect with the IVs of the capture, is the capture."""
    ivs = iter(capture.ivs)
    sealer = Sealer(dialect, keys, lambda size: next(ivs, bytes(size)))
    try:
        return b"".join(sealer.seal(capture.lines)) == capture.data
    except (OverflowError, ValueError):  # a number too large for its form, a key for AES
        return False


def _opens_to(capture: Capture, dialect: Dialect, keys: Keys) -> bool:
    """Whether a reader of a dialect gets the same text, for frames that we would seal otherwise."""
    return _open_all(capture.data, dialect, keys)[0] == capture.chunks
