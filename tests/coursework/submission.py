"""The grader's side of a submission: one file in a process of its own, called through a pipe.

A call that does not come back within the time limit, a crash and a flood of printing end that
process and fail that check; the next call starts a fresh one. That keeps honest mistakes from
hurting the grader. It is no sandbox against malice: README.md says what teachers use for that.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tests.coursework.compare import shorten, visible
from tests.coursework.model import Failure
from tests.coursework.worker import MOST_ANSWER

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
MOST_OUTPUT = 1 << 20
"""Bytes that a submission may print before it counts as a flood."""

_FAREWELL_SECONDS = 5


class Keys(NamedTuple):
    """The two 32-byte keys, as they travel between the processes."""

    confidentiality: bytes
    authentication: bytes
    shown: str = "keys"
    """What the submission's own `repr` of them is."""


class Unknown(NamedTuple):
    """A value of a type that no function here should return."""

    type_name: str

    def __repr__(self) -> str:
        return f"a value of type {self.type_name}"


@dataclass(frozen=True)
class Raised:
    """An exception that left the submission's function."""

    kinds: tuple[str, ...]
    """The names of its class and of all base classes."""
    text: str
    line: int | None

    @property
    def kind(self) -> str:
        return self.kinds[0]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}" if self.text else self.kind


@dataclass(frozen=True)
class Answer:
    """How one call went: what it returned, or gave before it raised."""

    call: str
    """The call as a learner would write it."""
    value: Any
    raised: Raised | None
    decryptions: int
    """How often an AES library that the worker watches decrypted meanwhile."""


class Submission:
    """One file of a submission."""

    def __init__(self, file: Path, time_limit: float = 10):
        self.file, self.time_limit = file, time_limit
        self._worker: _Worker | None = None
        self._printed = b""
        self.notes: list[bytes] = []
        """What checks want to remember of it, also when its process is started again."""

    def load(self) -> None:
        """Load the file in a fresh process. Raises Failure."""
        self.restart()
        self._ensure_worker()

    def call(self, name: str, *arguments: object, returns: type | tuple[type, ...] = object) -> Any:
        """Return what a function returns. Raises Failure if it raises, or returns another type."""
        return self._settle(self.attempt(name, *arguments), returns)

    def attempt(self, name: str, *arguments: object) -> Answer:
        """Return how a call went, exceptions included. Raises Failure where no call is possible."""
        request = {"name": name, "arguments": [_encode(argument) for argument in arguments]}
        answer = self._ask("call", request, f"{name}({_show(arguments)})")
        self._refuse_the_hopeless(answer)
        return answer

    def decoder(self, keys: Keys) -> Decoder:
        """Return a new object of the submission's class Decoder. Raises Failure."""
        request = {"name": "Decoder", "arguments": [_encode(keys)]}
        answer = self._ask("new", request, "Decoder(keys)")
        self._refuse_the_hopeless(answer)
        return Decoder(self, self._settle(answer, int))

    def method(self, number: int, name: str, *arguments: object) -> Answer:
        """Return how a call of a decoder's method went."""
        encoded = [_encode(argument) for argument in arguments]
        request = {"number": number, "name": name, "arguments": encoded}
        answer = self._ask("method", request, f"decoder.{name}({_show(arguments)})")
        self._refuse_the_hopeless(answer)
        return answer

    def restart(self) -> None:
        """End the process; the next call starts a fresh one."""
        if self._worker:
            self._printed += self._worker.end()
            self._worker = None

    close = restart

    def printed(self) -> bytes:
        """Return all that the submission ever printed; ends its process."""
        self.restart()
        return self._printed

    def _ask(self, do: str, request: dict[str, Any], call: str) -> Answer:
        self._ensure_worker()
        return self._exchange(do, request, call)

    def _ensure_worker(self) -> None:
        if self._worker is None:
            if not self.file.is_file():
                folder = visible(str(self.file.parent))
                raise Failure(f"  there is no {self.file.name} in {folder}")
            self._worker = _Worker(self.file)
            answer = self._exchange("load", {}, f"import {self.file.stem}")
            self._refuse_the_hopeless(answer)
            if answer.raised:
                raise Failure(self._words(answer))

    def _exchange(self, do: str, request: dict[str, Any], call: str) -> Answer:
        assert self._worker
        try:
            line = self._worker.ask({"do": do, "with": request}, self.time_limit)
            return _read_answer(call, line)
        except _LostWorkerError as lost:
            self.restart()
            raise Failure(f"  {call}\n\n  {lost}") from None

    def _settle(self, answer: Answer, returns: type | tuple[type, ...]) -> Any:
        if answer.raised:
            raise Failure(self._words(answer))
        if not isinstance(answer.value, returns):
            names = returns if isinstance(returns, tuple) else (returns,)
            wanted = " or ".join(_type_name(kind) for kind in names)
            raise Failure(
                f"  {answer.call}\n\n  expected  a value of type {wanted}\n"
                f"  actual    {_describe_value(answer.value)}{_advice(answer.value)}"
            )
        return answer.value

    def _refuse_the_hopeless(self, answer: Answer) -> None:
        """Raise Failure for what counts nowhere as an answer, not even as a rejection."""
        if answer.raised and answer.raised.kind in _HOPELESS:
            raise Failure(self._words(answer))

    def _words(self, answer: Answer) -> str:
        raised = answer.raised
        assert raised
        words = _HOPELESS.get(raised.kind, f"it raised {raised}")
        return f"  {answer.call}\n\n  {words}{self._where(raised)}"

    def _where(self, raised: Raised) -> str:
        return f" ({self.file.name}, line {raised.line})" if raised.line else ""


