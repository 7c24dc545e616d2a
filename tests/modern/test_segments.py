"""How many frames the chat gives to one send, for the sake of peers that read `recv(112)`."""

from __future__ import annotations

import socket
import sys

import pytest

from modern.channel import MAX_SEGMENT_FRAMES, segment_size
from modern.protocol import FRAME_SIZE


@pytest.mark.parametrize(
    ("most", "frames"),
    [(1448, 12), (1220, 10), (536, 4), (90, 1), (None, MAX_SEGMENT_FRAMES)],
    ids=["ethernet", "ipv6 at least", "ipv4 at least", "less than a frame", "loopback"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is always the same")
def test_no_more_than_a_segment_holds(most, frames):
    with socket.socket() as listener:
        if most:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, most)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()) as connection:
            assert segment_size(connection, FRAME_SIZE) == frames * FRAME_SIZE


def test_elsewhere_it_is_what_ethernet_holds(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with socket.socket() as connection:
        assert segment_size(connection, FRAME_SIZE) == 1344
