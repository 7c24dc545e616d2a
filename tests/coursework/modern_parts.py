"""What can be seen of a modern chat in spite of a mistake: see `parts.py`.

This file looks for the fields in frames of another layout, and lets something stand in the place of
functions that make nothing. Nothing here knows a right answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.coursework import parts
from tests.coursework.answers import Keys, encode
from tests.coursework.model import Unseen
from tests.coursework.parts import Fields, joined
from tests.coursework.submission import Submission

SIZE, TAG_SIZE = 112, 32
FIELDS = {
    "iv": slice(0, 16),
    "length": slice(16, 32),
    "length-tag": slice(32, 64),
    "chunk": slice(64, 80),
    "chunk-tag": slice(80, 112),
}
TAGS = ("length-tag", "chunk-tag")
HEADER = slice(0, 32)
"""The bytes under the first tag: the IV and E(length)."""

COVERED: dict[str, tuple[str, ...]] = {"length-tag": ("iv", "length"), "chunk-tag": ("chunk",)}
"""The fields under each tag."""

_ROWS = [*parts.rows_of(("iv", "length", "chunk"))]
_BEFORE = ("iv", "length", "length-tag", "chunk")
OTHERS_COVERED = [
    *(COVERED | {"length-tag": row} for row in _ROWS),
    *(COVERED | {"chunk-tag": row} for row in _ROWS),
    *(COVERED | {"chunk-tag": _BEFORE[start:]} for start in range(3)),
]
"""What a receiver may take for the fields under each tag."""

_PIECE = 12
_ANY_KEYS = Keys(bytes(32), bytes(32))


def layout_of(frames: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Return where the fields are: `frames` has frames that were made, beside the right ones.

    Raises Unseen if the IVs are not in them, or no tags.
    """
    fields = parts.layout_of(frames, FIELDS, TAGS)
    if not fields:
        raise Unseen("frame")
    return fields


# Functions that make nothing ---------------------------------------------------------------------


def let_tag_be_usable(student: Submission) -> None:
    """Let a fingerprint stand in the place of a `tag` that makes no tag.

    Raises nothing: without `tag` the check sees what it can see.
    """
    if "tag" in student.failed and "tag" not in student.instead:
        value = student.attempt("tag", bytes(16), _ANY_KEYS).value
        if not isinstance(value, bytes) or len(value) != TAG_SIZE:
            student.instead["tag"] = "fingerprint"


def let_chunks_be_usable(student: Submission, message: str) -> None:
    """Let any cut stand in the place of a `split_chunks` that does not make chunks of a message."""
    if "chunks" not in student.failed:
        return
    student.instead.pop("split_chunks", None)
    made = student.attempt("split_chunks", message).value
    if not isinstance(made, list) or not all(isinstance(each, bytes) for each in made):
        data = message.encode()
        cut = [encode(data[start : start + _PIECE]) for start in range(0, len(data), _PIECE)]
        student.instead["split_chunks"] = {"table": {message: cut}}


# Frames of another size --------------------------------------------------------------------------


def cut_frames(student: Submission, sealed: bytes, message: str, keys: Keys) -> list[bytes]:
    """Cut a sealed message into frames, in the sizes that the submission's own functions make.

    Return nothing if it cannot be cut so.
    """
    sizes = [SIZE] * (len(sealed) // SIZE)
    if student.failed & {"frame", "chunks"}:
        sizes = [
            len(own_frame(student, chunk, len(chunk), keys, bytes(16)))
            for chunk in student.call("split_chunks", message, returns=list)
        ]
    frames = []
    for size in sizes:
        frames.append(sealed[:size])
        sealed = sealed[size:]
    return [] if sealed else frames


def own_frame(student: Submission, chunk: bytes, length: int, keys: Keys, iv: bytes) -> bytes:
    """Return what the submission's own `seal_frame` makes. Raises Failure."""
    answer = student.attempt("seal_frame", chunk, length, keys, iv)
    if "frame" in student.failed:
        answer = replace(answer, value=joined(answer.value))
    made: bytes = student.value_of(answer, bytes)
    return made
