"""Name the dialect of a capture, and tell which of its rules these bytes prove.

A rule is proven if two things are true: sealing the text again with this rule and the same IVs
gives exactly these bytes, and no other rule in its place does. A short line proves little about
where long lines are cut.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from compat.identify.findings import DialectFound, Span
from compat.identify.mixtures import find_mixtures
from compat.identify.rules import AXES, alternatives, rule_of, with_rule
from modern import axes
from modern.construction import Decoder, Sealer, find_first_frame
from modern.dialects import Dialect, derive_all_keys
from modern.errors import AuthenticationError, ProtocolError, UsageError
from modern.protocol import BLOCK_SIZE, TAG_SIZE, Keys

_MOST_STARTS = 2048
"""How many of the first bytes are tried as the start of the first frame."""


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
        """The text of the frames."""
        return b"".join(self.chunks).decode()

    @property
    def lines(self) -> list[str]:
        """The text of the frames, as messages."""
        return re.findall(r"[^\n]*\n|[^\n]+", self.text)


def open_frames(data: bytes, confkey: str, authkey: str) -> Capture | None:
    """Return the frames at the first place where the tags of a dialect or of a mixture fit.

    A dialect's decoder also accepts frames that the dialect would not send itself. So a mixture of
    rules that would send exactly these bytes is preferred.
    """
    all_keys = derive_all_keys(confkey, authkey)
    try:
        start, dialect = find_first_frame(data[:_MOST_STARTS], all_keys)
    except AuthenticationError:
        return _open_mixture(data, 0, confkey, authkey)
    capture = _open_from(data, start, dialect, all_keys[dialect])
    if capture and not _seals_to(capture, capture.dialect, capture.keys):
        mixture = _open_mixture(data, start, confkey, authkey)
        return mixture if mixture and mixture.span.end >= capture.span.end else capture
    return capture


def _open_mixture(data: bytes, start: int, confkey: str, authkey: str) -> Capture | None:
    """Return the frames at `start`, in the first mixture that would seal the same bytes."""
    captures = (
        _open_from(data, start, dialect, keys)
        for dialect, keys in find_mixtures(data[start:], confkey, authkey)
    )
    exact = (each for each in captures if each and _seals_to(each, each.dialect, each.keys))
    return next(exact, None)


def _open_from(data: bytes, start: int, dialect: Dialect, keys: Keys) -> Capture | None:
    chunks, ends = _open_all(data[start:], dialect, keys)
    if not ends:
        return None
    frames = data[start : start + ends[-1]]
    ivs = tuple(_find_ivs(frames, [0, *ends[:-1]], dialect))
    return Capture(Span(start, start + ends[-1]), dialect, keys, chunks, ivs, frames)


def _open_all(data: bytes, dialect: Dialect, keys: Keys) -> tuple[tuple[bytes, ...], list[int]]:
    """Return all chunks, and the end of each frame."""
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
    """Return the dialect of the bytes, if they are in one of ours or in a mixture of ours."""
    capture = open_frames(data, confkey, authkey)
    if not capture:
        return None
    name, shown, unshown = capture.dialect.name, [], []
    for axis, words in AXES.items():
        rule = f"{words}: {rule_of(capture.dialect, axis).rule}"
        others = find_others(capture, axis, confkey, authkey)
        if others:
            unshown.append(f"{rule} (these bytes would also fit: {', '.join(others[:2])})")
        else:
            shown.append(rule)
    return DialectFound(capture.span, name, capture.text, tuple(shown), tuple(unshown))


def find_others(capture: Capture, axis: str, confkey: str, authkey: str) -> list[str]:
    """Return the other rules of this axis that would give the same bytes."""
    own = rule_of(capture.dialect, axis)
    agrees = _seals_to if _seals_to(capture, capture.dialect, capture.keys) else _opens_to
    others = []
    for rule in alternatives(axis):
        if rule == own or (rule is axes.HMAC_RUNNING and own is axes.HMAC_SHA256):
            continue  # a running tag is also HMAC-SHA256
        variant = with_rule(capture.dialect, axis, rule)
        with contextlib.suppress(UsageError):
            if agrees(capture, variant, variant.derive_keys(confkey, authkey)):
                others.append(str(rule.rule))
    return others


def _seals_to(capture: Capture, dialect: Dialect, keys: Keys) -> bool:
    """Whether sealing the text in a dialect, with the same IVs, gives the captured bytes."""
    ivs = iter(capture.ivs)
    sealer = Sealer(dialect, keys, lambda size: next(ivs, bytes(size)))
    end = 0
    try:
        for frame in sealer.seal(capture.lines):
            if not capture.data.startswith(frame, end):
                return False
            end += len(frame)
    except (OverflowError, ValueError):  # a number too large for its form, a key for AES
        return False
    return end == len(capture.data)


def _opens_to(capture: Capture, dialect: Dialect, keys: Keys) -> bool:
    """Whether a reader of a dialect gets the same text, although we would seal other bytes."""
    return _open_all(capture.data, dialect, keys)[0] == capture.chunks
