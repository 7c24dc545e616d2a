"""Many frames at once: the bytes of protocol.py, at nearly the speed of the hash function alone.

A frame holds four blocks to encrypt and two short texts to authenticate, work for less than a
microsecond. The plain way takes dozens of times that, nearly all of it for making objects: a
cipher and two HMACs for each frame. Here they are made once for a chat, and a batch of frames
goes through in a few long calls.

Why that is still CBC (NIST SP 800-38A, 6.2). CBC is two steps: XOR a block with the ciphertext
before it, then put it through the block cipher. Each frame starts anew from its own random IV, so
no frame waits for another, and each step can be taken in all frames together:

    E(length) = AES(length XOR IV)            in every frame: one XOR, one call of AES
    E(chunk)  = AES(chunk XOR E(length))      likewise, once every E(length) is there

"AES" is the bare block cipher, which libraries call ECB. Nothing here is ECB in the sense of the
legacy chat: what enters it was XORed with something random that never comes again.

Opening takes the same steps back, and both blocks at once, for all ciphertext is there:

    length = AES⁻¹(E(length)) XOR IV
    chunk  = AES⁻¹(E(chunk)) XOR E(length)

HMAC (RFC 2104) hashes the key before the data, twice. Those two states are made once and copied;
copying, feeding and reading them is most of the time that is left.
"""

from __future__ import annotations

import hmac
import os
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from operator import add, ge

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad

from modern import protocol
from modern.errors import AuthenticationError, FrameError, ProtocolError, TruncationError
from modern.protocol import BLOCK_SIZE, CHUNK_SIZE, FRAME_SIZE, Keys

BATCH_FRAMES = 1024
"""The most frames worked on together: about 115 kB of wire, so memory stays small."""

_HASH_BLOCK_SIZE = 64
_FRAME = "".join(f"{field.stop - field.start}s" for _, field in protocol.FIELDS)
# As many bytes as fit, up to a place where no UTF-8 character continues.
_CHUNK = re.compile(rb"(?s).{1,%d}(?![\x80-\xbf])" % CHUNK_SIZE)
_PADDING = [bytes([BLOCK_SIZE - size]) * (BLOCK_SIZE - size) for size in range(BLOCK_SIZE)]
"""What PKCS#7 (RFC 5652, 6.3) puts behind a chunk of 0 to 15 bytes."""


# Tags ----------------------------------------------------------------------------------------


class Tagger:
    """HMAC-SHA256 (RFC 2104, FIPS 198-1) of many short texts under one key."""

    def __init__(self, authentication_key: bytes):
        key = authentication_key
        if len(key) > _HASH_BLOCK_SIZE:
            key = sha256(key).digest()
        key = key.ljust(_HASH_BLOCK_SIZE, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in key))

    def tags(self, texts: Iterable[bytes]) -> list[bytes]:
        """Return the 32-byte tag of each text."""
        copy_inner, copy_outer = self._inner.copy, self._outer.copy
        tags = []
        for text in texts:
            inner = copy_inner()
            inner.update(text)
            outer = copy_outer()
            outer.update(inner.digest())
            tags.append(outer.digest())
        return tags


# Sealing -------------------------------------------------------------------------------------


