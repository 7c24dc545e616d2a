"""The last moment of a chat: what was sent last may still be refused by a system far away."""

from __future__ import annotations

import errno
import socket
import sys

import pytest

from modern import protocol
from modern.channel import Channel
from modern.dialects import INDEPENDENT
from modern.errors import NetworkError
from modern.session import FrameSession

LAST_ACK, CLOSED = 9, 7


class FarAway:
    """A connection whose peer answers only after some looks at it: both halves have ended."""

    def __init__(self, looks: int, number: int):
        self._looks, self._number = looks, number

    def getsockopt(self, level: int, option: int, size: int = 0) -> int | bytes:
        if option == socket.SO_ERROR and level == socket.SOL_SOCKET:
            self._looks -= 1
            return self._number if self._looks < 0 else 0
        return bytes([LAST_ACK if self._looks >= 0 else CLOSED])


def channel(connection: FarAway) -> Channel:
    keys = protocol.derive_keys("a", "b")
    return Channel(connection, FrameSession({INDEPENDENT: keys}))  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how far it is")
@pytest.mark.parametrize("looks", [0, 1, 5])
class TestDelivery:
    def test_a_refusal_that_comes_late_is_noticed(self, looks):
        with pytest.raises(NetworkError, match="left before everything was sent: Broken pipe"):
            channel(FarAway(looks, errno.EPIPE)).wait_until_delivered()

    def test_an_answer_that_comes_late_is_the_end(self, looks):
        channel(FarAway(looks, 0)).wait_until_delivered()
