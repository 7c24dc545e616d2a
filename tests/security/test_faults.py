"""Peers that are killed, stopped or cut off: the other side ends, or goes on, as documented."""

from __future__ import annotations

import os
import random
import signal
import socket

import pytest

from legacy.protocol import UNRECOGNISED
from tests.programs import LEGACY_SERVER, Program, modern_port, modern_server
from tests.soak.faults import KINDS
from tests.soak.playing import RUNS, play_all
from tests.soak.proxy import RESET_ON_CLOSE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

COMMON_KINDS = ("kill", "stop", "reset", "half-close")


def knock(port: str) -> None:
    """Connect and break off at once, as a port scanner does."""
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


class TestBeforeTheChat:
    """The server is stopped while somebody comes and goes, so that it finds a dead connection."""

    def test_modern(self):
        with modern_server() as server:
            port = modern_port(server)
            server.process.send_signal(signal.SIGSTOP)
            knock(port)
            server.process.send_signal(signal.SIGCONT)
            assert server.wait() == 1
        first, second, third = server.stderr.splitlines()
        assert "waiting for a peer" in first
        assert "connected by a peer that has left already" in second
        assert "the peer broke off the chat" in third

    def test_legacy(self):
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            server.process.send_signal(signal.SIGSTOP)
            knock(port)
            server.process.send_signal(signal.SIGCONT)
            server.type("secret\n")
            assert server.wait() == 0
        assert server.stdout.endswith("Unrecognised Data or Broken PIPE \n")
        assert server.stderr == ""


def test_a_legacy_chat_is_soon_done_with_megabytes_of_junk_from_a_peer_that_left():
    """Decrypting all of it took 3.6 seconds for a megabyte."""
    before = os.times().children_user
    with Program(*LEGACY_SERVER, "0") as server:
        port = int(server.wait_for(r"PORT (\d+)")[1])
        with socket.create_connection(("127.0.0.1", port)) as peer:
            server.type("secret\n")
            server.wait_for("Listening On Thread 1\n")
            peer.sendall(random.Random(1).randbytes(3_000_000))
        assert server.wait() == 0
        assert set(server.stdout.partition("Thread 1\n")[2].splitlines()) == {UNRECOGNISED}
    assert os.times().children_user - before < 3


@pytest.mark.parametrize("name", RUNS)
def test_a_run_for_each_common_fault(name):
    seeds = [seed for seed, kind in enumerate(KINDS) if kind in COMMON_KINDS]
    assert len(play_all(name, seeds, workers=3)) == len(seeds)
