"""Records for the checks of the third chat: recorded ones, honest ones and forged ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.coursework import expected
from tests.coursework.answers import Direction, Keys, Kind, encode
from tests.coursework.checks.modern_frames import mixtures, other_keys
from tests.coursework.compare import expect
from tests.coursework.hardened_parts import (
    COVERED,
    FIELDS,
    OTHERS_COVERED,
    SIZE,
    TAG_SIZE,
    layout_of,
    let_plaintext_be_read,
    let_size_be_known,
    let_tag_be_usable,
    own_record,
)
from tests.coursework.model import Failure, Unseen
from tests.coursework.parts import ANY_TAG, Fields, holds, refusal
from tests.coursework.submission import Submission

_KEY_SIZE = 32
_PROBE = 258
"""A number that a counter of one byte, or one that is written backwards, gets wrong."""
_MOST_UNNOTICED = 2
"""So many exchanges may go unnoticed: the IV lies in two of the parts."""


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

    Mostly they are what the rules say. But if a submission opens no such record, its mistake costs
    the points of `tag` or `open`, and the others can still see what they look for: the records then
    have a tag that covers what its `open_record` expects, or that its own `tag` makes; or are those
    of its own `seal_record`. Where only the `content` matters, one tag can stand for all.
    """

    def __init__(
        self,
        student: Submission,
        keys: Keys | None = None,
        counter: int = 0,
        *,
        content: bool = False,
        written: bool = True,
    ):
        self._student = student
        self._has_own_tags = self._makes_own_records = False
        self.keys = keys or student.draw.keys()
        self.counter, self.counts = counter, True
        self.fields = FIELDS
        """Where the fields are in these records."""
        self._covered = COVERED
        let_size_be_known(student)
        if written and student.failed & {"tag", "open"}:
            self._adapt(content)

    @classmethod
    def for_any(cls, student: Submission, keys: Keys) -> Peer:
        """Return a peer also for a submission whose functions are not written, or never end."""
        try:
            return cls(student, keys)
        except Failure:
            return cls(student, keys, written=False)

    def _adapt(self, content: bool) -> None:
        """Find records that the submission opens."""
        failed = self._student.failed
        if self._is_opened():
            return
        if "open" in failed and (self._opens_other_tags() or self._opens_its_own()):
            return
        self._has_own_tags = "tag" in failed
        let_tag_be_usable(self._student)
        if content and "open" in failed and not self._is_opened():
            self._try_any_tag()

    def _opens_other_tags(self) -> bool:
        """Let the tag cover other fields, if the submission then opens records; no changed ones.

        What is not covered costs points where it is changed.
        """
        student = self._student
        for row in OTHERS_COVERED if student.covers is None else student.covers:
            self._covered = row
            if self._is_opened() and self._is_authenticated():
                student.covers = [row]
                return True
        self._covered, student.covers = COVERED, student.covers or []
        return False

    def _try_any_tag(self) -> None:
        """Let one tag stand for all, if the submission then opens records."""
        student, before = self._student, self._has_own_tags
        self._has_own_tags, others = True, student.instead
        student.instead = others | {"tag": encode(ANY_TAG)}
        if not self._is_opened():
            self._has_own_tags, student.instead = before, others

    def _is_opened(self) -> bool:
        text = self._student.draw.letters(9).encode()
        record = self.sealed_as(_PROBE, text)
        answer = self._student.attempt("open_record", record, _PROBE, self.keys)
        in_any_form = "open" in self._student.failed and holds(answer.value, text)
        return answer.value == [Kind.TEXT, text] or in_any_form

    def _opens_its_own(self) -> bool:
        """Use the submission's own records, if it opens them, and if they are really sealed.

        Whoever seals and opens without a key gets no more points than by opening nothing.
        """
        self._makes_own_records = True
        try:
            self.fields = _own_layout(self._student)
            if self._is_opened() and self._is_encrypted() and self._is_authenticated():
                let_size_be_known(self._student, len(self.sealed_as(_PROBE, b"")))
                return True
        except (Failure, Unseen):
            pass
        self._makes_own_records, self.fields = False, FIELDS
        return False

    def _is_authenticated(self) -> bool:
        """Whether a record under another authentication key is refused, and a changed one, too."""
        forged = self.forge(self._student.draw.letters(9).encode(), _PROBE)
        answer = self._student.attempt("open_record", *forged, self.keys)
        return bool(refusal(answer)) and self._notices_changes()

    def _notices_changes(self) -> bool:
        """Exchange parts of a record with those of another one; only the IV may be untagged."""
        one, other = (
            self.sealed_as(_PROBE, self._student.draw.letters(200).encode()) for _ in range(2)
        )
        answers = [
            self._student.attempt("open_record", each, _PROBE, self.keys)
            for each in mixtures(one, other)
        ]
        return sum(not refusal(answer) for answer in answers) <= _MOST_UNNOTICED

    def _is_encrypted(self) -> bool:
        """Whether no other key opens a record to its text, even if its tag does not matter."""
        text = self._student.draw.letters(9).encode()
        record = self.sealed_as(_PROBE, text)
        other = Keys(self._student.draw.octets(32), self.keys.authentication)
        return text not in record and not holds(
            self._student.attempt("open_record", record, _PROBE, other).value, text
        )

    @property
    def direction(self) -> Direction:
        """The direction, as a receiver has it that waits for the next record."""
        return Direction(self.keys, self.counter)

    def seal(self, text: bytes, kind: Kind = Kind.TEXT) -> bytes:
        """Return the next record; replace the keys if it is time."""
        record = self.sealed_as(self.counter, text, kind)
        self.counter += self.counts
        if self.counts and self.counter % expected.RENEWED_AFTER == 0:
            self.keys = renewed_by(self._student, self.keys)
        return record

    def sealed_as(
        self, counter: int, text: bytes, kind: Kind = Kind.TEXT, size: int = 256
    ) -> bytes:
        """Return the record with that number; what is encrypted has `size` bytes."""
        return self._sealed(counter, text, kind, self.keys, size)

    def forge(self, text: bytes, counter: int, keys: Keys | None = None) -> Numbered:
        """Return a record of an attacker, who knows the key that encrypts, but not the other."""
        chosen = keys or other_keys(self.keys)
        return Numbered(self._sealed(counter, text, Kind.TEXT, chosen), counter)

    def garble(self, text: bytes, counter: int) -> Numbered:
        """Return a record with the tag of another one; with a drawn tag, if one stands for all."""
        record, other = (self.sealed_as(counter, each) for each in (text, text[::-1]))
        if self._student.instead.get("tag") == encode(ANY_TAG):
            other = self._student.draw.octets(len(record))
        tag = self.fields["tag"]
        return Numbered(record[: tag.start] + other[tag] + record[tag.stop :], counter)

    def covered(self, record: bytes) -> bytes:
        """Return what is under the tag of a record, but for its number."""
        tag = self.fields["tag"]
        return self._under(record[: tag.start] + record[tag.stop :])

    def _under(self, record: bytes) -> bytes:
        """Return what is under the tag of a record that has none yet; its body has any size."""
        start = FIELDS["body"].start
        made = {"length": record[:2], "iv": record[2:start], "body": record[start:]}
        return b"".join(made[name] for name in self._covered)

    def _sealed(self, counter: int, text: bytes, kind: Kind, keys: Keys, size: int = 256) -> bytes:
        iv = self._student.draw.iv()
        plain = expected.filled(kind.value, text, size)
        let_plaintext_be_read(self._student, plain, kind, text)
        if self._makes_own_records:
            return own_record(self._student, kind, text, counter, keys, iv)
        record = expected.sealed(plain, keys, iv)
        if self._has_own_tags:
            return record + own_tag(self._student, counter, record, keys)
        return record + expected.hmac_of(expected.numbered(counter, self._under(record)), keys)


