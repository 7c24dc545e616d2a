"""A modern conversation over a connected socket: one thread receives, one sends what comes in.

What is typed or piped in goes out a line at a time; what arrives goes out to standard output as
soon as its frame is complete. How a chat ends:

- our input ends: everything was sent, so our half of the connection is closed, and the chat goes
  on until the peer closes its half; the peer does so only when it has read everything;
- the peer's half closes: a person at a terminal is done at once, a pipe first sends its rest;
- a bad frame, a vanished peer, a full disk: the connection is reset, so that the peer, too, ends
  with a failure and does not take its words for delivered.

Standard input is read without Python's buffers: a thread that waits inside a buffered read holds
a lock that the interpreter wants when it ends.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, TextIO

from modern import bulk, protocol
from modern.dialects import INDEPENDENT, Dialect, RecognisingDecoder
from modern.errors import ConsoleError, NetworkError

MAX_MESSAGE = 1 << 16
"""A longer line is sent as several messages, in bytes: memory stays bounded without newlines."""

SEGMENT_FRAMES = 12
"""Frames in one send where nothing else is known: 1344 bytes, what one Ethernet segment holds.

Old programs read with `recv(112)` and break on a frame that TCP has cut in two, which it does
wherever it fills a segment up or a receiver falls behind. See `segment_frames`.
"""
MAX_SEGMENT_FRAMES = 64
"""More are cut in two even on loopback, whose segments hold 292, when its receiver pauses."""

_READ_SIZE = 1 << 16
_POLL_SECONDS = None if os.name == "posix" else 0.2  # Windows: Ctrl-C cannot end an endless wait
SEND_FLAGS = socket.MSG_EOR if sys.platform == "linux" else 0
"""On Linux, the kernel fills a segment that was sent with this up with nothing that comes later.

Of 20,000 frames to a reader of `recv(112)`, slow or fast, up to 20 are cut without it, and none
with it.
"""


@dataclass(frozen=True)
class Secrets:
    """What both sides agreed on beforehand; neither shows in its `repr`."""

    confkey: str = field(repr=False)
    authkey: str = field(repr=False)


class TextDecoder(Protocol):
    """What the chat needs of a decoder: bytes of the wire in, pieces of text out."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


# Sockets -------------------------------------------------------------------------------------


def listen(host: str | None, port: int) -> socket.socket:
    """Return a listening socket: on `host`, or on every interface, IPv4 and IPv6.

    Port 0 lets the system pick one. Raises NetworkError.
    """
    try:
        if host:
            family, *_, address = socket.getaddrinfo(
                strip_brackets(host), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            return socket.create_server(address, family=family, backlog=1)
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1
            )
        return socket.create_server(("", port), backlog=1)
    except (OSError, UnicodeError) as error:
        where = f"{host} port {port}" if host else f"port {port}"
        raise NetworkError(
            f"cannot listen on {where}: {_reason(error)}; "
            "end the program that uses it, or choose another with --port or --bind"
        ) from None


def accept(listener: socket.socket) -> socket.socket:
    """Wait for one peer, then stop listening: whoever knocks later is refused."""
    listener.settimeout(_POLL_SECONDS)
    with listener:
        while True:
            try:
                return _prepare(listener.accept()[0])
            except (TimeoutError, ConnectionError):  # the latter: a peer that left in the queue
                continue


def connect(host: str, port: int) -> socket.socket:
    """Return a socket connected to a host name, an IPv4 or an IPv6 address. Raises NetworkError."""
    try:
        return _prepare(socket.create_connection((strip_brackets(host), port)))
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: not even the form of a name
        raise NetworkError(f"unknown host {host!r}: {_reason(error)}; check the name") from None
    except OSError as error:
        raise NetworkError(
            f"cannot connect to {host} port {port}: {_reason(error)}; is the server running there?"
        ) from None


