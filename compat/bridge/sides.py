"""The two sides of the bridge: a peer of either chat, as lines of text in and out.

For each side there is one thread that receives lines from it, and one that sends lines to it.
Failures on both sides are raised as the modern chat's errors, so that the user sees one kind of
message.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

from compat.aes import FastAES
from compat.careful.conversation import prepare, send_line
from compat.careful.envelopes import Reader, Skipped, split_line
from legacy.protocol import NOT_VERIFIED, Envelope
from modern.channel import READ_SIZE, Channel, is_under_way
from modern.errors import ModernError, NetworkError, reason_of
from modern.session import Session

Report = Callable[[str], None]

_MAX_PARTIAL = 4096
"""The most characters of an unfinished line that are kept. A longer line is passed on in parts."""


class LegacySide:
    """A legacy peer, old or new."""

    def __init__(
        self,
        connection: socket.socket,
        key: bytes,
        take_unverified: Callable[[Envelope], Iterator[str]],
        report: Report,
    ):
        """Take over a connected socket; for a ☒ message, pass on what `take_unverified` yields."""
        prepare(connection)
        self._connection, self._take_unverified, self._report = connection, take_unverified, report
        self._cipher = FastAES(key)

    def lines(self) -> Iterator[str]:
        """Yield what the peer says until it ends. Raises NetworkError."""
        reader = Reader(self._cipher)
        for data in self._receive():
            yield from self._take(reader.feed(data))
        yield from self._take(reader.close())

    def _receive(self) -> Iterator[bytes]:
        try:
            while data := self._connection.recv(READ_SIZE):
                yield data
        except OSError as error:
            raise NetworkError(f"the legacy peer broke off the chat: {reason_of(error)}") from None

    def _take(self, items: Iterator[Envelope | Skipped] | Iterator[Skipped]) -> Iterator[str]:
        for item in items:
            if isinstance(item, Skipped):
                self._report(
                    f"legacy: skipped {item.size} bytes that are no message "
                    "(noise, or another passphrase)"
                )
            elif item.verified:
                yield item.message
            else:
                yield from self._take_unverified(item)

    def send(self, line: str) -> None:
        """Send a line of any length. Raises NetworkError."""
        try:
            send_line(self._connection, line, self._cipher)
        except OSError as error:
            raise NetworkError(
                f"the legacy peer left before everything was sent: {reason_of(error)}"
            ) from None

    def finish(self) -> None:
        """Tell the peer that nothing more comes."""
        with contextlib.suppress(OSError):  # gone already: it knows
            self._connection.shutdown(socket.SHUT_WR)

    @property
    def is_under_way(self) -> bool:
        """Whether the peer's system has not got everything yet, although we have ended."""
        return is_under_way(self._connection)


def mark_unverified(envelope: Envelope) -> Iterator[str]:
    """Yield the lines of a message that is not verified, each with the mark in front."""
    for line in envelope.message.splitlines() or [""]:
        yield f"{NOT_VERIFIED} {line}"


class ModernSide:
    """A modern peer; a session knows its protocol."""

    def __init__(self, connection: socket.socket, session: Session, report: Report):
        """Take over a connected socket."""
        self._channel = Channel(
            connection, session, lambda line: report(f"modern: {line}"), "modern peer"
        )

    def lines(self) -> Iterator[str]:
        """Yield the lines of the peer until it ends; a very long line comes in parts.

        Raises ProtocolError, NetworkError, after all that was said before.
        """
        partial = ""
        failure: ModernError | None = None
        try:
            for text in self._channel.texts():
                *lines, partial = (partial + text.decode()).split("\n")
                yield from (line.removesuffix("\r") for line in lines)
                if len(partial) > _MAX_PARTIAL:
                    *parts, partial = split_line(partial)
                    yield from parts
        except ModernError as error:
            failure = error
        if partial:
            yield partial
        if failure:
            raise failure

    def send(self, line: str) -> None:
        """Send a line, once the session is ready. Raises NetworkError, ProtocolError."""
        self._channel.send([f"{line}\n"])

    def finish(self) -> None:
        """Tell the peer that nothing more comes."""
        with contextlib.suppress(NetworkError):  # gone already: it knows
            self._channel.finish()

    @property
    def is_under_way(self) -> bool:
        """Whether the peer's system has not got everything yet, although we have ended."""
        return self._channel.is_under_way

    def reset(self) -> None:
        """Break off: the peer must not believe that everything it sent was received."""
        self._channel.reset()
