"""A session on a connected socket: one thread takes the text that arrives, one sends.

The chat and the bridge both use this. It distinguishes three failures: the peer breaks off; the
peer leaves too early; the peer's bytes fail a check.
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

Old programs read with `recv(112)` and fail on a frame that TCP has cut in two. TCP cuts a frame
when a segment is full, or when the receiver is slow. See `segment_size`.
"""
MAX_SEGMENT_FRAMES = 64
"""The most frames per send. A segment on loopback holds 292 frames, but with more than 64 in one
send, some are cut in two when the receiver pauses."""

SEND_FLAGS = socket.MSG_EOR if sys.platform == "linux" else 0
"""With this flag, Linux does not append later data to the same segment.

Of 20,000 frames to a program that reads with `recv(112)`, up to 20 are cut without this flag, and
none with it.
"""

READ_SIZE = 1 << 16

DOUBT_SECONDS = 1.0
"""How long to wait for more bytes if a tag does not fit: the frame may be longer than usual."""

_UNACKNOWLEDGED = (4, 9, 11)
"""TCP states on Linux, FIN_WAIT1, LAST_ACK and CLOSING: we have ended our direction, and not all of
what we sent is acknowledged yet."""
_POLL_SECONDS = 0.005
_LEAVE_SECONDS = 0.5


def segment_size(connection: socket.socket, frame_size: int) -> int:
    """Return how many bytes to give to one send, so that TCP cuts no frame in two.

    These are whole frames, and not more than one segment holds: few on Ethernet, many on loopback.
    Few large sends take less time than many small ones.
    """
    most = MAX_SEGMENT_FRAMES * FRAME_SIZE
    if sys.platform == "linux":
        size = min(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), most)
    else:
        size = SEGMENT_FRAMES * FRAME_SIZE
    return max(size // frame_size, 1) * frame_size


def is_under_way(connection: socket.socket) -> bool:
    """Return whether something of what we sent may still be lost, although we have ended.

    Only Linux can tell; elsewhere, False.
    """
    if sys.platform != "linux":
        return False
    try:
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    except OSError:  # closed, or reset: nothing is on its way any more
        return False
    return state in _UNACKNOWLEDGED


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

        `report` gets a line about what was agreed with the peer. `peer` is the name of the other
        side in error messages.
        """
        self._connection, self._session = connection, session
        self._report, self._peer = report, peer
        self._sending = threading.Lock()
        self._settled = threading.Event()  # the session is ready, or will never be
        self._failure: ModernError | None = None
        self._heard = self._said = self._finished = self._told = False
        if session.ready:
            self._settled.set()

    def texts(self) -> Iterator[bytes]:
        """Yield the peer's text, as soon as it has passed the checks, until the peer ends.

        Raises ProtocolError for bytes that fail a check, NetworkError for a peer that is gone.
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
        """End our direction: the peer gets all so far, and the end. Raises what `send` raises."""
        with self._sending:
            has_ended = self._end_direction()
        if not has_ended:
            self._wait_until_ready()
            with self._sending:
                self._end_direction()

    def leave(self) -> None:
        """End our direction if this is possible soon.

        The sending thread may be in the middle of a text, for a peer that does not read: then no
        end is said.
        """
        if self._finished or not self._session.ready:
            return
        if not self._sending.acquire(timeout=_LEAVE_SECONDS):
            return
        self._connection.settimeout(_LEAVE_SECONDS)
        with contextlib.suppress(NetworkError):
            self._end_direction()
        self._sending.release()

    def wait_until_delivered(self) -> None:
        """Wait, after both directions have ended, until the peer's system has everything.

        Raises NetworkError if that system refuses it: then the peer had left. On Linux, the program
        can ask whether everything was acknowledged. On other systems, it only notices a refusal
        that has already arrived.
        """
        while not (number := self._connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            if not is_under_way(self._connection):
                return
            time.sleep(_POLL_SECONDS)
        raise self._left_early(OSError(number, os.strerror(number)))

    @property
    def is_under_way(self) -> bool:
        """Whether the peer's system has not got everything yet, although we have ended."""
        return is_under_way(self._connection)

    def reset(self) -> None:
        """Break off: the peer must not believe that everything it sent was received."""
        reset(self._connection)

    def close(self) -> None:
        """Close the connection, when both directions have ended."""
        close(self._connection)

    def _end_direction(self) -> bool:
        """Say the end, once, and close our direction; False if the session must be ready first.

        The caller must hold the lock.
        """
        if self._finished:
            return True
        farewell = self._session.farewell()
        if farewell is None:
            return False
        self._finished = True
        self._send(farewell)
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise self._left_early(error) from None
        return True

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
            except ValueError:  # a socket in memory, not a real one: it never waits long
                return True
            return bool(selector.select(DOUBT_SECONDS))

    def _reply(self) -> None:
        """Send the session's own bytes, always before the first of our messages."""
        if self._settled.is_set():
            self._send(self._session.replies())
        else:
            with self._sending:  # or an end that we say meanwhile could overtake it
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
        if self._session.ready and not self._told:
            self._told = True
            if self._session.agreement:
                self._report(self._session.agreement)
        if last or self._session.ready:
            self._settled.set()

    def _wait_until_ready(self) -> None:
        self._settled.wait()
        if not self._session.ready:
            raise self._failure or NetworkError(f"the {self._peer} left without a word")
