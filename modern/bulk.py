"""Many frames at once: the same bytes as protocol.py, but much faster.

To seal a frame means to encrypt two blocks and to authenticate two short texts. In C, this
takes less than a microsecond. protocol.py needs fifteen, mostly because it makes new objects: one
cipher and two HMACs for each frame. Here these objects are made only once for a chat, and many
frames are processed together in a few long calls.

Is this still CBC (NIST SP 800-38A, 6.2)? Yes. CBC has two steps: XOR a block with the ciphertext
block before it, then encrypt it with the block cipher. Each frame starts with its own random IV, so
frames do not depend on each other, and each step can be done for all frames together:

    E(length) = AES(length XOR IV)            for all frames: one XOR, one call of AES
    E(chunk)  = AES(chunk XOR E(length))      the same, when every E(length) is known

"AES" is the block cipher alone, which libraries call ECB. But this is not ECB as in the legacy
chat: every block is XORed with something random and new before it is encrypted.

Opening needs no such steps, because all ciphertext is known from the start. Without their tags,
the frames of a whole chat are one long CBC text: IV, E(length), E(chunk), IV, E(length), and so on.
Each block except the IVs was XORed with the block before it. So one cipher object can decrypt all.
What comes out in the place of an IV means nothing, and is left out.

HMAC (RFC 2104) hashes the key before the data, in an inner and an outer hash. We compute
once which state both hashes have after the key, and copy this state for each tag. Most of the
remaining time is spent on these copies.
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

from modern import construction, protocol
from modern.dialects import INDEPENDENT, Dialect
from modern.errors import AuthenticationError, FrameError, ProtocolError, TruncationError
from modern.protocol import BLOCK_SIZE, CHUNK_SIZE, FRAME_SIZE, Keys

BATCH_FRAMES = 1024
"""The most frames that are processed together: about 115 kB, so little memory is needed."""

_CAREFUL_FRAMES = 64
"""How many frames are opened one by one before a batch is tried again."""
_HASH_BLOCK_SIZE = 64
# Formats for struct. A frame: header, tag, body, tag. Its three blocks: the IV is skipped.
_FRAME, _WITHOUT_IV = "32s32s16s32s", "16x16s16s"
# Up to 15 bytes, not followed by a byte in the middle of a UTF-8 character.
_CHUNK = re.compile(rb"(?s).{1,%d}(?![\x80-\xbf])" % CHUNK_SIZE)
_PADDING = [bytes([BLOCK_SIZE - size]) * (BLOCK_SIZE - size) for size in range(BLOCK_SIZE)]
"""The PKCS#7 padding (RFC 5652, 6.3) of a chunk of 0 to 15 bytes."""


# Tags ----------------------------------------------------------------------------------------


class Tagger:
    """Computes HMAC-SHA256 (RFC 2104, FIPS 198-1) of many short texts under one key."""

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
    """Seals many messages under the same keys."""

    def __init__(
        self,
        keys: Keys,
        count_lengths: protocol.CountLengths = protocol.count_chunks,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ):
        """Take the same as `protocol.seal`. One call of `random_bytes` gives many IVs."""
        self._encrypt = AES.new(keys.confidentiality, AES.MODE_ECB).encrypt
        self._tagger = Tagger(keys.authentication)
        self._count_lengths = count_lengths
        self._random_bytes = random_bytes

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the frames of all messages, joined, at most BATCH_FRAMES at a time.

        With the same IVs, the bytes are the same as from `protocol.seal`.
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
        """Seal a single frame, such as a short typed line, without making new objects."""
        iv = self._random_bytes(BLOCK_SIZE)
        encrypted_length = self._encrypt(_xor(_pad_length(length), iv))
        header = iv + encrypted_length
        body = self._encrypt(_xor(_pad_chunk(chunk), encrypted_length))
        header_tag, body_tag = self._tagger.tags((header, body))
        return header + header_tag + body + body_tag

    def _seal_batch(self, chunks: Sequence[bytes], lengths: Sequence[int]) -> bytes:
        """Seal many frames: each step is done for all of them together."""
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
    """Return the XOR of two texts of equal size; as two long numbers, because this is fast."""
    number = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return number.to_bytes(len(one), "big")


# Opening -------------------------------------------------------------------------------------


