"""How the student's grader compares answers about the modern chat.

Like `student_grader.py`, it knows no answer that is not recorded. It looks past a mistake where it
can do so without making frames: it has no tag and no cipher.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.coursework import modern_parts, parts
from tests.coursework.advice import COUNT_BYTES, encode_if_text
from tests.coursework.answers import Answer, Keys
from tests.coursework.compare import expect
from tests.coursework.model import Failure, Unseen
from tests.coursework.modern_parts import FIELDS, SIZE
from tests.coursework.submission import Submission

Event = dict[str, Any]

_MOST_IN_CHUNK = 15
_AN_IV = bytes(range(100, 116))
_STREAMS = ("stream-pieces", "stream-joined", "stream-at-once")
_REJECTS = tuple(f"reject-{name}" for name in FIELDS)
_SEALING = ("tag", "frame", "chunks")
AFTER: dict[str, tuple[str, ...]] = {
    "newline": ("chunks",),
    "characters": ("chunks",),
    "length": ("frame",),
    "chunk": ("frame", "length"),
    "length-tag": ("frame", "tag"),
    "chunk-tag": ("frame", "tag"),
    "seal": _SEALING,
    "fresh-iv": (*_SEALING, "seal"),
    "random-iv": (*_SEALING, "seal", "fresh-iv"),
    "open": ("tag",),
    **dict.fromkeys(("lengths", "bad-length", "bad-padding", "bad-text"), ("open", "tag")),
    "wrong-keys": ("open", "tag"),
    **dict.fromkeys(_REJECTS, ("open", "tag", "wrong-keys")),
    "verify-first": ("open", "tag", "wrong-keys", *_REJECTS),
    **dict.fromkeys(_STREAMS, ("open", "tag")),
    "stream-bad-frame": ("open", "tag", "wrong-keys", *_STREAMS),
    "stream-end": ("open", "tag", *_STREAMS),
}
"""Checks that can be seen behind a mistake, or else see nothing."""


def prepare(student: Submission, asked: Event) -> None:
    """Let something stand in the place of functions that make nothing, before they are needed."""
    if asked.get("name") in ("seal", "seal_frame"):
        modern_parts.let_tag_be_usable(student)
    if asked.get("name") == "seal":
        modern_parts.let_chunks_be_usable(student, asked["arguments"][0])


def taken(student: Submission, name: str, answer: Answer, right: Answer) -> Answer:
    """Return an answer as what it is, if the points for its form are lost already."""
    if name == "open_frame" and "open" in student.failed and isinstance(right.value, bytes):
        return right if _holds(answer, right.value) else answer
    if name == "seal_frame" and "frame" in student.failed:
        return replace(answer, value=parts.joined(answer.value))
    if name == "seal" and "seal" in student.failed:
        return replace(answer, value=parts.joined(parts.somehow_come_out(answer).value))
    if name == "feed" and student.failed & {"open", "stream-pieces"}:
        came = parts.somehow_come_out(answer)
        pairs = [parts.bytes_in(each) if isinstance(each, list) else each for each in came.value]
        return replace(came, value=pairs)
    if name == "split_chunks" and "chunks" in student.failed and isinstance(answer.value, list):
        return replace(answer, value=[*map(parts.as_bytes, answer.value)])
    return answer


def _holds(answer: Answer, chunk: bytes) -> bool:
    """Whether a chunk came in some form, perhaps without its newline, if there is more in it."""
    came = parts.somehow_come_out(answer).value
    if text := chunk.rstrip(b"\n"):
        return parts.holds(came, text)
    return bool(chunk) and (parts.holds(came, chunk) or answer.shown.isspace())


def _compare_chunks(
    student: Submission, check: str, _: Event, answer: Answer, right: list[bytes]
) -> None:
    """Take every cut that the rule allows."""
    if check == "seal":
        return
    cut = answer.value
    if not all(isinstance(chunk, bytes) for chunk in cut):
        text = f"  {answer.call}\n\n  every chunk must be bytes: {cut!r}"
        raise Failure(text, encode_if_text(cut))
    expect(b"".join(cut), b"".join(right), f"the chunks of {answer.call}, joined")
    for chunk in cut:
        sized = check == "newline" or "chunks" in student.failed
        if not sized and not 0 < len(chunk) <= _MOST_IN_CHUNK:
            why = f"expected  chunks of 1 to 15 bytes\n  actual    {chunk!r} has {len(chunk)}"
            hint = "" if chunk.isascii() else COUNT_BYTES
            raise Failure(f"  {answer.call}\n\n  {why}", hint)
        try:
            chunk.decode()
        except UnicodeDecodeError:
            why = f"this chunk ends inside a character: {chunk!r}"
            raise Failure(f"  {answer.call}\n\n  {why}") from None


def _compare_keys(_: Submission, check: str, __: Event, answer: Answer, right: Keys) -> None:
    for part in ("confidentiality", "authentication"):
        if check not in ("confkey", "authkey") or check[:4] == part[:4]:
            what = f"the {part} key of {answer.call}"
            expect(getattr(answer.value, part), getattr(right, part), what)


_LOOKED_AT = {"frame": "iv", **{name: name for name in FIELDS if name != "iv"}}
"""Which field of a frame each check looks at: one slip is to be said once."""

_COVERED = {"length-tag": ("iv", "length"), "chunk-tag": ("chunk",)}


def _compare_frame(
    student: Submission, check: str, asked: Event, answer: Answer, right: bytes
) -> None:
    if check not in _LOOKED_AT:  # what is made for a whole message is judged there
        return
    made, fields = answer.value, FIELDS
    if "frame" in student.failed:
        fields = modern_parts.layout_of([(made, right)])
    elif len(made) != SIZE:
        why = f"expected  {SIZE} bytes\n  actual    {len(made)}"
        raise Failure(f"  {answer.call}\n\n  {why}")
    field = _LOOKED_AT[check]
    place, wanted = fields[field], right[FIELDS[field]][: len(made[fields[field]])]
    if field in _COVERED and made[place] != wanted:
        covered = b"".join(made[fields[name]] for name in _COVERED[field])
        wanted = student.call("tag", covered, _keys_in(asked), returns=bytes)[: len(made[place])]
    expect(made[place], wanted, f"bytes {place.start} to {place.stop - 1} of {answer.call}")


def _keys_in(asked: Event) -> Keys:
    (packed,) = (each for each in asked["arguments"] if isinstance(each, dict) and "keys" in each)
    confidentiality, authentication = map(bytes.fromhex, packed["keys"])
    return Keys(confidentiality, authentication)


Compare = Callable[[Submission, str, Event, Answer, Any], None]
COMPARISONS: dict[str, Compare] = {
    "split_chunks": _compare_chunks,
    "derive_keys": _compare_keys,
    "seal_frame": _compare_frame,
}


# Messages ----------------------------------------------------------------------------------------


def expect_sealed(student: Submission, check: str, asked: Event, answer: Answer) -> None:
    """Look at frames whose IVs nobody can know before: with the student's own functions."""
    message, keys = asked["arguments"][0], _keys_in(asked)
    frames = modern_parts.cut_frames(student, answer.value, message, keys)
    if not frames:
        why = f"expected  frames of {SIZE} bytes\n  actual    {len(answer.value)} bytes"
        raise Failure(f"  {answer.call}\n\n  {why}")
    place = _place_of_iv(student, keys)
    ivs = [frame[place] for frame in frames]
    if check.endswith("-iv"):
        _expect_new(student, check, ivs, answer)
        return
    student.notes += ivs
    chunks = student.call("split_chunks", message, returns=list)
    again = [
        modern_parts.own_frame(student, chunk, len(chunk), keys, iv)
        for chunk, iv in zip(map(parts.as_bytes, chunks), ivs, strict=False)
    ]
    if len(chunks) != len(frames) or again != frames:
        why = (
            f"your split_chunks makes {len(chunks)} chunks of it, and your seal_frame makes other "
            "frames of these: under the same IVs, and with the number of bytes of each chunk"
        )
        hint = COUNT_BYTES if any(len(chunk) > _MOST_IN_CHUNK for chunk in chunks) else ""
        raise Failure(f"  {answer.call}\n\n  {why}", hint)


def _place_of_iv(student: Submission, keys: Keys) -> slice:
    """Return where the IV is in the student's frames, in which it is looked for."""
    if "frame" not in student.failed:
        return FIELDS["iv"]
    frame = modern_parts.own_frame(student, b"iv", 2, keys, _AN_IV)
    start = frame.find(_AN_IV)
    if start < 0 or len(frame) < parts.least_size(FIELDS, modern_parts.TAGS):
        raise Unseen("frame")
    return slice(start, start + len(_AN_IV))


def _expect_new(student: Submission, check: str, ivs: list[bytes], answer: Answer) -> None:
    """Raise Failure if an IV came before; `random-iv` leaves the frames of one message alone."""
    for iv in dict.fromkeys(ivs) if check == "random-iv" else ivs:
        if iv in student.notes:
            raise Failure(f"  {answer.call}\n\n  this IV came before: {iv.hex(' ')}")
        student.notes.append(iv)
