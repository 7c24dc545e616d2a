"""A legacy conversation over a connected socket: one thread listens, one sends what is typed.

The clock, the console and the socket are here, and only here; what the bytes mean is in
protocol.py. Standard input is read without Python's buffers: a thread that waits inside a
buffered read holds a lock that the interpreter wants when it ends, and a program whose peer has
left must be able to end while somebody may still be typing.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import queue
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Protocol, TextIO

from legacy import protocol
from legacy.protocol import LegacyError, UnrecognisedData

QUIT = "quit()"
INTERRUPTED = 255
"""Exit status after Ctrl-C, as in the original, whose `exit(-1)` arrives as 255."""

_FAREWELL_SECONDS = 0.5
_READ_SIZE = 65536
_POLL_SECONDS = None if os.name == "posix" else 0.2  # Windows: Ctrl-C cannot end an endless wait


class UsageError(LegacyError):
    """The program was called, or a prompt answered, with something that cannot work."""


class NetworkError(LegacyError):
    """The port cannot be listened on, or the host is unknown."""


class CouldNotConnect(LegacyError):  # noqa: N818 - the original's words
    """Nobody answered at that address and port."""


class ConsoleError(LegacyError):
    """Standard output no longer takes what is to be shown."""


class EndOfInput(LegacyError):  # noqa: N818 - like EOFError, but ours
    """Standard input ended at a prompt."""


_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def defuse(line: str) -> str:
    r"""Return a line that cannot drive a terminal: controls but tabs become `\x1b` and the like."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)


def _unbuffered(stream: TextIO | None) -> BinaryIO | None:
    if stream is None:
        return None
    raw: BinaryIO = getattr(stream.buffer, "raw", stream.buffer)  # the latter under python -u
    if os.name == "posix":  # whoever shares it may have left it otherwise: no input is no end
        os.set_blocking(raw.fileno(), True)
    return raw


class Console:
    """Where a person, a pipe or an `expect` script sits: lines in, lines out."""

    def __init__(self, stdin: BinaryIO | None, stdout: BinaryIO | None, encoding: str = "utf-8"):
        self._stdin, self._stdout, self._encoding = stdin, stdout, encoding
        self._typed = b""

    @classmethod
    def standard(cls) -> Console:
        """Return the console of this process; a stream that was closed counts as ended."""
        encoding = sys.stdout.encoding if sys.stdout else "utf-8"
        return cls(_unbuffered(sys.stdin), _unbuffered(sys.stdout), encoding)

    def say(self, line: str) -> None:
        """Show one line. Raises ConsoleError."""
        self._write(line + "\n")

    def show(self, line: str) -> None:
        """Show a line that a peer had a hand in; it drives no terminal. Raises ConsoleError."""
        self.say(defuse(line) if self._is_terminal(self._stdout) else line)

    def ask(self, prompt: str) -> str:
        """Show a prompt and return the line that answers it. Raises EndOfInput, ConsoleError."""
        self._write(prompt)
        line = self.read_line()
        if line is None:
            raise EndOfInput
        return line

    def ask_secret(self, prompt: str) -> str:
        """Ask, without echo where a person sits at a terminal. Raises as `ask` does."""
        if not (self._is_terminal(self._stdin) and self._is_terminal(self._stdout)):
            return self.ask(prompt)
        try:
            return getpass.getpass(prompt).encode(errors="surrogateescape").decode(errors="replace")
        except EOFError:
            raise EndOfInput from None
        except UnicodeDecodeError:
            raise UsageError(
                "what was typed is not UTF-8: set the terminal to it, or choose another passphrase"
            ) from None

    def read_line(self) -> str | None:
        """Return the next line without its end, or None at the end of input."""
        pieces = [self._typed]
        while b"\n" not in pieces[-1] and (data := self._read()):
            pieces.append(data)
        typed = b"".join(pieces)
        if not typed:
            return None
        line, _, self._typed = typed.partition(b"\n")
        return line.removesuffix(b"\r").decode(errors="replace")

    def lines(self) -> Iterator[str]:
        """Yield typed lines until the end of input."""
        while (line := self.read_line()) is not None:
            yield line

    @staticmethod
    def _is_terminal(stream: BinaryIO | None) -> bool:
        return stream is not None and stream.isatty()

    def _read(self) -> bytes:
        try:
            return (self._stdin.read(_READ_SIZE) or b"") if self._stdin else b""
        except OSError:  # a terminal that went away is an end of input
            return b""

    def _write(self, text: str) -> None:
        if self._stdout is None:
            raise ConsoleError("standard output is closed: there is nowhere to show the chat")
        rest = memoryview(text.encode(self._encoding, errors="backslashreplace"))
        try:
            while rest:
                rest = rest[self._stdout.write(rest) or 0 :]
        except OSError as error:
            raise ConsoleError(f"cannot write to standard output: {error.strerror}") from None


def listen(port: int) -> socket.socket:
    """Return a socket that listens on 0.0.0.0 and `port` (0: one that the system picks).

    Raises NetworkError where the port cannot be had.
    """
    try:
        return socket.create_server(("0.0.0.0", port), backlog=1)  # noqa: S104 - as the original
    except OSError as error:
        reason = str(error.strerror).partition(" (while attempting to bind")[0]
        raise NetworkError(
            f"cannot listen on port {port}: {reason}; "
            "end the program that uses it, or give another port as the one argument"
        ) from None


