"""The student's grader: asks the questions in `cases.json`, and knows the right answers to them.

The teacher's grader asks the same and more, with other keys and texts. This one is for finding
mistakes. There is no finished chat in it.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.coursework import student_hardened, student_legacy, student_modern
from tests.coursework.advice import encode_if_text
from tests.coursework.answers import Answer, Keys, Raised, read_answer
from tests.coursework.compare import expect
from tests.coursework.console import beside, fill, text_width, window, write_any_character
from tests.coursework.finding import Opened
from tests.coursework.model import (
    Check,
    Failure,
    Grader,
    Outcome,
    Result,
    Unseen,
    after,
    next_step,
)
from tests.coursework.parts import expect_raised, holds, refusal, somehow_come_out
from tests.coursework.places import HERE
from tests.coursework.submission import Submission

CASES = HERE / "cases.json"
_AFTER: dict[str, Mapping[str, tuple[str, ...]]] = {
    "legacy": student_legacy.AFTER,
    "modern": student_modern.AFTER,
    "hardened": student_hardened.AFTER,
}
_CONTENT = ("lengths", "bad-length", "bad-padding", "bad-text")
"""Checks about what is in frames that the submission must open."""

_MAY_DIFFER = (
    "Your teacher's grader asks with other keys and texts. Behind a mistake it sees more than this "
    "one, so there you may have more points than here, for checks that are `not reached` or fail "
    "here."
)

Event = dict[str, Any]
_Run = Callable[[Any], None]


class Replay:
    """Asks a submission the questions of one check, and compares the answers."""

    def __init__(self, check_id: str, events: Sequence[Event], probes: dict[str, Event]):
        self._probes = probes
        self._family, self._name = check_id.split("-", 1)
        self._events = events
        self._objects: dict[int, int] = {}
        self._sealers = student_hardened.Sealers()
        self._fed = {"right": b"", "came": b""}

    def __call__(self, student: Submission) -> None:
        if self._family == "modern" and self._name in _CONTENT:
            self._expect_something_opened(student)
        asked = [self._ask(student, event) for event in self._events_for(student)]
        answers = [answer for answer in asked if answer]
        came, right = self._fed["came"], self._fed["right"]
        if student.failed & {"open", "stream-pieces"}:  # what is printed has newlines of its own
            came, right = (each.replace(b"\n", b"") for each in (came, right))
        expect(came, right, "all that came out of a Decoder, joined")
        if self._name == "no-secrets":
            self._expect_secrets_kept(student, answers)
        if self._name == "verify-first":
            self._expect_one_answer(asked)

    def _events_for(self, student: Submission) -> Sequence[Event]:
        if self._family == "legacy":
            return student_legacy.events_for(student, self._name, self._events)
        return self._events

    def _ask(self, student: Submission, event: Event) -> Answer | None:
        if event["do"] == "restart":
            student.restart()
            return None
        if event["do"] == "load":
            student.load()
            return None
        call = event["call"] + (f"\n  ({event['why']})" if "why" in event else "")
        right = read_answer(call, json.dumps(event["answer"]).encode())
        request = dict(event["with"])
        if event["do"] == "method":
            request["number"] = self._objects[request["number"]]
        self._prepare(student, event)
        answer = student.ask(event["do"], request, call)
        if take := _TAKEN.get(self._family):
            answer = take(student, event["with"].get("name", ""), answer, right)
        if event["do"] == "new":
            self._objects[right.value] = number = student.value_of(answer, int)
            self._sealers.add(number, request)
        elif self._name != "no-secrets":  # it only looks at what is shown
            self._compare(student, event | {"with": request}, answer, right)
        return answer

    def _prepare(self, student: Submission, event: Event) -> None:
        if prepare := _PREPARE.get(self._family):
            prepare(student, event["with"])

    def _compare(self, student: Submission, event: Event, answer: Answer, right: Answer) -> None:
        if self._family == "legacy" and student_legacy.compare(
            student, self._name, event["with"], answer, right
        ):
            return
        if right.raised:
            self._expect_refusal(student, event, answer, right)
            return
        name = event["with"]["name"]
        student.value_of(answer, object if right.value is None else type(right.value))
        if name == "feed":
            self._fed["came"] += _joined(answer)
            self._fed["right"] += b"".join(right.value)
            return
        if compare := _COMPARISONS[self._family].get(name):
            compare(student, self._name, event["with"], answer, right.value)
        elif self._family == "hardened" and event["do"] == "method" and right.value:
            fresh = self._name.endswith("-iv")
            self._sealers.compare(student, event["with"], answer, fresh)
        elif name == "seal" and self._family == "modern":
            student_modern.expect_sealed(student, self._name, event["with"], answer)
        else:
            expect(answer.value, right.value, answer.call)

    def _expect_refusal(
        self, student: Submission, event: Event, answer: Answer, right: Answer
    ) -> None:
        if self._name == "constant-time":  # whether it refuses is judged in other checks
            student_hardened.expect_compared(answer)
            return
        assert right.raised
        kinds = {right.raised.kind}
        if self._name.startswith("reject"):
            kinds |= {"AuthenticationError", "FrameError", "RecordError"}
        if self._name == "wrong-keys" and event.get("padding") == "broken":
            kinds |= {
                "RecordError"
            }  # who decrypts first finds nonsense: `verify-first` judges that
        if "wrong-keys" in student.failed and "AuthenticationError" in kinds:
            kinds |= self._refusals_of(student)
        expect_raised(answer, kinds)
        if self._name == "verify-first" and answer.decryptions:
            text = "it was refused, but something was decrypted before that"
            raise Failure(f"  {answer.call}\n\n  {text}")

    def _refusals_of(self, student: Submission) -> set[str]:
        """Return how this submission says that a tag is wrong, which `wrong-keys` judges."""
        forged = self._probes["forged"]
        said = refusal(student.ask(forged["do"], forged["with"], forged["call"]))
        if not said:
            raise Unseen("wrong-keys")
        return {said}

    def _expect_something_opened(self, student: Submission) -> None:
        """Raise Unseen if `open` has failed, and what is in a frame does not come in any form."""
        if "open" in student.failed:
            sound = self._probes["sound"]
            answer = student.ask(sound["do"], sound["with"], sound["call"])
            chunk = bytes.fromhex(sound["answer"]["value"]["bytes"])
            if not holds(somehow_come_out(answer).value, chunk):
                raise Unseen("open")

    def _expect_one_answer(self, answers: Sequence[Answer | None]) -> None:
        """Raise Failure if a refusal says which padding a forged frame has.

        Texts that differ from frame to frame, because they quote the frame, say nothing.
        """
        said: dict[str, dict[str, list[Raised]]] = {}
        for event, answer in zip(self._events, answers, strict=True):
            if "tag" in event and answer and answer.raised:
                groups = said.setdefault(event["tag"], {"correct": [], "broken": []})
                groups[event["padding"]].append(answer.raised)
        for tag, groups in said.items():
            for told in ([{r.kind for r in g} for g in groups.values()],
                         [{r.text for r in g} for g in groups.values()]):  # fmt: skip
                if all(told) and told[0] != told[1] and any(len(each) == 1 for each in told):
                    lines = [f"  padding {name}: {group[0]}" for name, group in groups.items()]
                    head = f"  the {tag} tag is wrong, and the answer depends on the padding"
                    raise Failure("\n".join([head, "", *lines]))

    def _expect_secrets_kept(self, student: Submission, answers: Iterable[Answer]) -> None:
        secrets = {each for event in self._events for each in _secrets_in(event)}
        said = [student.printed().decode("latin-1")]
        for answer in answers:
            said += [answer.raised.text] if answer.raised else []
            values = answer.value if isinstance(answer.value, list) else [answer.value]
            said += [value.shown for value in values if isinstance(value, Keys)]
        for secret in sorted(secrets):
            if any(each in text.lower() for each in _spellings(secret) for text in said):
                raise Failure(
                    "  what your functions print, raise or show\n\n  shows a key or a secret"
                )


def _secrets_in(event: Event) -> Iterator[bytes]:
    """Yield the keys, and the secrets that they come from, in a question."""
    asked = event.get("with", {})
    for value in asked.get("arguments", []):
        if isinstance(value, dict):
            keys = value["direction"][0] if "direction" in value else value
            yield from map(bytes.fromhex, keys.get("keys", []))
            if asked["name"] == "derive_keys":
                yield bytes.fromhex(asked["arguments"][0]["bytes"])
        elif asked.get("name") == "derive_keys":
            yield value.encode()


def _spellings(secret: bytes) -> set[str]:
    plain, digits = secret.decode("latin-1"), (secret.hex(), secret.hex(" "))
    spelled = {plain, repr(secret)[2:-1], *digits, base64.b64encode(secret).decode()}
    return {each.lower() for each in spelled}


def _joined(answer: Answer) -> bytes:
    """Return the chunks that came out of a Decoder, joined. Raises Failure."""
    if not all(isinstance(chunk, bytes) for chunk in answer.value):
        text = f"  {answer.call}\n\n  every chunk must be bytes: {answer.value!r}"
        raise Failure(text, encode_if_text(answer.value))
    return b"".join(answer.value)


_COMPARISONS: dict[str, dict[str, student_modern.Compare]] = {
    "legacy": {},
    "modern": student_modern.COMPARISONS,
    "hardened": student_hardened.COMPARISONS,
}
_PREPARE = {"modern": student_modern.prepare, "hardened": student_hardened.prepare}
_TAKEN = {"modern": student_modern.taken, "hardened": student_hardened.taken}


# The program -------------------------------------------------------------------------------------


def checks_of(cases: Iterable[Event]) -> list[Check]:
    """Return the checks that ask these questions."""
    listed = list(cases)
    made, probes = [], _probes_in(listed)
    for case in listed:
        fields = {name: value for name, value in case.items() if name != "events"}
        family, name = case["id"].split("-", 1)
        fields |= {each: tuple(case[each]) for each in ("needs", "parts")}
        run: _Run = partial(_replay, case["id"], case["events"], probes)
        others = _AFTER[family].get(name, ())
        run = after(*others)(run) if others else run
        made.append(Check(**fields, run=run))
    return made


def _probes_in(cases: Iterable[Event]) -> dict[str, Event]:
    """Return a question about a sound frame or record, and one about a forged one."""
    found: dict[str, Event] = {}
    for case in cases:
        for event in case["events"]:
            if event.get("with", {}).get("name") in ("open_frame", "open_record"):
                found.setdefault("forged" if event["answer"]["raised"] else "sound", event)
    return found


def _replay(
    check_id: str, events: Sequence[Event], probes: dict[str, Event], student: Submission
) -> None:
    Replay(check_id, events, probes)(student)


def grade(
    cases: dict[str, list[dict[str, Any]]], folder: Path, names: Sequence[str]
) -> list[Result]:
    """Grade the chats with these names."""
    opened = Opened(folder)
    subjects = {name: Submission(opened.find(f"{name}_chat.py")) for name in names}
    checks = [check for name in names for check in checks_of(cases[name])]
    grader = Grader(subjects, checks, opened)
    try:
        return grader.results()
    finally:
        grader.close()


def report(results: Sequence[Result], everything: bool, columns: int | None = None) -> str:
    """Return what the student reads: the table; the first mistake, or all; the score.

    The mistake stands below the table, where a window of 24 rows still shows it.
    """
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    width = text_width(columns)
    lines = [beside(_head(result), result.check.title, columns) for result in results]
    for result in failed if everything else failed[:1]:
        lines.append(f"\n{result.report_in(width).rstrip()}")
    points, most = sum(r.points for r in results), sum(r.check.points for r in results)
    lines.append(f"\n{points} of {most} points in the recorded cases")
    said = [next_step(results)] if failed else []
    if len(failed) > 1 and not everything:
        said.append(f"{_counted(failed[1:])}: python grade.py --all shows them")
    lines += [fill(line, columns - 1, "", " " * 6) if columns else line for line in said]
    if any(result.check.family != "legacy" for result in failed):
        lines.append(f"\n{fill(_MAY_DIFFER, width)}")
    return "\n".join(lines)


def _head(result: Result) -> str:
    check = result.check
    return f"{result.status:11}  {result.points:2} of {check.points:2}  {check.id:24}  "


def _counted(failed: Sequence[Result]) -> str:
    """Say how many more checks failed, and how many of them because nothing is written yet."""
    unwritten = sum(bool(result.unwritten) for result in failed)
    wrong = len(failed) - unwritten
    words = [f"{wrong} more failed"] if wrong else []
    words += [f"{unwritten} more not written"] if unwritten else []
    return ", ".join(words)


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Grade the student's folder; return 0 if all points are there, else 1."""
    cases = json.loads(CASES.read_text("utf-8"))
    parser = argparse.ArgumentParser(prog="python grade.py", description="Grade your own work.")
    parser.add_argument("chat", nargs="?", choices=list(cases), help="only this chat")
    parser.add_argument("--all", action="store_true", help="show every mistake, not only the first")
    options = parser.parse_args(arguments)
    results = grade(cases, folder, [options.chat] if options.chat else list(cases))
    write_any_character()
    print(report(results, options.all, window()))
    return 0 if all(result.outcome is Outcome.PASSED for result in results) else 1
