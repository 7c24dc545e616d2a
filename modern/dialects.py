"""The dialects of the modern wire, as data: one list, whose entries pick a rule on each axis.

Programs that copied this protocol from one another, or built it from one description, differ in a
few places: axes.py has them. Nothing in a frame says which dialect it is in, but its tags and its
length do. Each dialect is named by what it does.

`DIALECTS` is the only list of them. An entry there is all that the chat, the bridge, the graders
and every `--dialect` option need; README.md in `compat` has a line for each.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modern import axes
from modern.axes import BinaryNumber, DecimalDigits, Length
from modern.errors import UsageError
from modern.protocol import Keys


@dataclass(frozen=True)
class Dialect:
    """One rule on each axis; what is left out is as in protocol.py."""

    name: str
    """As `--dialect` takes it."""
    keys: axes.KeySchedule = axes.SHA256_OF_EACH
    prefix: axes.Prefix = axes.NOTHING
    length: Length = Length(DecimalDigits(), axes.OF_CHUNK)
    cut: axes.Cut = axes.CHUNKS_OF_15
    padding: axes.Padding = axes.PKCS7
    newline: axes.Newline = axes.SENT
    body_iv: axes.BodyIV = axes.GOES_ON
    tag: axes.TagRule = axes.HMAC_SHA256

    def derive_keys(self, confkey: str, authkey: str) -> Keys:
        """Return the keys of two secrets. Raises UsageError for some secrets in some dialects."""
        return self.keys.derive(confkey, authkey)

    def count_lengths(self, chunks: Sequence[bytes]) -> list[int]:
        """Return the length that the frame of each chunk of a message declares."""
        padded = [self.padding.pad(chunk) for chunk in chunks]
        return self.length.counting.count(chunks, padded)

    @property
    def has_plain_frames(self) -> bool:
        """Whether its frames are those of protocol.py, for other keys and lengths."""
        plain = Dialect(self.name, keys=self.keys, length=self.length)
        return self == plain and self.length.form == DecimalDigits()


def _whole_lines(
    name: str,
    form: axes.LengthForm,
    *,
    counting: axes.Counting = axes.OF_CHUNK,
    keys: axes.KeySchedule = axes.SHA256_OF_EACH,
    prefix: axes.Prefix = axes.NOTHING,
    padding: axes.Padding = axes.PKCS7,
    newline: axes.Newline = axes.SENT,
    body_iv: axes.BodyIV = axes.GOES_ON,
    tag: axes.TagRule = axes.HMAC_SHA256,
) -> Dialect:
    length = Length(form, counting)
    return Dialect(name, keys, prefix, length, axes.WHOLE_LINE, padding, newline, body_iv, tag)


INDEPENDENT = Dialect("independent")
"""This project's own, and the default."""
CHAINED = Dialect("chained", keys=axes.SHA256_CHAINED, length=Length(DecimalDigits(), axes.OF_REST))
_LIST = (
    INDEPENDENT,
    CHAINED,
    _whole_lines("big-endian-8", BinaryNumber(8, "big", "PKCS#7")),
    _whole_lines("zero-padded", BinaryNumber(16, "big", "nothing"), padding=axes.ZEROS_1_TO_16),
    _whole_lines(
        "zero-filled-no-newline",
        BinaryNumber(4, "big", "zero bytes"),
        padding=axes.ZEROS_0_TO_15,
        newline=axes.NOT_SENT,
    ),
    _whole_lines(
        "little-endian-16-no-newline",
        BinaryNumber(16, "little", "nothing"),
        newline=axes.NOT_SENT,
    ),
    _whole_lines("raw-authkey", BinaryNumber(15, "little", "PKCS#7"), keys=axes.RAW_AUTHKEY),
    _whole_lines("tag-over-twice", BinaryNumber(8, "little", "PKCS#7"), tag=axes.HMAC_TWICE),
    _whole_lines(
        "hash-with-key",
        BinaryNumber(4, "big", "PKCS#7"),
        counting=axes.OF_PADDED_BODY,
        body_iv=axes.SAME_IV,
        tag=axes.HASH_WITH_KEY,
    ),
    _whole_lines("hex-keys", DecimalDigits(), keys=axes.HEX_DIGITS),
    _whole_lines(
        "raw-keys-running-tags", DecimalDigits(), keys=axes.RAW_KEYS, tag=axes.HMAC_RUNNING
    ),
    _whole_lines("two-block-length", BinaryNumber(16, "big", "a block of PKCS#7")),
    _whole_lines(
        "size-in-the-clear",
        BinaryNumber(4, "big", "PKCS#7"),
        prefix=axes.SIZE_IN_THE_CLEAR,
        body_iv=axes.SAME_IV,
    ),
    _whole_lines("second-iv", BinaryNumber(4, "big", "PKCS#7"), body_iv=axes.SECOND_IV),
    _whole_lines("untagged-second-iv", DecimalDigits(), body_iv=axes.UNTAGGED_SECOND_IV),
)
DIALECTS = {dialect.name: dialect for dialect in _LIST}
"""All of them, by name; where a frame fits two, it is taken for the first."""

DialectKeys = Mapping[Dialect, Keys]
"""The dialects that a peer may speak, each with its keys."""


def derive_all_keys(confkey: str, authkey: str) -> DialectKeys:
    """Return the keys of every dialect that takes these secrets: for a peer of unknown dialect."""
    keys = {}
    for dialect in DIALECTS.values():
        with contextlib.suppress(UsageError):
            keys[dialect] = dialect.derive_keys(confkey, authkey)
    return keys
