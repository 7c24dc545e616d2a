"""The wire under the wiretap: bytes from one socket to the other, and neither side notices.

A segment that comes in one `recv` leaves in one `send`, without delay. When a side ends, the
other is told in the same way: when one direction is closed, it is closed on the
other side too; a reset is passed on as a reset. Nothing is read
that cannot be passed on: a receiver that does not keep up slows its sender down.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from enum import Enum

from compat.wiretap.seat import Tamperer
from compat.wiretap.wires import FRAME_SIZE, Place, Segment
from modern import network
from modern.channel import SEND_FLAGS, segment_size
from modern.errors import NetworkError, reason_of

SEGMENT_SIZE = 585 * FRAME_SIZE
"""The most bytes in one segment: whole frames, a little under 64 KiB."""

APART_SECONDS = 0.5
"""The pause before and after each message that the wiretap adds to a legacy conversation.

Legacy programs take what one `recv` returns for one message, and a sender cannot know when its
peer has read. A receiver that sleeps longer than this pause gets two messages in one `recv` and
loses both. Decrypting a message takes a few thousandths of a second.
"""


QUIET_SECONDS = 2.0
"""After this silence, the network has delivered all that a sender sent together."""


class Ending(str, Enum):
    """How a side ended."""

    CLOSED = "closed"
    RESET = "reset"


class Observer:
    """Is told everything that happens on the wire; this class ignores it."""

    def saw(self, segment: Segment) -> None:
        """Take note of a segment that came, or is about to be sent."""

    def ended(self, side: Place, ending: Ending) -> None:
        """Take note that one side will send no more."""

    def noticed(self, words: str) -> None:
        """Take note of what was found out about the whole conversation."""


class SegmentCount(Observer):
    """Counts the segments that each side sent."""

    def __init__(self) -> None:
        self._segments = dict.fromkeys(Place, 0)

    def saw(self, segment: Segment) -> None:
        """Count a segment."""
        self._segments[segment.sender] += 1

    def __str__(self) -> str:
        """Return the counts in words."""
        return ", ".join(f"{place.value} {count:,}" for place, count in self._segments.items())


class Reporter(Observer):
    """Says what was found out, at once."""

    def __init__(self, report: Callable[[str], None]):
        """Take a function that gets each line."""
        self._report = report

    def noticed(self, words: str) -> None:
        """Say it."""
        self._report(words)


class Peer:
    """One end of the conversation, as the wiretap sees it."""

    def __init__(self, connection: socket.socket):
        """Take over a connected socket."""
        connection.setblocking(False)
        with contextlib.suppress(OSError):  # reset already: the next read says so
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        network.watch(connection)
        self._connection = connection
        self._is_lost = self._is_half_closed = False
        self._sending = asyncio.Lock()
        self._sent_at = float("-inf")
        self._sent_apart = False

    async def receive(self) -> bytes:
        """Return the next segment, empty at the end. Raises OSError.

        The system tells of a reset only once. If it has told `send`, it shows an end here, as if
        the peer had closed.
        """
        data = await asyncio.get_running_loop().sock_recv(self._connection, SEGMENT_SIZE)
        if not data and self._is_lost:
            raise ConnectionResetError
        return data

    async def send(self, data: bytes, *, unit_size: int | None, apart: bool) -> None:
        """Send all of it; with `apart`, wait a moment before and after. Raises OSError.

        If all units have one size, a send holds whole ones, as many as fit into one segment.
        """
        loop = asyncio.get_running_loop()
        async with self._sending:  # the other direction may reflect something to this peer
            if apart or self._sent_apart:
                await asyncio.sleep(self._sent_at + APART_SECONDS - loop.time())
            try:
                await self._send_in_pieces(data, unit_size)
            except OSError:
                self._is_lost = not self._is_half_closed  # or the failure is our own doing
                raise
            self._sent_at, self._sent_apart = loop.time(), apart

    async def _send_in_pieces(self, data: bytes, unit_size: int | None) -> None:
        size = segment_size(self._connection, unit_size) if unit_size else len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            rest = piece[self._send_at_once(piece) :]
            if rest:
                await asyncio.get_running_loop().sock_sendall(self._connection, rest)

    def _send_at_once(self, data: bytes) -> int:
        """Send as much as there is room for; return how much."""
        try:
            return self._connection.send(data, SEND_FLAGS)
        except BlockingIOError:
            return 0

    def close_half(self) -> None:
        """Say that nothing more will be sent."""
        self._is_half_closed = True
        with contextlib.suppress(OSError):  # already gone
            self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection, when both directions have ended."""
        self._connection.close()

    def reset(self) -> None:
        """Close so that the peer's next read or write fails."""
        network.reset(self._connection)


