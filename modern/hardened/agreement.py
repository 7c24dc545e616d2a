"""The agreement on a connected socket, before the chat begins. It reads no byte of the chat."""

from __future__ import annotations

import socket
import time

from modern.errors import NetworkError, reason_of
from modern.hardened.errors import AgreementError
from modern.hardened.session import HardenedSession
from modern.hardened.sizes import HELLO_SIZE
from modern.network import POLL_SECONDS

AGREEMENT_SECONDS = 10
"""Both programs are quick. If it takes longer, that is no peer, or one that is far too slow."""


class NoWordError(NetworkError):
    """Nothing came from the peer: it may be a port scanner, or another program."""


def agree(
    connection: socket.socket, session: HardenedSession, seconds: float = AGREEMENT_SECONDS
) -> None:
    """Exchange messages until the session is ready, or the time is over.

    Raises AgreementError, and NoWordError for a peer that sent nothing. After such an error, the
    connection cannot be used any more.
    """
    deadline = time.monotonic() + seconds
    try:
        _exchange(connection, session, deadline)
    except OSError as error:
        if session.missing == HELLO_SIZE:
            raise NoWordError(f"the peer sent nothing{_explain(error, seconds)}") from None
        raise AgreementError from None
    finally:
        connection.settimeout(None)


def _explain(error: OSError, seconds: float) -> str:
    """Return the error; after a silence, that the peer may run another chat, which waits."""
    if error.errno:
        return f": {reason_of(error)}"
    return f" for {seconds:g} seconds: does it speak another protocol? Both sides need this one"


def _exchange(connection: socket.socket, session: HardenedSession, deadline: float) -> None:
    while True:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        connection.sendall(session.replies())
        if session.ready:
            return
        data = _receive(connection, session.missing, deadline)
        if not data and session.missing == HELLO_SIZE:
            raise NoWordError("the peer left without a word; does it speak the third chat, too?")
        if not data:
            session.receive_end()
        for _ in session.receive(data):  # no text comes yet: only `missing` bytes were read
            raise RuntimeError


def _receive(connection: socket.socket, size: int, deadline: float) -> bytes:
    """Return the next bytes, at most `size`. Raises TimeoutError after the deadline."""
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(min(left, POLL_SECONDS))
        try:
            return connection.recv(size)
        except TimeoutError:
            continue
    raise TimeoutError("no answer in time")
