"""A submission that is a file: the grader calls its functions in a process of their own.

If a call takes too long, crashes or prints without end, the check fails and the process ends. The
next call starts a new process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.coursework.advice import (
    ENCODE_IT,
    JOIN_THEM,
    NO_END,
    NO_JOIN,
    RETURN_IT,
    YIELD_THEM,
    hint_of,
    write_it,
)
from tests.coursework.answers import (
    Answer,
    BadAnswerError,
    Direction,
    Keys,
    Kind,
    Raised,
    Unknown,
    encode,
    read_answer,
)
from tests.coursework.compare import columns_of, shorten, visible
from tests.coursework.drawing import Draw
from tests.coursework.finding import Problem
from tests.coursework.isolation import PACKAGES, problem_of_links
from tests.coursework.model import CODE_ROW, Failure
from tests.coursework.parts import joined, somehow_come_out
from tests.coursework.places import STARTER
from tests.coursework.steps import with_step
from tests.coursework.worker_process import LostWorkerError, Worker, WorkerProcess

# Only an exception of exactly this name. A student's own error may be derived from one of these.
NOT_WRITTEN = "this is not written yet"
_NO_ANSWER = {
    "NotImplementedError": NOT_WRITTEN,
    "MissingName": "the file defines no such name",
    "SystemExit": "it ended the program: a function must return or raise instead",
    "KeyboardInterrupt": "it interrupted the program: a function must return or raise instead",
    "EOFError": "it waited for input, and nobody is there to type",
    "MemoryError": "it wanted more than 2 GiB of memory",
    "RecursionError": "it called itself without end",
    "ForbiddenImport": "you may not import this project's packages, nor open their files",
    "ForbiddenStart": "the functions of a submission may not start other programs",
}
"""Exceptions that never count as an answer, not even if a check wants an exception."""

_MOST_LINES, _LONGEST_LINE, _MOST_SHOWN = 5, 80, 2000


class Submission:
    """One file of a submission, or the problem that it cannot be found."""

    def __init__(
        self,
        file: Path | Problem,
        time_limit: float = 10,
        seed: int = 0,
        start: Callable[[Path], Worker] = WorkerProcess,
    ):
        self.file, self.time_limit = file, time_limit
        self._seed, self._start = seed, start
        self._worker: Worker | None = None
        self._printed, self._printed_before = b"", 0
        self.draw = Draw(seed, "")
        """What the check that runs now draws."""
        self.failed: frozenset[str] = frozenset()
        """The names of the checks that have not passed before it."""
        self.instead: dict[str, Any] = {}
        """What stands in the place of functions of the file that are broken, during this check.

        For each name it is a value that is returned, or another way of `_stand_in` in `worker.py`.
        """
        self.secrets: dict[bytes, str] = {}
        """All secrets that the submission got, and what they are."""
        self.covers: list[Any] | None = None
        """What its receiver takes for the fields under its tags, if it is not what the rules say.

        None: nobody has looked yet. To look takes dozens of calls, so it is done once.
        """
        self.notes: list[bytes] = []
        """Here checks can keep something about this submission, even across a restart."""

    def begin(self, check_id: str, failed: frozenset[str]) -> None:
        """Say which check runs now, and which have not passed before it."""
        self.draw, self.failed, self.instead = Draw(self._seed, check_id), failed, {}
        self._printed_before = len(self._printed_so_far())

    @contextmanager
    def with_instead(self, instead: dict[str, Any]) -> Iterator[None]:
        """Let something stand in the place of these functions, and of no others, for a while."""
        before, self.instead = self.instead, instead
        try:
            yield
        finally:
            self.instead = before

    def printed_here(self) -> str:
        """Return the first lines that the submission printed since the check began, for its report.

        A student who looks for a mistake with `print` finds there what that said.
        """
        text = self._printed_so_far()[self._printed_before :][:_MOST_SHOWN].decode(errors="replace")
        lines = text.splitlines()
        shown = [visible(line)[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
        shown += ["…"] if len(lines) > _MOST_LINES else []
        return "\n\n  printed   " + f"\n{' ' * 12}".join(shown) if shown else ""

    def _printed_so_far(self) -> bytes:
        return self._printed + (self._worker.printed() if self._worker else b"")

    def load(self) -> None:
        """Load the file in a new process. Raises Failure."""
        self.restart()
        self._ensure_worker()

    def call(self, name: str, *arguments: object, returns: type | tuple[type, ...] = object) -> Any:
        """Return what a function returns. Raises Failure if it raises, or returns another type."""
        return self.value_of(self.attempt(name, *arguments), returns)

    def attempt(self, name: str, *arguments: object, **how: object) -> Answer:
        """Return how a call ended, also if it raised. Raises Failure if it gave no answer.

        `how` are the options of the call in `worker.py`.
        """
        self._note_secrets(name, arguments)
        encoded = [encode(argument) for argument in arguments]
        request = {"name": name, "arguments": encoded, **how}
        return self.ask("call", request, f"{name}({_show(arguments)})")

    def _note_secrets(self, name: str, arguments: tuple[object, ...]) -> None:
        """Keep the secrets that the submission now gets: none of them may ever be shown."""
        if name == "derive_keys" and isinstance(arguments[0], bytes):
            self.secrets[arguments[0]] = "the agreed key"
        elif name == "derive_keys":
            for what, secret in zip(("confkey", "authkey"), arguments, strict=False):
                self.secrets[str(secret).encode()] = what
        for value in arguments:
            keys = value.keys if isinstance(value, Direction) else value
            if isinstance(keys, Keys):
                self.secrets[keys.confidentiality] = "the confidentiality key"
                self.secrets[keys.authentication] = "the authentication key"

    def decoder(self, keys: Keys | Direction) -> Decoder:
        """Return a new object of the submission's class Decoder. Raises Failure."""
        return Decoder(self, self._make("Decoder", keys))

    def sealer(self, direction: Direction) -> Sealer:
        """Return a new object of the submission's class Sealer. Raises Failure."""
        return Sealer(self, self._make("Sealer", direction))

    def _make(self, name: str, argument: Keys | Direction) -> int:
        """Let the submission make an object; return the number by which it is called."""
        self._note_secrets(name, (argument,))
        request = {"name": name, "arguments": [encode(argument)]}
        answer = self.ask("new", request, f"{name}({_show_argument(argument)})")
        number: int = self.value_of(answer, int)
        return number

    def method(self, number: int, name: str, *arguments: object) -> Answer:
        """Return how a call of a method ended; `number` says of which decoder or sealer."""
        encoded = [encode(argument) for argument in arguments]
        request = {"number": number, "name": name, "arguments": encoded}
        owner = "sealer" if name.startswith("seal") else "decoder"
        return self.ask("method", request, f"{owner}.{name}({_show(arguments)})")

    def restart(self) -> None:
        """End the process; the next call starts a new one."""
        if self._worker:
            self._printed += self._worker.end()
            self._worker = None

    close = restart

    def printed(self) -> bytes:
        """Return all that the submission has printed so far. This ends its process."""
        self.restart()
        return self._printed

    def ask(self, do: str, request: dict[str, Any], call: str) -> Answer:
        """Ask the process; `call` is the question as a student would write it. Raises Failure."""
        self._ensure_worker()
        return self._exchange(do, request, call)

    def _ensure_worker(self) -> None:
        if self._worker:
            return
        if isinstance(self.file, Problem):
            raise Failure(f"  {visible(self.file.text)}", visible(self.file.hint))
        if problem := problem_of_links(self.file.parent):
            raise Failure(f"  {problem}")
        self._worker = self._start(self.file)
        answer = self._exchange("load", {}, f"import {self.file.stem}")
        if answer.raised:
            raise self.complaint(answer.call, answer.raised)

    def _exchange(self, do: str, request: dict[str, Any], call: str) -> Answer:
        """Ask the worker. Raises Failure if there is no answer, or one that never counts."""
        assert self._worker
        try:
            instead = {"instead": self.instead} if self.instead else {}
            line = self._worker.ask({"do": do, "with": request, **instead}, self.time_limit)
            answer = read_answer(call, line)
        except LostWorkerError as lost:
            self.restart()
            hint = NO_END if "did not come back" in str(lost) else ""
            raise Failure(f"  {call}\n\n  {lost}", hint) from None
        except BadAnswerError:
            self.restart()
            raise Failure(f"  {call}\n\n  it wrote into the grader's pipe") from None
        if answer.raised and answer.raised.kind.startswith("Forbidden"):
            self.restart()  # its process has ended
        if answer.raised and answer.raised.kind in _NO_ANSWER:
            raise self.complaint(call, answer.raised)
        return answer

    def value_of(self, answer: Answer, returns: type | tuple[type, ...] = object) -> Any:
        """Return the value of an answer. Raises Failure if it is none, or of another type."""
        if answer.raised:
            raise self.complaint(answer.call, answer.raised)
        if not isinstance(answer.value, returns):
            names = returns if isinstance(returns, tuple) else (returns,)
            raise wrong_type(answer, "a value of type " + " or ".join(map(_type_name, names)))
        return answer.value

    def complaint(self, call: str, raised: Raised) -> Failure:
        """Return the Failure for an exception, with a hint that fits it."""
        if _is_ours_missing(raised):
            raised = replace(raised, kinds=("ForbiddenImport",))
        words = _NO_ANSWER.get(raised.kind, f"it raised {raised}")
        assert isinstance(self.file, Path)  # a file that is missing raises nothing
        place = f" ({self.file.name}, line {raised.line})" if raised.line else ""
        text = f"  {call}\n\n  {words}{place}{_marked(raised)}"
        if raised.kind == "NotImplementedError" and raised.function:
            unwritten = with_step(raised.function, STARTER / self.file.name)
            return Failure(text, write_it(unwritten), unwritten)
        return Failure(text, hint_of(raised))


