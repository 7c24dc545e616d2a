"""Records for the checks of the third chat: recorded ones, honest ones and forged ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.coursework import expected
from tests.coursework.answers import Direction, Keys, Kind
from tests.coursework.compare import expect
from tests.coursework.model import Failure, Unseen
from tests.coursework.submission import Submission

SIZE, TAG_SIZE, MOST_TEXT = 306, 32, 254
_PROBE = 258
"""A number that a counter of one byte, or one that is written backwards, gets wrong."""

IV, BODY = slice(2, 18), slice(18, 274)


class Numbered(NamedTuple):
    """A record, and the number under which the receiver is to open it."""

    record: bytes
    counter: int


def flip(record: bytes, bit: int) -> bytes:
    """Return the record with one bit changed, as an attacker on the wire may do."""
    changed = bytearray(record)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def own_tag(student: Submission, counter: int, record: bytes, keys: Keys) -> bytes:
    """Return what the submission's own function `tag` returns. Raises Unseen if that is no tag."""
    try:
        made: bytes = student.call("tag", counter, record, keys, returns=bytes)
    except Failure:
        raise Unseen("tag") from None
    if len(made) != TAG_SIZE:
        raise Unseen("tag")
    return made


class Peer:
    """Makes the records of one direction, in a form that is right for one submission.

    Their tags are HMACs. But if the submission's own `tag` is wrong, and it opens no record with a
    right tag, they are what that function returns: the mistake costs the points of its own check,
    and the others can still see what they look for.
    """

    def __init__(self, student: Submission, keys: Keys | None = None, counter: int = 0):
        self._student = student
        self._use_own_tags = False
        self.keys = keys or student.draw.keys()
        self.counter = counter
        if "tag" in student.failed:
            self._use_own_tags = not self._is_opened(b"right tags")

    def _is_opened(self, text: bytes) -> bool:
        record = self.sealed_as(_PROBE, text)
        answer = self._student.attempt("open_record", record, _PROBE, self.keys)
        return bool(answer.value == [Kind.TEXT, text])

    @property
    def direction(self) -> Direction:
        """The direction, as a receiver has it that waits for the next record."""
        return Direction(self.keys, self.counter)

    def seal(self, text: bytes, kind: Kind = Kind.TEXT) -> bytes:
        """Return the next record; replace the keys if it is time."""
        record = self.sealed_as(self.counter, text, kind)
        self.counter += 1
        if self.counter % expected.RENEWED_AFTER == 0:
            self.keys = renewed_by(self._student, self.keys)
        return record

    def sealed_as(
        self, counter: int, text: bytes, kind: Kind = Kind.TEXT, size: int = 256
    ) -> bytes:
        """Return the record with that number; what is encrypted has `size` bytes."""
        return self.tagged(counter, expected.filled(kind.value, text, size), self.keys)

    def tagged(self, counter: int, plain: bytes, keys: Keys) -> bytes:
        """Return a record with a right tag around any whole blocks of plaintext."""
        record = expected.sealed(plain, keys, self._student.draw.iv())
        if self._use_own_tags:
            return record + own_tag(self._student, counter, record, keys)
        return record + expected.hmac_of(expected.numbered(counter, record), keys)


def renewed_by(student: Submission, keys: Keys) -> Keys:
    """Return the next keys; if the submission's own `renew` is wrong, what that returns."""
    if "renewed-keys" not in student.failed:
        return expected.renewed(keys)
    try:
        made: Keys = student.call("renew", keys, returns=Keys)
    except Failure:
        raise Unseen("renewed-keys") from None
    return made


def split_records(student: Submission, stream: bytes, what: str) -> list[bytes]:
    """Cut what a submission has sealed into records. Raises Failure.

    If its records have a wrong size, its points are lost already: they are cut in that size.
    """
    size = SIZE
    if "record" in student.failed:
        row = (Kind.TEXT, b"x", 0, student.draw.keys(), student.draw.iv())
        size = max(len(student.call("seal_record", *row, returns=bytes)), IV.stop)
    if not stream or len(stream) % size:
        text = f"expected  records of {SIZE} bytes, joined\n  actual    {len(stream)} bytes"
        raise Failure(f"  {what}\n\n  {text}")
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def expect_composed(
    student: Submission,
    stream: bytes,
    contents: Sequence[tuple[Kind, bytes]],
    direction: Direction,
    what: str,
) -> list[bytes]:
    """Compare with what the submission's own `seal_record` makes of it, under the same IVs.

    If a part of that is wrong, its points are lost already. Returns the records.
    """
    records = split_records(student, stream, what)
    if len(records) != len(contents):
        expect(len(records), len(contents), f"the number of records in {what}")
    keys, counter = direction
    for record, (kind, text) in zip(records, contents, strict=True):
        right = student.call("seal_record", kind, text, counter, keys, record[IV], returns=bytes)
        own = f"seal_record({kind}, {text[:12]!r}…, {counter}, …) under the same IV"
        expect(record, right, f"{what}: record {counter}, compared with your {own}")
        counter += 1
        if counter % expected.RENEWED_AFTER == 0:
            keys = renewed_by(student, keys)
    return records
