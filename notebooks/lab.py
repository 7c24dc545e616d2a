"""Both ends of a real chat inside one kernel, with the wire between them in reach.

The ends are connected over loopback. Where a kernel forbids sockets, the same cells run over a
pair of queues; nothing else changes.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from IPython.display import display
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

import modern.chat
from legacy.chat import QUIT, Conversation, OriginalWire
from legacy.console import Console
from modern.errors import ModernError

_CARD = (
    "background: #fcfcfa; color: #1f2328; padding: 0.8em 1em; overflow-x: auto; "
    "font-family: monospace; font-size: 12px; line-height: 1.35"
)


class MemoryConnection:
    """One end of a connection without a socket: what a chat asks of a socket, over two queues."""

    def __init__(self, incoming: queue.SimpleQueue[bytes], outgoing: queue.SimpleQueue[bytes]):
        self._incoming, self._outgoing, self._rest = incoming, outgoing, b""

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Send bytes as one segment; a segment is never joined with the next."""
        if data:
            self._outgoing.put(bytes(data))

    def recv(self, size: int) -> bytes:
        """Return the next segment, at most `size` bytes of it; nothing once the peer has ended."""
        segment = self._rest or self._incoming.get()
        if not segment:
            self._incoming.put(b"")  # an end stays an end
        self._rest = segment[size:]
        return segment[:size]

    def shutdown(self, how: int) -> None:
        """End the directions that `socket.shutdown` would end."""
        if how != socket.SHUT_RD:
            self._outgoing.put(b"")
        if how != socket.SHUT_WR:
            self._incoming.put(b"")

    def close(self) -> None:
        """End both directions."""
        self.shutdown(socket.SHUT_RDWR)

    def setsockopt(self, *option: object) -> None:
        """Do nothing: there is no socket to tune."""

    def getsockopt(self, *option: object) -> int:
        """Return what a chat asks a socket for: the size of a segment, that of Ethernet."""
        return 1460


def memory_pair() -> tuple[MemoryConnection, MemoryConnection]:
    """Return two ends connected by queues."""
    there: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    back: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    return MemoryConnection(back, there), MemoryConnection(there, back)


def connected_pair() -> tuple[Any, Any]:
    """Return two connected ends: over loopback, or over queues where sockets are forbidden."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.create_connection(listener.getsockname()[:2])
            far, _ = listener.accept()
    except OSError:
        return memory_pair()
    return near, far


class Tap:
    """An end that notes what its owner sends, and knows when the owner has taken everything in."""

    def __init__(self, connection: Any):
        self._connection = connection
        self._changed = threading.Condition()
        self._taken, self._waiting, self._closed = 0, False, False
        self.sent: list[bytes] = []

    def sendall(self, data: bytes, *flags: int) -> None:
        """Send, and note it."""
        self.sent.append(bytes(data))
        self._connection.sendall(data, *flags)

    def recv(self, size: int) -> bytes:
        """Receive; to come back for more means that what came before has been dealt with."""
        self._mark(0, waiting=True)
        data: bytes = self._connection.recv(size)
        self._mark(len(data), waiting=False)
        return data

    def close(self) -> None:
        """Close; whoever waits for the owner need wait no longer."""
        self._connection.close()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def await_taken(self, amount: int) -> bool:
        """Wait until the owner has dealt with the first `amount` bytes and asks for more.

        Returns whether it does; an owner that hung up does not.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or (self._waiting and self._taken >= amount)
            )
            return not self._closed

    def _mark(self, taken: int, *, waiting: bool) -> None:
        with self._changed:
            self._taken, self._waiting = self._taken + taken, waiting
            self._changed.notify_all()

    def __getattr__(self, name: str) -> Any:
        """Leave everything else to the connection."""
        return getattr(self._connection, name)


class _Silence(io.RawIOBase):
    """The keyboard of somebody who only reads."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def read(self, size: int = -1) -> bytes:
        self._over.wait()
        return b""

    def end(self) -> None:
        self._over.set()


def feed(connection: Any, tap: Tap, segments: Iterable[bytes]) -> None:
    """Send segments one by one, each when the other end has dealt with the one before; close.

    An end that hangs up is sent nothing more.
    """
    total = 0
    for segment in segments:
        if not tap.await_taken(total):
            break
        connection.sendall(segment)
        total += len(segment)
    tap.await_taken(total)
    connection.close()


def deliver(segments: Sequence[bytes], key: bytes) -> list[str]:
    """Give segments to a real legacy receiver; return the lines that its console shows.

    The line for the end of the connection is left off.
    """
    near, far = connected_pair()
    tap, screen, keyboard = Tap(far), io.BytesIO(), _Silence()
    chat = threading.Thread(target=_chat, args=(tap, key, keyboard, screen))
    chat.start()
    feed(near, tap, segments)
    chat.join()
    keyboard.end()
    return screen.getvalue().decode().splitlines()[:-1]


def show_screen(lines: Iterable[str]) -> None:
    """Print lines of a console, 12 of the spaces before the tag left out: pages are narrow."""
    for line in lines:
        print(line.replace(" " * 12, "", 1))


def type_lines(lines: Sequence[str], key: bytes) -> list[bytes]:
    """Let somebody type lines into a real legacy chat; return what went over the wire."""
    near, far = connected_pair()
    tap = Tap(near)
    keyboard = io.BytesIO("".join(f"{line}\n" for line in [*lines, QUIT]).encode())
    peer = threading.Thread(target=_read_to_end, args=(far,))
    peer.start()
    _chat(tap, key, keyboard, io.BytesIO())
    peer.join()
    return tap.sent


def _chat(tap: Any, key: bytes, keyboard: Any, screen: io.BytesIO) -> None:
    """Hold one side of a legacy chat; whatever happens, the other side is not left waiting."""
    try:
        Conversation(tap, OriginalWire(tap, key), Console(keyboard, screen)).run()
    finally:
        tap.close()


def _read_to_end(connection: Any) -> None:
    while connection.recv(4096):
        pass
    connection.close()


def show_source(*functions: Callable[..., object]) -> None:
    """Display the source of functions of the packages, as they run, on a card like a figure's."""
    source = "\n\n".join(inspect.getsource(function) for function in functions)
    marked = highlight(source, PythonLexer(), HtmlFormatter(noclasses=True, nowrap=True))
    bundle = {"text/html": f'<pre style="{_CARD}">{marked}</pre>', "text/plain": source}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


# The modern chat -----------------------------------------------------------------------------


class ChatRun(NamedTuple):
    """How a real modern chat went: what it put on the wire, what it showed, how it ended."""

    sent: bytes
    shown: str
    error: str
    """What the program would have said before it ended with 1; empty for a normal end."""


def converse(
    secrets: modern.chat.Secrets, text: str, answer: Callable[[bytes], bytes] = lambda sent: b""
) -> ChatRun:
    """Let a real modern chat send `text` and take in whatever `answer` makes of what it sent."""
    near, far = connected_pair()
    screen, errors = io.BytesIO(), []
    keyboard = io.BytesIO(text.encode())

    def run() -> None:
        try:
            modern.chat.Chat(near, secrets, keyboard, screen).run()
        except ModernError as error:
            errors.append(str(error))

    chat = threading.Thread(target=run)
    chat.start()
    sent = b"".join(iter(lambda: far.recv(4096), b""))
    with contextlib.suppress(OSError):  # the chat has hung up over a bad frame
        far.sendall(answer(sent))
        far.shutdown(socket.SHUT_WR)
    chat.join()
    far.close()
    return ChatRun(sent, screen.getvalue().decode(), "".join(errors))
