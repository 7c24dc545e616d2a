"""What can be seen of a legacy chat in spite of a mistake, for both graders.

One slip is to cost its own points. So a check looks past a mistake that another check reports: it
takes the submission's own value, puts a value in the place of a broken function, or raises Unseen.
Nothing here knows a right answer.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple

from tests.coursework.answers import Answer
from tests.coursework.compare import difference, expect, shorten
from tests.coursework.model import Failure, Unseen
from tests.coursework.submission import Submission, wrong_type

TICKED, CROSSED = "☑", "☒"

SEAL_PARTS = (
    "envelope",
    "timestamp",
    "hash",
    "envelope-ascii",
    "blocks",
    "padding",
    "full-block",
    "encryption",
    "blocks-alone",
)

_SHORT = json.dumps({"timestamp": "20:14:15", "message": "short", "hash": "of another text"})

ANOTHER_BLOCK = bytes(16)
"""What is received behind a text if the submission drops the last block, whole or not."""


# The envelope ------------------------------------------------------------------------------------


class Envelope(NamedTuple):
    """What `build_envelope` made."""

    text: str
    fields: dict[str, Any]
    refused: Failure | None
    """Why it made none at first: one of its values is nothing that JSON knows."""

    def expect(self, actual: object, wanted: object, what: str) -> None:
        """Compare a part of it. Raises Failure, which says what came first."""
        if self.refused and actual != wanted:
            raise self.refused
        expect(actual, wanted, what)


def build_envelope(student: Submission, message: str, timestamp: str) -> Envelope:
    """Ask for an envelope. Raises Failure or, if the check of the envelope reports it, Unseen."""
    answer = student.attempt("build_envelope", message, timestamp)
    try:
        return read_envelope(student, answer, message, timestamp)
    except Failure:
        if "envelope" in student.failed:
            raise Unseen("envelope") from None
        raise


def read_envelope(student: Submission, answer: Answer, message: str, timestamp: str) -> Envelope:
    """Return the envelope that is the answer. Raises Failure."""
    refused = None
    if answer.raised and "JSON serializable" in answer.raised.text:
        refused = student.complaint(answer.call, answer.raised)
        answer = student.attempt("build_envelope", message, timestamp, any_json=True)
    text: str = student.value_of(answer, str)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        text = f"  {answer.call}\n\n  this is no JSON object: {shorten(text)}"
        raise Failure(text, "Return what json.dumps makes of a dict, and change nothing in it")
    return Envelope(text, fields, refused)


def expect_one_byte_each(envelope: Envelope, message: str, what: str) -> None:
    """Look at nothing but the characters: the rest has a check of its own, which has failed."""
    text = envelope.text
    envelope.expect(text.encode("ascii", "backslashreplace").decode(), text, f"the text {what}")
    envelope.expect(envelope.fields.get("message"), message, f"the message {what}")


# A whole message ---------------------------------------------------------------------------------


class Composed(NamedTuple):
    """What the submission's functions make of a message, one after the other."""

    sealed: bytes
    instead: dict[str, object]
    """What stands in the place of a function that makes nothing, or each time something else."""

    def expect_sealed_by(self, student: Submission, arguments: tuple[object, ...]) -> None:
        """Compare with what `seal` makes of it. Raises Failure, Unseen."""
        wrong = min(student.failed.intersection(SEAL_PARTS))
        with student.with_instead(self.instead):
            answer = student.attempt("seal", *arguments)
        if self.instead and answer.value != self.sealed:
            raise Unseen(wrong)  # perhaps it does not use these functions
        what = "compared with your encrypt_blocks(process_text(build_envelope(…)))"
        expect(student.value_of(answer, bytes), self.sealed, f"{answer.call}, {what}")


