"""What can be seen of a modern chat in spite of a mistake: see `parts.py`.

This file looks for the fields in frames of another layout, and lets something stand in the place of
functions that make nothing. Nothing here knows a right answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import permutations

from tests.coursework.answers import Keys, encode
from tests.coursework.model import Unseen
from tests.coursework.parts import joined
from tests.coursework.submission import Submission

Fields = dict[str, slice]

SIZE = 112
TAG_SIZE = 32
_SIZES = {"iv": 16, "length": 16, "length-tag": TAG_SIZE, "chunk": 16, "chunk-tag": TAG_SIZE}
_BLOCKS = 3 * 16
_PIECE = 12
_ANY_KEYS = Keys(bytes(32), bytes(32))


# Layout ------------------------------------------------------------------------------------------


def _layouts(size: int) -> Iterator[Fields]:
    """Yield every order of the fields of a frame, the right one first.

    In a frame of another size, the tags have another size.
    """
    tag_size = max(size - _BLOCKS, 0) // 2
    for order in permutations(_SIZES):
        fields, start = {}, 0
        for name in order:
            stop = start + (tag_size if name.endswith("tag") else _SIZES[name])
            fields[name], start = slice(start, stop), stop
        yield fields


FIELDS = next(_layouts(SIZE))
HEADER = slice(FIELDS["iv"].start, FIELDS["length"].stop)
"""The bytes under the first tag: the IV and E(length)."""


def layout_of(frames: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Return where the fields are: `frames` has frames that were made, beside the right ones.

    Raises Unseen if the IVs are not in them.
    """
    pairs = list(frames)
    sizes = {len(made) for made, _ in pairs}

    def fitting(fields: Fields) -> int:
        return sum(_fits(made, right, fields, name) for made, right in pairs for name in fields)

    best = max(_layouts(min(sizes)), key=fitting)
    if len(sizes) > 1 or not all(_fits(made, right, best, "iv") for made, right in pairs):
        raise Unseen("frame")
    return best


def _fits(made: bytes, right: bytes, fields: Fields, name: str) -> bool:
    wanted = right[FIELDS[name]]
    came = made[fields[name]]
    return bool(came) and came == wanted[: len(came)]


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
