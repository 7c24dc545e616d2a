"""How the student's grader compares answers about records of the third chat.

Like `student_grader.py`, it knows no answer that is not recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.coursework import hardened_parts, parts
from tests.coursework.answers import Answer, Direction, Keys, Kind
from tests.coursework.compare import expect
from tests.coursework.hardened_parts import FIELDS, MOST_TEXT
from tests.coursework.model import Failure, Unseen
from tests.coursework.submission import Submission

RENEWED_AFTER = 1 << 20
_AN_IV = bytes(range(100, 116))
_LOOKED_AT = {"record": ("length", "iv"), "ciphertext": ("body",), "one-tag": ("tag",)}
"""Which fields of a record each check looks at: one slip is to be said once."""

_REJECTS = ("reject-changed", "reject-tag", "reject-moved")
_STREAMS = ("stream-pieces", "stream-joined", "stream-kinds")
_OPENING = ("tag", "plaintext", "open")
_SEALING = ("tag", "fill", "record", "pieces")
AFTER: dict[str, tuple[str, ...]] = {
    "characters": ("pieces",),
    "ciphertext": ("record", "fill"),
    "one-tag": ("record", "tag"),
    "sealer": _SEALING,
    "sealer-kinds": (*_SEALING, "sealer"),
    "fresh-iv": (*_SEALING, "sealer", "sealer-kinds"),
    "random-iv": (*_SEALING, "sealer", "sealer-kinds", "fresh-iv"),
    "sealer-renewal": (*_SEALING, "sealer", "renewed-keys"),
    **dict.fromkeys(("bad-padding", "bad-kind", "bad-text"), ("plaintext",)),
    "open": ("tag", "plaintext"),
    "wrong-keys": _OPENING,
    **dict.fromkeys(_REJECTS, (*_OPENING, "wrong-keys")),
    "verify-first": (*_OPENING, "wrong-keys", *_REJECTS),
    "constant-time": (*_OPENING, "wrong-keys"),
    "bounds": ("measure",),
    **dict.fromkeys(_STREAMS, (*_OPENING, "measure")),
    **dict.fromkeys(
        ("stream-bounded", "stream-end", "stream-after-end"), (*_OPENING, "measure", *_STREAMS)
    ),
    **dict.fromkeys(
        ("stream-moved", "stream-bad-record"), (*_OPENING, "measure", "wrong-keys", *_STREAMS)
    ),
    "stream-renewal": (*_OPENING, "measure", "renewed-keys", *_STREAMS),
}
"""Checks that can be seen behind a mistake, or else see nothing."""


def prepare(student: Submission, asked: dict[str, Any]) -> None:
    """Let something stand in the place of functions that make nothing, before they are needed."""
    if asked.get("name") in ("seal_record", "seal", "seal_empty"):
        hardened_parts.let_parts_be_usable(student)
    if asked.get("name") == "seal":
        hardened_parts.let_pieces_be_usable(student, asked["arguments"][0])
    if asked.get("name") == "feed":
        hardened_parts.let_size_be_known(student)


def taken(student: Submission, name: str, answer: Answer, right: Answer) -> Answer:
    """Return an answer as what it is, if the points for its form are lost already."""
    failed = student.failed
    reads = {"open_record": "open", "read_plaintext": "plaintext"}.get(name)
    if reads in failed and isinstance(right.value, list):
        text = right.value[1]  # if it is empty, it is in everything
        return right if text and parts.holds(answer.value, text) else answer
    if name == "seal_record" and "record" in failed:
        return replace(answer, value=parts.joined(answer.value))
    if name == "seal_empty" and "sealer-kinds" in failed:
        return replace(answer, value=parts.joined(answer.value))
    takes_it = (name == "seal" and "sealer" in failed) or (
        name == "feed" and failed & {"open", "stream-pieces"}
    )
    return parts.somehow_come_out(answer) if takes_it else answer


# Answers ---------------------------------------------------------------------------------------


def _compare_keys(_: Submission, name: str, __: object, answer: Answer, right: list[Keys]) -> None:
    made = answer.value
    if len(made) != len(right) or not all(isinstance(keys, Keys) for keys in made):
        text = "expected  two objects Keys(…): of the client, of the server"
        raise Failure(f"  {answer.call}\n\n  {text}\n  actual    {made!r}")
    sides = {"client-keys": ["client"], "server-keys": ["server"]}.get(name, ["client", "server"])
    for side in sides:
        place = ["client", "server"].index(side)
        expect_keys(made[place], right[place], f"of the {side} in {answer.call}")


def expect_keys(made: Keys, right: Keys, what: str) -> None:
    """Raise Failure unless both keys are right."""
    for part in ("confidentiality", "authentication"):
        expect(getattr(made, part), getattr(right, part), f"the {part} key {what}")


def _compare_renewed(_: Submission, __: str, ___: object, answer: Answer, right: Keys) -> None:
    expect_keys(answer.value, right, f"of {answer.call}")


def _compare_pieces(
    student: Submission, name: str, _: object, answer: Answer, right: list[bytes]
) -> None:
    """Take every cut that the rule allows."""
    if name not in ("pieces", "characters"):  # what a Sealer makes is judged there
        return
    cut, size = answer.value, int(answer.call.rpartition(", ")[2].rstrip(")"))
    if not all(isinstance(piece, bytes) for piece in cut):
        raise Failure(f"  {answer.call}\n\n  every piece must be bytes: {cut[:3]!r}")
    expect(b"".join(cut), b"".join(right), f"the pieces of {answer.call}, joined")
    for piece in cut:
        if not 0 < len(piece) <= size and "pieces" not in student.failed:
            raise Failure(f"  {answer.call}\n\n  one piece has {len(piece)} bytes")
        try:
            piece.decode()
        except UnicodeDecodeError:
            why = f"this piece ends or begins inside a character: {piece[-12:]!r}"
            raise Failure(f"  {answer.call}\n\n  {why}") from None


def _compare_record(
    student: Submission, name: str, asked: dict[str, Any], answer: Answer, right: bytes
) -> None:
    if name not in _LOOKED_AT:  # what a Sealer makes is judged there
        return
    made, fields = answer.value, FIELDS
    if "record" in student.failed:
        fields = hardened_parts.layout_of([(made, right)])
    elif len(made) != len(right):
        why = f"expected  {len(right)} bytes\n  actual    {len(made)}"
        raise Failure(f"  {answer.call}\n\n  {why}")
    for field in _LOOKED_AT[name]:
        place = fields[field]
        wanted = right[FIELDS[field]][: place.stop - place.start]
        if field == "tag" and made[place] != wanted:
            wanted = _own_tag(student, asked, made[: place.start] + made[place.stop :])
        expect(made[place], wanted, f"bytes {place.start} to {place.stop - 1} of {answer.call}")


def _own_tag(student: Submission, asked: dict[str, Any], covered: bytes) -> bytes:
    """Return what the submission's own `tag` makes: what it covers may be wrong elsewhere."""
    _, _, counter, packed, _ = asked["arguments"]
    confidentiality, authentication = map(bytes.fromhex, packed["keys"])
    keys = Keys(confidentiality, authentication)
    made: bytes = student.call("tag", counter, covered, keys, returns=bytes)
    return made


