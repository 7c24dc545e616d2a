"""The student's grader: asks the questions in `cases.json`, and knows the right answers to them.

The teacher's grader asks the same and more, with other keys and texts. This one is for finding
mistakes. There is no finished chat in it.
"""

from __future__ import annotations

import argparse
import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.coursework import student_hardened, student_legacy
from tests.coursework.answers import Answer, Keys, Raised, read_answer
from tests.coursework.compare import expect
from tests.coursework.console import write_any_character
from tests.coursework.finding import Opened
from tests.coursework.model import Check, Failure, Grader, Outcome, Result, after
from tests.coursework.parts import expect_raised
from tests.coursework.places import HERE
from tests.coursework.submission import Submission

CASES = HERE / "cases.json"
FRAME = 112
_IV = 16
_MOST_IN_CHUNK = 15
_PARTS = {
    "frame": (0, 16),
    "length": (16, 32),
    "length-tag": (32, 64),
    "chunk": (64, 80),
    "chunk-tag": (80, 112),
}
"""Which bytes of a frame each check looks at: one slip is to be said once."""

_REJECTS = [f"reject-{name}" for name in ("iv", "length", "length-tag", "chunk", "chunk-tag")]
_STREAMS = [f"stream-{name}" for name in ("pieces", "joined", "at-once")]
_MODERN_ALSO_NEEDS = {
    "newline": ["chunks"],
    "characters": ["chunks"],
    "chunk": ["length"],
    "length-tag": ["length", "tag"],
    "chunk-tag": ["chunk", "tag"],
    "seal": ["newline", "characters", "length-tag", "chunk-tag"],
    "fresh-iv": ["seal"],
    "random-iv": ["fresh-iv"],
    "open": ["tag"],
    "wrong-keys": ["open"],
    **{name: ["wrong-keys"] for name in _REJECTS},
    "verify-first": _REJECTS,
    **{name: ["open"] for name in _STREAMS},
    "stream-bad-frame": ["wrong-keys", *_STREAMS],
    "stream-end": _STREAMS,
}
_ALSO_NEEDS = {
    "modern": _MODERN_ALSO_NEEDS,
    "hardened": student_hardened.ALSO_NEEDS,
}
"""In these chats a mistake is said once, where a student meets it first. The teacher's grader looks
further, so that one slip costs only its own points. In the legacy chat, this one does so, too."""

_MAY_DIFFER = """
Your teacher's grader asks with other keys and texts. Behind a mistake it sees more than this one,
so there you may have more points than here, for checks that are `not reached` or fail here."""

Event = dict[str, Any]
_Run = Callable[[Any], None]


class Replay:
    """Asks a submission the questions of one check, and compares the answers."""

    def __init__(self, check_id: str, events: Sequence[Event]):
        self._family, self._name = check_id.split("-", 1)
        self._events = events
        self._objects: dict[int, int] = {}
        self._sealers = student_hardened.Sealers()
        self._fed = {"right": b"", "came": b""}

    def __call__(self, student: Submission) -> None:
        asked = [self._ask(student, event) for event in self._events_for(student)]
        answers = [answer for answer in asked if answer]
        expect(self._fed["came"], self._fed["right"], "all that came out of a Decoder, joined")
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
        answer = student.ask(event["do"], request, call)
        if event["do"] == "new":
            self._objects[right.value] = number = student.value_of(answer, int)
            self._sealers.add(number, request)
        elif self._name != "no-secrets":  # it only looks at what is shown
            self._compare(student, event | {"with": request}, answer, right)
        return answer

    def _compare(self, student: Submission, event: Event, answer: Answer, right: Answer) -> None:
        if self._family == "legacy" and student_legacy.compare(
            student, self._name, event["with"], answer, right
        ):
            return
        if right.raised:
            self._expect_refusal(event, answer, right)
            return
        name = event["with"]["name"]
        student.value_of(answer, object if right.value is None else type(right.value))
        if name == "feed":
            self._fed["came"] += _joined(answer)
            self._fed["right"] += b"".join(right.value)
            return
        if compare := _COMPARISONS[self._family].get(name):
            compare(self._name, answer, right.value)
        elif self._family == "hardened" and event["do"] == "method" and right.value:
            fresh = self._name.endswith("-iv")
            self._sealers.compare(student, event["with"], answer, fresh)
        elif name == "seal" and len(right.value) % FRAME == 0 and event["call"].endswith("keys)"):
            _expect_sealed(student, event, answer, self._name.endswith("-iv"))
        else:
            expect(answer.value, right.value, answer.call)

    def _expect_refusal(self, event: Event, answer: Answer, right: Answer) -> None:
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
        expect_raised(answer, kinds)
        if self._name == "verify-first" and answer.decryptions:
            text = "it was refused, but something was decrypted before that"
            raise Failure(f"  {answer.call}\n\n  {text}")

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


# How answers are compared ------------------------------------------------------------------------


def _compare_chunks(_: str, answer: Answer, right: list[bytes]) -> None:
    """Take every cut that the rule allows."""
    cut = answer.value
    if not all(isinstance(chunk, bytes) for chunk in cut):
        raise Failure(f"  {answer.call}\n\n  every chunk must be bytes: {cut!r}")
    expect(b"".join(cut), b"".join(right), f"the chunks of {answer.call}, joined")
    for chunk in cut:
        if not 0 < len(chunk) <= _MOST_IN_CHUNK:
            why = f"expected  chunks of 1 to 15 bytes\n  actual    {chunk!r} has {len(chunk)}"
            hint = "" if chunk.isascii() else "Count bytes: a character can have up to four of them"
            raise Failure(f"  {answer.call}\n\n  {why}", hint)
        try:
            chunk.decode()
        except UnicodeDecodeError:
            why = f"this chunk ends inside a character: {chunk!r}"
            raise Failure(f"  {answer.call}\n\n  {why}") from None


