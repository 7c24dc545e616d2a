"""The modern protocol, in the order in which a message travels: keys, chunks, frames, text.

Bytes in, bytes out: no socket, no clock, no printing. Tests can pass in their own randomness. Read
it together with README.md, which has the same steps and the same frame in tables. `bulk.py` does
the same for many frames at once. For learning only: README.md says what the protocol leaves open.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad

from modern.errors import AuthenticationError, FrameError, TruncationError

BLOCK_SIZE = AES.block_size
TAG_SIZE = 32
CHUNK_SIZE = BLOCK_SIZE - 1
"""One block minus one byte, because PKCS#7 adds at least one byte of padding."""

# The fields of a frame, and the bytes that each of them takes.
IV = slice(0, 16)
LENGTH = slice(16, 32)
LENGTH_TAG = slice(32, 64)
CHUNK = slice(64, 80)
CHUNK_TAG = slice(80, 112)
FRAME_SIZE = 112
FIELDS = (
    ("IV", IV),
    ("E(length)", LENGTH),
    ("tag", LENGTH_TAG),
    ("E(chunk)", CHUNK),
    ("tag", CHUNK_TAG),
)
"""All of them in order, by the names that README.md gives them."""
HEADER = slice(IV.start, LENGTH.stop)
"""The part of a frame that the length tag covers."""


# 1. Keys -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Keys:
    """The two 32-byte keys of a chat. The `repr` shows neither of them."""

    confidentiality: bytes = field(repr=False)
    authentication: bytes = field(repr=False)


def derive_keys(confkey: str, authkey: str) -> Keys:
    """Return the keys: the SHA-256 (FIPS 180-4) of each secret, with no salt and only one round.

    A secret from a command line or a file may have bytes that are not valid UTF-8. They are hashed
    unchanged (`surrogateescape`), so every secret gives a key.
    """
    conf, auth = (secret.encode(errors="surrogateescape") for secret in (confkey, authkey))
    return Keys(sha256(conf).digest(), sha256(auth).digest())


# 2. Message to chunks ------------------------------------------------------------------------


def split_chunks(message: str) -> list[bytes]:
    """Cut a message (a line with its newline) into UTF-8 chunks of at most 15 bytes.

    A chunk never ends inside a character, because receivers decode each chunk by itself.
    """
    text = message.encode()
    chunks = []
    start = 0
    while start < len(text):
        end = min(start + CHUNK_SIZE, len(text))
        while end < len(text) and text[end] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8 continuation
            end -= 1
        chunks.append(text[start:end])
        start = end
    return chunks


def count_chunks(chunks: Sequence[bytes]) -> list[int]:
    """Return the length to declare in the frame of each chunk: its own size in bytes."""
    return [len(chunk) for chunk in chunks]


CountLengths = Callable[[Sequence[bytes]], list[int]]
"""Takes all chunks of a message; returns the length that each frame declares (see dialects.py)."""


# 3. Chunk to frame ---------------------------------------------------------------------------


def tag(data: bytes, keys: Keys) -> bytes:
    """Return the 32-byte HMAC-SHA256 (RFC 2104, FIPS 198-1) of `data`."""
    return hmac.digest(keys.authentication, data, "sha256")


def seal_frame(chunk: bytes, length: int, keys: Keys, iv: bytes) -> bytes:
    """Return the 112-byte frame of one chunk (0 to 15 bytes), with the length that it declares.

    Both blocks are encrypted as one CBC stream (NIST SP 800-38A, 6.2). The 16 bytes of `iv` must be
    unpredictable and never used again (Appendix C). The tags are computed from the ciphertext.
    """
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)
    header = iv + cipher.encrypt(pad(b"%d" % length, BLOCK_SIZE))
    body = cipher.encrypt(pad(chunk, BLOCK_SIZE))
    return header + tag(header, keys) + body + tag(body, keys)


def seal(
    message: str,
    keys: Keys,
    count_lengths: CountLengths = count_chunks,
    random_bytes: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Return all frames of one message, joined: steps 2 and 3 in one call."""
    chunks = split_chunks(message)
    return b"".join(
        seal_frame(chunk, length, keys, random_bytes(BLOCK_SIZE))
        for chunk, length in zip(chunks, count_lengths(chunks), strict=True)
    )


# 4. Frame to chunk ---------------------------------------------------------------------------


def verify(frame: bytes, keys: Keys) -> None:
    """Check both tags of a frame, in constant time. Raises AuthenticationError."""
    header_fits = hmac.compare_digest(tag(frame[HEADER], keys), frame[LENGTH_TAG])
    body_fits = hmac.compare_digest(tag(frame[CHUNK], keys), frame[CHUNK_TAG])
    if not (header_fits and body_fits):
        raise AuthenticationError


def open_frame(frame: bytes, keys: Keys) -> bytes:
    """Return the chunk of one 112-byte frame: UTF-8 text of 0 to 15 bytes.

    Nothing is decrypted before both tags are checked. Otherwise an attacker could send changed
    frames and learn from the errors (M3). Raises AuthenticationError, FrameError.
    """
    verify(frame, keys)
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[IV])
    try:
        length = unpad(cipher.decrypt(frame[LENGTH]), BLOCK_SIZE)
        chunk = unpad(cipher.decrypt(frame[CHUNK]), BLOCK_SIZE)
        characters = len(chunk.decode())
    except ValueError:
        raise FrameError("a frame with wrong padding, or a chunk that is not UTF-8") from None
    check_length(length, characters)
    return chunk


def check_length(length: bytes, characters: int) -> None:
    """Check the decrypted length of a chunk that has so many `characters`, for all dialects.

    Raises FrameError unless it is a decimal number that is not smaller than `characters`.
    """
    if not length.isdigit():
        raise FrameError("a frame whose length is no decimal number")
    if int(length) < characters:
        raise FrameError("a frame whose length is smaller than its chunk")


# 5. Stream to text ---------------------------------------------------------------------------


class Decoder:
    """Reads a stream in pieces of any size and gives the chunks of its frames."""

    def __init__(self, keys: Keys):
        self._keys = keys
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece and return an iterator over the chunks that are now complete.

        At a bad frame the iterator raises AuthenticationError or FrameError, after it gave the
        chunks before that frame. The bad frame is kept, so no later frame is ever opened.
        """
        self._pending += data
        return self._open_complete_frames()

    def close(self) -> None:
        """Report the end of the stream. Raises TruncationError if a frame is incomplete."""
        if self._pending:
            raise TruncationError

    def _open_complete_frames(self) -> Iterator[bytes]:
        while len(self._pending) >= FRAME_SIZE:
            chunk = open_frame(bytes(self._pending[:FRAME_SIZE]), self._keys)
            del self._pending[:FRAME_SIZE]
            yield chunk
