"""Our own records of the third chat, in the form of a submission."""

import os
from collections.abc import Iterator

from modern.errors import AuthenticationError, TruncationError
from modern.hardened import records
from modern.hardened.errors import RecordError
from modern.hardened.records import (
    Decoder,
    Direction,
    Kind,
    derive_keys,
    fill_up,
    measure,
    open_record,
    read_plaintext,
    renew,
    seal_record,
    split_text,
    tag,
)
from modern.protocol import Keys


class Sealer:
    """Seals one record at a time, where ours (`modern.hardened.bulk`) seals many at once."""

    def __init__(self, direction: Direction):
        self.direction = direction

    def seal(self, text: str) -> Iterator[bytes]:
        for piece in records.split_text(text.encode(), records.capacity()):
            yield self._seal(Kind.TEXT, piece)

    def seal_empty(self, kind: Kind) -> bytes:
        return self._seal(kind, b"")

    def _seal(self, kind: Kind, text: bytes) -> bytes:
        direction = self.direction
        record = records.seal_record(kind, text, direction.counter, direction.keys, self.new_iv())
        self.advance()
        return record

    def new_iv(self) -> bytes:
        return os.urandom(16)

    def advance(self) -> None:
        self.direction.advance()


__all__ = [
    "AuthenticationError",
    "Decoder",
    "Direction",
    "Keys",
    "Kind",
    "RecordError",
    "Sealer",
    "TruncationError",
    "derive_keys",
    "fill_up",
    "measure",
    "open_record",
    "read_plaintext",
    "renew",
    "seal_record",
    "split_text",
    "tag",
]