class Relay:
    """One conversation between two connected sockets, from its first segment to its last."""

    def __init__(
        self,
        client: socket.socket,
        server: socket.socket,
        tamperer: Tamperer,
        observers: Sequence[Observer] = (),
    ):
        """Take over both sockets; `run` closes them."""
        self._peers = {Place.CLIENT: Peer(client), Place.SERVER: Peer(server)}
        self._tamperer, self._observers = tamperer, observers
        self._broken = False

    async def run(self) -> None:
        """Carry everything until both sides have ended; when cancelled, reset both."""
        pumps = [asyncio.ensure_future(self._pump(place)) for place in self._peers]
        whole = False
        try:
            await asyncio.gather(*pumps)
            whole = not self._broken
        except ConnectionError:
            pass
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            for peer in self._peers.values():
                peer.close() if whole else peer.reset()

    async def _pump(self, sender: Place) -> None:
        """Carry what one side sends. Raises ConnectionError when that side was reset."""
        while data := await self._receive(sender):
            if not await self._send_all(self._tamperer.feed(sender, data)):
                return
            self._tell_news()
        if await self._send_all(self._tamperer.finish(sender)) and not self._broken:
            self._tell_end(sender, Ending.CLOSED)
            self._peers[sender.peer].close_half()
        self._tell_news()

    async def _receive(self, sender: Place) -> bytes:
        """Return the next segment. If it comes late, pass on what was held back for it."""
        receiving = asyncio.ensure_future(self._peers[sender].receive())
        try:
            arrived, _ = await asyncio.wait({receiving}, timeout=QUIET_SECONDS)
            if not arrived:
                await self._send_all(self._tamperer.pause(sender))
                self._tell_news()
            return await receiving
        except OSError:
            self._tell_end(sender, Ending.RESET)
            raise ConnectionError from None
        finally:
            receiving.cancel()

    async def _send_all(self, segments: list[Segment]) -> bool:
        """Return whether all segments were sent. If not, the receiver's last bytes are read."""
        try:
            for segment in segments:
                await self._send(segment)
        except OSError:
            self._broken = True
        return not self._broken

    async def _send(self, segment: Segment) -> None:
        for observer in self._observers:
            observer.saw(segment)
        if segment.receiver is Place.WIRETAP:
            return
        peer, protocol = self._peers[segment.receiver], segment.protocol
        apart = protocol.one_recv_each and segment.sender is Place.WIRETAP
        unit_size = None if segment.is_uncut else protocol.unit_size
        await peer.send(segment.data, unit_size=unit_size, apart=apart)

    def _tell_news(self) -> None:
        for words in self._tamperer.news():
            for observer in self._observers:
                observer.noticed(words)

    def _tell_end(self, side: Place, ending: Ending) -> None:
        for observer in self._observers:
            observer.ended(side, ending)


# Reaching both peers -------------------------------------------------------------------------


def listen(host: str | None, port: int) -> socket.socket:
    """Return a socket that listens on `host`, or on every interface; port 0 is the system's choice.

    Raises NetworkError.
    """
    try:
        listener = network.listen(host, port)
    except NetworkError as error:
        problem, _, _ = str(error).partition(";")
        raise NetworkError(
            f"{problem}; end the program that uses it, or choose another with --listen"
        ) from None
    listener.setblocking(False)
    return listener


async def accept(listener: socket.socket) -> socket.socket:
    """Wait for one peer, then stop listening: later peers are refused."""
    with listener:
        return (await asyncio.get_running_loop().sock_accept(listener))[0]


async def connect(host: str, port: int) -> socket.socket:
    """Return a socket connected to a host name or an address. Raises NetworkError."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NetworkError(f"unknown host {host!r}: {_reason(error)}; check the name") from None
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, address)
        except OSError as error:
            connection.close()
            reason = _reason(error)
        else:
            return connection
    raise NetworkError(
        f"cannot connect to {host} port {port}: {reason}; is the server running there?"
    )


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None) or 0
    if os.name == "posix" and number > 0:  # asyncio has put its own words into the error
        return os.strerror(number)
    return reason_of(error)
