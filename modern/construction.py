"""One way to seal and to open the frames of any dialect: header, tag, body, tag.

A frame is `prefix | IV | E(length) | tag | second IV | E(body) | tag`. Only a few dialects have a
prefix or a second IV. The header is IV and E(length); the body is the encrypted chunk. The first
tag covers the header. The second tag covers the body and, except in one dialect, the second IV.
This code is simple and handles one frame at a time. The two dialects whose frames are those of
protocol.py normally use the faster bulk.py, and come here only for unusual frames.

Reading: the header's tag is checked first. Then the body's tag is tried after one block, after two
blocks, and so on, because programs that cut by characters also send longer bodies. In dialects of
short chunks, nothing is decrypted before both tags fit. In dialects where a whole line is one
frame, the length says how many bytes to wait for. So it is decrypted when the header's tag fits.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, NoReturn

from Crypto.Cipher import AES

from modern.axes import CHUNKS_OF_15, MAX_LENGTH, RunningTag, TagRule
from modern.dialects import Dialect, DialectKeys
from modern.errors import AuthenticationError, FrameError, ProtocolError, TruncationError
from modern.protocol import BLOCK_SIZE, CHUNK_SIZE, TAG_SIZE, Keys

_MOST_BYTES = 4
"""The most bytes of one character in UTF-8."""
_ALL = 3
_CHUNK_SIZES = range(BLOCK_SIZE, _MOST_BYTES * CHUNK_SIZE + BLOCK_SIZE, BLOCK_SIZE)
"""The sizes of E(body), in bytes, if its chunk has at most 15 bytes, or at most 15 characters."""


class _Tagger:
    """Makes the tags of all headers, or of all bodies, of one direction."""

    def __init__(self, rule: TagRule, key: bytes):
        self._rule, self._key = rule, key
        self._so_far = hmac.new(key, digestmod="sha256") if rule.runs_on else None  # earlier frames

    def start(self) -> RunningTag:
        return self._so_far.copy() if self._so_far else self._rule.start(self._key)

    def accept(self, data: bytes) -> None:
        """Take note that a tag over `data` was sent, or was checked and fits."""
        if self._so_far:
            self._so_far.update(data)

    def make(self, data: bytes) -> bytes:
        tag = self.start()
        tag.update(data)
        self.accept(data)
        return tag.digest()


def _decipher(keys: Keys, iv: bytes, data: bytes) -> bytes:
    return AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).decrypt(data)


def _encipher(keys: Keys, iv: bytes, data: bytes) -> bytes:
    return AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(data)


# Sealing -------------------------------------------------------------------------------------


class Sealer:
    """Seals one message after another in one dialect, under the same keys."""

    def __init__(
        self,
        dialect: Dialect,
        keys: Keys,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ):
        """`random_bytes` is asked for 16 bytes for each IV, in the order of the wire."""
        self._dialect, self._keys, self._random_bytes = dialect, keys, random_bytes
        self._headers = _Tagger(dialect.tag, keys.authentication)
        self._bodies = _Tagger(dialect.tag, keys.authentication)

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the frames of messages, each a line with its newline, one by one."""
        for message in messages:
            line = message if self._dialect.newline.sent else message.removesuffix("\n")
            chunks = self._dialect.cut.split(line)
            lengths = self._dialect.count_lengths(chunks)
            for chunk, length in zip(chunks, lengths, strict=True):
                yield self._seal_frame(chunk, length)

    def _seal_frame(self, chunk: bytes, length: int) -> bytes:
        rules = self._dialect
        iv = self._random_bytes(BLOCK_SIZE)
        encrypted_length = _encipher(self._keys, iv, rules.length.form.write(length))
        header = iv + encrypted_length
        second_iv = self._random_bytes(BLOCK_SIZE) if rules.body_iv.own else b""
        body_iv = second_iv or (iv if rules.body_iv.repeats else encrypted_length[-BLOCK_SIZE:])
        body = _encipher(self._keys, body_iv, rules.padding.pad(chunk))
        tagged = second_iv + body if rules.body_iv.tagged else body
        frame = header + self._headers.make(header) + second_iv + body + self._bodies.make(tagged)
        return len(frame).to_bytes(rules.prefix.size, "big") + frame if rules.prefix.size else frame


# Opening -------------------------------------------------------------------------------------


