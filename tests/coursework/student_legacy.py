"""How the student's grader compares answers about the legacy chat.

Like `student_grader.py`, it knows no answer that is not recorded. It looks past a mistake where the
teacher's grader does (`legacy_parts.py`), so that both give the same points.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.coursework import legacy_parts
from tests.coursework.answers import Answer
from tests.coursework.compare import expect
from tests.coursework.legacy_parts import ANOTHER_BLOCK, CROSSED, SEAL_PARTS, TICKED
from tests.coursework.model import Failure, Unseen
from tests.coursework.submission import Submission

Event = dict[str, Any]

AFTER = dict.fromkeys(("tildes", "incomplete-block", "noise", "conversation"), ("decryption",))
"""Checks that can be seen behind a mistake, or else see nothing."""


def events_for(student: Submission, check: str, events: Sequence[Event]) -> list[Event]:
    """Return the questions of a check that can be asked in spite of what has failed."""
    asked = _without_what_failed(student, events) if check == "conversation" else events
    return [_with_another_block(student, event) for event in asked]


def _without_what_failed(student: Submission, events: Sequence[Event]) -> Iterator[Event]:
    """Leave out what needs a part that is wrong: its points are lost already."""
    left_out = False
    for event, after_it in zip(events, [*events[1:], {}], strict=True):
        if event.get("with", {}).get("name") == "process_bytes":
            size = len(event["with"]["arguments"][0]["bytes"]) // 2
            unrecognised = bool(after_it.get("answer", {}).get("raised"))
            left_out = bool(student.failed & legacy_parts.parts_of(size, unrecognised))
        if not left_out:
            yield event


def _with_another_block(student: Submission, event: Event) -> Event:
    asked = event.get("with", {})
    if asked.get("name") != "process_bytes" or "decryption" not in student.failed:
        return event
    received, *others = asked["arguments"]
    longer = {"bytes": received["bytes"] + ANOTHER_BLOCK.hex()}
    return event | {"with": asked | {"arguments": [longer, *others]}}


def compare(
    student: Submission, check: str, asked: dict[str, Any], answer: Answer, right: Answer
) -> bool:
    """Compare one answer, if it needs more than to be equal; return whether it does."""
    if compare_more := _COMPARISONS.get(asked["name"]):
        return compare_more(student, check, asked["arguments"], answer, right)
    return False


def _envelope(
    student: Submission, check: str, arguments: list[Any], answer: Answer, right: Answer
) -> bool:
    """Compare what the check is about; other checks look at the rest."""
    try:
        made = legacy_parts.read_envelope(student, answer, *arguments)
    except Failure:
        if "envelope" in student.failed:
            raise Unseen("envelope") from None
        raise
    wanted, text = json.loads(right.value), right.value
    if check in wanted:
        made.expect(made.fields.get(check), wanted[check], f"{check} in {answer.call}")
    elif "envelope" in student.failed:
        legacy_parts.expect_one_byte_each(made, arguments[0], f"in {answer.call}")
    else:
        for field in ("timestamp", "hash"):
            said = str(made.fields.get(field, "(missing)"))
            text = text.replace(f'"{wanted[field]}"', f'"{said}"')
        made.expect(made.text, text, answer.call)
    return True


def _blocks(student: Submission, check: str, _: list[Any], answer: Answer, right: Answer) -> bool:
    shown = student.value_of(answer, list)
    expect(shown[: len(right.value)] if check == "blocks" else shown, right.value, answer.call)
    return True


def _seal(student: Submission, _: str, arguments: list[Any], __: Answer, ___: Answer) -> bool:
    if not student.failed.intersection(SEAL_PARTS):
        return False
    message, timestamp, key = arguments
    asked = message, timestamp, bytes.fromhex(key["bytes"])
    legacy_parts.compose(student, *asked).expect_sealed_by(student, asked)
    return True


def _text(
    student: Submission, check: str, arguments: list[Any], answer: Answer, right: Answer
) -> bool:
    text: str = student.value_of(answer, str)
    if check == "decryption":
        legacy_parts.expect_whole(text, right.value, answer.call)
        return True
    if check == "conversation" and "tildes" in student.failed:
        expect(text.replace("~", ""), right.value, answer.call)
        return True
    return False


def _line(
    student: Submission, check: str, arguments: list[Any], answer: Answer, right: Answer
) -> bool:
    (envelope,) = arguments
    if check == "unrecognised" and not right.raised:
        if "display" in student.failed:
            legacy_parts.expect_some_line(answer, envelope)
        return True
    if check == "conversation" and "crossed-box" in student.failed and not right.raised:
        shown = str(student.value_of(answer, str)).replace(CROSSED, TICKED)
        expect(shown, right.value.replace(CROSSED, TICKED), answer.call)
        return True
    if check == "conversation" or right.raised:
        return False
    legacy_parts.expect_line(student, check, answer, right.value, envelope)
    return True


_Compare = Callable[[Submission, str, list[Any], Answer, Answer], bool]
_COMPARISONS: dict[str, _Compare] = {
    "build_envelope": _envelope,
    "process_text": _blocks,
    "seal": _seal,
    "process_bytes": _text,
    "verify_and_display": _line,
}
