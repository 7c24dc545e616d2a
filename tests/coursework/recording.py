"""Records the cases of the student's grader: what the checks ask, and what a right chat answers.

Our own chats, in the form of a submission, take the part of the student. Each question and each
answer is kept as JSON. So students can be told the right answers without being given the code.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tests.coursework.answers import Answer, Keys, Unknown
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
        self.events.append({"do": do, "with": request, "call": call, "answer": _packed(answer)})
        return answer


def _packed(answer: Answer) -> dict[str, Any]:
    """Return an answer in the form in which a worker sends it."""
    return {
        "value": _value(answer.value),
        "raised": asdict(answer.raised) if answer.raised else None,
        "decryptions": answer.decryptions,
    }


def _value(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Keys):
        keys = [_value(value.confidentiality), _value(value.authentication)]
        return {"keys": keys, "repr": value.shown}
    if isinstance(value, Unknown):
        return {"other": value.type_name}
    return [_value(item) for item in value] if isinstance(value, list) else value


def record(protocol: str) -> list[dict[str, Any]]:
    """Return all checks of one chat, each with its questions and answers."""
    recorder = _Recorder(REFERENCE / f"{protocol}_chat.py")
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
