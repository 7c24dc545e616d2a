"""A legacy conversation over a connected socket: one thread receives, one sends typed lines.

The socket, the threads and the clock are here. What the bytes mean is in protocol.py; the terminal
is in console.py.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from legacy import protocol
from legacy.console import Console, ConsoleError, EndOfInput, UsageError
from legacy.protocol import LegacyError, UnrecognisedData
from legacy.signals import Heeded, Terminated
from legacy.start import INTERRUPTED

QUIT = "quit()"

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - where the original listens
_FAREWELL_SECONDS = 0.5  # how long to wait for the peer to close as well
_POLL_SECONDS = 0.2
"""The longest wait in one call. On Windows, Ctrl-C does not end a wait. Elsewhere it does,
except in a short moment: after Python has looked for signals and before the wait has begun."""


class NetworkError(LegacyError):
    """It is not possible to listen on the port, or the host is unknown."""


class CouldNotConnect(LegacyError):  # noqa: N818 - the original's words
    """No server answers at this address and port."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port` (0: the system chooses a port).

    Raises NetworkError if that is not possible.
    """
    try:
        return socket.create_server((host, port), backlog=1)
    except (OSError, UnicodeError, TypeError) as error:  # the last two: not a valid host name
        reason = str(getattr(error, "strerror", error)).partition(" (while attempting to bind")[0]
        if getattr(error, "errno", None) == errno.EADDRINUSE:  # Windows says it in many words
            reason = "Address already in use"
        raise NetworkError(
            f"cannot listen on port {port}: {reason}; "
            "end the program that uses it, or start the server with another port as its argument"
        ) from None


def accept(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
    """Wait for one client; return its connection and its address."""
    listener.settimeout(_POLL_SECONDS)
    while True:
        try:
            connection, address = listener.accept()
        except (TimeoutError, ConnectionError):  # ConnectionError: this client has left again
            continue
        return connection, address


def connect(host: str, port: int) -> socket.socket:
    """Return a socket connected to a server. Raises NetworkError, CouldNotConnect."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.connect((host, port))
    except (socket.gaierror, ValueError, TypeError):  # the last two: not a valid host name
        connection.close()
        raise NetworkError(
            f"unknown host {host!r}: give an existing host name or IPv4 address"
        ) from None
    except OSError:
        connection.close()
        raise CouldNotConnect("Could Not Connect !") from None
    return connection


def parse_port(text: str, lowest: int) -> int:
    """Read a port number from `lowest` to 65535. Raises UsageError."""
    digits = text.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= 5  # noqa: PLR2004 - 65535
    if not (is_number and lowest <= int(digits) <= 65535):  # noqa: PLR2004 - a port has 16 bits
        raise UsageError(f"{text!r} is no port: give a number from {lowest} to 65535")
    return int(digits)


def called_as() -> str:
    """Return how this program was started: `Server.py`, `python -m legacy.Server`, a command."""
    name = os.path.basename(sys.argv[0])
    module = getattr(sys.modules["__main__"], "__spec__", None)
    if module and name.endswith(".py"):  # a command that opens several programs sets another name
        return f"python -m {module.name}"
    return name.removesuffix(".exe")


class Wire(Protocol):
    """How received bytes become lines, and typed lines become bytes. `compat` has a better way."""

    def display(self, received: bytes) -> Iterable[str]:
        """Return the lines to show for the bytes of one `recv`; no bytes mean the end."""

    def send(self, line: str) -> None:
        """Send one typed line. Raises OSError."""


class OriginalWire:
    """The way of the original: each `recv` is one message, and each `send` is one message."""

    def __init__(self, connection: socket.socket, key: bytes):
        self._connection, self._key = connection, key

    def display(self, received: bytes) -> Iterator[str]:
        """Yield the line of a message, if it has one. The end of the stream is shown as noise."""
        try:
            if protocol.is_noise(received, self._key):  # decrypts only one block
                raise UnrecognisedData
            line = protocol.verify_and_display(protocol.process_bytes(received, self._key))
        except UnrecognisedData:
            line = protocol.UNRECOGNISED
        if line is not None:
            yield line

    def send(self, line: str) -> None:
        """Send one message with the local time. Raises OSError."""
        self._connection.sendall(protocol.seal(line, time.strftime("%H:%M:%S"), self._key))


