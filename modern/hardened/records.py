"""Records: how the third chat sends text, in the order in which a message travels.

A record is what a frame is in the modern chat (../protocol.py). It uses the same AES and HMAC, but
closes the doors that the modern chat leaves open:

- one tag over the whole record, so no two halves can be joined (M4);
- a counter in the tag, so none can be repeated, left out or moved (M5);
- keys of its own for each direction, so none can be sent back to its sender (M5);
- one size for nearly all, so the size says little (M6);
- an end that is sealed like any text, so a stream cannot be cut in silence (M7).

Bytes in, bytes out. `bulk.py` gives the same bytes, many records at once.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator
from enum import Enum
from typing import cast

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.Util.Padding import pad, unpad

from modern.errors import AuthenticationError, ProtocolError, TruncationError
from modern.hardened.errors import RecordError
from modern.protocol import BLOCK_SIZE, TAG_SIZE, Keys

LENGTH_SIZE = 2
KEY_SIZE = 32
FILL = 256
"""What is encrypted is filled up to a multiple of so many bytes."""
FILLS = (16, FILL, 1024)
"""The choices; 16 is one block of AES, so it hides nothing."""
SMALLEST_REST = BLOCK_SIZE + BLOCK_SIZE + TAG_SIZE
LARGEST_REST = BLOCK_SIZE + max(FILLS) + TAG_SIZE
RENEW_AFTER = 1 << 20
"""A direction's keys are replaced after so many records."""


class Kind(Enum):
    """What a record says: its first encrypted byte. From outside, all kinds look alike."""

    TEXT = b"\x00"
    PADDING = b"\x01"
    """Nothing: it keeps the rhythm steady."""
    END = b"\x02"
    """Nothing more follows in this direction."""


# 1. Keys -------------------------------------------------------------------------------------


def derive_keys(agreed_key: bytes, transcript: bytes) -> tuple[Keys, Keys]:
    """Return the keys of what the client sends, and of what the server sends.

    HKDF-SHA256 (RFC 5869) of the agreed key. Its `info` has the hash of both first messages,
    so the keys fit this one conversation.
    """
    info = b"tilde-to-tag hardened keys" + SHA256.new(transcript).digest()
    keys = cast("tuple[bytes, ...]", HKDF(agreed_key, KEY_SIZE, b"", SHA256, 4, info))
    return Keys(*keys[:2]), Keys(*keys[2:])


def renew(keys: Keys) -> Keys:
    """Return the next keys. The old keys do not follow from them, so old records stay secret."""
    both = keys.confidentiality + keys.authentication
    info = b"tilde-to-tag hardened renewal"
    return Keys(*cast("tuple[bytes, ...]", HKDF(both, KEY_SIZE, b"", SHA256, 2, info)))


class Direction:
    """One direction's keys, and the number of its next record. No counter ever comes twice."""

    def __init__(self, keys: Keys, counter: int = 0):
        self.keys, self.counter = keys, counter

    @property
    def left(self) -> int:
        """How many records these keys are still good for."""
        return RENEW_AFTER - self.counter % RENEW_AFTER

    def advance(self, records: int = 1) -> None:
        """Count so many records, at most `left`; then renew the keys if it is time."""
        self.counter += records
        if self.counter % RENEW_AFTER == 0:
            self.keys = renew(self.keys)


# 2. Message to pieces ------------------------------------------------------------------------


def capacity(fill: int = FILL) -> int:
    """Return how many bytes of text a record carries: 254, or 1022 with a `fill` of 1024.

    One byte goes to the kind, and at least one to the padding.
    """
    return max(fill, FILL) - 2


def split_text(text: bytes, size: int) -> list[bytes]:
    """Cut UTF-8 text into pieces of at most `size` bytes, never inside a character."""
    return re.findall(rb"(?s).{1,%d}(?![\x80-\xbf])" % size, text)


# 3. Piece to record --------------------------------------------------------------------------


def tag(counter: int, record: bytes, keys: Keys) -> bytes:
    """Return the 32-byte HMAC-SHA256 (RFC 2104) of a record, which has no tag yet.

    The counter, 8 bytes, is the number of records before this one in its direction. Both sides
    count, so it is not sent.
    """
    return hmac.digest(keys.authentication, counter.to_bytes(8, "big") + record, "sha256")


