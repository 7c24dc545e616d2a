"""What old programs get, which take one `recv(112)` for a frame: how many frames come in two."""

from __future__ import annotations

import socket
import sys
import threading
import time
from itertools import count

import pytest

from modern.channel import segment_size
from modern.protocol import FRAME_SIZE

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(120)]

FRAMES = 20_000
ETHERNET = 1448
"""Bytes of one segment's data on Ethernet; loopback's are about 32 kB."""
BATCH = bytes(1024 * FRAME_SIZE)


def send(address: tuple[str, int], segment_frames: int | None, flags: int) -> None:
    with socket.create_connection(address) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = (
            segment_frames * FRAME_SIZE if segment_frames else segment_size(connection, FRAME_SIZE)
        )
        left = FRAMES * FRAME_SIZE
        while left:
            batch = BATCH[:left]
            left -= len(batch)
            for start in range(0, len(batch), size):
                connection.sendall(batch[start : start + size], flags)


def count_short_reads(reader: str, most: int | None, *sending: int | None) -> int:
    """Send FRAMES frames to a reader of `recv(112)`; return how many reads were no whole frame."""
    with socket.socket() as listener:
        if most:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, most)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sender = threading.Thread(target=send, args=(listener.getsockname(), *sending))
        sender.start()
        connection, _ = listener.accept()
    short = 0
    with connection:
        for number in count():
            if (reader, number) == ("pausing", 0) or (reader == "slow" and number % 200 == 0):
                time.sleep(1 if number == 0 else 0.005)  # what a slow reader is
            data = connection.recv(FRAME_SIZE)
            if not data:
                break
            short += len(data) != FRAME_SIZE
    sender.join()
    return short


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has MSG_EOR on TCP")
@pytest.mark.parametrize("most", [None, ETHERNET], ids=["loopback", "ethernet"])
@pytest.mark.parametrize("reader", ["quick", "slow", "pausing"])
def test_frames_that_come_in_two(note, reader, most):
    ours = count_short_reads(reader, most, None, socket.MSG_EOR)
    without = count_short_reads(reader, most, None, 0)
    batches = count_short_reads(reader, most, 1024, 0)
    note(
        f"reads of {FRAMES:,} frames that were not one frame, {reader} reader, "
        f"{'ethernet' if most else 'loopback'}: {ours} as the chat sends, "
        f"{without} without MSG_EOR, {batches} in whole batches"
    )
    assert ours == 0