def accept(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
    """Wait for one client; return its connection and its address."""
    listener.settimeout(_POLL_SECONDS)
    while True:
        try:
            connection, address = listener.accept()
        except (TimeoutError, ConnectionError):  # the latter: a client that left in the queue
            continue
        return connection, address


def connect(host: str, port: int) -> socket.socket:
    """Return a socket connected to a server. Raises NetworkError, CouldNotConnect."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.connect((host, port))
    except (socket.gaierror, ValueError, TypeError):  # the latter two: no form of a host name
        connection.close()
        raise NetworkError(
            f"unknown host {host!r}: give a name or an IPv4 address that exists"
        ) from None
    except OSError:
        connection.close()
        raise CouldNotConnect("Could Not Connect !") from None
    return connection


def parse_port(text: str, lowest: int) -> int:
    """Return the port number that `text` says, `lowest` to 65535. Raises UsageError."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not lowest <= port <= 65535:  # noqa: PLR2004 - what 16 bits hold
        raise UsageError(f"{text!r} is no port: give a number from {lowest} to 65535")
    return port


def called_as() -> str:
    """Return how this program was started: `Server.py`, `python -m legacy.Server`, a command."""
    name = os.path.basename(sys.argv[0])
    module = getattr(sys.modules["__main__"], "__spec__", None)
    if module and name.endswith(".py"):  # a command that opens several programs sets another name
        return f"python -m {module.name}"
    return name.removesuffix(".exe")


class Wire(Protocol):
    """How bytes become lines and lines become bytes; `compat` has a more careful way."""

    def display(self, received: bytes) -> Iterable[str]:
        """Return the lines to show for what one `recv` gave; it gives nothing at the end."""

    def send(self, line: str) -> None:
        """Send one typed line. Raises OSError."""


class OriginalWire:
    """The original's way: one `recv` is one message, and so is one `send`."""

    def __init__(self, connection: socket.socket, key: bytes):
        self._connection, self._key = connection, key

    def display(self, received: bytes) -> Iterator[str]:
        """Yield the line of a message, or none; the end is a message that cannot be read."""
        try:
            line = protocol.verify_and_display(protocol.process_bytes(received, self._key))
        except UnrecognisedData:
            line = protocol.UNRECOGNISED
        if line is not None:
            yield line

    def send(self, line: str) -> None:
        """Send one message, stamped with the local time. Raises OSError."""
        self._connection.sendall(protocol.seal(line, time.strftime("%H:%M:%S"), self._key))


class Conversation:
    """Both directions of one chat, from the connection until one side ends it."""

    def __init__(self, connection: socket.socket, wire: Wire, console: Console):
        self._connection, self._wire, self._console = connection, wire, console
        self._leaving = threading.Event()
        self._ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Talk until `quit()`, the end of input or the peer's end. Raises ConsoleError."""
        listener = threading.Thread(target=self._guard, args=(self._listen,), daemon=True)
        typist = threading.Thread(target=self._guard, args=(self._send_typed,), daemon=True)
        listener.start()
        typist.start()
        try:
            failure = self._wait()
        finally:
            self._leave(listener)
        if failure:
            raise failure

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # a mistake of ours, too, must end the chat, not hang it
            self._ended.put(error)

    def _wait(self) -> BaseException | None:
        while True:
            try:
                return self._ended.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue

    def _listen(self) -> None:
        while received := self._receive():
            self._show(received)
        if not self._leaving.is_set():
            self._show(b"")  # once: the original never stops reading the end as a message
        self._ended.put(None)

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(protocol.RECV_SIZE)
        except OSError:  # a reset ends the chat like a close
            return b""

    def _show(self, received: bytes) -> None:
        for line in self._wire.display(received):
            self._console.show(line)

    def _send_typed(self) -> None:
        for line in self._console.lines():
            if line == QUIT:
                break
            try:
                self._wire.send(line)
            except OSError:  # the listening thread sees the same end, and says so
                return
        self._ended.put(None)

    def _leave(self, listener: threading.Thread) -> None:
        """Close so that what was sent still arrives: a close with unread data would reset it."""
        self._leaving.set()
        with contextlib.suppress(OSError):  # already closed by the other side
            self._connection.shutdown(socket.SHUT_WR)
            listener.join(_FAREWELL_SECONDS)
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def converse(
    connection: socket.socket,
    console: Console,
    prompt: str,
    make_wire: Callable[[socket.socket, bytes], Wire] = OriginalWire,
) -> None:
    """Ask for the passphrase and hold the conversation. Raises EndOfInput, ConsoleError."""
    try:
        key = protocol.derive_key(console.ask_secret(prompt))
        console.say("[+] Listening On Thread 1")
        Conversation(connection, make_wire(connection, key), console).run()
    finally:
        connection.close()


Converse = Callable[[socket.socket, Console, str], None]
"""What an entry point does with a connection: it takes the console and the passphrase prompt."""


def run(program: Callable[[Console], None]) -> int:
    """Run an entry point; turn what went wrong into one line and the exit status.

    0 for a chat that ended, 1 for a failure, 2 for wrong use; and the original's 255 for Ctrl-C
    and for a server that does not answer.
    """
    console = Console.standard()
    try:
        return _run(program, console)
    except UsageError as error:
        _complain(str(error))
        return 2
    except LegacyError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(program: Callable[[Console], None], console: Console) -> int:
    try:
        program(console)
    except EndOfInput:  # at a prompt: ends like quit()
        return 0
    except CouldNotConnect as error:
        console.say(str(error))
        return INTERRUPTED
    return 0


def _complain(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:  # nobody there to be told, now or when Python flushes at its end
        sys.stderr = None