class Opener:
    """Opens many batches of frames under the same keys."""

    def __init__(self, keys: Keys):
        any_iv = bytes(BLOCK_SIZE)  # changes only what comes out in the place of the first IV
        self._decrypt = AES.new(keys.confidentiality, AES.MODE_CBC, iv=any_iv).decrypt
        self._tagger = Tagger(keys.authentication)

    def open(self, frames: bytes) -> bytes:
        """Return the text of complete frames: their chunks, joined.

        Nothing of a batch is decrypted before all tags of that batch are checked, in constant time.
        Raises AuthenticationError or FrameError if any frame is bad, but does not say which one.
        """
        size = BATCH_FRAMES * FRAME_SIZE
        batches = [frames[start : start + size] for start in range(0, len(frames), size)]
        return b"".join(map(self._open_batch, batches))

    def _open_batch(self, frames: bytes) -> bytes:
        fields = _cut(frames, _FRAME)
        headers, header_tags, bodies, body_tags = (fields[start::4] for start in range(4))
        expected = self._tagger.tags(headers + bodies)
        if not hmac.compare_digest(b"".join(expected), b"".join(header_tags + body_tags)):
            raise AuthenticationError
        blocks = _cut(self._decrypt(b"".join(map(add, headers, bodies))), _WITHOUT_IV)
        return _read(lengths=blocks[0::2], padded=blocks[1::2])


def _read(lengths: Sequence[bytes], padded: Sequence[bytes]) -> bytes:
    """Return the text of decrypted blocks, two per frame. Raises FrameError."""
    try:
        chunks = [block[:-1] if block[-1] == 1 else _unpad_chunk(block) for block in padded]
        text = b"".join(chunks)
        characters = map(len, chunks if text.isascii() else map(bytes.decode, chunks))
        if all(map(ge, map(_read_length, lengths), characters)):
            return text
    except ValueError:  # wrong padding, wrong UTF-8, or a length that is not a number
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
    """Does the same as `construction.Decoder`, but gives the chunks of up to 1024 frames joined.

    For dialects whose frames are laid out as in protocol.py. A batch with something unusual in it,
    a bad frame or one with a longer body, is left to `construction.Decoder`.
    """

    def __init__(self, keys: Keys, dialect: Dialect = INDEPENDENT):
        self._opener = Opener(keys)
        self._pending = bytearray()
        self._careful = construction.Decoder(dialect, keys)
        self._is_careful = False

    @property
    def in_doubt(self) -> bool:
        """Whether no tag fits so far, but one may fit when more bytes have come."""
        return self._careful.in_doubt

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece; give and raise as `construction.Decoder.feed` does."""
        if self._is_careful:
            return self._open(self._careful.feed(data))
        self._pending += data
        return self._open(iter(()))

    def close(self) -> None:
        """Say that the stream has ended. Raises TruncationError, AuthenticationError."""
        if self._pending:
            raise TruncationError
        self._careful.close()

    def give_up(self) -> None:
        """Say that nothing more comes that could remove the doubt. Raises AuthenticationError."""
        self._careful.give_up()

    def _open(self, texts: Iterator[bytes]) -> Iterator[bytes]:
        if self._is_careful:
            yield from self._open_carefully(texts)
        while size := min(len(self._pending) // FRAME_SIZE, BATCH_FRAMES) * FRAME_SIZE:
            try:
                text = self._opener.open(bytes(self._pending[:size]))
            except ProtocolError:
                texts = self._careful.feed(bytes(self._pending))
                self._pending.clear()
                self._is_careful = True
                yield from self._open_carefully(texts)
            else:
                del self._pending[:size]
                yield text

    def _open_carefully(self, texts: Iterator[bytes]) -> Iterator[bytes]:
        """Open frame by frame, a limited number; then go on in batches, unless inside a frame."""
        for number, text in enumerate(texts, 1):
            yield text
            if number == _CAREFUL_FRAMES:
                break
        else:
            if self._careful.is_inside_frame:
                return
        self._pending += self._careful.release()
        self._is_careful = False


# Both ----------------------------------------------------------------------------------------


def _cut(text: bytes, layout: str = "16s") -> tuple[bytes, ...]:
    """Cut a text into records of the same `struct` layout; return the fields of all."""
    return _repeat(layout, len(text) // struct.calcsize(layout)).unpack(text)


@lru_cache(maxsize=16)  # nearly all batches are full, or have one frame
def _repeat(layout: str, count: int) -> struct.Struct:
    return struct.Struct(layout * count)
