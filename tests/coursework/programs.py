"""A submission that is a program, in any language: the grader starts it and talks with it.

The grader plays two parts: the peer at the other end of a real socket, and the person who types.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.coursework.compare import visible
from tests.coursework.drawing import Draw
from tests.coursework.expected import keys_of_secrets
from tests.coursework.finding import Problem
from tests.coursework.isolation import problem_of_links
from tests.coursework.model import Failure
from tests.coursework.running import Running

HOST = "127.0.0.1"
FIXED_PORTS = {"legacy": 5555, "modern": 9999}
"""The ports of old programs, which have no option for a port."""

_POLL_SECONDS = 0.02
_PORT_FREE_SECONDS = 75
"""A closed connection can keep a port busy for a minute; this is a little more."""


class Conversation:
    """A program and the connection to it."""

    def __init__(self, program: Running, connection: socket.socket, time_limit: float):
        self.program, self.connection = program, connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(time_limit)

    def send(self, data: bytes) -> None:
        """Send bytes, in one segment if they fit. Raises Failure."""
        try:
            self.connection.sendall(data)
        except OSError:
            raise Failure(f"  it closed the connection too early\n{self.program.said()}") from None

    def send_if_open(self, data: bytes) -> None:
        """Send bytes to a program that may have closed the connection, as it should."""
        with contextlib.suppress(OSError):
            self.connection.sendall(data)

    def receive(self, size: int, wanted: str = "bytes from the program") -> bytes:
        """Return the next bytes, at most `size`; none if the program has closed. Raises Failure."""
        try:
            return self.connection.recv(size)
        except TimeoutError:
            raise Failure(f"  expected  {wanted}\n{self.program.said()}") from None
        except OSError:
            return b""

    def wait_for_close(self) -> None:
        """Read until the program closes its side. Raises Failure at the time limit."""
        while self.receive(65536, "the connection closed by the program"):
            pass

    def end(self) -> None:
        """Close the grader's sending direction: the peer sends no more."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Reset the connection: a plain close could keep a fixed port busy for a minute."""
        _reset(self.connection)


