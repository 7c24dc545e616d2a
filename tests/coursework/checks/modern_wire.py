"""The true reason why a modern program is not understood: read from what it sends.

Where a check fails, its hint can only guess. But the program's own bytes, the keys and the typed
lines tell in which place its wire is not that of the rules.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple
from weakref import WeakKeyDictionary

from compat.identify.hints import explain
from tests.coursework.compare import visible
from tests.coursework.honest_peer import HonestPeer
from tests.coursework.model import Failure
from tests.coursework.programs import Conversation, ProgramUnderTest

LINES = ("hi\n", "typed at the console\n")
"""What is typed: all that differs shows in a short line and one of more than a frame."""
ACCENTS = ("the café at eight, thé or café?\n",)

_MOST_BYTES = 4096
_FIRST_SECONDS, _PAUSE_SECONDS = 3.0, 0.3

_Check = Callable[[ProgramUnderTest], None]


class _Heard(NamedTuple):
    """What a program sent, judged."""

    is_read: bool
    """Whether an honest peer gets the typed lines from it."""
    reason: str
    """Where it differs from the rules; empty if it does not."""


_heard: WeakKeyDictionary[ProgramUnderTest, dict[tuple[str, ...], _Heard]] = WeakKeyDictionary()


def explained(*lines: str, even_if_read: bool = True) -> Callable[[_Check], _Check]:
    """Let the check below this decorator fail with the true reason as its hint.

    `even_if_read=False` is for a check that a program can only fail by its wire if an honest peer
    cannot read that wire.
    """

    def decorate(run: _Check) -> _Check:
        @wraps(run)
        def run_and_explain(subject: ProgramUnderTest) -> None:
            try:
                run(subject)
            except Failure as failure:
                heard = _listen_once(subject, lines or LINES)
                counts = even_if_read or not heard.is_read
                reason = heard.reason if counts else ""
                raise Failure(str(failure), reason or failure.hint) from None

        return run_and_explain

    return decorate


def _listen_once(subject: ProgramUnderTest, lines: tuple[str, ...]) -> _Heard:
    """Start the program and type the lines, once for all checks that ask."""
    known = _heard.setdefault(subject, {})
    if lines not in known:
        known[lines] = _judge(subject, _listen_to(subject, lines), lines)
    return known[lines]


def _judge(subject: ProgramUnderTest, data: bytes, lines: tuple[str, ...]) -> _Heard:
    typed = "".join(lines)
    try:
        is_read = HonestPeer(subject.keys).open(data) == typed
    except Failure:
        is_read = False
    return _Heard(is_read, visible(explain(data, subject.confkey, subject.authkey, typed)))


def _listen_to(subject: ProgramUnderTest, lines: tuple[str, ...]) -> bytes:
    """Return what the program sends when the lines are typed; nothing if it does not start."""
    sent = b""
    with contextlib.suppress(Failure), subject.conversation() as talk:
        for line in lines:
            talk.program.type(line)
            sent += receive_until_silent(talk)
    return sent[:_MOST_BYTES]


def receive_until_silent(talk: Conversation) -> bytes:
    """Return what the program sends, until it pauses."""
    sent = b""
    talk.connection.settimeout(_FIRST_SECONDS)
    with contextlib.suppress(OSError):  # silence, or a connection that is lost
        while len(sent) < _MOST_BYTES and (data := talk.connection.recv(_MOST_BYTES)):
            sent += data
            talk.connection.settimeout(_PAUSE_SECONDS)
    return sent