def _marked(raised: Raised) -> str:
    """Return the line that Python cannot read, and a mark where it stops reading."""
    if not raised.code:
        return ""
    indent = " " * (len(CODE_ROW) + columns_of(raised.code[: raised.column]))
    return f"\n\n{CODE_ROW}{raised.code}\n{indent}^"


def _is_ours_missing(raised: Raised) -> bool:
    """Whether it looked for one of our packages, and its process has none."""
    name = raised.text.partition("No module named '")[2].rstrip("'")
    return raised.kind == "ModuleNotFoundError" and name.partition(".")[0] in PACKAGES


class Decoder:
    """A decoder object that lives in the submission's process."""

    def __init__(self, submission: Submission, number: int):
        self._submission, self._number = submission, number

    def feed(self, data: bytes) -> Answer:
        """Return how the call ended; the answer's value is the list of chunks."""
        answer = self._submission.method(self._number, "feed", data)
        if self._submission.failed & {"open", "stream-pieces"}:  # its points are lost already
            answer = somehow_come_out(answer)
        if not isinstance(answer.value, list) and not answer.raised:
            raise wrong_type(answer, "the chunks, in a list or from a generator")
        return answer

    def close(self) -> Answer:
        """Tell it that the stream has ended; return how the call ended."""
        return self._submission.method(self._number, "close")