def _compare_opened(_: Submission, name: str, __: object, answer: Answer, right: list[Any]) -> None:
    expect(answer.value, right, answer.call)
    if name == "constant-time":
        expect_compared(answer)


def expect_compared(answer: Answer) -> None:
    """Raise Failure unless something was compared in constant time."""
    if not answer.comparisons:
        told = "it answered without a comparison that takes the same time for all tags"
        raise Failure(f"  {answer.call}\n\n  {told}")


COMPARISONS: dict[str, Callable[[Submission, str, Any, Answer, Any], None]] = {
    "derive_keys": _compare_keys,
    "renew": _compare_renewed,
    "split_text": _compare_pieces,
    "seal_record": _compare_record,
    "read_plaintext": _compare_opened,
    "open_record": _compare_opened,
}


# A sender --------------------------------------------------------------------------------------


class Sealers:
    """The Sealer objects of a submission.

    Nobody can know their IVs before. So their records are compared with what the submission's own
    functions make, under the same IVs.
    """

    def __init__(self) -> None:
        self._directions: dict[int, Direction] = {}

    def add(self, number: int, asked: dict[str, Any]) -> None:
        """Keep the direction of a new object, which the question has."""
        (argument,) = asked["arguments"]
        if "direction" in argument:
            keys, counter = argument["direction"]
            confidentiality, authentication = map(bytes.fromhex, keys["keys"])
            self._directions[number] = Direction(Keys(confidentiality, authentication), counter)

    def compare(
        self, student: Submission, asked: dict[str, Any], answer: Answer, fresh: bool
    ) -> None:
        """Raise Failure unless the records are those of the text or the kind that was asked for.

        If they are to be `fresh`, none may have an IV that came before.
        """
        (said,) = asked["arguments"]
        contents = [(Kind.TEXT, piece) for piece in _pieces(student, said)]
        if asked["name"] == "seal_empty":
            contents = [(Kind[said["kind"]], b"")]
        place, records = _place_of_iv(student), _cut(student, answer, len(contents))
        for record, (kind, text) in zip(records, contents, strict=True):
            iv = record[place]
            if fresh and iv in student.notes:
                why = f"this IV came before: {iv.hex(' ')}"
                raise Failure(f"  {answer.call}\n\n  {why}")
            student.notes.append(iv)
            keys, counter = self._directions[asked["number"]]
            right = hardened_parts.own_record(student, kind, text, counter, keys, iv)
            what = f"record {counter} in {answer.call}, compared with your seal_record of it"
            if not fresh:
                expect(record, right, what)
            self._directions[asked["number"]] = _advanced(student, keys, counter)


