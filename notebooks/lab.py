"""Both ends of a real chat in one notebook kernel, so that cells can see and change the wire.

The ends are the real conversations, with their threads, connected over loopback. A kernel in a
browser has neither threads nor sockets. There the same protocol code, which needs none, takes the
bytes directly, and the cells stay the same.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple, cast

from IPython.display import display

from legacy.chat import QUIT, Conversation, OriginalWire
from legacy.console import Console
from legacy.protocol import RECV_SIZE
from modern.chat import Chat
from modern.console import read_messages
from modern.dialects import INDEPENDENT
from modern.errors import ModernError
from modern.protocol import Keys
from modern.session import FrameSession


def size_for(usual: int, in_a_browser: int) -> int:
    """Return how much work a cell does: less in a browser, where AES is Python, not machine code.

    A text may only state figures that hold for both, or that the cell computes.
    """
    return in_a_browser if sys.platform == "emscripten" else usual


def connected_pair() -> tuple[socket.socket, socket.socket] | None:
    """Return two ends, connected over loopback; None in a kernel without sockets or threads."""
    try:
        threading.Thread(target=int).start()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            near = socket.create_connection(listener.getsockname()[:2])
            far, _ = listener.accept()
    except (OSError, RuntimeError):  # RuntimeError: no thread can be started
        return None
    return near, far


class Tap:
    """An end of a connection that records what its owner sends, and how much the owner has read.

    Without a connection, it only records.
    """

    def __init__(self, connection: Any):
        self._connection = connection
        self._changed = threading.Condition()
        self._taken, self._waiting, self._closed = 0, False, False
        self.sent: list[bytes] = []

    def sendall(self, data: bytes, *flags: int) -> None:
        """Record the bytes and send them."""
        self.sent.append(bytes(data))
        if self._connection:
            self._connection.sendall(data, *flags)

    def recv(self, size: int) -> bytes:
        """Receive. When the owner calls this again, it has processed everything before."""
        self._mark(0, waiting=True)
        data: bytes = self._connection.recv(size)
        self._mark(len(data), waiting=False)
        return data

    def close(self) -> None:
        """Close, and wake up everybody who waits for the owner."""
        self._connection.close()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def await_taken(self, amount: int) -> bool:
        """Wait until the owner has processed the first `amount` bytes and asks for more.

        Return False if the owner has closed the connection instead.
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
        """Pass every other call on to the connection."""
        return getattr(self._connection, name)


class _Silence(io.RawIOBase):
    """The keyboard of somebody who types nothing."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def read(self, size: int = -1) -> bytes:
        self._over.wait()
        return b""

    def end(self) -> None:
        self._over.set()


def feed(connection: Any, tap: Tap, segments: Iterable[bytes]) -> None:
    """Send segments one by one and close. Before each, wait until the last one is processed.

    Stop early if the other end closes the connection.
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
    """Send segments to a real legacy receiver; return the lines that its console shows.

    The last line is left out: it is only about the end of the connection.
    """
    pair, screen = connected_pair(), io.BytesIO()
    if not pair:
        _deliver_in_memory(segments, key, Console(None, screen))
        return screen.getvalue().decode().splitlines()
    near, far = pair
    tap, keyboard = Tap(far), _Silence()
    chat = threading.Thread(target=_chat, args=(tap, key, keyboard, screen))
    chat.start()
    feed(near, tap, segments)
    chat.join()
    keyboard.end()
    return screen.getvalue().decode().splitlines()[:-1]


def _deliver_in_memory(segments: Iterable[bytes], key: bytes, console: Console) -> None:
    """Do what a receiving thread does with each piece that one `recv` would return."""
    wire = OriginalWire(cast("socket.socket", None), key)  # it answers nothing
    for segment in segments:
        for start in range(0, len(segment), RECV_SIZE):
            for line in wire.display(segment[start : start + RECV_SIZE]):
                console.show(line)


def show_screen(lines: Iterable[str]) -> None:
    """Print lines of a console, without 12 of the spaces before the tag: a page is narrow."""
    for line in lines:
        print(line.replace(" " * 12, "", 1))


def type_lines(lines: Sequence[str], key: bytes) -> list[bytes]:
    """Type lines into a real legacy chat; return what it sent, one item for each message."""
    keyboard = io.BytesIO("".join(f"{line}\n" for line in [*lines, QUIT]).encode())
    pair = connected_pair()
    if not pair:
        return _type_in_memory(Console(keyboard, None), key)
    near, far = pair
    tap = Tap(near)
    peer = threading.Thread(target=_read_to_end, args=(far,))
    peer.start()
    _chat(tap, key, keyboard, io.BytesIO())
    peer.join()
    return tap.sent


def _type_in_memory(console: Console, key: bytes) -> list[bytes]:
    """Do what a sending thread does with each typed line."""
    tap = Tap(None)
    wire = OriginalWire(cast("socket.socket", tap), key)
    for line in iter(console.read_line, QUIT):
        wire.send(str(line))
    return tap.sent


def _chat(tap: Any, key: bytes, keyboard: Any, screen: io.BytesIO) -> None:
    """Run one side of a legacy chat. Always close it, so that the other side never hangs."""
    try:
        Conversation(tap, OriginalWire(tap, key), Console(keyboard, screen)).run()
    finally:
        tap.close()


def _read_to_end(connection: Any) -> None:
    while connection.recv(4096):
        pass
    connection.close()


def show_source(*functions: Callable[..., object]) -> None:
    """Display the source code of functions, in the colours of the page that shows it."""
    source = "\n\n".join(inspect.getsource(function) for function in functions)
    bundle = {"text/markdown": f"```python\n{source}```", "text/plain": source}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]


# The modern chat -----------------------------------------------------------------------------


class ChatRun(NamedTuple):
    """The result of a real modern chat: what it sent, what it showed and how it ended."""

    sent: bytes
    shown: str
    error: str
    """The error message with which the program would have failed; empty after a normal end."""


def converse(keys: Keys, text: str, answer: Callable[[bytes], bytes] = lambda sent: b"") -> ChatRun:
    """Let a real modern chat send `text`, then send back what `answer` returns for its bytes."""
    keyboard, screen = io.BytesIO(text.encode()), io.BytesIO()
    pair, errors = connected_pair(), []
    if not pair:
        return _converse_in_memory(keys, keyboard, answer)
    near, far = pair

    def run() -> None:
        try:
            Chat(near, FrameSession({INDEPENDENT: keys}), keyboard, screen).run()
        except ModernError as error:
            errors.append(str(error))

    chat = threading.Thread(target=run)
    chat.start()
    sent = b"".join(iter(lambda: far.recv(4096), b""))
    with contextlib.suppress(OSError):  # the chat has closed the connection after a bad frame
        far.sendall(answer(sent))
        far.shutdown(socket.SHUT_WR)
    chat.join()
    far.close()
    return ChatRun(sent, screen.getvalue().decode(), "".join(errors))


def _converse_in_memory(
    keys: Keys, keyboard: io.BytesIO, answer: Callable[[bytes], bytes]
) -> ChatRun:
    """Do what both threads of a chat do: seal all that is typed, then take what comes."""
    session, shown, error = FrameSession({INDEPENDENT: keys}), b"", ""
    sealed = (session.seal(map(bytes.decode, lines)) for lines in read_messages(keyboard))
    sent = b"".join(chain.from_iterable(sealed)) + session.farewell()
    try:
        for text in session.receive(answer(sent)):
            shown += text
        session.receive_end()
    except ModernError as wrong:
        error = str(wrong)
    return ChatRun(sent, shown.decode(), error)