class Conversation:
    """One chat, both directions, until one side ends it."""

    def __init__(
        self,
        connection: socket.socket,
        wire: Wire,
        console: Console,
        report: Callable[[str], None] | None = None,
    ):
        """Take the parts of a chat. `report` says what went wrong; None prints it on stderr."""
        self._connection, self._wire, self._console = connection, wire, console
        self._report = report or _complain
        self._leaving = threading.Event()
        self._news: queue.SimpleQueue[BaseException | str | None] = queue.SimpleQueue()
        self._unsent = 0

    def run(self) -> None:
        """Chat until `quit()`, the end of input, or until the peer closes. Raises ConsoleError."""
        listener = threading.Thread(target=self._guard, args=(self._listen,), daemon=True)
        typist = threading.Thread(target=self._guard, args=(self._send_typed,), daemon=True)
        try:
            listener.start()
            typist.start()
            failure = self._wait()
        finally:
            self._leave(listener)
        if failure:
            raise failure
        if self._unsent:
            raise ConsoleError(f"lines not sent, because they are not text: {self._unsent}")

    def _refuse(self, why: str) -> None:
        if not self._unsent:
            self._news.put(f"a line was not sent: {why}")
        self._unsent += 1

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # a bug, too, must end the chat and not block it
            self._news.put(error)

    def _wait(self) -> BaseException | None:
        """Wait for the end of the chat and return why. Report errors of the other threads."""
        while True:
            try:
                news = self._news.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not isinstance(news, str):
                return news
            self._report(news)

    def _listen(self) -> None:
        while received := self._receive():
            self._show(received)
        if not self._leaving.is_set():
            self._show(b"")  # once; the original shows the end again and again
        self._news.put(None)

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(protocol.RECV_SIZE)
        except OSError:  # a reset connection ends the chat like a closed one
            return b""

    def _show(self, received: bytes) -> None:
        for line in self._wire.display(received):
            self._console.show(line)

    def _send_typed(self) -> None:
        for line in self._console.lines(self._refuse):
            if line == QUIT:
                break
            try:
                self._wire.send(line)
            except OSError:  # the listening thread notices this too, and ends the chat
                return
        self._news.put(None)

    def _leave(self, listener: threading.Thread) -> None:
        """Close the connection so that sent data still arrives.

        Closing a socket that has unread data would reset the connection and lose what was sent.
        """
        self._leaving.set()
        with contextlib.suppress(OSError):  # already closed by the other side
            self._connection.shutdown(socket.SHUT_WR)
            if listener.is_alive():  # Ctrl-C may come before it has started
                listener.join(_FAREWELL_SECONDS)
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def converse(connection: socket.socket, console: Console, prompt: str) -> None:
    """Ask for the passphrase and run the conversation. Raises EndOfInput, ConsoleError."""
    try:
        key = protocol.derive_key(console.ask_secret(prompt))
        console.say("[+] Listening On Thread 1")
        Conversation(connection, OriginalWire(connection, key), console).run()
    finally:
        connection.close()


Converse = Callable[[socket.socket, Console, str], None]
"""Runs a chat, given the connection, the console and the prompt for the passphrase."""


def run(program: Callable[[Console], None]) -> int:
    """Run a program; report an error as one line, and return the exit status.

    The status is 0 after a chat that ended, 1 after a failure and 2 after wrong use. As in the
    original, it is 255 after Ctrl-C and if the server does not answer. It is 143 after SIGTERM and
    129 after SIGHUP, the same numbers that a shell reports when these signals end the original.
    """
    console = Console.standard()
    try:
        with Heeded():
            return _run(program, console)
    except UsageError as error:
        _complain(str(error))
        return 2
    except LegacyError as error:
        _complain(str(error))
        return 1
    except Terminated as end:
        return end.status
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(program: Callable[[Console], None], console: Console) -> int:
    try:
        program(console)
    except EndOfInput:  # at a prompt: this ends the program like quit()
        return 0
    except CouldNotConnect as error:
        console.say(str(error))
        return INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        few = f"{error.strerror}: this shell allows few of them; type ulimit -n 256"
        raise NetworkError(few) from None
    return 0


def _complain(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # nobody reads this line, neither now nor when Python flushes at its end
        sys.stderr = None
