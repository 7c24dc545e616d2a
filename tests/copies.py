"""Copies of a process that has loaded our programs: they start in a tenth of the time.

Nearly all of a program's start is Python and its imports, and the everyday tests start hundreds of
programs. A copy is a process like any other: with a number, streams, signals and an exit status of
its own, at a terminal too. What it does not show is the start itself. So the long runs and the runs
on Windows Python start anew, and so does each test if pytest gets `--start-anew`.

    python -m tests.copies    is the process that is copied; its standard input is a socket
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.coursework import nursery, worker

LOADED = (
    "modern.program",
    "modern.chat",
    "modern.hardened.agreement",
    "modern.hardened.command_line",
    "modern.hardened.session",
    "modern.hardened.steady",
    "modern.line_editor",
    "legacy.programs",
    "compat.careful.client",
    "compat.careful.server",
    "compat.bridge.bridge",
    "compat.bridge.command_line",
    "compat.identify.command_line",
    "compat.identify.search",
    "compat.loop",
    "compat.tour.command_line",
    "compat.tour.stage",
    "compat.wiretap.command_line",
    "compat.wiretap.screen",
    "Crypto.Cipher.AES",
    "Crypto.Cipher._mode_cbc",
    "encodings.idna",
    "unittest.mock",
)
"""What the programs load when they start, and what they load later, for a conversation."""

_MOST_ASKED = 60_000
"""Bytes of a request, which the other side takes as a whole."""
_LOADING_SECONDS = 40
"""The first copy waits for all that is loaded. On a busy machine, that takes long."""
_LOCKED_SECONDS = 0.2
"""A lock that nobody gets within this time is held."""


class Copy(nursery.Started):
    """A running copy, with what our tests need of `subprocess.Popen`."""

    def __init__(self, pid: int, status: int, streams: Sequence[IO[bytes] | None]):
        super().__init__(pid, status)
        self.stdin, self.stdout, self.stderr = streams

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send a signal to it, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Copies:
    """The process that is copied, which starts with the first program."""

    def __init__(self, root: Path, environment: Callable[[], dict[str, str]]) -> None:
        self.wanted = sys.platform == "linux"
        self._root, self._environment = root, environment
        self._nursery: nursery.Nursery | None = None
        self._began_with: dict[str, str] = {}
        self._lock = threading.Lock()
        atexit.register(self.close)

    def serve(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path) -> bool:
        """Say whether a copy can be this program: a module of ours, as it is found in `root`."""
        return (
            self.wanted
            and arguments[0] == "-m"
            and cwd == self._root
            and _of_python(env) == self._of_the_copied()
            and len(json.dumps(_request(arguments, env))) <= _MOST_ASKED
        )

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *streams: object,
        terminal: bool = False,
    ) -> Copy:
        """Start a copy as `subprocess.Popen` would: `streams` are its input, output and errors.

        With `terminal`, these are a terminal, which becomes that of the copy.
        """
        ends = [_ends_of(stream, reads=not number) for number, stream in enumerate(streams)]
        told, tell = os.pipe()
        theirs = [theirs for theirs, _ in ends]
        try:
            request = _request(arguments, environment) | {"terminal": terminal}
            pid = self._ask(request, [*theirs, tell])
        finally:
            for each in (*theirs, tell):
                os.close(each)
        return Copy(pid, told, [ours for _, ours in ends])

    def prepare(self) -> None:
        """Start the process that is copied now, for a test that counts processes and files."""
        with self._lock:
            if self.wanted and not self._nursery:
                self._nursery = self._begin()

    def _of_the_copied(self) -> dict[str, str]:
        """Return what the copied process read when it started, or will read."""
        return self._began_with if self._nursery else _of_python(self._environment())

    def _ask(self, request: object, files: Sequence[int]) -> int:
        with self._lock:
            if not self._nursery:
                self._nursery = self._begin()
            try:
                return self._nursery.ask(request, files)
            except OSError:  # a late answer would be taken for that to the next request
                self._nursery.kill()
                self._nursery = None
                raise

    def _begin(self) -> nursery.Nursery:
        environment = self._environment()
        self._began_with = _of_python(environment)
        command = [sys.executable, "-m", "tests.copies"]
        return nursery.Nursery(command, _LOADING_SECONDS, cwd=self._root, env=environment)

    def close(self) -> None:
        """End the process that is copied."""
        if self._nursery:
            self._nursery.close()


def _request(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, object]:
    return {"arguments": arguments[1:], "environment": dict(environment)}


def _of_python(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what Python itself reads while it starts."""
    return {name: value for name, value in environment.items() if name.startswith("PYTHON")}


def _ends_of(stream: Any, *, reads: bool) -> tuple[int, IO[bytes] | None]:
    """Return the copy's end of a stream, and ours."""
    if stream == subprocess.PIPE:
        reading, writing = os.pipe()
        return (reading, os.fdopen(writing, "wb")) if reads else (writing, os.fdopen(reading, "rb"))
    if stream == subprocess.DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    return os.dup(stream if isinstance(stream, int) else stream.fileno()), None


def _open_streams() -> None:
    """Make `sys.stdin` and the others as a Python that starts makes them, in UTF-8 mode."""
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        buffer: Any = open(number, mode + "b", closefd=False)  # noqa: SIM115 - for ever
        buffer.raw.name = f"<{name}>"
        text: Any = io.TextIOWrapper(
            buffer,
            encoding="utf-8",
            errors="backslashreplace" if name == "stderr" else "surrogateescape",
            newline="\n",
            line_buffering=name == "stderr" or buffer.isatty(),
        )
        text.mode = mode
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)


def _become(request: dict[str, Any], files: list[int]) -> None:
    """Go on as the program that was asked for."""
    gc.freeze()  # what is loaded is never looked through again
    gc.enable()
    worker.take_streams(files)
    if request["terminal"]:
        _take_terminal()
    os.environ.clear()
    os.environ.update(request["environment"])
    _open_streams()
    sys.argv[:] = request["arguments"]
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        _leave(end)
        raise


def _take_terminal() -> None:
    """Begin a session of its own, whose terminal is standard input."""
    import fcntl  # noqa: PLC0415 - POSIX only
    import termios  # noqa: PLC0415

    while os.getsid(0) != os.getpid():
        os.setpgid(0, os.getsid(0))  # who leads a group may not begin a session
        with contextlib.suppress(PermissionError):  # it was given a group again at that moment
            os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _leave(end: SystemExit) -> None:
    """End as Python does, without its last step: to take apart all that is loaded is slow.

    Returns where something is still to be said, by Python itself. It has a fatal error to tell if
    another thread reads `sys.stdin` in that last step.
    """
    if isinstance(end.code, int | None) and not _is_read(sys.stdin):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or nobody reads
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit((end.code or 0) & 0xFF)


def _is_read(stream: Any) -> bool:
    """Say whether a thread waits in the buffer of a stream, whose lock it then has.

    To read no byte needs the lock, too.
    """
    if not any(thread.daemon for thread in threading.enumerate()):
        return False
    buffer = getattr(stream, "buffer", None)  # whoever keeps the stream keeps the error away
    waiting = threading.Thread(target=_read_nothing, args=(buffer,), daemon=True)
    waiting.start()
    waiting.join(_LOCKED_SECONDS)
    return waiting.is_alive()


def _read_nothing(buffer: Any) -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is none, or it is closed
        buffer.readinto(bytearray())


def main() -> None:
    """Load the programs, and be copied until nobody asks any more."""
    gc.disable()
    worker.nursery(_become, LOADED)


if __name__ == "__main__":
    main()
