"""How a server waits for its peer. A visitor who leaves without a word does not count as the peer.

A port scanner connects and leaves at once. So before the chat begins, the server waits for the
first bytes, from the peer or from our own input. While it waits, nobody else can connect.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Sequence
from enum import Enum
from typing import BinaryIO

from modern.console import is_terminal
from modern.network import POLL_SECONDS, accept, name_peer, reset
from modern.streams import is_watchable

Listen = Callable[[int], socket.socket]
Input = BinaryIO | None
Tell = Callable[[str], None]
Meet = Callable[[socket.socket], socket.socket]

_CAN_WATCH_INPUT = os.name == "posix"
_LOOK_SECONDS = 0.5
"""How long to wait where the input cannot be watched, as on Windows. A scanner leaves sooner."""


class _News(Enum):
    A_WORD = "there is something to read or to send"
    ENDED = "the peer's input has ended; it may still read"
    GONE = "the peer has broken off"


def wait_for_peer(
    listen: Listen, port: int, stdin: Input, tell: Tell, greet: Callable[[], None]
) -> socket.socket:
    """Return a connection to a peer that stays; `listen` opens a port. Raises NetworkError.

    `tell` gets a line for each thing that happens; `greet` is called when a peer has connected.
    A signal breaks off as it does during a chat: a peer that waits for a file must not believe that
    the file is empty.
    """
    here: list[socket.socket] = []

    def meet(listener: socket.socket) -> socket.socket:
        peer = accept(listener)
        here[:] = *here[-1:], peer  # the one before may be the quiet one
        tell(f"connected by {name_peer(peer)}")
        greet()
        return peer

    try:
        return _wait_for_peer(listen, port, stdin, tell, meet)
    except BaseException:
        for peer in here if not is_terminal(stdin) else ():
            reset(peer)
        raise


def _wait_for_peer(
    listen: Listen, port: int, stdin: Input, tell: Tell, meet: Meet
) -> socket.socket:
    """Do it; `meet` returns the next peer that comes to a listener."""
    listener = listen(port)
    port = listener.getsockname()[1]
    tell(f"waiting for a peer on port {port} (for learning, not for secrets)")
    quiet: socket.socket | None = None  # a peer whose input has ended before anybody said a word
    while not (quiet and _comes_first(stdin, listener)):
        peer = meet(listener)
        if quiet:
            reset(quiet)
        news = _look(peer, stdin)
        if news is _News.A_WORD:
            return peer
        quiet = peer if news is _News.ENDED and not is_terminal(stdin) else None
        if not quiet:
            peer.close()
        listener = listen(port)
        tell("the peer left without a word: waiting for the next one")
    listener.close()
    return quiet


def _comes_first(stdin: Input, listener: socket.socket) -> bool:
    """Wait for our input or for a peer; return whether it is our input."""
    return listener not in _wait_for_any([stdin, listener])


def _wait_for_any(watched: Sequence[Input | socket.socket]) -> Sequence[Input | socket.socket]:
    """Wait until some of the streams can be read, and return them. Ignore None."""
    while not (ready := _look_at(watched, POLL_SECONDS)):
        continue
    return ready


def _look_at(
    watched: Sequence[Input | socket.socket], seconds: float
) -> Sequence[Input | socket.socket]:
    """Wait at most so many seconds; return the streams that can be read. Ignore None."""
    there = [stream.fileno() for stream in watched if stream]
    ready, _, _ = select.select(there, [], [], seconds)
    return [stream for stream in watched if stream and stream.fileno() in ready]


def _look(peer: socket.socket, stdin: Input) -> _News:
    """Wait for the first word or the end, and return which of them it was."""
    can_watch = _CAN_WATCH_INPUT and stdin is not None and is_watchable(stdin)
    if can_watch:
        ready = _wait_for_any([peer, stdin])
    else:
        ready = _look_at([peer], _LOOK_SECONDS if stdin else 0)
    if peer not in ready:
        return _News.A_WORD
    try:
        if peer.recv(1, socket.MSG_PEEK):
            return _News.A_WORD
    except OSError:
        return _News.GONE
    input_is_ready = stdin in ready or not can_watch
    return _News.A_WORD if input_is_ready and not is_terminal(stdin) else _News.ENDED


def has_word(peer: socket.socket) -> bool:
    """Return whether a peer whose socket can be read has sent data; if not, it has left."""
    try:
        return bool(peer.recv(1, socket.MSG_PEEK))
    except OSError:
        return False
