"""Records the cases of the student's grader: what the checks ask, and what a right chat answers.

Our own chats, in the form of a submission, take the part of the student. Each question and each
answer is kept as JSON. So students can be told the right answers without being given the code.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from modern import protocol
from modern.errors import ProtocolError
from modern.hardened import records
from tests.coursework import expected
from tests.coursework.answers import Answer, Keys, Kind, Unknown
from tests.coursework.grading import Assignment
from tests.coursework.model import Check
from tests.coursework.places import REFERENCE
from tests.coursework.submission import Submission

_KEPT = ("id", "title", "points", "rule", "hint", "needs", "parts", "family")


class _Recorder(Submission):
    """A submission that notes what it is asked and what it answers."""

    def note_for(self, check: Check) -> list[dict[str, Any]]:
        """Run a check; return its questions and answers."""
        self.events: list[dict[str, Any]] = []
        check.run(self)
        return self.events

    def restart(self) -> None:
        if self._worker and hasattr(self, "events"):
            self.events.append({"do": "restart"})
        super().restart()

    def _exchange(self, do: str, request: dict[str, Any], call: str) -> Answer:
        answer = super()._exchange(do, request, call)
        event = {"do": do, "with": request, "call": call, "answer": _packed(answer)}
        if request.get("name") == "open_frame":
            event |= _about(*request["arguments"])
        if request.get("name") == "open_record":
            event |= _about_record(*request["arguments"])
        self.events.append(event)
        return answer


def _about(frame: dict[str, str], keys: dict[str, list[str]]) -> dict[str, str]:
    """Return what a student cannot see in a frame: which tag is wrong, and what is inside."""
    data = bytes.fromhex(frame["bytes"])
    if len(data) != protocol.FRAME_SIZE:
        return {}
    known = Keys(*map(bytes.fromhex, keys["keys"]))  # type: ignore[arg-type]
    header, first, body, second = data[:32], data[32:64], data[64:80], data[80:]
    wrong = [
        name
        for name, covered, tag in (("first", header, first), ("second", body, second))
        if expected.hmac_of(covered, known) != tag
    ]
    blocks = [_unpadded(each) for each in _opened(data, known)]
    padding = "correct" if all(right for _, right in blocks) else "broken"
    if wrong:
        return {"tag": " and ".join(wrong), "padding": padding}
    (length, _), (chunk, _) = blocks
    return {"why": f"the tags are right, the length is {length!r}, the chunk {chunk!r}"}


def _about_record(
    record: dict[str, str], counter: int, keys: dict[str, list[str]]
) -> dict[str, str]:
    """Return what a student cannot see in a record: whether its tag fits, and what is inside."""
    data = bytes.fromhex(record["bytes"])
    known = Keys(*map(bytes.fromhex, keys["keys"]))  # type: ignore[arg-type]
    sealed, tag = data[:-32], data[-32:]
    cipher = AES.new(known.confidentiality, AES.MODE_CBC, iv=data[2:18])
    try:
        kind, text = records.read_plaintext(cipher.decrypt(sealed[18:]))
    except ProtocolError:
        content, padding = "no correct content", "broken"
    else:
        content, padding = f"{kind.name} {text!r}", "correct"
    if expected.hmac_of(expected.numbered(counter, sealed), known) != tag:
        return {"tag": "only", "padding": padding}
    return {"why": f"the tag is right, and inside is {content}"}


def _opened(data: bytes, keys: Keys) -> tuple[bytes, bytes]:
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=data[:16])
    return cipher.decrypt(data[16:32]), cipher.decrypt(data[64:80])


def _unpadded(block: bytes) -> tuple[bytes, bool]:
    """Return a block without its padding, and whether that was correct."""
    try:
        return unpad(block, 16), True
    except ValueError:
        return block, False


def _packed(answer: Answer) -> dict[str, Any]:
    """Return an answer in the form in which a worker sends it."""
    return {
        "value": _value(answer.value),
        "raised": asdict(answer.raised) if answer.raised else None,
        "decryptions": answer.decryptions,
        "comparisons": answer.comparisons,
    }


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Keys):
        keys = [_value(value.confidentiality), _value(value.authentication)]
        return {"keys": keys, "repr": value.shown}
    if isinstance(value, Kind):
        return {"kind": value.name}
    if isinstance(value, Unknown):
        return {"other": value.type_name}
    return [_value(item) for item in value] if isinstance(value, list) else value


def record(protocol: str) -> list[dict[str, Any]]:
    """Return all checks of one chat, each with its questions and answers."""
    recorder = _Recorder(REFERENCE / f"{protocol}_chat.py", time_limit=60)  # a start may be slow
    try:
        return [
            {
                **{name: getattr(check, name) for name in _KEPT},
                "events": recorder.note_for(check),
            }
            for check in Assignment((protocol,)).checks
        ]
    finally:
        recorder.close()
