"""The legacy chat without its losses: what `compat.Server` and `compat.Client` run.

Console, prompts and endings are those of the legacy chat. Two things are better. Bytes are read and
written as envelopes.py says. At a terminal, what a person types stays whole, and 80 columns are
enough.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import socket
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator

from compat.aes import BlockCipher, FastAES
from compat.careful.envelopes import Reader, Skipped, seal_line
from legacy import chat
from legacy.console import Console, ConsoleError
from legacy.protocol import (
    LINE_WIDTH,
    NOT_VERIFIED,
    PREFIX,
    RECV_SIZE,
    UNRECOGNISED,
    VERIFIED,
    Envelope,
    derive_key,
)
from modern.channel import SEND_FLAGS
from modern.command_line import report
from modern.console import is_terminal
from modern.errors import ModernError
from modern.network import watch
from modern.streams import ending_the_line
from modern.terminal import Seat, put_editor

FAREWELL = "[+] The Other Side Has Left"
"""What a terminal shows, after the original's last line, when the peer has left."""

_UNDER_WAY = 8
"""The most messages in the send buffer on systems without the flag `MSG_EOR` (`SEND_FLAGS`).

These are a few less than the ten segments that every new connection may send at once (RFC 6928).
So no message has to wait, and none is joined to the next.
"""


def prepare(connection: socket.socket) -> None:
    """Let each message leave at once, as its own segment."""
    with contextlib.suppress(OSError):  # the connection is gone already: this is noticed later
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not SEND_FLAGS:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNDER_WAY * RECV_SIZE)


def send_line(connection: socket.socket, line: str, cipher: BlockCipher) -> None:
    """Send a line as an original can show it, on a connection that was prepared.

    Raises OSError.
    """
    for message in seal_line(line, time.strftime("%H:%M:%S"), cipher):
        connection.sendall(message, SEND_FLAGS)


def format_line(item: Envelope | Skipped) -> str:
    """Return the console's line for a message or skipped bytes: as the original, but whole."""
    if isinstance(item, Skipped):
        return f"{UNRECOGNISED}({item.size} bytes skipped)"
    return f"{PREFIX + item.message:<{LINE_WIDTH - 2}} {_judge(item)}"


def fit_line(item: Envelope | Skipped, columns: int) -> str:
    """Return the same line with fewer spaces, for a terminal that is narrower than the original's.

    The original's line has 90 columns. Here, a wide character counts as two of them.
    """
    if isinstance(item, Skipped):
        return format_line(item)
    head, tail = PREFIX + item.message, _judge(item)
    spaces = min(LINE_WIDTH - 1, columns - _width(tail)) - _width(head)
    return f"{head}{' ' * max(spaces, 1)}{tail}"


def _width(text: str) -> int:
    """Return how many columns a terminal needs for a text."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _judge(item: Envelope) -> str:
    return f"{VERIFIED if item.verified else NOT_VERIFIED}  {item.timestamp}"


class CarefulWire:
    """Reads whatever was sent, and sends nothing that an original would lose."""

    def __init__(
        self,
        connection: socket.socket,
        key: bytes,
        form: Callable[[Envelope | Skipped], str] = format_line,
        farewell: str = "",
    ):
        """Take a connection and the key; how a line is shown, and a line for the peer's leaving."""
        prepare(connection)
        watch(connection)  # turn a long silence into an error
        self._connection = connection
        self._cipher = FastAES(key)
        self._reader = Reader(self._cipher)
        self._form, self._farewell = form, farewell

    def display(self, received: bytes) -> Iterator[str]:
        """Yield a line for each message and each stretch of noise; at the end, `UNRECOGNISED`."""
        yield from map(
            self._form, self._reader.feed(received) if received else self._reader.close()
        )
        if not received:
            yield UNRECOGNISED
            if self._farewell:
                yield self._farewell

    def send(self, line: str) -> None:
        """Send a typed line of any length. Raises OSError."""
        send_line(self._connection, line, self._cipher)


def converse(connection: socket.socket, console: Console, prompt: str) -> None:
    """Ask for the passphrase and hold the conversation, as `legacy.chat.converse` does."""
    try:
        key = derive_key(_ask_secret(console, prompt))
        console.say("[+] Listening On Thread 1")
        _talk(connection, console, key)
    finally:
        connection.close()


def _ask_secret(console: Console, prompt: str) -> str:
    at_terminal = isinstance(sys.stdin, io.TextIOWrapper) and is_terminal(sys.stdin.buffer)
    with ending_the_line() if at_terminal else contextlib.nullcontext():
        return console.ask_secret(prompt)


def _talk(connection: socket.socket, console: Console, key: bytes) -> None:
    plain = Seat.standard(_report)
    if not plain.can_draw:
        chat.Conversation(connection, CarefulWire(connection, key), console).run()
        return
    wire = CarefulWire(connection, key, _fit_terminal, FAREWELL)
    try:
        with put_editor(plain) as seat:
            seated = Console(seat.stdin, seat.stdout)
            chat.Conversation(connection, wire, seated, seat.report).run()
    except ModernError as error:  # the editor's: the programs of `legacy` know only their own
        raise ConsoleError(str(error)) from None


def _fit_terminal(item: Envelope | Skipped) -> str:
    return fit_line(item, shutil.get_terminal_size().columns)


def _report(line: str) -> None:
    report(line, chat.called_as())