class _Body:
    """The search for the end of one body. It goes on when more bytes have come."""

    def __init__(self, sizes: range, tag: RunningTag):
        self.sizes = sizes
        """The sizes that were not tried yet."""
        self.tag = tag
        self.tagged = 0
        """How many bytes of the body the tag covers so far."""


class Decoder:
    """Reads a stream of one dialect in pieces of any size and gives the text of its frames."""

    def __init__(self, dialect: Dialect, keys: Keys):
        self._dialect, self._keys = dialect, keys
        self._headers = _Tagger(dialect.tag, keys.authentication)
        self._bodies = _Tagger(dialect.tag, keys.authentication)
        self._iv_end = dialect.prefix.size + BLOCK_SIZE
        self._header_end = self._iv_end + dialect.length.form.size
        self._body_start = self._header_end + TAG_SIZE
        self._first_block = self._body_start + (BLOCK_SIZE if dialect.body_iv.own else 0)
        self._has_chunks = dialect.cut is CHUNKS_OF_15
        self._pending = bytearray()
        self._length = 0
        self._body: _Body | None = None
        self.believed = 0
        """What fits: 1 the current frame's first tag, 2 also the length, 3 also the second tag."""

    @property
    def in_doubt(self) -> bool:
        """Whether no tag fits so far, but one may fit when more bytes have come."""
        return self._body is not None and self._body.tagged > 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece; iterate to get the text that is now complete.

        Raises AuthenticationError or FrameError at a bad frame. The bad frame is kept, so no later
        frame is ever opened.
        """
        self._pending += data
        return self._open_complete_frames()

    def close(self) -> None:
        """Say that the stream has ended. Raises TruncationError, AuthenticationError."""
        if self.in_doubt:
            self.give_up()
        if self._pending:
            raise TruncationError

    def give_up(self) -> NoReturn:
        """Say that no more bytes will come. Raises AuthenticationError."""
        raise AuthenticationError("the header's tag fits, but the chunk's tag does not")

    @property
    def is_inside_frame(self) -> bool:
        """Whether the header of a frame was checked, but its body has not arrived yet."""
        return self._body is not None

    def release(self) -> bytes:
        """Return the bytes after the last frame that was opened, and forget them."""
        rest = bytes(self._pending)
        self._pending.clear()
        return rest

    def _open_complete_frames(self) -> Iterator[bytes]:
        while True:
            if not self._body:
                if len(self._pending) < self._first_block:
                    return
                self._body = self._open_header()
            size = self._find_end(self._body)
            if size is None:
                return
            text = self._open_body(size)
            del self._pending[: self._first_block + size + TAG_SIZE]
            self._body, self.believed = None, 0
            yield text

    def _open_header(self) -> _Body:
        """Check the header's tag; return the search for the end of the body."""
        header = bytes(self._pending[self._dialect.prefix.size : self._header_end])
        tag = self._headers.start()
        tag.update(header)
        expected = self._pending[self._header_end : self._body_start]
        if not hmac.compare_digest(tag.digest(), expected):
            raise AuthenticationError
        self.believed = 1
        sizes = _CHUNK_SIZES if self._has_chunks else self._sizes_of_line(self._read_length())
        self._headers.accept(header)
        body = self._bodies.start()
        if self._dialect.body_iv.own and self._dialect.body_iv.tagged:
            body.update(bytes(self._pending[self._body_start : self._first_block]))
        return _Body(sizes, body)

    def _read_length(self) -> int:
        """Decrypt the length. Raises FrameError."""
        header = bytes(self._pending[self._dialect.prefix.size : self._header_end])
        try:
            plaintext = _decipher(self._keys, header[:BLOCK_SIZE], header[BLOCK_SIZE:])
            self._length = self._dialect.length.form.read(plaintext)
        except ValueError:
            raise FrameError(
                "the header's tag fits, but the length does not: do the confkeys differ?"
            ) from None
        self.believed = max(self.believed, 2)
        return self._length

    def _sizes_of_line(self, length: int) -> range:
        """Return which sizes E(body) may have, in bytes, for a whole line of that length."""
        if length > MAX_LENGTH:
            raise FrameError("a frame with a length of more than a million")
        if self._dialect.length.counting.of_padded:
            return range(length, length + 1, BLOCK_SIZE)
        smallest, largest = (
            len(self._dialect.padding.pad(bytes(size))) for size in (length, _MOST_BYTES * length)
        )
        return range(smallest, largest + 1, BLOCK_SIZE)

    def _find_end(self, body: _Body) -> int | None:
        """Return how many bytes E(body) has; None if more must come. Raises AuthenticationError."""
        while body.sizes:
            size = body.sizes[0]
            end = self._first_block + size
            if len(self._pending) < end + TAG_SIZE:
                return None
            body.tag.update(bytes(self._pending[self._first_block + body.tagged : end]))
            body.tagged, body.sizes = size, body.sizes[1:]
            if hmac.compare_digest(body.tag.digest(), self._pending[end : end + TAG_SIZE]):
                return size
        return self.give_up()

    def _open_body(self, size: int) -> bytes:
        start, end = self._first_block, self._first_block + size
        rules = self._dialect
        covered = self._body_start if rules.body_iv.own and rules.body_iv.tagged else start
        if self._has_chunks:
            self._read_length()
        self.believed = _ALL
        self._bodies.accept(bytes(self._pending[covered:end]))
        if rules.body_iv.own:
            iv = self._pending[self._body_start : start]
        elif rules.body_iv.repeats:
            iv = self._pending[rules.prefix.size : self._iv_end]
        else:
            iv = self._pending[self._header_end - BLOCK_SIZE : self._header_end]
        padded = _decipher(self._keys, bytes(iv), bytes(self._pending[start:end]))
        return self._read_text(padded)

    def _read_text(self, padded: bytes) -> bytes:
        try:
            chunk = self._dialect.padding.unpad(padded, self._length)
            characters = len(chunk.decode())
        except ValueError:
            raise FrameError(
                "both tags fit, but the padding or the text does not: do the confkeys differ?"
            ) from None
        if not self._dialect.length.counting.of_padded and self._length < characters:
            raise FrameError("a frame whose length is smaller than its chunk")
        return chunk if self._dialect.newline.sent else chunk + b"\n"


