"""Starts the chats as real processes, at a pseudo-terminal or on pipes, and drives them.

Nothing here waits by the clock: a program says on its console which port it got and when it is
ready, and that is what is waited for.
"""

from __future__ import annotations

import os
import re
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from tests.copies import Copies, Copy

ROOT = Path(__file__).resolve().parent.parent
PATH = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "without_cffi")))
TIMEOUT = 40 if os.name == "posix" else 120
"""Seconds for what a program does at once; under Wine, only to start takes one or two of them."""
CONFKEY = "0123456789abcdef0123456789abcdef"
AUTHKEY = "fedcba9876543210fedcba9876543210"
KEYS = ("--confkey", CONFKEY, "--authkey", AUTHKEY)

MODERN = ("-m", "modern")
REMEMBERING = ("-m", "tests.remembering")
"""Before the name of a module that hashes a passphrase: each passphrase is hashed only once."""
HARDENED = (*REMEMBERING, "modern.hardened")
HARDENED_PASSPHRASE = "lamp river onion kite drum"
LEGACY_SERVER = ("-m", "legacy.Server")
LEGACY_CLIENT = ("-m", "legacy.Client")
DOOR = ("-m", "tests.door")
"""The command `tilde-to-tag`."""
OLD_LEGACY, OLD_MODERN, WIRE_PEER = (
    ("-m", f"tests.originals.{name}") for name in ("legacy_peer", "p2p_peer", "wire_peer")
)
"""Peers that behave as the original programs do."""


def environment(**extra: str) -> dict[str, str]:
    """Return an environment in which our packages are found and no key of the user's is.

    Nor is the size of the terminal in which the tests run: readline exports it to all workers.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MODERN_", "HARDENED_"))
    }
    for name in ("PYTHONUNBUFFERED", "COLUMNS", "LINES"):
        kept.pop(name, None)
    return kept | {"PYTHONPATH": PATH, "PYTHONUTF8": "1"} | extra


COPIES = Copies(ROOT, environment)


class Program:
    """A Python program on pipes, whose output is collected while it runs.

    `stdin` may be an open file or subprocess.DEVNULL; otherwise `type` and `end_input` feed it.
    """

    def __init__(
        self,
        *arguments: str,
        stdin: object = subprocess.PIPE,
        stdout: object = subprocess.PIPE,
        stderr: object = subprocess.PIPE,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> None:
        env = env or environment()
        self.process: subprocess.Popen[bytes] | Copy
        if COPIES.serve(arguments, env, cwd):
            self.process = COPIES.start(arguments, env, stdin, stdout, stderr)
        else:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=stdin,  # type: ignore[call-overload]
                stdout=stdout,
                stderr=stderr,
                env=env,
                cwd=cwd,
            )
        self._arrived = threading.Condition()
        self._output = {"stdout": bytearray(), "stderr": bytearray()}
        self._collectors = [
            threading.Thread(target=self._collect, args=(name, stream), daemon=True)
            for name, stream in (("stdout", self.process.stdout), ("stderr", self.process.stderr))
            if stream
        ]
        for collector in self._collectors:
            collector.start()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdin:
            with suppress(OSError):  # what was typed and never read
                self.process.stdin.close()
        self.wait()
        if error is None:
            assert not any(collector.is_alive() for collector in self._collectors), (
                f"something that the program started still holds its output: {self._output!r}"
            )
            assert "Exception in thread" not in self.stderr, self.stderr

    def _collect(self, name: str, stream: IO[bytes]) -> None:
        """Gather a stream up to its end, and close it: nobody else does, while this reads."""
        with stream:
            while data := os.read(stream.fileno(), 65536):
                with self._arrived:
                    self._output[name] += data
                    self._arrived.notify_all()

    @property
    def stdout(self) -> str:
        """What the program wrote to standard output so far."""
        return self._output["stdout"].decode(errors="replace")

    @property
    def stderr(self) -> str:
        r"""What it wrote to standard error so far; a line ends with `\n` on Windows, too."""
        return self._output["stderr"].decode(errors="replace").replace(os.linesep, "\n")

    @property
    def stdout_bytes(self) -> bytes:
        """What the program wrote to standard output so far, as it is."""
        return bytes(self._output["stdout"])

    def type(self, text: str | bytes) -> None:
        """Feed standard input."""
        assert self.process.stdin
        self.process.stdin.write(text.encode() if isinstance(text, str) else text)
        self.process.stdin.flush()

    def end_input(self) -> None:
        """Close standard input."""
        assert self.process.stdin
        self.process.stdin.close()

    def wait_for(self, pattern: str, stream: str = "stdout") -> re.Match[str]:
        """Wait until a stream has what `pattern` says, and return the match."""

        def find() -> re.Match[str] | None:
            return re.search(pattern, getattr(self, stream), re.MULTILINE)

        with self._arrived:
            found = self._arrived.wait_for(find, TIMEOUT)
        assert found, f"{pattern!r} is not in {stream}: {self._output!r}"
        return found

    def wait(self) -> int:
        """Wait for the end of the program and of its output; return its exit status."""
        status = self.process.wait(TIMEOUT)
        for collector in self._collectors:
            collector.join(TIMEOUT)
        return status


def run(*arguments: str, typed: str = "", **options: object) -> subprocess.CompletedProcess[str]:
    """Run a Python program to its end, with `typed` as all of its input and no terminal."""
    where: dict[str, Any] = {"env": environment(), "cwd": ROOT} | options
    if len(where) == len(("env", "cwd")) and COPIES.serve(arguments, **where):
        return _run_copy(arguments, typed, where["env"])
    return subprocess.run(
        [sys.executable, *arguments],
        input=typed,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=TIMEOUT,
        **where,
    )


def _run_copy(
    arguments: Sequence[str], typed: str, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    with Program(*arguments, env=env) as program:
        with suppress(BrokenPipeError):  # it may end without having read all
            program.type(typed)
            program.end_input()
        status = program.wait()
    return subprocess.CompletedProcess(arguments, status, program.stdout, program.stderr)


def run_here(
    *arguments: str, typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Do as `run` does, but in this process, without the start of a Python: `-m MODULE …`.

    For programs that end before a chat begins. `variables` are added to the environment.
    """
    from tests.in_process import run_main  # noqa: PLC0415 - it needs this file

    dash_m, module, *rest = arguments
    assert dash_m == "-m"

    def main() -> int:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0

    return run_main(main, *rest, typed=typed, variables=variables)


