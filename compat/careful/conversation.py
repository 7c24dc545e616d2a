"""The legacy chat without its losses: what `compat.Server` and `compat.Client` run.

Console, prompts and endings are those of the legacy chat. Only reading and writing bytes is
different, as envelopes.py says.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import time
from collections.abc import Iterator

from compat.aes import BlockCipher, FastAES
from compat.careful.envelopes import Reader, Skipped, seal_line
from legacy import chat
from legacy.protocol import (
    LINE_WIDTH,
    NOT_VERIFIED,
    PREFIX,
    RECV_SIZE,
    UNRECOGNISED,
    VERIFIED,
    Envelope,
)
from modern.channel import SEND_FLAGS
from modern.network import watch

_UNDER_WAY = 8
"""The most messages in the send buffer on systems without the flag `MSG_EOR` (`SEND_FLAGS`).

These are a few less than the ten segments that every new connection may send at once (RFC 6928).
So no message has to wait, and none is joined to the next.
"""


def prepare(connection: socket.socket) -> None:
    """Make each message leave at once, as its own segment, and a silent network an error."""
    watch(connection)
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
    tag = VERIFIED if item.verified else NOT_VERIFIED
    return f"{PREFIX + item.message:<{LINE_WIDTH - 2}} {tag}  {item.timestamp}"


class CarefulWire:
    """Reads whatever was sent, and sends nothing that an original would lose."""

    def __init__(self, connection: socket.socket, key: bytes):
        prepare(connection)
        self._connection = connection
        self._cipher = FastAES(key)
        self._reader = Reader(self._cipher)

    def display(self, received: bytes) -> Iterator[str]:
        """Yield a line for each message and each stretch of noise; at the end, the original's."""
        yield from map(
            format_line, self._reader.feed(received) if received else self._reader.close()
        )
        if not received:
            yield UNRECOGNISED

    def send(self, line: str) -> None:
        """Send a typed line of any length. Raises OSError."""
        send_line(self._connection, line, self._cipher)


converse = functools.partial(chat.converse, make_wire=CarefulWire)
"""Ask for the passphrase and hold the conversation, as `legacy.chat.converse` does."""