class Sealer:
    """Seals one message after another under the same keys."""

    def __init__(
        self,
        keys: Keys,
        count_lengths: protocol.CountLengths = protocol.count_chunks,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ):
        """Take what `protocol.seal` takes; `random_bytes` is asked for many IVs in one call."""
        self._encrypt = AES.new(keys.confidentiality, AES.MODE_ECB).encrypt
        self._tagger = Tagger(keys.authentication)
        self._count_lengths = count_lengths
        self._random_bytes = random_bytes

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the frames of all messages, joined, at most BATCH_FRAMES at a time.

        Together they are what `protocol.seal` returns for each message, given the same IVs.
        """
        chunks: list[bytes] = []
        lengths: list[int] = []
        for message in messages:
            of_message = _CHUNK.findall(message.encode())
            chunks += of_message
            lengths += self._count_lengths(of_message)
            if len(chunks) >= BATCH_FRAMES:
                yield from self._seal_batches(chunks, lengths)
                chunks, lengths = [], []
        yield from self._seal_batches(chunks, lengths)

    def _seal_batches(self, chunks: Sequence[bytes], lengths: Sequence[int]) -> Iterator[bytes]:
        if len(chunks) == 1:
            yield self._seal_one(chunks[0], lengths[0])
            return
        for start in range(0, len(chunks), BATCH_FRAMES):
            batch = slice(start, start + BATCH_FRAMES)
            yield self._seal_batch(chunks[batch], lengths[batch])

    def _seal_one(self, chunk: bytes, length: int) -> bytes:
        """Seal a typed line: one frame has nothing to share, but still no object to make."""
        iv = self._random_bytes(BLOCK_SIZE)
        encrypted_length = self._encrypt(_xor(_pad_length(length), iv))
        header = iv + encrypted_length
        body = self._encrypt(_xor(_pad_chunk(chunk), encrypted_length))
        header_tag, body_tag = self._tagger.tags((header, body))
        return header + header_tag + body + body_tag

    def _seal_batch(self, chunks: Sequence[bytes], lengths: Sequence[int]) -> bytes:
        """Seal frames that take each step together."""
        ivs = self._random_bytes(BLOCK_SIZE * len(chunks))
        encrypted_lengths = self._encrypt(_xor(b"".join(map(_pad_length, lengths)), ivs))
        headers = list(map(add, _cut(ivs), _cut(encrypted_lengths)))
        padded_chunks = b"".join([chunk + _PADDING[len(chunk)] for chunk in chunks])
        bodies = _cut(self._encrypt(_xor(padded_chunks, encrypted_lengths)))
        tags = self._tagger.tags
        fields = zip(headers, tags(headers), bodies, tags(bodies), strict=True)
        return b"".join(chain.from_iterable(fields))


def _pad_chunk(chunk: bytes) -> bytes:
    return chunk + _PADDING[len(chunk)]


@lru_cache(maxsize=1024)
def _pad_length(length: int) -> bytes:
    return pad(b"%d" % length, BLOCK_SIZE)


def _xor(one: bytes, other: bytes) -> bytes:
    """Return two texts of one size XORed: as two long numbers, which is quick at any size."""
    number = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return number.to_bytes(len(one), "big")


# Opening -------------------------------------------------------------------------------------


class Opener:
    """Opens one batch of frames after another under the same keys."""

    def __init__(self, keys: Keys):
        self._decrypt = AES.new(keys.confidentiality, AES.MODE_ECB).decrypt
        self._tagger = Tagger(keys.authentication)

    def open(self, frames: bytes) -> bytes:
        """Return the text of whole frames: their chunks, joined.

        Nothing is decrypted before both tags of every frame fit; they are compared in constant
        time. Raises AuthenticationError or FrameError for any bad frame, not saying which.
        """
        fields = _cut(frames, _FRAME)
        ivs, lengths, header_tags, bodies, body_tags = (fields[start::5] for start in range(5))
        expected = self._tagger.tags(map(add, ivs, lengths)) + self._tagger.tags(bodies)
        if not hmac.compare_digest(b"".join(expected), b"".join(header_tags + body_tags)):
            raise AuthenticationError
        decrypted = _xor(self._decrypt(b"".join(lengths + bodies)), b"".join(ivs + lengths))
        blocks = _cut(decrypted)
        return _read(blocks[: len(ivs)], blocks[len(ivs) :])


def _read(lengths: Sequence[bytes], padded: Sequence[bytes]) -> bytes:
    """Return the text of decrypted blocks, two of each frame. Raises FrameError."""
    try:
        chunks = [block[:-1] if block[-1] == 1 else _unpad_chunk(block) for block in padded]
        text = b"".join(chunks)
        characters = map(len, chunks if text.isascii() else map(bytes.decode, chunks))
        if all(map(ge, map(_read_length, lengths), characters)):
            return text
    except ValueError:  # of a padding, a chunk that is not UTF-8, a length that is no number
        pass
    raise FrameError("among many frames one with a wrong length, padding or text")


def _unpad_chunk(block: bytes) -> bytes:
    chunk = block[: -block[-1]]
    if _pad_chunk(chunk) != block:
        raise ValueError
    return chunk


@lru_cache(maxsize=1024)
def _read_length(block: bytes) -> int:
    digits = unpad(block, BLOCK_SIZE)
    if not digits.isdigit():
        raise ValueError
    return int(digits)


class Decoder:
    """A `protocol.Decoder` for streams: what it gives is up to a batch of chunks, joined."""

    def __init__(self, keys: Keys):
        self._keys = keys
        self._opener = Opener(keys)
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece; raise and give as `protocol.Decoder.feed` does."""
        self._pending += data
        return self._open_batches()

    def close(self) -> None:
        """Say that the stream has ended. Raises TruncationError inside a frame."""
        if self._pending:
            raise TruncationError

    def _open_batches(self) -> Iterator[bytes]:
        while size := min(len(self._pending) // FRAME_SIZE, BATCH_FRAMES) * FRAME_SIZE:
            try:
                text = self._opener.open(bytes(self._pending[:size]))
            except ProtocolError:
                yield from self._open_up_to_the_bad_one()
            else:
                del self._pending[:size]
                yield text

    def _open_up_to_the_bad_one(self) -> Iterator[bytes]:
        """Give what is before the bad frame, then raise what the plain way says of it."""
        while len(self._pending) >= FRAME_SIZE:
            chunk = protocol.open_frame(bytes(self._pending[:FRAME_SIZE]), self._keys)
            del self._pending[:FRAME_SIZE]
            yield chunk


# Both ----------------------------------------------------------------------------------------


def _cut(text: bytes, layout: str = "16s") -> tuple[bytes, ...]:
    """Return the fields of as many records as there are, each as the `struct` layout says."""
    return _repeat(layout, len(text) // struct.calcsize(layout)).unpack(text)


@lru_cache(maxsize=16)  # by far most batches are full ones, or single frames
def _repeat(layout: str, count: int) -> struct.Struct:
    return struct.Struct(layout * count)