def _joined(answer: Answer) -> bytes:
    """Return the chunks that came out of a Decoder, joined. Raises Failure."""
    if not all(isinstance(chunk, bytes) for chunk in answer.value):
        raise Failure(f"  {answer.call}\n\n  every chunk must be bytes: {answer.value!r}")
    return b"".join(answer.value)


def _compare_keys(name: str, answer: Answer, right: Keys) -> None:
    for part in ("confidentiality", "authentication"):
        if name not in ("confkey", "authkey") or name[:4] == part[:4]:
            what = f"the {part} key of {answer.call}"
            expect(getattr(answer.value, part), getattr(right, part), what)


def _compare_frame(name: str, answer: Answer, right: bytes) -> None:
    start, end = _PARTS.get(name, (0, FRAME))
    if len(answer.value) != FRAME:
        why = f"expected  {FRAME} bytes\n  actual    {len(answer.value)}"
        raise Failure(f"  {answer.call}\n\n  {why}")
    what = f"bytes {start} to {end - 1} of {answer.call}"
    expect(answer.value[start:end], right[start:end], what)


_COMPARISONS: dict[str, dict[str, Callable[[str, Answer, Any], None]]] = {
    "legacy": {},
    "modern": {
        "split_chunks": _compare_chunks,
        "derive_keys": _compare_keys,
        "seal_frame": _compare_frame,
    },
    "hardened": student_hardened.COMPARISONS,
}


def _expect_sealed(student: Submission, event: Event, answer: Answer, new_ivs: bool) -> None:
    """Look at frames whose IVs nobody can know before: with the student's own functions."""
    if not answer.value or len(answer.value) % FRAME:
        why = f"expected  frames of {FRAME} bytes\n  actual    {len(answer.value)} bytes"
        raise Failure(f"  {answer.call}\n\n  {why}")
    frames = [answer.value[at : at + FRAME] for at in range(0, len(answer.value), FRAME)]
    for frame in frames:
        if new_ivs and frame[:_IV] in student.notes:
            raise Failure(f"  {answer.call}\n\n  this IV came before: {frame[:_IV].hex(' ')}")
        student.notes.append(frame[:_IV])
    message, keys = event["with"]["arguments"]
    confidentiality, authentication = map(bytes.fromhex, keys["keys"])
    keys = Keys(confidentiality, authentication)
    chunks = student.call("split_chunks", message, returns=list)
    again = [_sealed_again(student, *each, keys) for each in zip(chunks, frames, strict=False)]
    if len(chunks) != len(frames) or again != frames:
        why = (
            f"your split_chunks makes {len(chunks)} chunks of it, and your seal_frame makes other "
            "frames of these: under the same IVs, and with the number of bytes of each chunk"
        )
        raise Failure(f"  {answer.call}\n\n  {why}")


def _sealed_again(student: Submission, chunk: bytes, frame: bytes, keys: Keys) -> bytes:
    answer = student.attempt("seal_frame", chunk, len(chunk), keys, frame[:_IV])
    return answer.value if isinstance(answer.value, bytes) else b""


# The program -------------------------------------------------------------------------------------


def checks_of(cases: Iterable[dict[str, Any]]) -> list[Check]:
    """Return the checks that ask these questions."""
    made = []
    for case in cases:
        fields = {name: value for name, value in case.items() if name != "events"}
        family, name = case["id"].split("-", 1)
        needs, parts = case["needs"], fields.pop("parts")
        if family in _ALSO_NEEDS:
            also = [f"{family}-{need}" for need in _ALSO_NEEDS[family].get(name, ())]
            needs, parts = [*needs, *parts, *also], []
        run = _after_what_is_needed(family, name, partial(_replay, case["id"], case["events"]))
        made.append(Check(**{**fields, "needs": tuple(needs), "parts": tuple(parts), "run": run}))
    return made


def _after_what_is_needed(family: str, name: str, run: _Run) -> _Run:
    others = student_legacy.AFTER.get(name, ()) if family == "legacy" else ()
    return after(*others)(run) if others else run


def _replay(check_id: str, events: Sequence[Event], student: Submission) -> None:
    Replay(check_id, events)(student)


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


def report(results: Sequence[Result], everything: bool) -> str:
    """Return what the student reads: the first mistake, or all; the table; the score."""
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    lines = [f"{result.report}\n" for result in (failed if everything else failed[:1])]
    for result in results:
        check = result.check
        share = f"{result.points:2} of {check.points:2}"
        lines.append(f"{result.outcome.value:11}  {share}  {check.id:24}  {check.title}")
    points, most = sum(r.points for r in results), sum(r.check.points for r in results)
    lines.append(f"\n{points} of {most} points in the recorded cases")
    if failed:
        lines.append(f"next: {failed[0].check.id}: {failed[0].hint}")
    if len(failed) > 1 and not everything:
        lines.append(f"{len(failed) - 1} more failed: python grade.py --all shows them")
    if any(result.check.family in _ALSO_NEEDS for result in failed):
        lines.append(_MAY_DIFFER)
    return "\n".join(lines)


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Grade the student's folder; return 0 if all points are there, else 1."""
    cases = json.loads(CASES.read_text("utf-8"))
    parser = argparse.ArgumentParser(prog="python grade.py", description="Grade your own work.")
    parser.add_argument("chat", nargs="?", choices=list(cases), help="only this chat")
    parser.add_argument("--all", action="store_true", help="show every mistake, not only the first")
    options = parser.parse_args(arguments)
    results = grade(cases, folder, [options.chat] if options.chat else list(cases))
    write_any_character()
    print(report(results, options.all))
    return 0 if all(result.outcome is Outcome.PASSED for result in results) else 1
