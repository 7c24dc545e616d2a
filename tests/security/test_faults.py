"""Peers that are killed, stopped or cut off: the other side ends, or goes on, as documented."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess

import pytest

from legacy.protocol import UNRECOGNISED
from modern.protocol import Decoder, derive_keys, seal
from tests import rarely
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    LEGACY_SERVER,
    MODERN,
    TIMEOUT,
    Program,
    end_sending,
    modern_client,
    modern_port,
    modern_server,
)
from tests.soak.faults import KINDS
from tests.soak.playing import RUNS, play_all
from tests.soak.proxy import RESET_ON_CLOSE
from tests.terminals import at_terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

COMMON_KINDS = {
    "legacy": ("kill", "half-close"),
    "modern": ("stop", "reset"),
    "hardened": ("reset",),
    "bridge": ("kill",),
}
"""Each kind every day, in one chat or another. The long runs play all of them in each."""


def knock(port: str) -> None:
    """Connect and break off at once, as a port scanner does."""
    with connect(port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def look_in(port: str) -> None:
    """Connect and close at once, as `nc -z` does."""
    connect(port).close()


def wait_until_listening(server: Program, times: int) -> None:
    """Wait until so many have left a modern server without a word."""
    server.wait_for(rf"(left without a word(.|\n)*){{{times}}}", "stderr")


def connect(port: str) -> socket.socket:
    """Connect to a server."""
    return socket.create_connection(("127.0.0.1", int(port)), TIMEOUT)


class TestBeforeTheChat:
    """Somebody comes and goes. Stopped meanwhile, a server finds a connection that is dead."""

    @rarely.each(
        ("visit", "stopped"),
        {
            f"{visit.__name__}, {'stopped' if stopped else 'waiting'}": (visit, stopped)
            for visit in (knock, look_in)
            for stopped in (False, True)
        },
        daily=["knock, stopped", "look_in, waiting"],
    )
    def test_a_modern_server_whose_pipe_is_idle_waits_for_the_next(self, visit, stopped):
        with modern_server() as server:
            port = modern_port(server)
            for times in (1, 2):
                if stopped:
                    server.process.send_signal(signal.SIGSTOP)
                visit(port)
                server.process.send_signal(signal.SIGCONT)
                wait_until_listening(server, times)
            self.talk_to(server, port)

    def talk_to(self, server: Program, port: str) -> None:
        """Hold that a server that was visited serves the next peer, which stays, as ever."""
        with connect(port) as peer:
            server.type("typed to at once\n")
            keys = derive_keys(CONFKEY, AUTHKEY)
            decoder = Decoder(keys)
            shown = b""
            while not shown.endswith(b"\n"):
                shown += b"".join(decoder.feed(peer.recv(1000)))
            assert shown == b"typed to at once\n"
            peer.sendall(seal("and heard\n", keys))
            server.wait_for("^and heard\n")
            end_sending(peer)
            server.end_input()
            assert server.wait() == 0

    @rarely.each("visit", {"reset": knock, "close": look_in}, daily=["close"])
    def test_a_modern_server_at_a_terminal_waits_for_the_next(self, visit):
        keys = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
        with at_terminal(*MODERN, "--server", "--port", "0", **keys) as server:
            server.expect(r"waiting for a peer on port (\d+)")
            port = server.match[1]
            visit(port)
            server.expect("left without a word")
            with connect(port) as peer:
                server.sendline("typed to at once")
                assert peer.recv(1)

    def test_a_peer_that_only_listens_is_no_visitor(self):
        """Its input has ended at once, and what our pipe gives later still reaches it."""
        with modern_server() as server:
            with modern_client(modern_port(server), stdin=subprocess.DEVNULL) as client:
                wait_until_listening(server, 1)
                server.type("said at last\n")
                client.wait_for("^said at last\n")
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)

    def test_what_was_sent_to_a_visitor_is_said(self, tmp_path):
        (tmp_path / "text").write_text("for bob\n")
        with (tmp_path / "text").open() as text, modern_server(stdin=text) as server:
            port = modern_port(server)
            server.process.send_signal(signal.SIGSTOP)
            look_in(port)
            server.process.send_signal(signal.SIGCONT)
            assert server.wait() == 1
        assert "the peer left before everything was sent" in server.stderr

    def test_a_reset_is_noticed_before_anything_is_sent(self, tmp_path):
        (tmp_path / "text").write_text("for bob\n")
        with (tmp_path / "text").open() as text, modern_server(stdin=text) as server:
            port = modern_port(server)
            server.process.send_signal(signal.SIGSTOP)
            knock(port)
            server.process.send_signal(signal.SIGCONT)
            wait_until_listening(server, 1)
            with modern_client(port, stdin=subprocess.DEVNULL) as client:
                assert (client.wait(), server.wait()) == (0, 0)
        assert client.stdout == "for bob\n"

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
    assert os.times().children_user - before < 5


@pytest.mark.parametrize("name", RUNS)
def test_a_run_for_each_common_fault(name):
    seeds = [seed for seed, kind in enumerate(KINDS) if kind in COMMON_KINDS[name]]
    assert len(play_all(name, seeds, workers=2)) == len(seeds) == len(COMMON_KINDS[name])
