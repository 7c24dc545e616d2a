"""How many frames the chat gives to one send, for the sake of peers that read `recv(112)`."""

from __future__ import annotations

import socket
import sys

import pytest

from modern import chat
from modern.protocol import FRAME_SIZE


@pytest.mark.parametrize(
    ("segment_size", "frames"),
    [(1448, 12), (1220, 10), (536, 4), (90, 1), (None, chat.MAX_SEGMENT_FRAMES)],
    ids=["ethernet", "ipv6 at least", "ipv4 at least", "less than a frame", "loopback"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is always the same")
def test_no_more_than_a_segment_holds(segment_size, frames):
    with socket.socket() as listener:
        if segment_size:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_size)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()) as connection:
            assert chat.segment_frames(connection) == frames


def test_elsewhere_it_is_what_ethernet_holds(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with socket.socket() as connection:
        assert chat.segment_frames(connection) * FRAME_SIZE == 1344
