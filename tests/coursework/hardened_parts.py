"""What can be seen of records of the third chat in spite of a mistake: see `parts.py`.

This file lets something stand in the place of functions that are broken. Nothing here knows a right
answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.coursework import parts
from tests.coursework.answers import Keys, Kind, encode
from tests.coursework.model import Unseen
from tests.coursework.parts import Fields, joined
from tests.coursework.submission import Submission

SIZE, TAG_SIZE, MOST_TEXT = 306, 32, 254
FILLED = 256
FIELDS = {
    "length": slice(0, 2),
    "iv": slice(2, 18),
    "body": slice(18, 274),
    "tag": slice(274, 306),
}
COVERED: tuple[str, ...] = ("length", "iv", "body")
"""The fields under the tag, behind the counter."""

OTHERS_COVERED = [*parts.rows_of(COVERED)]
"""What a receiver may take for these fields."""

_ANY_KEYS = Keys(bytes(32), bytes(32))
_ANY_FILLING = bytes(range(256))


def layout_of(records: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Return where the fields are: `records` has what was made, beside the right ones.

    Raises Unseen if the IVs are not in them, or no tag.
    """
    fields = parts.layout_of(records, FIELDS, ("tag",))
    if not fields:
        raise Unseen("record")
    return fields


def own_record(  # noqa: PLR0917 - the arguments of `seal_record`
    student: Submission, kind: Kind, text: bytes, counter: int, keys: Keys, iv: bytes
) -> bytes:
    """Return what the submission's own `seal_record` makes. Raises Failure."""
    let_parts_be_usable(student)
    answer = student.attempt("seal_record", kind, text, counter, keys, iv)
    if "record" in student.failed:
        answer = replace(answer, value=joined(answer.value))
    made: bytes = student.value_of(answer, bytes)
    return made


# Functions that make nothing ---------------------------------------------------------------------


def let_parts_be_usable(student: Submission) -> None:
    """Let something stand in the place of a `tag` or a `fill_up` that makes nothing usable."""
    let_tag_be_usable(student)
    if "fill" in student.failed and "fill_up" not in student.instead:
        value = student.attempt("fill_up", Kind.TEXT, b"text").value
        if not isinstance(value, bytes) or not value or len(value) % 16:
            student.instead["fill_up"] = encode(_ANY_FILLING)


def let_tag_be_usable(student: Submission) -> None:
    """Let a fingerprint stand in the place of a `tag` that makes no tag."""
    if "tag" in student.failed and "tag" not in student.instead:
        value = student.attempt("tag", 1, bytes(274), _ANY_KEYS).value
        if not isinstance(value, bytes) or len(value) != TAG_SIZE:
            student.instead["tag"] = "fingerprint"


def let_pieces_be_usable(student: Submission, text: str) -> None:
    """Let the text stand for its pieces if `split_text` makes no pieces of it: it must be short."""
    let_parts_be_usable(student)
    if "pieces" not in student.failed:
        return
    student.instead.pop("split_text", None)
    made = student.attempt("split_text", text.encode(), MOST_TEXT).value
    if not isinstance(made, list) or not all(isinstance(each, bytes) for each in made):
        student.instead["split_text"] = encode([text.encode()])


def let_size_be_known(student: Submission, size: int = SIZE) -> None:
    """Let the size of all records stand in the place of a `measure` that is wrong."""
    if "measure" in student.failed:
        student.instead["measure"] = size


def let_plaintext_be_read(student: Submission, plain: bytes, kind: Kind, text: bytes) -> None:
    """Let what is inside stand in the place of a `read_plaintext` that is wrong."""
    if "plaintext" in student.failed:
        known = student.instead.setdefault("read_plaintext", {"table": {}})
        known["table"][plain.hex()] = encode([kind, text])
