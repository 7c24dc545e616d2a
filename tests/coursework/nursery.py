"""A process that has loaded Python and the AES libraries, and copies itself for each submission.

Starting an interpreter and loading the libraries takes most of the time in which a submission is
graded. A copy has both at once, and nothing of any other submission. Only Linux has this; elsewhere
each submission gets an interpreter of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.coursework.places import HERE

COMMAND = [sys.executable, "-I", "-B", "-X", "utf8", str(HERE / "worker.py")]
_LOST = -signal.SIGTERM
_END_SECONDS = 5
_COPY_SECONDS = 10
"""A nursery that does not answer within this time was stopped, by a submission for example."""


class Started:
    """A running copy, of which only the end is seen: with what `subprocess.Popen` has for that."""

    def __init__(self, pid: int, status: int):
        self.pid = pid
        self.returncode: int | None = None
        self._status = status
        self._lock = threading.Lock()

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status. Raises subprocess.TimeoutExpired."""
        with self._lock:
            if self.returncode is None:
                if not select.select([self._status], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired("a copy", timeout or 0)
                told = os.read(self._status, 16)
                os.close(self._status)
                self.returncode = int(told) if told else _LOST
            return self.returncode

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Copy(Started):
    """A running copy, and the pipes to it."""

    def __init__(self, pid: int, pipes: list[int], status: int):
        super().__init__(pid, status)
        self.stdin, self.stdout, self.stderr = map(os.fdopen, pipes, ("wb", "rb", "rb"))


class Nursery:
    """The process that copies itself, and the socket on which it is asked to.

    `command` starts a process that calls `worker.nursery`, and answers within so many seconds.
    """

    def __init__(
        self,
        command: Sequence[str] = (*COMMAND, "nursery"),
        seconds: float = _COPY_SECONDS,
        **options: Any,
    ) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(seconds)
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                start_new_session=True, **options,
            )  # fmt: skip

    def copy(self, file: Path) -> Copy:
        """Return a copy that runs `worker.py` with this file. Raises OSError."""
        pairs = [os.pipe() for _ in range(4)]
        (their_input, our_input), *(outputs) = pairs
        theirs = [their_input, *(write for _, write in outputs)]
        ours = [our_input, *(read for read, _ in outputs)]
        try:
            pid = self.ask(str(file), theirs)
        except OSError:
            for each in ours:
                os.close(each)
            raise
        finally:
            for each in theirs:
                os.close(each)
        return Copy(pid, ours[:3], ours[3])

    def ask(self, request: object, files: Sequence[int]) -> int:
        """Ask for a copy, and return its number. Raises OSError.

        The files are its input, output and console, and where the end of the copy is told.
        """
        try:
            socket.send_fds(self._socket, [json.dumps(request).encode()], files)
            return int(self._socket.recv(16))
        except (OSError, ValueError):
            raise OSError("the nursery has ended") from None

    def leave(self) -> None:
        """Let go of it in a process that was forked, and to which it does not belong."""
        self._socket.close()

    def kill(self) -> None:
        """End it even if it was stopped."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """End it."""
        self._socket.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_lock = threading.Lock()
_running: list[Nursery] = []


def start(file: Path) -> Copy | None:
    """Return a copy for a submission's file; None where there can be none."""
    if sys.platform != "linux":
        return None
    with _lock:
        for _ in range(2):
            if not _running:
                _running.append(Nursery())
            try:
                return _running[0].copy(file)
            except (
                OSError
            ):  # a submission may have ended or stopped it: the next try starts another
                _running.pop().kill()
    return None


def _forget() -> None:
    """Let a process that was forked from this one have a nursery of its own."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    while _running:
        _running.pop().leave()


@atexit.register
def _close() -> None:
    while _running:
        _running.pop().close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