class Sealer:
    """A sealer object of the third chat that lives in the submission's process."""

    def __init__(self, submission: Submission, number: int):
        self._submission, self._number = submission, number

    def seal(self, text: str) -> bytes:
        """Return the records of a text, joined. Raises Failure."""
        answer = self._submission.method(self._number, "seal", text)
        if "sealer" in self._submission.failed:  # its points are lost already
            answer = somehow_come_out(answer)
        records = self._submission.value_of(answer)
        if isinstance(records, list) and all(isinstance(each, bytes) for each in records):
            return b"".join(records)
        raise wrong_type(answer, "the records, in a list or from a generator")

    def seal_empty(self, kind: Kind) -> bytes:
        """Return a record without text. Raises Failure."""
        answer = self._submission.method(self._number, "seal_empty", kind)
        if "sealer-kinds" in self._submission.failed:
            answer = replace(answer, value=joined(answer.value))
        record: bytes = self._submission.value_of(answer, bytes)
        return record


def wrong_type(answer: Answer, wanted: str) -> Failure:
    """Return the Failure for a value of a wrong type."""
    lines = f"  expected  {wanted}\n  actual    {_describe_value(answer.value)}"
    if answer.value is None:  # the mistake that beginners make most
        lines += "\n\n  a function must return its result; printing it is not returning it"
    return Failure(f"  {answer.call}\n\n{lines}", _hint_of_type(answer.value, wanted))


def _hint_of_type(value: object, wanted: str) -> str:
    if value is None:
        return YIELD_THEM if "generator" in wanted else RETURN_IT
    if "generator" in wanted:
        return NO_JOIN if isinstance(value, bytes) else ""
    return _FOR_BYTES.get(type(value), "") if wanted.endswith("type bytes") else ""


_FOR_BYTES: dict[type, str] = {list: JOIN_THEM, str: ENCODE_IT}


def _show(arguments: tuple[object, ...]) -> str:
    return ", ".join(map(_show_argument, arguments))


def _show_argument(value: object) -> str:
    if isinstance(value, Keys):
        return "keys"
    if isinstance(value, Direction):
        return "direction"
    if isinstance(value, bytes) and len(value) > 16:
        return f"{value[:4].hex(' ')} … {value[-4:].hex(' ')} ({len(value)} bytes)"
    return shorten(value)


def _describe_value(value: object) -> str:
    if value is None or isinstance(value, Unknown):
        return repr(value)
    return f"{shorten(value)}, of type {_type_name(type(value))}"


def _type_name(kind: type) -> str:
    return "None" if kind is type(None) else kind.__name__
