"""A session on a connected socket: one thread takes the text that arrives, one sends.

The chat and the bridge both stand on this. It distinguishes three failures: the peer breaks off; it
leaves too early; its bytes do not pass the check.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from modern.errors import ModernError, NetworkError, reason_of
from modern.network import close, reset
from modern.protocol import FRAME_SIZE
from modern.session import Session

SEGMENT_FRAMES = 12
"""Frames per send when the segment size is unknown: 1344 bytes, which fit an Ethernet segment.

Old programs read with `recv(112)` and fail on a frame that TCP has cut in two. TCP does that where
it fills up a segment or a receiver falls behind. See `segment_size`.
"""
MAX_SEGMENT_FRAMES = 64
"""Frames per send at most. Even on loopback, whose segments hold 292, more are cut in two when the
receiver pauses."""

SEND_FLAGS = socket.MSG_EOR if sys.platform == "linux" else 0
"""With this flag, Linux does not append later data to the same segment.

Of 20,000 frames to a reader of `recv(112)`, slow or fast, up to 20 are cut without it, and none
with it.
"""

READ_SIZE = 1 << 16

DOUBT_SECONDS = 1.0
"""How long a tag that does not fit may wait for the rest of a frame that is longer than usual."""

_LAST_STATES = (9, 11)
"""Of TCP on Linux, LAST_ACK and CLOSING: our end was sent, and is not acknowledged yet."""
_POLL_SECONDS = 0.005
_LEAVE_SECONDS = 0.5


def segment_size(connection: socket.socket, frame_size: int) -> int:
    """Return how many bytes to give to one send, so that TCP cuts no frame in two.

    Whole frames, and no more than one segment holds: few on Ethernet, many on loopback, where the
    number of sends is what costs.
    """
    most = MAX_SEGMENT_FRAMES * FRAME_SIZE
    if sys.platform == "linux":
        size = min(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), most)
    else:
        size = SEGMENT_FRAMES * FRAME_SIZE
    return max(size // frame_size, 1) * frame_size


def _is_under_way(connection: socket.socket) -> bool:
    """Whether something that was sent may still be lost, although both halves have ended."""
    if sys.platform != "linux":
        return False
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state in _LAST_STATES


class Channel:
    """Text in both directions over one connection."""

    def __init__(
        self,
        connection: socket.socket,
        session: Session,
        report: Callable[[str], None] = lambda line: None,
        peer: str = "peer",
    ):
        """Take a connected socket and a fresh session.

        `report` is told what was agreed with the peer, who is called `peer` in errors.
        """
        self._connection, self._session = connection, session
        self._report, self._peer = report, peer
        self._sending = threading.Lock()
        self._settled = threading.Event()  # the session is ready, or will never be
        self._failure: ModernError | None = None
        self._heard = self._said = self._finished = False
        self._note_progress()

    def texts(self) -> Iterator[bytes]:
        """Yield what the peer says, as soon as it can be believed, until it ends its half.

        Raises ProtocolError for a peer that cannot be believed, NetworkError for one that is gone.
        """
        try:
            self._reply()
            while data := self._recv():
                self._heard = True
                for text in self._session.receive(data):
                    self._reply()
                    yield text
                self._reply()
            self._session.receive_end()
            if self._said and not self._heard and not self._finished:
                self._report(
                    f"the {self._peer} left without having sent anything; "
                    "does it speak another dialect?"
                )
        except ModernError as error:
            self._failure = error
            raise
        finally:
            self._note_progress(last=True)

    def send(self, messages: Iterable[str]) -> None:
        """Send messages, each a line with its newline; wait until the session is ready.

        Raises NetworkError, and what `texts` raised if the session never became ready.
        """
        self._wait_until_ready()
        with self._sending:
            for data in self._session.seal(messages):
                self._said = True
                self._send(data)

    def finish(self) -> None:
        """End our half: the peer gets everything that was sent, and the end. Raises as `send`."""
        self._finished = True
        farewell = self._session.farewell()
        if farewell is None:
            self._wait_until_ready()
            farewell = self._session.farewell()
        self._send(farewell or b"")
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self._left_early(error) from None

    def leave(self) -> None:
        """End our half at once, if that can be done without waiting for anybody."""
        self._connection.settimeout(_LEAVE_SECONDS)
        if self._finished or not self._session.ready or not self._sending.acquire(blocking=False):
            return
        with contextlib.suppress(NetworkError):
            self.finish()

    def wait_until_delivered(self) -> None:
        """Wait, after both halves have ended, until the peer's system has everything.

        Raises NetworkError if it refuses it: then nobody was there any more. Linux tells how far it
        is; elsewhere, only a refusal that has come already is known.
        """
        while not (number := self._connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            if not _is_under_way(self._connection):
                return
            time.sleep(_POLL_SECONDS)
        raise self._left_early(OSError(number, os.strerror(number)))

    def reset(self) -> None:
        """Break off: the peer must not take its words for delivered."""
        reset(self._connection)

    def close(self) -> None:
        """Close the connection, when both halves have ended."""
        close(self._connection)

    def _recv(self) -> bytes:
        try:
            if self._session.in_doubt and not self._comes_soon():
                self._session.give_up()
            return self._connection.recv(READ_SIZE)
        except OSError as error:
            raise self._broken_off(error) from None

    def _comes_soon(self) -> bool:
        with selectors.DefaultSelector() as selector:
            try:
                selector.register(self._connection, selectors.EVENT_READ)
            except ValueError:  # no socket of the system's: one in memory, which never waits long
                return True
            return bool(selector.select(DOUBT_SECONDS))

    def _reply(self) -> None:
        """Send what the session itself has to say, always before the first of our words."""
        self._send(self._session.replies())
        self._note_progress()

    def _send(self, data: bytes) -> None:
        if not data:
            return
        try:
            size = segment_size(self._connection, self._session.frame_size)
            for start in range(0, len(data), size):
                self._connection.sendall(data[start : start + size], SEND_FLAGS)
        except OSError as error:
            raise self._left_early(error) from None

    def _left_early(self, error: OSError) -> NetworkError:
        return NetworkError(f"the {self._peer} left before everything was sent: {reason_of(error)}")

    def _broken_off(self, error: OSError) -> NetworkError:
        return NetworkError(f"the {self._peer} broke off the chat: {reason_of(error)}")

    def _note_progress(self, *, last: bool = False) -> None:
        """Let the sending thread go on when the session has become ready, or never will."""
        if self._settled.is_set() or not (last or self._session.ready):
            return
        if self._session.ready and self._session.agreement:
            self._report(self._session.agreement)
        self._settled.set()

    def _wait_until_ready(self) -> None:
        self._settled.wait()
        if not self._session.ready:
            raise self._failure or NetworkError(f"the {self._peer} left without a word")