class ProgramUnderTest:
    """A submission in one role, server or client. Each conversation starts the program anew."""

    def __init__(  # noqa: PLR0917 - all of it describes what is graded
        self,
        protocol: str,
        role: str,
        command: str,
        folder: Path | Problem,
        time_limit: float,
        seed: int = 0,
    ):
        self.protocol, self.role, self.time_limit = protocol, role, time_limit
        self._command, self._folder, self._seed = command, folder, seed
        self._conversations = 0
        self.shown = ""
        """What the program has shown in all runs so far."""
        self.notes: dict[str, Any] = {}
        """Here checks can keep something about this program."""
        self.failed: frozenset[str] = frozenset()
        """The names of the checks that have not passed before the one that runs now."""
        self.draw = Draw(seed, f"{protocol} {role}")
        """What the check that runs now draws."""
        self.passphrase = self.draw.words()
        self.confkey, self.authkey = self.draw.secret(), self.draw.secret()
        self.keys = keys_of_secrets(self.confkey, self.authkey)

    @property
    def was_heard(self) -> bool:
        """Whether it has had more than one conversation: the first one only connects."""
        return self._conversations > 1

    def begin(self, check_id: str, failed: frozenset[str]) -> None:
        """Say which check runs now, and which have not passed before it."""
        self.draw, self.failed = Draw(self._seed, check_id), failed

    def printed_here(self) -> str:
        """Return nothing: what a program shows stands in each failure already."""
        return ""

    @property
    def asks_for_address(self) -> bool:
        """Whether this client asks for the address, since its command line does not say it."""
        told = "{port}" in self._command or "{host}" in self._command
        return self.protocol == "legacy" and self.role == "client" and not told

    @contextmanager
    def conversation(self) -> Iterator[Conversation]:
        """Start the program, connect, and type the passphrase if it is a legacy program."""
        self._conversations += 1
        opened = self._as_client() if self.role == "server" else self._as_server()
        with opened as (program, connection):
            conversation = Conversation(program, connection, self.time_limit)
            if self.protocol == "legacy":
                program.type(f"{self.passphrase}\n")
            try:
                yield conversation
            finally:
                conversation.close()

    def close(self) -> None:
        """Do nothing: each conversation ends its own program."""

    @contextmanager
    def _run(self, port: int) -> Iterator[Running]:
        if isinstance(self._folder, Problem):
            raise Failure(f"  {visible(self._folder.text)}", visible(self._folder.hint))
        if "{submission}" in self._command and (problem := problem_of_links(self._folder)):
            raise Failure(f"  {problem}")
        secrets = {"MODERN_CONFKEY": self.confkey, "MODERN_AUTHKEY": self.authkey}
        program = Running(self._arguments(port), self.time_limit, secrets)
        try:
            yield program
        finally:
            program.kill()
            self.shown += program.everything

    def _arguments(self, port: int) -> list[str]:
        """Split the command into arguments, then fill them in: a folder's name may have spaces."""
        filled = {"{host}": HOST, "{port}": str(port)}
        filled |= {"{confkey}": self.confkey, "{authkey}": self.authkey}
        filled["{submission}"] = str(self._folder)
        arguments = _split(self._command)
        for name, value in filled.items():
            arguments = [argument.replace(name, value) for argument in arguments]
        return arguments

    @contextmanager
    def _as_client(self) -> Iterator[tuple[Running, socket.socket]]:
        """Start a server and connect to it as soon as it listens."""
        is_told = "{port}" in self._command
        port = _free_port() if is_told else FIXED_PORTS[self.protocol]
        if not is_told and not _is_free(port):
            self._make_way(port)
        with self._run(port) as program:
            yield program, self._connect(program, port)

    def _make_way(self, port: int) -> None:
        """Wait for a fixed port, if that is necessary. Raises Failure if somebody listens there."""
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            raise _taken(port)
        if not self._listens_at_once(port):
            _wait_until_free(port)

    def _listens_at_once(self, port: int) -> bool:
        """Return whether the program listens on a port of which the system still remembers a call.

        Most programs do: they set SO_REUSEADDR. For the others we wait until it is forgotten.
        """
        with self._run(port) as program:
            try:
                probe = self._connect(program, port)
            except Failure:
                return False
            _reset(probe)
            return True

    @contextmanager
    def _as_server(self) -> Iterator[tuple[Running, socket.socket]]:
        """Listen, start a client and wait for it."""
        is_told = "{port}" in self._command or self.asks_for_address
        chosen = 0 if is_told else FIXED_PORTS[self.protocol]
        with self._listen(chosen) as listener:
            port = listener.getsockname()[1]
            with self._run(port) as program:
                if self.asks_for_address:
                    program.type(f"{HOST}\n{port}\n")
                yield program, self._accept(program, listener)

    def _listen(self, port: int) -> socket.socket:
        """Listen on a port; connections of the past do not matter. Raises Failure."""
        deadline = time.monotonic() + self.time_limit
        while True:
            try:
                return socket.create_server((HOST, port), backlog=1)
            except OSError:
                if time.monotonic() > deadline:
                    raise _taken(port) from None
            time.sleep(_POLL_SECONDS)

    def _connect(self, program: Running, port: int) -> socket.socket:
        deadline = time.monotonic() + self.time_limit
        while True:
            try:
                return socket.create_connection((HOST, port), self.time_limit)
            except OSError:
                if program.status is not None or time.monotonic() > deadline:
                    wanted = f"a server that accepts a connection on port {port}"
                    raise Failure(f"  expected  {wanted}\n{program.said()}") from None
            time.sleep(_POLL_SECONDS)

    def _accept(self, program: Running, listener: socket.socket) -> socket.socket:
        listener.settimeout(_POLL_SECONDS)
        deadline = time.monotonic() + self.time_limit
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if program.status is not None or time.monotonic() > deadline:
                    wanted = f"a client that connects to port {listener.getsockname()[1]}"
                    raise Failure(f"  expected  {wanted}\n{program.said()}") from None


def _wait_until_free(port: int) -> None:
    """Return as soon as any program can have the port. Raises Failure."""
    deadline = time.monotonic() + _PORT_FREE_SECONDS
    while not _is_free(port):
        if time.monotonic() > deadline:
            raise _taken(port)
        time.sleep(_POLL_SECONDS)


def _reset(connection: socket.socket) -> None:
    """Close a connection so that its port is free at once, and not in a minute."""
    no_time = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
    connection.close()


def _taken(port: int) -> Failure:
    return Failure(f"  port {port} is taken by another program: end that one first")


def _split(command: str) -> list[str]:
    """Split a command line into arguments, as a shell does. On Windows, keep backslashes."""
    if os.name == "posix":
        return shlex.split(command)
    return [argument.strip('"') for argument in shlex.split(command, posix=False)]


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    """Return whether a program could listen there, even one that sets no socket options."""
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def expect_secret_kept(subject: ProgramUnderTest, secrets: dict[str, str]) -> None:
    """Raise Failure if any run so far showed one of the secrets."""
    for name, secret in secrets.items():
        if secret.lower() in subject.shown.lower():
            raise Failure(f"  the program showed {name} in one of its runs")


def expect_status(talk: Conversation, status: int, wanted: int, when: str) -> None:
    """Raise Failure, with a hint of its own, if only the exit status is wrong."""
    if status != wanted:
        hint = (
            f"All but the exit status is right {when}: it is {status} and must be {wanted} "
            f"(in Python: sys.exit({wanted}), and no exception that nobody catches)"
        )
        told = f"  the exit status {when}\n\n  expected  {wanted}\n  actual    {status}"
        raise Failure(f"{told}\n{talk.program.said()}", hint)