def segment_frames(connection: socket.socket) -> int:
    """Return how many frames to give to one send, so that TCP cuts none in two.

    No more than one segment holds: few on Ethernet, many on loopback, where sends are the cost.
    """
    if sys.platform != "linux":
        return SEGMENT_FRAMES
    segment_size = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    return max(1, min(segment_size // protocol.FRAME_SIZE, MAX_SEGMENT_FRAMES))


def describe(address: tuple[str, int]) -> str:
    """Return how a peer's address is shown, IPv4 in its own form also on an IPv6 socket."""
    return f"{address[0].removeprefix('::ffff:')} port {address[1]}"


def name_peer(connection: socket.socket) -> str:
    """Return how the peer of a connection is shown; it may have left before it was looked at."""
    try:
        return describe(connection.getpeername())
    except OSError:
        return "a peer that has left already"


def _prepare(connection: socket.socket) -> socket.socket:
    with contextlib.suppress(OSError):  # reset already (macOS says so here): the next read fails
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return connection


def reset(connection: socket.socket) -> None:
    """Close without a farewell: the peer's next read fails instead of looking like an end."""
    linger_for_no_time = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    with contextlib.suppress(OSError):  # already gone
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
    connection.close()


def strip_brackets(host: str) -> str:
    """Return a host without the brackets that set an IPv6 address off from its port."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _reason(error: Exception) -> str:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return reason.partition(" (while attempting to bind")[0]  # what create_server adds


# Console -------------------------------------------------------------------------------------


def unbuffered(stream: TextIO | None) -> BinaryIO | None:
    """Return the raw stream below standard input or output, which blocks; None if closed."""
    if stream is None:
        return None
    raw: BinaryIO = getattr(stream.buffer, "raw", stream.buffer)  # the latter under python -u
    if os.name == "posix":  # another program at this terminal may have left it otherwise
        os.set_blocking(raw.fileno(), True)
    return raw


def read_messages(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield what `stream` gives, as soon as it does, as batches of lines with their newlines.

    The last line may lack its newline. Raises ConsoleError where reading fails.
    """
    partial = b""
    while data := _read(stream):
        *lines, partial = (partial + data).split(b"\n")
        messages = [line + b"\n" for line in lines]
        if len(partial) >= MAX_MESSAGE:
            cut = _last_character(partial)
            messages.append(partial[:cut])
            partial = partial[cut:]
        yield messages
    if partial:
        yield [partial]


def _last_character(text: bytes) -> int:
    """Return where the last UTF-8 character starts: a place to cut that is inside none."""
    for start in range(len(text) - 1, len(text) - 4, -1):
        if text[start] & 0xC0 != 0x80:  # noqa: PLR2004 - UTF-8 continuation
            return start
    return len(text)


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read(_READ_SIZE) or b""
    except OSError as error:
        raise ConsoleError(f"cannot read standard input: {_reason(error)}") from None


def write_text(stream: BinaryIO | None, text: bytes) -> None:
    """Write all of `text`, unbuffered. Raises ConsoleError."""
    if stream is None:
        raise ConsoleError("standard output is closed: there is nowhere to show what arrives")
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[stream.write(rest) or 0 :]
    except OSError as error:
        raise ConsoleError(f"cannot write to standard output: {_reason(error)}") from None


_CONTROL = re.compile("(?!\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def defuse(text: bytes) -> bytes:
    r"""Return text that cannot drive a terminal: control characters become `\x1b` and the like.

    Newlines and tabs stay. Only for a terminal; a pipe or a file gets what was sent.
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text.decode()).encode()


# Conversation --------------------------------------------------------------------------------


class Chat:
    """Both directions of one chat, from the connection until both sides are done."""

    def __init__(
        self,
        connection: socket.socket,
        secrets: Secrets,
        stdin: BinaryIO | None,
        stdout: BinaryIO | None,
        *,
        dialect: Dialect | None = INDEPENDENT,
        report: Callable[[str], None] = lambda line: None,
    ):
        """Take a connected socket and unbuffered streams; a `dialect` of None is the peer's own.

        `report` is told, in one line each, what a person should know while the chat goes on.
        """
        self._connection, self._secrets = connection, secrets
        self._stdin, self._stdout, self._report = stdin, stdout, report
        self._dialect: Future[Dialect] = Future()
        if dialect:
            self._dialect.set_result(dialect)
        self._at_terminal = stdin is not None and stdin.isatty()
        self._show = self._show_on_terminal if stdout and stdout.isatty() else self._write
        self._ended: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()
        self._unsent = 0

    def run(self) -> None:
        """Talk until both sides are done.

        Raises ProtocolError for a peer that cannot be believed, NetworkError for one that
        vanished, ConsoleError for standard streams that fail; what arrived before was shown.
        """
        try:
            for name, work in (("receiving", self._receive), ("sending", self._send_input)):
                threading.Thread(target=self._guard, args=(name, work), daemon=True).start()
            self._wait()
        except BaseException as error:
            if isinstance(error, Exception) or not self._at_terminal:  # Ctrl-C cuts a pipe short
                reset(self._connection)
            raise
        finally:
            self._close()
        if self._unsent:
            raise ConsoleError(f"not sent, because not UTF-8: {self._unsent} of the lines")

    def _guard(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # a mistake of ours, too, must end the chat, not hang it
            self._ended.put((name, error))
        else:
            self._ended.put((name, None))

    def _wait(self) -> None:
        ends: dict[str, BaseException | None] = {}
        while not self._is_over(ends):
            name, error = self._next_end()
            ends[name] = error
        failure = ends.get("receiving") or ends.get("sending")
        if failure:
            raise failure

    def _is_over(self, ends: dict[str, BaseException | None]) -> bool:
        """Whether nothing more can be shown or sent, given which direction ended, and how."""
        if "receiving" in ends and (ends["receiving"] or self._at_terminal):
            return True
        if not isinstance(ends.get("sending"), NetworkError | None):
            return True
        return len(ends) == 2  # noqa: PLR2004 - both; a send that failed still lets words arrive

    def _next_end(self) -> tuple[str, BaseException | None]:
        while True:
            try:
                return self._ended.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue

    # Receiving

    def _receive(self) -> None:
        decoder = self._make_decoder()
        while data := self._recv():
            for text in decoder.feed(data):
                self._agree(decoder)
                self._show(text)
        decoder.close()
        if not self._dialect.done():  # the peer never spoke
            self._dialect.set_result(INDEPENDENT)

    def _make_decoder(self) -> TextDecoder:
        confkey, authkey = self._secrets.confkey, self._secrets.authkey
        if not self._dialect.done():
            return RecognisingDecoder(confkey, authkey, bulk.Decoder)
        return bulk.Decoder(self._dialect.result().derive_keys(confkey, authkey))

    def _agree(self, decoder: TextDecoder) -> None:
        if isinstance(decoder, RecognisingDecoder) and decoder.dialect and not self._dialect.done():
            self._dialect.set_result(decoder.dialect)
            self._report(f"the peer speaks the {decoder.dialect.name} dialect")

    def _recv(self) -> bytes:
        try:
            return self._connection.recv(_READ_SIZE)
        except OSError as error:
            raise NetworkError(f"the peer broke off the chat: {_reason(error)}") from None

    def _write(self, text: bytes) -> None:
        write_text(self._stdout, text)

    def _show_on_terminal(self, text: bytes) -> None:
        write_text(self._stdout, defuse(text))

    # Sending

    def _send_input(self) -> None:
        if self._stdin:
            dialect = self._dialect.result()
            keys = dialect.derive_keys(self._secrets.confkey, self._secrets.authkey)
            sealer = bulk.Sealer(keys, dialect.count_lengths)
            for messages in read_messages(self._stdin):
                for frames in sealer.seal(self._decode(messages)):
                    self._send(frames)
        self._half_close()

    def _decode(self, messages: list[bytes]) -> Iterator[str]:
        for message in messages:
            try:
                yield self._end_line(message).decode()
            except UnicodeDecodeError:
                if not self._unsent:
                    self._report("a line is not UTF-8: this chat carries text only, skipping such")
                self._unsent += 1

    def _end_line(self, message: bytes) -> bytes:
        """Return what was typed with the line end of the wire: a Windows terminal has its own."""
        if self._at_terminal and message.endswith(b"\r\n"):
            return message[:-2] + b"\n"
        return message

    def _send(self, frames: bytes) -> None:
        try:
            size = segment_frames(self._connection) * protocol.FRAME_SIZE
            for start in range(0, len(frames), size):
                self._connection.sendall(frames[start : start + size], SEND_FLAGS)
        except OSError as error:
            raise NetworkError(
                f"the peer left before everything was sent: {_reason(error)}"
            ) from None

    # Ending

    def _half_close(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise NetworkError(f"the peer broke off the chat: {_reason(error)}") from None

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # already gone
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
