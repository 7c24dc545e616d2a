"""Peers that are killed, stopped or cut off: the other side ends, or goes on, as documented."""

from __future__ import annotations

import os
import signal
import socket
import struct

import pytest

from tests.programs import LEGACY_SERVER, Program, modern_port, modern_server

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


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
