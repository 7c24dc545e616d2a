"""What only alice and bob can know. A judge has their keys; mallory cannot ask the judge.

The page needs the judge for three things: to say which check value of a tampered message fits, to
show a class what is inside a message, and to tell when a task is done.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple, Protocol

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from legacy import protocol as legacy
from legacy.attacks import split_blocks
from modern.attacks import open_carelessly
from modern.errors import FrameError
from modern.protocol import (
    BLOCK_SIZE,
    CHUNK,
    CHUNK_TAG,
    FRAME_SIZE,
    HEADER,
    IV,
    LENGTH,
    LENGTH_TAG,
    Keys,
    tag,
)


class Reading(NamedTuple):
    """The text of a message, and the time that stands in it, if any does."""

    text: str
    clock: str


class Judge(Protocol):
    """Reads the messages of one chat."""

    def read(self, data: bytes) -> Reading | None:
        """Return what a message says; None for one that says nothing."""

    def check(self, data: bytes) -> list[tuple[str, bool]]:
        """Return each check value of a message by name, and whether it fits."""

    def open(self, data: bytes) -> list[str]:
        """Return what is inside each field of a message."""

    def is_silent(self, data: bytes) -> bool:
        """Whether a program accepts a message and shows nothing."""


class LegacyJudge:
    """Has the passphrase of the first chat."""

    def __init__(self, passphrase: str):
        self._key = legacy.derive_key(passphrase)

    def read(self, data: bytes) -> Reading | None:
        """Return words and time."""
        try:
            envelope = legacy.parse_envelope(legacy.process_bytes(data, self._key))
        except legacy.UnrecognisedData:
            return None
        return Reading(envelope.message, envelope.timestamp)

    def check(self, data: bytes) -> list[tuple[str, bool]]:
        """Return whether the hash fits the words, if the message can be read."""
        try:
            envelope = legacy.parse_envelope(legacy.process_bytes(data, self._key))
        except legacy.UnrecognisedData:
            return []
        return [("hash", envelope.verified)]

    def open(self, data: bytes) -> list[str]:
        """Return the 16 characters of each block; a control character as a dot."""
        cipher = legacy.block_cipher(self._key)
        return [_printable(bytes(cipher.decrypt(block))) for block in split_blocks(data)]

    def is_silent(self, data: bytes) -> bool:
        """Whether the words leave no space for the tag."""
        reading = self.read(data)
        if not reading or len(data) > legacy.RECV_SIZE:
            return False
        return legacy.verify_and_display(legacy.build_envelope(*reading)) is None


class ModernJudge:
    """Has the keys of the second chat."""

    def __init__(self, keys: Keys):
        self.keys = keys

    def read(self, data: bytes) -> Reading | None:
        """Return the chunk."""
        try:
            return Reading(open_carelessly(data[:FRAME_SIZE], self.keys).decode(), "")
        except (FrameError, UnicodeDecodeError):
            return None

    def check(self, data: bytes) -> list[tuple[str, bool]]:
        """Return the verdict of both tags; of the first frame, if there are several."""
        if len(data) < FRAME_SIZE:
            return []
        first, second = tag(data[HEADER], self.keys), tag(data[CHUNK], self.keys)
        return [
            ("tag of the header", hmac.compare_digest(first, data[LENGTH_TAG])),
            ("tag of the chunk", hmac.compare_digest(second, data[CHUNK_TAG])),
        ]

    def open(self, data: bytes) -> list[str]:
        """Return what each of the two encrypted blocks gives, and nothing for the other fields.

        Each block is decrypted alone, which no program does. So you can see what a changed bit does
        in CBC: its own block becomes noise, and one bit of the next block is flipped.
        """
        if len(data) < FRAME_SIZE:
            return []
        cipher = AES.new(self.keys.confidentiality, AES.MODE_CBC, iv=data[IV])
        return ["", _tell(cipher.decrypt(data[LENGTH])), "", _tell(cipher.decrypt(data[CHUNK])), ""]

    def is_silent(self, data: bytes) -> bool:
        """Return that this chat shows everything."""
        return False


class HardenedJudge:
    """Has nothing: the keys of the third chat are known to its two sessions alone."""

    def read(self, data: bytes) -> Reading | None:
        """Return nothing."""

    def check(self, data: bytes) -> list[tuple[str, bool]]:
        """Return nothing: the one tag also covers a counter that is not in the message."""
        return []

    def open(self, data: bytes) -> list[str]:
        """Return nothing."""
        return []

    def is_silent(self, data: bytes) -> bool:
        """Return that this chat shows everything."""
        return False


def _tell(block: bytes) -> str:
    """Return a decrypted block as text, also with a flipped bit or a wrong padding; or `noise`.

    A text is noise if it has two or more places that are not UTF-8: one bit makes at most one.
    """
    try:
        text, note = unpad(block, BLOCK_SIZE), ""
    except ValueError:
        text, note = block, "wrong padding: "
    words = text.decode(errors="replace")
    if words.count("\ufffd") > 1:
        return "noise"
    return note + "".join(c if c.isprintable() else "·" for c in words.replace("\n", "⏎"))


def _printable(block: bytes) -> str:
    text = block.decode("latin-1")
    return "".join(character if character.isprintable() else "·" for character in text)
