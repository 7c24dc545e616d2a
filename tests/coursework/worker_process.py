"""Starts the process in which a submission runs, asks it, and ends it whatever it does.

An endless loop, a crash or too much printing ends that process, and the grader goes on. This is
enough against honest mistakes. It is no sandbox against malice: README.md says what to use then.
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
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tests.coursework import nursery
from tests.coursework.isolation import rules_for
from tests.coursework.worker import MOST_ANSWER

MOST_OUTPUT = 1 << 20
"""A submission that prints more bytes than this is stopped."""

MARK = "COURSEWORK_RUN"
"""The environment variable by which the grader knows what a program started."""

_END_SECONDS = 5
_PRINT_SECONDS = 1


class LostWorkerError(Exception):
    """The process cannot be used any more; the text tells the student why."""


class Worker(Protocol):
    """What calls the functions of a submission: a process, or for tests this process itself."""

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes: ...

    def printed(self) -> bytes: ...

    def end(self) -> bytes: ...


class WorkerProcess:
    """One process with one file of a submission, and the two threads that read from it."""

    def __init__(self, file: Path):
        self._process = _start(file)
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._news = threading.Condition()
        self._printed = bytearray()
        self._announced = 0
        self._printed_too_much = False
        self._readers = [
            threading.Thread(target=work, args=(pipe,), daemon=True)
            for work, pipe in (
                (self._read_answers, self._process.stdout),
                (self._read_printed, self._process.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()
        self._send(rules_for(file))

    def ask(self, request: dict[str, Any], time_limit: float) -> bytes:
        """Return the line of JSON that answers the request. Raises LostWorkerError."""
        self._send(request)
        try:
            line = self._answers.get(timeout=time_limit)
        except queue.Empty:
            kill_tree(self._process)
            raise LostWorkerError(f"it did not come back within {time_limit:g} seconds") from None
        if not line:
            raise LostWorkerError(self._explain_end())
        self._announced = max(self._announced, printed_by(line))
        return line

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError):  # if the process has ended, the answer will be empty
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def printed(self) -> bytes:
        """Return what it has printed so far, as far as its answers have announced it."""
        with self._news:
            self._news.wait_for(lambda: len(self._printed) >= self._announced, _PRINT_SECONDS)
            return bytes(self._printed)

    def end(self) -> bytes:
        """End the process and return what it printed."""
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        kill_tree(self._process)
        for reader in self._readers:
            reader.join(_END_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe and not any(reader.is_alive() for reader in self._readers):
                pipe.close()
        return bytes(self._printed)

    def _read_answers(self, pipe: BinaryIO) -> None:
        while line := pipe.readline(MOST_ANSWER + 1):
            self._answers.put(line)
            if len(line) > MOST_ANSWER:  # the worker keeps to this limit: it did not write the line
                kill_tree(self._process)
                return
        self._answers.put(b"")

    def _read_printed(self, pipe: BinaryIO) -> None:
        while data := pipe.read1(65536):  # type: ignore[attr-defined]
            with self._news:
                self._printed += data
                self._news.notify_all()
            if len(self._printed) > MOST_OUTPUT:
                self._printed_too_much = True
                kill_tree(self._process)
                return

    def _explain_end(self) -> str:
        if self._printed_too_much:
            return f"it printed more than {MOST_OUTPUT >> 20} MiB"
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return "it closed the pipes through which the grader listens"
        return f"its process ended during the call (exit status {status})"


def printed_by(line: bytes) -> int:
    """Return how many bytes the worker says it has printed; it stands at the end of its answer."""
    number = line.rpartition(b'"printed": ')[2].rstrip(b"}\n")
    return int(number) if number.isdigit() and len(number) < len(str(MOST_OUTPUT)) else 0


def _start(file: Path) -> subprocess.Popen[bytes] | nursery.Copy:
    """Start `worker.py` with a file, in an interpreter that takes nothing from the environment."""
    return nursery.start(file) or subprocess.Popen(
        [*nursery.COMMAND, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=file.parent,
        start_new_session=True,
    )


def kill_tree(process: subprocess.Popen[bytes] | nursery.Copy) -> None:
    """End a process that was started in a session of its own, and its children.

    Windows ends the process only. When all of them have ended, their pipes end as well, and so
    do the threads that read the pipes. The end of a copy is waited for, but not for ever: a nursery
    that a submission has stopped reports nothing.
    """
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)


def kill_marked(mark: str) -> None:
    """End what is left of a program in sessions of its own: it still has the mark that it got.

    Only Linux shows it. Elsewhere such a process goes on, which README.md says.
    """
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
