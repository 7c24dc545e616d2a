"""The legacy wire, in the order in which a message travels: passphrase, envelope, blocks, screen.

Bytes in, bytes out: no socket, no clock, no printing. Every flaw of the original is kept, because
the flaws are the subject; README.md beside this file lists them. Not for real secrets.
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
"""One `recv` of at most this many bytes is taken to be one message."""

VERIFIED, NOT_VERIFIED = "☑", "☒"
PREFIX = "Received : "
LINE_WIDTH = 80
"""The column in which the tag stands, counted from 1."""

UNRECOGNISED = "Unrecognised Data or Broken PIPE "
"""What the console prints for anything that is no envelope; its last character is a space."""


class LegacyError(Exception):
    """Anything that this package raises on purpose."""


class UnrecognisedData(LegacyError):  # noqa: N818 - the original's word for it
    """What was received is no envelope: noise, another passphrase, or a torn message."""


class Envelope(NamedTuple):
    """One message as it travels inside the encryption; all three fields are text."""

    timestamp: str
    message: str
    hash: str

    @property
    def verified(self) -> bool:
        """Whether the hash fits the message: not garbled. It says nothing about who sent it."""
        return hash_message(self.message) == self.hash


# 1. Passphrase to key ------------------------------------------------------------------------


def derive_key(passphrase: str) -> bytes:
    """Return the 32-byte AES-256 key: one unsalted SHA-256 (FIPS 180-4) of the UTF-8 passphrase."""
    return hashlib.sha256(passphrase.encode()).digest()


# 2. Message to envelope ----------------------------------------------------------------------


def hash_message(message: str) -> str:
    """Return the lower-case hex SHA-256 of the UTF-8 message. No key goes in: it is no MAC."""
    return hashlib.sha256(message.encode()).hexdigest()


def build_envelope(message: str, timestamp: str) -> str:
    r"""Return the JSON envelope of a message sent at `timestamp` (local time, `HH:MM:SS`).

    ASCII only: JSON writes every other character as `\uXXXX`, so one character is one byte.
    """
    return json.dumps(Envelope(timestamp, message, hash_message(message))._asdict())


# 3. Envelope to blocks -----------------------------------------------------------------------


def process_text(text: str) -> list[list[int]]:
    """Cut an envelope into blocks: lists of 16 byte values, the last one filled with `~`.

    A full last block gets no padding, and a `~` of the message looks just like padding.
    """
    padded = text + PADDING * (-len(text) % BLOCK_SIZE)
    return [
        [ord(character) for character in padded[start : start + BLOCK_SIZE]]
        for start in range(0, len(padded), BLOCK_SIZE)
    ]


# 4. Blocks to wire ---------------------------------------------------------------------------


@lru_cache(maxsize=1)  # expanding a key takes as long as encrypting a block, and a chat has one
def block_cipher(key: bytes) -> pyaes.AES:
    """Return the AES-256 block function (FIPS 197) under a 32-byte key."""
    return pyaes.AES(key)


def encrypt_blocks(blocks: Sequence[Sequence[int]], key: bytes) -> bytes:
    """Encrypt each block alone under AES-256 and join them: ECB (NIST SP 800-38A, 6.1) by hand.

    Equal blocks give equal ciphertext, wherever and whenever they are sent.
    """
    cipher = block_cipher(key)
    return b"".join(bytes(cipher.encrypt(block)) for block in blocks)


def seal(message: str, timestamp: str, key: bytes) -> bytes:
    """Return the bytes that one message puts on the wire: steps 2 to 4 in one call."""
    return encrypt_blocks(process_text(build_envelope(message, timestamp)), key)


# 5. Wire to text -----------------------------------------------------------------------------


def process_bytes(received: bytes, key: bytes) -> str:
    """Decrypt what one `recv` gave, block by block, and remove every `~`.

    An incomplete last block is dropped. Each byte becomes the character of that number. The `~`
    of the message go with those of the padding: nothing tells them apart.
    """
    cipher = block_cipher(key)
    whole = len(received) - len(received) % BLOCK_SIZE
    decrypted = b"".join(
        bytes(cipher.decrypt(received[start : start + BLOCK_SIZE]))
        for start in range(0, whole, BLOCK_SIZE)
    )
    return decrypted.decode("latin-1").replace(PADDING, "")


# 6. Text to screen ---------------------------------------------------------------------------


def parse_envelope(text: str) -> Envelope:
    """Read the JSON of one envelope.

    Raises UnrecognisedData where the text is not exactly one JSON object with the three texts.
    """
    try:
        fields = json.loads(text)
        envelope = Envelope(fields["timestamp"], fields["message"], fields["hash"])
        "".join(envelope).encode()  # texts, and without lone surrogates, which have no UTF-8
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnrecognisedData(UNRECOGNISED) from None
    return envelope


def verify_and_display(text: str) -> str | None:
    """Return the line that the console shows for a decrypted envelope, or None for no line.

    A message of 68 characters or more leaves no space before the tag: it is verified and never
    shown. Raises UnrecognisedData where the text is no envelope.
    """
    envelope = parse_envelope(text)
    tag = VERIFIED if envelope.verified else NOT_VERIFIED
    spaces = LINE_WIDTH - len(envelope.message) - len(PREFIX) - 1
    if spaces < 1:
        return None
    return f"{PREFIX}{envelope.message}{' ' * spaces}{tag}  {envelope.timestamp}"
