"""One running program: what is typed at it, what it shows, and how it ends.

Standard output is a pipe, so a program must flush each line. For Python programs the variable
PYTHONUNBUFFERED does that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import BinaryIO

from tests.coursework.compare import visible
from tests.coursework.model import Failure
from tests.coursework.worker_process import MARK, MOST_OUTPUT, kill_marked, kill_tree

_TAIL = 400


class Running:
    """One running program and everything that it has shown so far."""

    def __init__(self, arguments: list[str], time_limit: float, secrets: Mapping[str, str]):
        self._time_limit = time_limit
        self._ended_by_us = False
        self._mark = token_hex(16)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MODERN_")}
        try:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=kept
                | dict(secrets)
                | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", MARK: self._mark},
                start_new_session=True,
            )
        except OSError as error:
            raise Failure(f"  cannot start {arguments[0]}: {error.strerror}") from None
        self._news = threading.Condition()
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._flooded = False
        self._readers = [
            threading.Thread(target=self._read, args=(name, pipe), daemon=True)
            for name, pipe in (("stdout", self._process.stdout), ("stderr", self._process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def stdout(self) -> str:
        r"""What it showed on standard output; a line ends with `\n` on Windows, too."""
        return self._output["stdout"].decode(errors="replace").replace("\r\n", "\n")

    @property
    def everything(self) -> str:
        """What it showed on standard output and standard error."""
        return self.stdout + self._output["stderr"].decode(errors="replace")

    @property
    def status(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._process.poll()

    def type(self, text: str) -> None:
        """Type at its console."""
        assert self._process.stdin
        with contextlib.suppress(OSError):  # if it has ended, a later wait will say so
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()

    def end_input(self) -> None:
        """End its standard input, as Ctrl-D does."""
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def wait_until(self, reached: Callable[[], bool], wanted: str) -> None:
        """Wait until `reached()` is true. Raises Failure, with `wanted`, at the time limit."""
        deadline = time.monotonic() + self._time_limit
        with self._news:
            while not reached():
                left = deadline - time.monotonic()
                if left <= 0 or self._flooded or not self._is_alive():
                    if reached():
                        return
                    raise Failure(f"  expected  {wanted}\n{self.said()}")
                self._news.wait(min(left, 0.5))

    def _is_alive(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def wait_for_end(self) -> int:
        """Wait for its end and return the exit status. Raises Failure at the time limit."""
        try:
            status = self._process.wait(self._time_limit)
        except subprocess.TimeoutExpired:
            wanted = f"the program to end within {self._time_limit:g} seconds"
            said = f"{self.said()}\n  it did not end: we had to end it"
            raise Failure(f"  expected  {wanted}\n{said}") from None
        for reader in self._readers:
            reader.join(self._time_limit)
        return status

    def said(self) -> str:
        """Return the last words that it showed, for the student."""
        if self._flooded:
            self._end_all()
        if not self._is_alive():  # its output has ended, so it will soon end itself
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        lines = []
        for name, output in self._output.items():
            text = output[-_TAIL:].decode(errors="replace")
            lines.append(f"  {name:8}  {visible(text) or '(nothing)'}")
        if self._flooded:
            lines.append(f"  it printed more than {MOST_OUTPUT >> 20} MiB")
        if self.status is not None:
            lines.append(f"  {self._how_it_ended(self.status)}")
        return "\n".join(lines)

    def _how_it_ended(self, status: int) -> str:
        if self._ended_by_us:
            return "we had to end it"
        if status < 0:  # on POSIX, the number of a signal
            return f"a signal has ended it: {signal.Signals(-status).name}"
        return f"it has ended, exit status {status}"

    def kill(self) -> None:
        """End it, and the programs that it started."""
        self.end_input()
        self._end_all()
        for reader in self._readers:
            reader.join(self._time_limit)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe and not self._is_alive():
                pipe.close()

    def _end_all(self) -> None:
        if self.status is None:  # `|=` could forget what another thread notes at the same time
            self._ended_by_us = True
        kill_tree(self._process)
        kill_marked(self._mark)

    def _read(self, name: str, pipe: BinaryIO) -> None:
        while data := pipe.read1(65536):  # type: ignore[attr-defined]
            with self._news:
                self._output[name] += data
                self._flooded = len(self._output[name]) > MOST_OUTPUT
                self._news.notify_all()
            if self._flooded:
                self._end_all()
                return
        with self._news:
            self._news.notify_all()