def end_sending(peer: socket.socket) -> None:
    """Close our direction of a connection, which a program may have reset already."""
    with suppress(OSError):
        peer.shutdown(socket.SHUT_WR)


def one_line(text: str) -> str:
    """Return the text's only line."""
    assert text.endswith("\n"), text
    assert text.count("\n") == 1, text
    return text.strip()


def modern_server(*arguments: str, keys: Sequence[str] = KEYS, **options: object) -> Program:
    """Start a modern server on a port of the system's choice."""
    return Program(*MODERN, "--server", "--port", "0", *keys, *arguments, **options)  # type: ignore[arg-type]


def modern_port(server: Program) -> str:
    """Wait until a modern server listens; return its port."""
    return server.wait_for(r"waiting for a peer on port (\d+)", "stderr")[1]


def modern_client(
    port: str, *arguments: str, keys: Sequence[str] = KEYS, **options: object
) -> Program:
    """Start a modern client towards a server on this machine."""
    return Program(*MODERN, "--client", "127.0.0.1", "--port", port, *keys, *arguments, **options)  # type: ignore[arg-type]


def hardened_server(
    *arguments: str, passphrase: str = HARDENED_PASSPHRASE, **options: object
) -> Program:
    """Start a server of the third chat on a port of the system's choice."""
    env = environment(HARDENED_PASSPHRASE=passphrase)
    where = ("--server", "--bind", "127.0.0.1", "--port", "0")
    return Program(*HARDENED, *where, *arguments, env=env, **options)  # type: ignore[arg-type]


def hardened_client(
    port: str, *arguments: str, passphrase: str = HARDENED_PASSPHRASE, **options: object
) -> Program:
    """Start a client of the third chat towards a server on this machine."""
    env = environment(HARDENED_PASSPHRASE=passphrase)
    where = ("--client", "127.0.0.1", "--port", port)
    return Program(*HARDENED, *where, *arguments, env=env, **options)  # type: ignore[arg-type]


@contextmanager
def hardened_pair(
    server_options: dict[str, object] | None = None, client_options: dict[str, object] | None = None
) -> Iterator[tuple[Program, Program]]:
    """Start a server and a client of the third chat that have agreed."""
    with (
        hardened_server(**(server_options or {})) as server,  # type: ignore[arg-type]
        hardened_client(modern_port(server), **(client_options or {})) as client,  # type: ignore[arg-type]
    ):
        for program in (server, client):
            program.wait_for("both sides know the passphrase", "stderr")
        yield server, client


@contextmanager
def modern_pair(
    server_options: dict[str, object] | None = None, client_options: dict[str, object] | None = None
) -> Iterator[tuple[Program, Program]]:
    """Start a modern server and a client that talk to each other."""
    with (
        modern_server(**(server_options or {})) as server,  # type: ignore[arg-type]
        modern_client(modern_port(server), **(client_options or {})) as client,  # type: ignore[arg-type]
    ):
        server.wait_for("connected by", "stderr")
        client.wait_for("connected to", "stderr")
        yield server, client


@contextmanager
def legacy_pair(
    passphrase: str = "secret",
    server: Sequence[str] = LEGACY_SERVER,
    client: Sequence[str] = LEGACY_CLIENT,
) -> Iterator[tuple[Program, Program]]:
    """Start a legacy server and a client that talk to each other, passphrase given."""
    with Program(*server, "0") as server_program:
        port = server_program.wait_for(r"\[\+\] PORT (\d+)")[1]
        with Program(*client) as client_program:
            client_program.type(f"127.0.0.1\n{port}\n{passphrase}\n")
            server_program.type(f"{passphrase}\n")
            for program in (server_program, client_program):
                program.wait_for("Listening On Thread 1")
            yield server_program, client_program