def _pieces(student: Submission, said: object) -> list[bytes]:
    if not isinstance(said, str):
        return []
    hardened_parts.let_pieces_be_usable(student, said)
    cut: list[bytes] = student.call("split_text", said.encode(), MOST_TEXT, returns=list)
    return cut


def _cut(student: Submission, answer: Answer, count: int) -> list[bytes]:
    """Cut what was sealed into so many records, in the size that the student's records have."""
    sealed = answer.value if isinstance(answer.value, list) else [answer.value]
    if not all(isinstance(each, bytes) for each in sealed):
        raise Failure(f"  {answer.call}\n\n  records must be bytes: {sealed[:3]!r}")
    stream, size = b"".join(sealed), len(_any_record(student))
    if len(stream) != count * size:
        why = f"expected  {count} records of {size} bytes\n  actual    {len(stream)} bytes"
        raise Failure(f"  {answer.call}\n\n  {why}")
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def _any_record(student: Submission) -> bytes:
    if "record" not in student.failed:
        return bytes(hardened_parts.SIZE)
    keys = Keys(bytes(32), bytes(32))
    return hardened_parts.own_record(student, Kind.TEXT, b"text", 0, keys, _AN_IV)


def _place_of_iv(student: Submission) -> slice:
    """Return where the IV is in the student's records, in which it is looked for."""
    if "record" not in student.failed:
        return FIELDS["iv"]
    start = _any_record(student).find(_AN_IV)
    if start < 0:
        raise Unseen("record")
    return slice(start, start + len(_AN_IV))


def _advanced(student: Submission, keys: Keys, counter: int) -> Direction:
    if (counter + 1) % RENEWED_AFTER == 0:
        keys = student.call("renew", keys, returns=Keys)
    return Direction(keys, counter + 1)