def fill_up(kind: Kind, text: bytes, fill: int = FILL) -> bytes:
    """Return what is encrypted: the kind, the text, a byte 0x80 and as many zeros as it takes.

    This padding (ISO/IEC 7816-4; NIST SP 800-38A, Appendix A) has no limit. PKCS#7 writes its size
    into each byte, so it cannot fill more than 255.
    """
    return pad(kind.value + text, fill, "iso7816")


def seal_record(
    kind: Kind, text: bytes, counter: int, keys: Keys, iv: bytes, *, fill: int = FILL
) -> bytes:
    """Return one record: its length, IV, ciphertext and tag.

    The 16 bytes of `iv` must be unpredictable and never used again (SP 800-38A, Appendix C). The
    tag is made of the ciphertext, as RFC 7366 wants it.
    """
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)
    rest = iv + cipher.encrypt(fill_up(kind, text, fill))
    record = (len(rest) + TAG_SIZE).to_bytes(LENGTH_SIZE, "big") + rest
    return record + tag(counter, record, keys)


# 4. Record to piece --------------------------------------------------------------------------


def open_record(record: bytes, counter: int, keys: Keys) -> tuple[Kind, bytes]:
    """Return the kind and the text of a whole record. Raises AuthenticationError, RecordError.

    The tag is compared in constant time, and nothing is decrypted before it fits.
    """
    sealed, received = record[:-TAG_SIZE], record[-TAG_SIZE:]
    if not hmac.compare_digest(tag(counter, sealed, keys), received):
        raise AuthenticationError("changed, missing, repeated or moved on the way")
    iv, ciphertext = sealed[LENGTH_SIZE:][:BLOCK_SIZE], sealed[LENGTH_SIZE + BLOCK_SIZE :]
    return read_plaintext(AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).decrypt(ciphertext))


def read_plaintext(plaintext: bytes) -> tuple[Kind, bytes]:
    """Return the kind and the text of what was decrypted. Raises RecordError."""
    try:
        content = unpad(plaintext, len(plaintext), "iso7816")
        kind, text = Kind(content[:1]), content[1:]
        text.decode()
    except ValueError:
        raise RecordError("a record with a wrong kind, wrong padding or text not UTF-8") from None
    if text and kind is not Kind.TEXT:
        raise RecordError("a record with text, of a kind that has none")
    return kind, text


# 5. Stream to text ---------------------------------------------------------------------------


def measure(start: bytes | bytearray) -> int:
    """Return the size of the record that starts like this; 0 if its length has not arrived.

    The tag cannot be checked before the whole record is there. So the length has limits: nobody can
    make us wait for, or keep, more than 1,074 bytes. Raises AuthenticationError.
    """
    if len(start) < LENGTH_SIZE:
        return 0
    rest = int.from_bytes(start[:LENGTH_SIZE], "big")
    if not SMALLEST_REST <= rest <= LARGEST_REST or rest % BLOCK_SIZE:
        raise AuthenticationError("a record's length was changed on the way")
    return LENGTH_SIZE + rest


class Decoder:
    """Reads one direction's stream in pieces of any size and gives the text of its records."""

    def __init__(self, direction: Direction):
        self._direction = direction
        self._pending = bytearray()
        self.has_ended = False
        """Whether the peer has said that nothing more follows."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece and return an iterator over the texts that are now complete.

        At a bad record the iterator raises AuthenticationError or RecordError, after it gave the
        texts before that record. The bad record is kept (at most 1,074 bytes), so no later one is
        ever opened.
        """
        self._pending += data
        return self._open_complete_records()

    def close(self) -> None:
        """Take the end of the stream. Raises TruncationError unless the peer said its end."""
        if self._pending or not self.has_ended:
            raise TruncationError("the connection was cut: the peer had not said its end")

    def _open_complete_records(self) -> Iterator[bytes]:
        try:
            yield from self._open_until_bad()
        except ProtocolError:
            del self._pending[LENGTH_SIZE + LARGEST_REST :]
            raise

    def _open_until_bad(self) -> Iterator[bytes]:
        while (size := measure(self._pending)) and size <= len(self._pending):
            record = bytes(self._pending[:size])
            kind, text = open_record(record, self._direction.counter, self._direction.keys)
            if self.has_ended:
                raise RecordError("a record after the end")
            del self._pending[:size]
            self._direction.advance()
            self.has_ended = kind is Kind.END
            if text:
                yield text
