"""The legacy protocol, in the order in which a message travels: key, envelope, blocks, screen.

Bytes in, bytes out: no socket, no clock, no printing. Every flaw of the original is kept, because
this project is about the flaws. README.md in this folder lists them. Not for real secrets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import pyaes

BLOCK_SIZE = 16
PADDING = "~"
RECV_SIZE = 1024
"""The most bytes that one `recv` returns. They are treated as one message."""

VERIFIED, NOT_VERIFIED = "☑", "☒"
PREFIX = "Received : "
LINE_WIDTH = 80
"""The column of the tag, counted from 1."""

UNRECOGNISED = "Unrecognised Data or Broken PIPE "
"""Printed for anything that is not an envelope. The last character is a space."""


class LegacyError(Exception):
    """The base of all errors that this package raises on purpose."""


class UnrecognisedData(LegacyError):  # noqa: N818 - the original's words
    """The data is no envelope: it is noise, or incomplete, or encrypted with another passphrase."""


class Envelope(NamedTuple):
    """One message before encryption, or after decryption; all three fields are text."""

    timestamp: str
    message: str
    hash: str

    @property
    def verified(self) -> bool:
        """Whether the hash fits the message, so it is not garbled. Anyone may have sent it."""
        return hash_message(self.message) == self.hash


# 1. Passphrase to key ------------------------------------------------------------------------


def derive_key(passphrase: str) -> bytes:
    """Return the 32-byte AES-256 key: one unsalted SHA-256 (FIPS 180-4) of the UTF-8 passphrase."""
    return hashlib.sha256(passphrase.encode()).digest()


# 2. Message to envelope ----------------------------------------------------------------------


def hash_message(message: str) -> str:
    """Return the lower-case hex SHA-256 of the UTF-8 message. It needs no key, so it is no MAC."""
    return hashlib.sha256(message.encode()).hexdigest()


def build_envelope(message: str, timestamp: str) -> str:
    r"""Return the JSON envelope of a message sent at `timestamp` (local time, `HH:MM:SS`).

    JSON writes every character outside ASCII as `\uXXXX`, so one character is one byte.
    """
    return json.dumps(Envelope(timestamp, message, hash_message(message))._asdict())


# 3. Envelope to blocks -----------------------------------------------------------------------


def process_text(text: str) -> list[list[int]]:
    """Cut an envelope into blocks, lists of 16 byte values. Fill up the last one with `~`.

    A full last block gets no padding. A `~` in the message looks just like padding.
    """
    padded = text + PADDING * (-len(text) % BLOCK_SIZE)
    return [
        [ord(character) for character in padded[start : start + BLOCK_SIZE]]
        for start in range(0, len(padded), BLOCK_SIZE)
    ]


# 4. Blocks to wire ---------------------------------------------------------------------------


@lru_cache(maxsize=1)  # preparing a key takes as long as encrypting a block
def block_cipher(key: bytes) -> pyaes.AES:
    """Return the AES-256 block function (FIPS 197) under a 32-byte key."""
    return pyaes.AES(key)


def encrypt_blocks(blocks: Sequence[Sequence[int]], key: bytes) -> bytes:
    """Encrypt each block by itself with AES-256 and join the results.

    This is ECB mode (NIST SP 800-38A, 6.1): equal blocks always give equal ciphertext.
    """
    cipher = block_cipher(key)
    return b"".join(bytes(cipher.encrypt(block)) for block in blocks)


def seal(message: str, timestamp: str, key: bytes) -> bytes:
    """Return the bytes that are sent for one message: steps 2 to 4 in one call."""
    return encrypt_blocks(process_text(build_envelope(message, timestamp)), key)


# 5. Wire to text -----------------------------------------------------------------------------


def process_bytes(received: bytes, key: bytes) -> str:
    """Decrypt the bytes of one `recv`, block by block, and remove every `~`.

    An incomplete last block is dropped. Each byte becomes the character with that number. A `~` of
    the message is removed like the padding, because the two look the same.
    """
    cipher = block_cipher(key)
    whole = len(received) - len(received) % BLOCK_SIZE
    decrypted = b"".join(
        bytes(cipher.decrypt(received[start : start + BLOCK_SIZE]))
        for start in range(0, whole, BLOCK_SIZE)
    )
    return decrypted.decode("latin-1").replace(PADDING, "")


def is_noise(received: bytes, key: bytes) -> bool:
    """Whether the first block shows that the bytes of one `recv` are no envelope.

    One `recv` can bring 64 blocks. The other 63 are not decrypted: a peer that sends noise could
    keep a receiver busy with them.
    """
    begin = process_bytes(received[:BLOCK_SIZE], key).lstrip(" \t\r\n")
    return begin[:1] not in ("", "{")


# 6. Text to screen ---------------------------------------------------------------------------


def parse_envelope(text: str) -> Envelope:
    """Read the JSON of one envelope.

    Raises UnrecognisedData unless the text is exactly one JSON object with three text fields.
    """
    try:
        fields = json.loads(text)
        envelope = Envelope(fields["timestamp"], fields["message"], fields["hash"])
        "".join(envelope).encode()  # fails unless all are text that UTF-8 can encode
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnrecognisedData(UNRECOGNISED) from None
    return envelope


def verify_and_display(text: str) -> str | None:
    """Return the line that the console shows for a decrypted envelope, or None to show nothing.

    A message of 68 characters or more leaves no space before the tag, so it is verified but never
    shown. Raises UnrecognisedData if the text is not an envelope.
    """
    envelope = parse_envelope(text)
    tag = VERIFIED if envelope.verified else NOT_VERIFIED
    spaces = LINE_WIDTH - len(envelope.message) - len(PREFIX) - 1
    if spaces < 1:
        return None
    return f"{PREFIX}{envelope.message}{' ' * spaces}{tag}  {envelope.timestamp}"
