"""The dialects of the modern protocol, as data: one list, whose entries pick a rule on each axis.

Programs that copied this protocol from one another, or built it from one description, differ in a
few points, the axes: axes.py lists them. A frame does not say which dialect it is in. The receiver
finds out by trying the tags and the length. The name of a dialect says what is special about it.

`DIALECTS` is the only list of them. The chat, the bridge, the graders and every `--dialect` option
need nothing more than an entry there; README.md in `compat` has a line for each dialect.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modern import axes
from modern.axes import BinaryNumber, DecimalDigits, Filling, Length, Order
from modern.errors import UsageError
from modern.protocol import Keys

DIGITS_OF_CHUNK = Length(DecimalDigits(), axes.OF_CHUNK)
DIGITS_OF_REST = Length(DecimalDigits(), axes.OF_REST)


def _binary(
    width: int, order: Order, filling: Filling, counting: axes.Counting = axes.OF_CHUNK
) -> Length:
    return Length(BinaryNumber(width, order, filling), counting)


@dataclass(frozen=True)
class Dialect:
    """One rule on each axis. A rule that an entry leaves out is the one of protocol.py."""

    name: str
    """The value of `--dialect`."""
    keys: axes.KeySchedule = axes.SHA256_OF_EACH
    prefix: axes.Prefix = axes.NOTHING
    length: Length = DIGITS_OF_CHUNK
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
        counting = self.length.counting
        if counting.of_padded:
            return counting.count([self.padding.pad(chunk) for chunk in chunks])
        return counting.count(chunks)

    def rules(self) -> list[tuple[str, str]]:
        """Return each axis and its rule, in words."""
        return [
            ("authentication key", self.keys.rule),
            ("before the IV", self.prefix.rule),
            ("length", self.length.rule),
            ("cut", self.cut.rule),
            ("padding", self.padding.rule),
            ("newline", self.newline.rule),
            ("IV of the body", self.body_iv.rule),
            ("tags", self.tag.rule),
        ]

    def differences(self) -> list[tuple[str, str]]:
        """Return the rules that differ from those of `independent`; for that dialect, all rules."""
        own, plain = self.rules(), INDEPENDENT.rules()
        return own if self is INDEPENDENT else [rule for rule in own if rule not in plain]

    @property
    def has_plain_frames(self) -> bool:
        """Whether its frames are laid out as in protocol.py; keys and counting may differ."""
        return self == Dialect(self.name, self.keys, length=self.length) and isinstance(
            self.length.form, DecimalDigits
        )


INDEPENDENT = Dialect("independent")
"""This project's own dialect, and the default."""
CHAINED = Dialect("chained", keys=axes.SHA256_CHAINED, length=DIGITS_OF_REST)
_LIST = (
    INDEPENDENT,
    CHAINED,
    Dialect("big-endian", length=_binary(8, "big", "PKCS#7"), cut=axes.WHOLE_LINE),
    Dialect(
        "zero-padded",
        length=_binary(16, "big", "nothing more"),
        cut=axes.WHOLE_LINE,
        padding=axes.ZEROS_1_TO_16,
    ),
    Dialect(
        "zero-padded-no-newline",
        length=_binary(4, "big", "zero bytes"),
        cut=axes.WHOLE_LINE,
        padding=axes.ZEROS_0_TO_15,
        newline=axes.NOT_SENT,
    ),
    Dialect(
        "little-endian-no-newline",
        length=_binary(16, "little", "nothing more"),
        cut=axes.WHOLE_LINE,
        newline=axes.NOT_SENT,
    ),
    Dialect(
        "raw-authkey",
        keys=axes.RAW_AUTHKEY,
        length=_binary(15, "little", "PKCS#7"),
        cut=axes.WHOLE_LINE,
    ),
    Dialect(
        "data-twice",
        length=_binary(8, "little", "PKCS#7"),
        cut=axes.WHOLE_LINE,
        tag=axes.HMAC_TWICE,
    ),
    Dialect(
        "hash-for-hmac",
        length=_binary(4, "big", "PKCS#7", axes.OF_PADDED_BODY),
        cut=axes.WHOLE_LINE,
        body_iv=axes.SAME_IV,
        tag=axes.HASH_WITH_KEY,
    ),
    Dialect("hex-keys", keys=axes.HEX_DIGITS, cut=axes.WHOLE_LINE),
    Dialect("running-tags", keys=axes.RAW_KEYS, cut=axes.WHOLE_LINE, tag=axes.HMAC_RUNNING),
    Dialect(
        "two-block-length",
        length=_binary(16, "big", "a block of PKCS#7"),
        cut=axes.WHOLE_LINE,
    ),
    Dialect(
        "size-in-the-clear",
        prefix=axes.SIZE_IN_THE_CLEAR,
        length=_binary(4, "big", "PKCS#7"),
        cut=axes.WHOLE_LINE,
        body_iv=axes.SAME_IV,
    ),
    Dialect(
        "second-iv",
        length=_binary(4, "big", "PKCS#7"),
        cut=axes.WHOLE_LINE,
        body_iv=axes.SECOND_IV,
    ),
    Dialect("untagged-second-iv", cut=axes.WHOLE_LINE, body_iv=axes.UNTAGGED_SECOND_IV),
)
DIALECTS = {dialect.name: dialect for dialect in _LIST}
"""All dialects, by name. If a frame fits two of them, the first one is taken."""

DialectKeys = Mapping[Dialect, Keys]
"""The dialects that a peer may speak, each with its keys."""


def derive_all_keys(confkey: str, authkey: str) -> DialectKeys:
    """Return the keys of every dialect that takes these secrets: for a peer of unknown dialect."""
    keys = {}
    for dialect in DIALECTS.values():
        with contextlib.suppress(UsageError):
            keys[dialect] = dialect.derive_keys(confkey, authkey)
    return keys


def describe_all() -> str:
    """Return a paragraph for each dialect: its name, and where it differs from the first."""
    return "\n".join(
        f"{dialect.name}\n" + "".join(f"  {axis}: {rule}\n" for axis, rule in dialect.differences())
        for dialect in DIALECTS.values()
    )
