"""Alice's and bob's programs without processes: the same cryptography, called directly.

The engine in the browser has no sockets and no threads. So this file does what a program does
between its console and its socket. It uses `legacy.protocol` for the first chat, and a
`modern.session.Session` for the other two. What a program would print, it gives as events.
`real.py` has the programs themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from compat.page import events
from compat.page.events import Event
from legacy import protocol as legacy
from modern.errors import AuthenticationError, ProtocolError
from modern.hardened.errors import AgreementError
from modern.session import Session

BROKEN_OFF = "the peer broke off the chat"
"""The last words of a program whose peer refused something. The system adds its own reason."""

_LINE = re.compile(rf"{re.escape(legacy.PREFIX)}(.*?) +([☑☒])  (.*)", re.DOTALL)


class Heard(NamedTuple):
    """The result of received bytes: what was printed, what is sent back, whether it ended."""

    events: list[Event]
    replies: bytes = b""
    reset: bool = False
    """Whether the connection was broken off."""


class End(Protocol):
    """One program, from its first byte to its last."""

    def begin(self) -> bytes:
        """Return what the program sends before anything else."""

    def type(self, text: str) -> bytes:
        """Return what the program sends for a typed line."""

    def leave(self) -> bytes:
        """Return the last bytes that the program sends, when its input ends."""

    def receive(self, data: bytes) -> Heard:
        """Take bytes from the wire."""

    def finish(self) -> Heard:
        """Take the end of the wire."""


def read_line(who: str, line: str) -> Event:
    """Return what a line on the first chat's console says, as an event."""
    if found := _LINE.fullmatch(line):
        return events.Shown(who, *found.groups())
    return events.Refused(who, line.strip(), decrypted=True)  # its key tells noise from text


class LegacyEnd:
    """The first chat: each `recv` is one message."""

    def __init__(self, who: str, key: bytes, clock: Callable[[], str]):
        """Take the name of who types, the key, and what tells the time as `HH:MM:SS`."""
        self._who, self._key, self._clock = who, key, clock

    def begin(self) -> bytes:
        """Return nothing: this chat has no greeting."""
        return b""

    def type(self, text: str) -> bytes:
        """Return the message."""
        return legacy.seal(text, self._clock(), self._key)

    def leave(self) -> bytes:
        """Return nothing: this chat has no goodbye."""
        return b""

    def receive(self, data: bytes) -> Heard:
        """Show the message of each `recv`, as `legacy.chat.OriginalWire` does."""
        starts = range(0, len(data), legacy.RECV_SIZE)
        return Heard([e for at in starts if (e := self._show(data[at : at + legacy.RECV_SIZE]))])

    def finish(self) -> Heard:
        """Show the end of the wire as noise, as the original does, and end."""
        return Heard(
            [
                read_line(self._who, legacy.UNRECOGNISED),
                events.Ended(self._who, 0, ""),
            ]
        )

    def _show(self, received: bytes) -> Event | None:
        try:
            if legacy.is_noise(received, self._key):
                raise legacy.UnrecognisedData
            line = legacy.verify_and_display(legacy.process_bytes(received, self._key))
        except legacy.UnrecognisedData:
            line = legacy.UNRECOGNISED
        return None if line is None else read_line(self._who, line)


class SessionEnd:
    """The second and the third chat."""

    def __init__(self, who: str, session: Session):
        """Take the name of who types, and a fresh session."""
        self._who, self._session = who, session

    def begin(self) -> bytes:
        """Return the session's first bytes."""
        return self._session.replies()

    def type(self, text: str) -> bytes:
        """Return the frames or records of a line."""
        return b"".join(self._session.seal([f"{text}\n"]))

    def leave(self) -> bytes:
        """Return what says the end, where the chat has something for it."""
        return self._session.farewell() or b""

    def receive(self, data: bytes) -> Heard:
        """Show the texts that pass their checks; end at the first that does not."""
        return self._hear(self._session.receive(data))

    def finish(self) -> Heard:
        """End, with a failure if the end comes too early."""
        try:
            self._session.receive_end()
        except ProtocolError as error:
            return Heard(refuse(self._who, error), reset=True)
        return Heard([events.Ended(self._who, 0, "")])

    def _hear(self, texts: Iterator[bytes]) -> Heard:
        heard: list[Event] = []
        replies = b""
        try:
            for text in texts:
                replies += self._session.replies()
                heard.append(events.Shown(self._who, text.decode(), "", ""))
            replies += self._session.replies()
            if self._session.in_doubt:  # a program waits a second for more; here nothing comes
                self._session.give_up()
        except ProtocolError as error:
            return Heard([*heard, *refuse(self._who, error)], reset=True)
        return Heard(heard, replies)


def refuse(who: str, error: ProtocolError) -> list[Event]:
    """Return that a program refused what came, and ended."""
    words = str(error)
    return [
        events.Refused(who, words, decrypted=not _is_before_decryption(error)),
        events.Ended(who, 1, words),
    ]


def _is_before_decryption(error: ProtocolError) -> bool:
    """Whether this error comes before anything is decrypted. tests/security checks this."""
    return isinstance(error, AuthenticationError | AgreementError)