def compose(student: Submission, message: str, timestamp: str, key: bytes) -> Composed:
    """Call the submission's own functions; put something in the place of those that are broken."""
    instead: dict[str, object] = {}

    def step(name: str, stand_in: Any, *arguments: object) -> Any:
        made = [_made(student, name, type(stand_in), arguments) for _ in range(2)]
        if made[0] is not None and made[0] == made[1]:
            return made[0]
        instead[name] = stand_in
        return stand_in

    text = step("build_envelope", f"{message!a:32}"[:32], message, timestamp)
    cut = step("process_text", [[number] * 16 for number in (1, 2, 1)], text)
    sealed = step("encrypt_blocks", f"{message!a:48}"[:48].encode(), cut, key)
    carried = {n: {"bytes": v.hex()} if isinstance(v, bytes) else v for n, v in instead.items()}
    return Composed(sealed, carried)


def _made(student: Submission, name: str, returns: type, arguments: tuple[object, ...]) -> object:
    try:
        return student.call(name, *arguments, returns=returns)
    except Failure:
        return None


# What was received -------------------------------------------------------------------------------


def expect_whole(actual: str, wanted: str, what: str) -> None:
    """Compare the text of whole blocks. Raises Failure, which knows the usual slip."""
    if actual and len(actual) + 16 == len(wanted) and wanted.startswith(actual):
        hint = (
            "The last block is missing. Of whole blocks none may be dropped: len(received) % 16 is "
            "0 then, but 16 - len(received) % 16 is 16"
        )
        raise Failure(f"  {what}\n\n{difference(wanted, actual)}", hint)
    expect(actual, wanted, what)


def parts_of(size: int, unrecognised: bool) -> set[str]:
    """Return the names of the checks for what is unusual in received bytes."""
    names = {"unrecognised", "noise"} if unrecognised else set()
    return names | ({"incomplete-block"} if size % 16 else set())


def expect_line(
    student: Submission, check: str, answer: Answer, wanted: Any, envelope: str
) -> None:
    """Compare the line for an envelope, in so far as the check is about it.

    Which box is shown is told by `crossed-box`. If `display` has failed, a line counts that has the
    message and one box in it.
    """
    if "display" in student.failed:
        _expect_sort_of_line(student, check, answer, wanted, envelope)
        return
    actual = student.value_of(answer, (str, type(None)))
    if isinstance(wanted, str) and actual is None:
        raise wrong_type(answer, "a value of type str")
    if check != "crossed-box" and isinstance(actual, str) and isinstance(wanted, str):
        boxes = TICKED in wanted and CROSSED in actual and CROSSED not in wanted
        actual = actual.replace(CROSSED, TICKED) if boxes else actual
    expect(actual, wanted, answer.call)


def _expect_sort_of_line(
    student: Submission, check: str, answer: Answer, wanted: Any, envelope: str
) -> None:
    answer = _or_printed(answer, envelope)
    actual = student.value_of(answer, (str, type(None)))
    if wanted is None:
        expect(actual, None, answer.call)
        return
    if actual is None and check == "longest-line":
        expect_some_line(student.attempt("verify_and_display", _SHORT), _SHORT)
        raise Failure(f"  {answer.call}\n\n  expected  a line\n  actual    None")
    expect_some_line(answer, envelope)
    if check == "crossed-box":
        box = TICKED if TICKED in wanted else CROSSED
        if box not in actual:
            other = CROSSED if box == TICKED else TICKED
            text = f"expected  {box} in the line\n  actual    {other}"
            raise Failure(f"  {answer.call}\n\n  {text}")


def _or_printed(answer: Answer, envelope: str) -> Answer:
    """Take the line that was printed for the one that should have been returned.

    For that slip, `display` has failed. What else is right in the line can still be seen. Other
    lines may be printed beside it, to find a mistake: they stand for nothing.
    """
    message = json.loads(envelope)["message"]
    lines = [line for line in answer.shown.split("\n") if _is_sort_of_line(line, message)]
    if answer.value is None and len(lines) == 1:
        return replace(answer, value=lines[0])
    return answer


def _is_sort_of_line(line: object, message: str) -> bool:
    """Whether the message is in it, and one box."""
    return isinstance(line, str) and message in line and (TICKED in line) != (CROSSED in line)


def expect_some_line(answer: Answer, envelope: str) -> None:
    """Raise Unseen unless a line came, with the message and one box in it."""
    line = _or_printed(answer, envelope).value
    if not _is_sort_of_line(line, json.loads(envelope)["message"]):
        raise Unseen("display")