# By its own name only: a submission may derive an error from one of these, and rightly.
_HOPELESS = {
    "NotImplementedError": "this is not written yet",
    "MissingName": "the file defines no such name",
    "SystemExit": "it ended the program: a function must return or raise instead",
    "KeyboardInterrupt": "it interrupted the program: a function must return or raise instead",
    "EOFError": "it waited for input, and nobody is there to type",
    "MemoryError": "it wanted more than 2 GiB of memory",
    "RecursionError": "it called itself without end",
}


class Decoder:
    """A decoder object that lives in the submission's process."""

    def __init__(self, submission: Submission, number: int):
        self._submission, self._number = submission, number

    def feed(self, data: bytes) -> Answer:
        """Return how feeding went; the value is the list of chunks that came out."""
        answer = self._submission.method(self._number, "feed", data)
        if not isinstance(answer.value, list) and not answer.raised:
            raise Failure(
                f"  {answer.call}\n\n  expected  the chunks, to iterate over\n"
                f"  actual    {_describe_value(answer.value)}{_advice(answer.value)}"
            )
        return answer

    def close(self) -> Answer:
        """Return how telling it the end of the stream went."""
        return self._submission.method(self._number, "close")


class _LostWorkerError(Exception):
    """The process is of no more use; the text says why, for the learner."""


class _Worker:
    """The process itself, and the two threads that read from it."""

    def __init__(self, file: Path):
        open_book = any(
            file.resolve().is_relative_to(HERE / name) for name in ("reference", "mutants")
        )
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
        environment.pop("PYTHONPATH", None)
        if open_book:
            environment["PYTHONPATH"] = str(REPOSITORY)
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), str(file), "open" if open_book else "closed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=file.parent,
            env=environment,
            start_new_session=True,
        )
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._printed = bytearray()
        self._flooded = False
        self._readers = [
            threading.Thread(target=work, args=(pipe,), daemon=True)
            for work, pipe in (
                (self._read_answers, self._process.stdout),
                (self._read_printed, self._process.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes:
        """Return the line of JSON that answers. Raises _LostWorkerError."""
        assert self._process.stdin
        with contextlib.suppress(OSError):  # a process that has ended shows as an empty answer
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=time_limit)
        except queue.Empty:
            self._kill()
            raise _LostWorkerError(f"it did not come back within {time_limit:g} seconds") from None
        if not line:
            raise _LostWorkerError(self._explain_end())
        return line

    def end(self) -> bytes:
        """End the process and return what it printed."""
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL_SECONDS)
        self._kill()
        for reader in self._readers:
            reader.join(_FAREWELL_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe and not any(reader.is_alive() for reader in self._readers):
                pipe.close()
        return bytes(self._printed)

    def _read_answers(self, pipe: BinaryIO) -> None:
        while line := pipe.readline(MOST_ANSWER + 1):
            self._answers.put(line)
            if len(line) > MOST_ANSWER:  # the worker keeps to the limit: somebody else wrote this
                self._kill()
                return
        self._answers.put(b"")

    def _read_printed(self, pipe: BinaryIO) -> None:
        while data := pipe.read1(65536):  # type: ignore[attr-defined]
            self._printed += data
            if len(self._printed) > MOST_OUTPUT:
                self._flooded = True
                self._kill()
                return

    def _explain_end(self) -> str:
        if self._flooded:
            return f"it printed more than {MOST_OUTPUT >> 20} MiB"
        try:
            status = self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            return "it closed the pipes that the grader listens on"
        return f"its process died in the middle (exit status {status})"

    def _kill(self) -> None:
        kill_tree(self._process)


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started in a session of its own, and, where the system can, its own.

    Its pipes then end, too, which lets the threads that read them go.
    """
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _encode(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Keys):
        return {"keys": [value.confidentiality.hex(), value.authentication.hex()]}
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if "keys" in value:
        confidentiality, authentication = map(_decode, value["keys"])
        return Keys(confidentiality, authentication, value["repr"])
    return Unknown(visible(value["other"]))


def _read_answer(call: str, line: bytes) -> Answer:
    """Return what a line from the worker says. Raises _LostWorkerError where it is none of its."""
    try:
        answer = json.loads(line)
        raised = answer["raised"] and _read_raised(**answer["raised"])
        return Answer(call, _decode(answer["value"]), raised, int(answer["decryptions"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        raise _LostWorkerError("it wrote into the grader's pipe") from None


def _read_raised(kinds: list[str], text: str, line: int | None) -> Raised:
    return Raised(tuple(map(visible, kinds)), visible(text), line and int(line))


def _show(arguments: tuple[object, ...]) -> str:
    return ", ".join(map(_show_argument, arguments))


def _show_argument(value: object) -> str:
    if isinstance(value, Keys):
        return "keys"
    if isinstance(value, bytes) and len(value) > 16:
        return f"{value[:4].hex(' ')} … {value[-4:].hex(' ')} ({len(value)} bytes)"
    return shorten(value)


def _describe_value(value: object) -> str:
    if value is None or isinstance(value, Unknown):
        return repr(value)
    return f"{shorten(value)}, of type {_type_name(type(value))}"


def _advice(value: object) -> str:
    """Return what to say to the mistake that beginners make most."""
    if value is not None:
        return ""
    return "\n\n  a function must return its result; printing it is not returning it"


def _type_name(kind: type) -> str:
    return "None" if kind is type(None) else kind.__name__
