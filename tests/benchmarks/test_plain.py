"""The plain way is the same chat: what our programs are compared with carries the same text."""

from __future__ import annotations

from unittest import mock

import pytest

from modern import session
from modern.dialects import INDEPENDENT
from modern.errors import AuthenticationError
from modern.protocol import Keys
from modern.session import FrameSession
from tests.benchmarks import plain

KEYS = Keys(bytes(range(32)), bytes(range(32, 64)))
LINES = ["hello bob\n", "a line that is longer than one chunk\n"]


def make_session(*, plainly: bool) -> FrameSession:
    with mock.patch.object(session, "bulk", plain if plainly else session.bulk):
        return FrameSession({INDEPENDENT: KEYS})


@pytest.mark.parametrize("plainly", [True, False], ids=["plain to ours", "ours to plain"])
def test_the_plain_chat_and_ours_understand_each_other(plainly: bool) -> None:
    sender, receiver = make_session(plainly=plainly), make_session(plainly=not plainly)
    wire = b"".join(sender.seal(LINES))
    assert b"".join(receiver.receive(wire)) == "".join(LINES).encode()
    receiver.receive_end()
    assert not receiver.in_doubt


def test_the_plain_chat_refuses_a_changed_frame() -> None:
    wire = bytearray(b"".join(make_session(plainly=False).seal(LINES)))
    wire[70] ^= 1
    with pytest.raises(AuthenticationError):
        list(make_session(plainly=True).receive(bytes(wire)))
