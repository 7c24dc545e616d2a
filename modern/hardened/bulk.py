"""Many records at once: the same bytes as records.py, but much faster.

As in ../bulk.py, most of the plain way's time goes into making objects: a cipher and an HMAC for
each record. Here one cipher serves for all records of a batch, in a single call. That needs care,
because each record's CBC (NIST SP 800-38A, 6.2) must start from an IV of its own.

Sealing: a random block R stands before each record's text, and all of it is encrypted as one long
CBC stream. The ciphertext of R is random as well, since nobody can foresee R. It stands directly
before the ciphertext of the text. So by the definition of CBC, it is the text's IV:

    R1 text1 R2 text2 ...  ->  IV1 C1 IV2 C2 ...      C1 is CBC of text1 from IV1, and so on

Opening: all is decrypted as one long stream, in which the block before each text is its IV. Only
the IVs themselves become junk, which is thrown away.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain

from Crypto.Cipher import AES

from modern.bulk import Tagger
from modern.errors import AuthenticationError, ProtocolError, TruncationError
from modern.hardened.errors import RecordError
from modern.hardened.records import (
    FILL,
    LARGEST_REST,
    LENGTH_SIZE,
    Direction,
    Kind,
    capacity,
    fill_up,
    measure,
    open_record,
    read_plaintext,
    split_text,
)
from modern.protocol import BLOCK_SIZE, TAG_SIZE

BATCH_RECORDS = 256
"""The most records that are processed together: about 78 kB, so little memory is needed."""


def _tag_all(records: Sequence[bytes], direction: Direction) -> list[bytes]:
    """Return the tags of the direction's next records, which have none yet."""
    counters = range(direction.counter, direction.counter + len(records))
    return Tagger(direction.keys.authentication).tags(
        counter.to_bytes(8, "big") + record
        for counter, record in zip(counters, records, strict=True)
    )


class Sealer:
    """Seals one direction's records."""

    def __init__(
        self,
        direction: Direction,
        fill: int = FILL,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ):
        self._direction, self._fill, self._random_bytes = direction, fill, random_bytes

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the records of messages, joined, at most BATCH_RECORDS at a time.

        Messages that come together share records, so the records do not show where a line ends.
        """
        pieces = split_text("".join(messages).encode(), capacity(self._fill))
        while pieces:
            count = min(BATCH_RECORDS, self._direction.left)
            yield self._seal_batch(Kind.TEXT, pieces[:count])
            del pieces[:count]

    def seal_empty(self, kind: Kind) -> bytes:
        """Return one record without text."""
        return self._seal_batch(kind, [b""])

    def _seal_batch(self, kind: Kind, texts: Sequence[bytes]) -> bytes:
        plaintexts = [fill_up(kind, text, self._fill) for text in texts]
        first_iv, *random = _cut(self._random_bytes(BLOCK_SIZE * (len(texts) + 1)))
        cipher = AES.new(self._direction.keys.confidentiality, AES.MODE_CBC, iv=first_iv)
        stream = cipher.encrypt(_join(random, plaintexts))
        sizes = [BLOCK_SIZE + len(plaintext) for plaintext in plaintexts]
        records = [
            (size + TAG_SIZE).to_bytes(LENGTH_SIZE, "big") + stream[end - size : end]
            for size, end in zip(sizes, accumulate(sizes), strict=True)
        ]
        tags = _tag_all(records, self._direction)
        self._direction.advance(len(records))
        return _join(records, tags)


class Decoder:
    """Does the same as `records.Decoder`, but gives the texts of a whole batch joined."""

    def __init__(self, direction: Direction):
        self._direction = direction
        self._pending = bytearray()
        self.has_ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece; give and raise as `records.Decoder.feed` does."""
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
        while batch := self._cut_records():
            try:
                opened = self._open_batch(batch)
            except ProtocolError:
                yield from self._open_one_by_one(batch)
            else:
                if text := self._take(batch, opened):
                    yield text

    def _cut_records(self) -> list[bytes]:
        """Return the next complete records. Raises AuthenticationError if what comes is none."""
        records: list[bytes] = []
        start = 0
        while len(records) < min(BATCH_RECORDS, self._direction.left):
            try:
                size = measure(self._pending[start : start + LENGTH_SIZE])
            except AuthenticationError:
                if not records:
                    raise
                break
            if not size or start + size > len(self._pending):
                break
            records.append(bytes(self._pending[start : start + size]))
            start += size
        return records

    def _open_batch(self, batch: Sequence[bytes]) -> list[tuple[Kind, bytes]]:
        """Check all tags in constant time, then decrypt. Raises ProtocolError."""
        sealed = [record[:-TAG_SIZE] for record in batch]
        received = b"".join([record[-TAG_SIZE:] for record in batch])
        if not hmac.compare_digest(b"".join(_tag_all(sealed, self._direction)), received):
            raise AuthenticationError
        ivs_and_texts = [record[LENGTH_SIZE:] for record in sealed]
        cipher = AES.new(self._direction.keys.confidentiality, AES.MODE_CBC, iv=bytes(BLOCK_SIZE))
        stream = cipher.decrypt(b"".join(ivs_and_texts))
        sizes = list(map(len, ivs_and_texts))
        opened = [
            read_plaintext(stream[end - size + BLOCK_SIZE : end])
            for size, end in zip(sizes, accumulate(sizes), strict=True)
        ]
        if self.has_ended or Kind.END in [kind for kind, _ in opened[:-1]]:
            raise RecordError("a record after the end")
        return opened

    def _open_one_by_one(self, batch: Sequence[bytes]) -> Iterator[bytes]:
        """Give the texts before a bad record, then raise what is wrong with it."""
        for record in batch:
            opened = open_record(record, self._direction.counter, self._direction.keys)
            if self.has_ended:
                raise RecordError("a record after the end")
            if text := self._take([record], [opened]):
                yield text

    def _take(self, batch: Sequence[bytes], opened: Sequence[tuple[Kind, bytes]]) -> bytes:
        """Return the texts of opened records, joined, and count the records."""
        self.has_ended = opened[-1][0] is Kind.END
        del self._pending[: sum(map(len, batch))]
        self._direction.advance(len(batch))
        return b"".join([text for _, text in opened])


def _cut(text: bytes) -> list[bytes]:
    return [text[start : start + BLOCK_SIZE] for start in range(0, len(text), BLOCK_SIZE)]


def _join(firsts: Sequence[bytes], seconds: Sequence[bytes]) -> bytes:
    """Join the first of both, the second of both, and so on."""
    return b"".join(chain.from_iterable(zip(firsts, seconds, strict=True)))
