"""How the student's grader compares answers about records of the third chat.

Like `student_grader.py`, it knows no answer that is not recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.coursework.answers import Answer, Direction, Keys, Kind
from tests.coursework.compare import expect
from tests.coursework.model import Failure
from tests.coursework.submission import Submission

RECORD = 306
RENEWED_AFTER = 1 << 20
_IV = slice(2, 18)
_MOST_TEXT = 254
_PARTS = {"record": (0, 18), "ciphertext": (18, 274), "one-tag": (274, 306)}
"""Which bytes of a record each check looks at: one slip is to be said once."""

_REJECTS = ["reject-changed", "reject-tag", "reject-moved"]
_STREAMS = ["stream-pieces", "stream-joined", "stream-kinds"]
ALSO_NEEDS = {
    "characters": ["pieces"],
    "record": ["fill"],
    "ciphertext": ["record", "fill"],
    "one-tag": ["ciphertext", "tag"],
    "sealer": ["pieces", "characters", "one-tag"],
    "sealer-kinds": ["sealer"],
    "fresh-iv": ["sealer", "sealer-kinds"],
    "random-iv": ["fresh-iv"],
    "sealer-renewal": ["renewed-keys", "sealer"],
    "open": ["tag", "plaintext"],
    "wrong-keys": ["open"],
    **{name: ["wrong-keys"] for name in _REJECTS},
    "verify-first": _REJECTS,
    "constant-time": ["wrong-keys"],
    "bounds": ["measure"],
    **{name: ["open"] for name in _STREAMS},
    **dict.fromkeys(("stream-bounded", "stream-end", "stream-after-end"), _STREAMS),
    "stream-moved": ["wrong-keys", *_STREAMS],
    "stream-bad-record": ["wrong-keys", *_STREAMS],
    "stream-renewal": ["renewed-keys", *_STREAMS],
}


# Answers ---------------------------------------------------------------------------------------


def _compare_keys(name: str, answer: Answer, right: list[Keys]) -> None:
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


def _compare_renewed(_: str, answer: Answer, right: Keys) -> None:
    expect_keys(answer.value, right, f"of {answer.call}")


def _compare_pieces(_: str, answer: Answer, right: list[bytes]) -> None:
    """Take every cut that the rule allows."""
    cut, size = answer.value, int(answer.call.rpartition(", ")[2].rstrip(")"))
    if not all(isinstance(piece, bytes) for piece in cut):
        raise Failure(f"  {answer.call}\n\n  every piece must be bytes: {cut[:3]!r}")
    expect(b"".join(cut), b"".join(right), f"the pieces of {answer.call}, joined")
    for piece in cut:
        if not 0 < len(piece) <= size:
            raise Failure(f"  {answer.call}\n\n  one piece has {len(piece)} bytes")
        try:
            piece.decode()
        except UnicodeDecodeError:
            why = f"this piece ends or begins inside a character: {piece[-12:]!r}"
            raise Failure(f"  {answer.call}\n\n  {why}") from None


def _compare_record(name: str, answer: Answer, right: bytes) -> None:
    start, end = _PARTS.get(name, (0, RECORD))
    if len(answer.value) != len(right):
        why = f"expected  {len(right)} bytes\n  actual    {len(answer.value)}"
        raise Failure(f"  {answer.call}\n\n  {why}")
    what = f"bytes {start} to {end - 1} of {answer.call}"
    expect(answer.value[start:end], right[start:end], what)


def _compare_opened(name: str, answer: Answer, right: list[Any]) -> None:
    expect(answer.value, right, answer.call)
    if name == "constant-time":
        expect_compared(answer)


def expect_compared(answer: Answer) -> None:
    """Raise Failure unless something was compared in constant time."""
    if not answer.comparisons:
        told = "it answered without a comparison that takes the same time for all tags"
        raise Failure(f"  {answer.call}\n\n  {told}")


COMPARISONS: dict[str, Callable[[str, Answer, Any], None]] = {
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
        for record, (kind, text) in zip(_cut(answer, len(contents)), contents, strict=True):
            if fresh and record[_IV] in student.notes:
                why = f"this IV came before: {record[_IV].hex(' ')}"
                raise Failure(f"  {answer.call}\n\n  {why}")
            student.notes.append(record[_IV])
            keys, counter = self._directions[asked["number"]]
            arguments = (kind, text, counter, keys, record[_IV])
            right = student.call("seal_record", *arguments, returns=bytes)
            what = f"record {counter} in {answer.call}, compared with your seal_record of it"
            expect(record, right, what)
            self._directions[asked["number"]] = _advanced(student, keys, counter)


def _pieces(student: Submission, said: object) -> list[bytes]:
    if not isinstance(said, str):
        return []
    cut: list[bytes] = student.call("split_text", said.encode(), _MOST_TEXT, returns=list)
    return cut


def _cut(answer: Answer, count: int) -> list[bytes]:
    sealed = answer.value if isinstance(answer.value, list) else [answer.value]
    if not all(isinstance(each, bytes) for each in sealed):
        raise Failure(f"  {answer.call}\n\n  records must be bytes: {sealed[:3]!r}")
    stream = b"".join(sealed)
    if len(stream) != count * RECORD:
        why = f"expected  {count} records of {RECORD} bytes\n  actual    {len(stream)} bytes"
        raise Failure(f"  {answer.call}\n\n  {why}")
    return [stream[start : start + RECORD] for start in range(0, len(stream), RECORD)]


def _advanced(student: Submission, keys: Keys, counter: int) -> Direction:
    if (counter + 1) % RENEWED_AFTER == 0:
        keys = student.call("renew", keys, returns=Keys)
    return Direction(keys, counter + 1)