def renewed_by(student: Submission, keys: Keys) -> Keys:
    """Return the next keys; if the submission's own `renew` is wrong, what that returns."""
    if "renewed-keys" not in student.failed:
        return expected.renewed(keys)
    try:
        made: Keys = student.call("renew", keys, returns=Keys)
    except Failure:
        raise Unseen("renewed-keys") from None
    if {len(made.confidentiality), len(made.authentication)} != {_KEY_SIZE}:
        raise Unseen("renewed-keys")  # nobody could encrypt with them
    return made


def place_of_iv(student: Submission) -> slice:
    """Return where the IV is in the submission's records, in which it is looked for."""
    if "record" not in student.failed:
        return FIELDS["iv"]
    iv = student.draw.iv()
    row = (Kind.TEXT, student.draw.letters(9).encode(), 0, student.draw.keys(), iv)
    start = own_record(student, *row).find(iv)
    if start < 0:
        raise Unseen("record")
    return slice(start, start + len(iv))


def _own_layout(student: Submission) -> Fields:
    row = (Kind.TEXT, student.draw.letters(9).encode(), 0, student.draw.keys(), student.draw.iv())
    return layout_of([(own_record(student, *row), expected.hardened_record(*row))])


def split_records(student: Submission, stream: bytes, what: str) -> list[bytes]:
    """Cut what a submission has sealed into records. Raises Failure.

    If its records have a wrong size, its points are lost already: they are cut in that size.
    """
    size = SIZE
    if "record" in student.failed:
        row = (Kind.TEXT, b"x", 0, student.draw.keys(), student.draw.iv())
        size = max(len(own_record(student, *row)), FIELDS["iv"].stop)
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
    *,
    whenever_renewed: bool = False,
) -> list[bytes]:
    """Compare with what the submission's own `seal_record` makes of it, under the same IVs.

    If a part of that is wrong, its points are lost already; `whenever_renewed` leaves the time at
    which keys are replaced to another check. Returns the records.
    """
    records, place = split_records(student, stream, what), place_of_iv(student)
    if len(records) != len(contents):
        expect(len(records), len(contents), f"the number of records in {what}")
    keys, counter = direction
    for record, (kind, text) in zip(records, contents, strict=True):
        right = own_record(student, kind, text, counter, keys, record[place])
        if record != right and whenever_renewed and "renewed-keys" not in student.failed:
            later = expected.renewed(keys)
            if record == own_record(student, kind, text, counter, later, record[place]):
                right, keys = record, later
        own = f"seal_record({kind}, {text[:12]!r}…, {counter}, …) under the same IV"
        expect(record, right, f"{what}: record {counter}, compared with your {own}")
        counter += 1
        if counter % expected.RENEWED_AFTER == 0:
            keys = renewed_by(student, keys)
    return records