# Recognising ---------------------------------------------------------------------------------


class Recogniser:
    """Finds out the dialect of a stream from its first frame."""

    def __init__(self, candidates: DialectKeys):
        """Take the possible dialects, in the order of preference, with their keys."""
        self._decoders = {dialect: Decoder(dialect, keys) for dialect, keys in candidates.items()}
        self._pending = bytearray()
        self._failure: ProtocolError = AuthenticationError()
        self._believed = 0

    @property
    def in_doubt(self) -> bool:
        """Whether a dialect would reject these bytes if no more came."""
        return self._believed == _ALL or any(each.in_doubt for each in self._decoders.values())

    def feed(self, data: bytes) -> Dialect | None:
        """Take the next piece; return the dialect as soon as one frame is whole.

        If no dialect fits, raises the error of the dialect for which most checks succeeded:
        AuthenticationError or FrameError.
        """
        self._pending += data
        for dialect, decoder in list(self._decoders.items()):
            try:
                if next(decoder.feed(data), None) is not None:
                    return dialect
            except ProtocolError as error:
                self._strike(dialect, error)
        if not self._decoders:
            raise self._failure
        return None

    def release(self) -> bytes:
        """Return all bytes so far."""
        return bytes(self._pending)

    def close(self) -> None:
        """Say that the stream has ended. Raises TruncationError, AuthenticationError."""
        if not self._pending:
            return
        if self._believed == _ALL:
            raise self._failure
        for decoder in self._decoders.values():
            if decoder.in_doubt:
                decoder.give_up()
        raise TruncationError if self._decoders else self._failure

    def give_up(self) -> None:
        """Say that no more bytes will come. Raises AuthenticationError."""
        self.close()

    def _strike(self, dialect: Dialect, error: ProtocolError) -> None:
        believed = self._decoders.pop(dialect).believed
        if believed >= self._believed:
            self._failure, self._believed = error, believed


class Finding(NamedTuple):
    """Where the first whole frame of a capture starts, in bytes, and its dialect."""

    offset: int
    dialect: Dialect


def find_first_frame(capture: bytes, candidates: DialectKeys) -> Finding:
    """Find the first whole frame in the captured bytes of one side; they may begin anywhere.

    Raises AuthenticationError if no dialect's tags fit anywhere: other keys, or no whole frame.
    """
    for offset in range(len(capture)):
        try:
            dialect = Recogniser(candidates).feed(capture[offset:])
        except ProtocolError:
            continue
        if dialect:
            return Finding(offset, dialect)
    raise AuthenticationError
