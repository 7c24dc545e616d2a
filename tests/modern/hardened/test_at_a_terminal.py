"""The third chat at a pseudo-terminal, as a person meets it; above all, how it ends there."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from modern.terminal import HINT
from tests import rarely
from tests.programs import (
    HARDENED,
    HARDENED_PASSPHRASE,
    hardened_client,
    hardened_server,
    modern_port,
)
from tests.terminals import at_terminal, ended

if TYPE_CHECKING:
    import pexpect

AGREED = "both sides know the passphrase\r\n"
VARIABLES = {"HARDENED_PASSPHRASE": HARDENED_PASSPHRASE}


@contextmanager
def two_terminals(*options: str) -> Iterator[tuple[pexpect.spawn, pexpect.spawn]]:
    """Start both sides, each at a terminal of its own."""
    where = ("--server", "--bind", "127.0.0.1", "--port", "0")
    with at_terminal(*HARDENED, *where, *options, **VARIABLES) as server:
        server.expect(r"waiting for a peer on port (\d+)")
        where = ("--client", "127.0.0.1", "--port", server.match[1])
        with at_terminal(*HARDENED, *where, *options, **VARIABLES) as client:
            for side in (server, client):
                side.expect_exact(f"modern-chat --hardened: {HINT}\r\n")
                side.expect(AGREED)
            yield server, client


class TestTwoPeople:
    @rarely.each("options", {"plain": (), "steady": ("--steady", "0.05")}, daily=["plain"])
    def test_a_conversation_and_ctrl_d(self, options):
        """Who leaves gets the other's end as well: it was no cut."""
        with two_terminals(*options) as (server, client):
            client.sendline("naïve ☃ 🔑")
            server.expect("naïve ☃ 🔑\r\n")
            server.sendline("hello yourself")
            client.expect("hello yourself\r\n")
            client.sendeof()
            assert ended(client)[1] == 0
            assert ended(server)[1] == 0

    def test_ctrl_c_says_the_end(self):
        with two_terminals() as (server, client):
            server.sendintr()
            assert ended(server) == ("^C", 130)
            assert ended(client)[1] == 0

    def test_a_killed_peer_is_noticed(self):
        """The modern chat takes that for an end."""
        with two_terminals() as (server, client):
            client.kill(9)
            shown, status = ended(server)
            assert status == 1
            assert "the connection was cut: the peer had not said its end" in shown


class TestAPersonAndAPipe:
    def test_the_person_leaves_and_the_pipe_sends_its_rest(self):
        with at_terminal(*HARDENED, "--server", "--port", "0", **VARIABLES) as server:
            server.expect(r"waiting for a peer on port (\d+)")
            with hardened_client(server.match[1]) as client:
                server.expect(AGREED)
                server.sendeof()
                client.type("the rest\n")
                client.end_input()
                server.expect("the rest\r\n")
                assert ended(server)[1] == 0
                assert client.wait() == 0

    def test_the_pipe_cannot_drive_the_terminal_and_ends_and_the_person_is_done(self):
        with hardened_server() as server:
            where = ("--client", "127.0.0.1", "--port", modern_port(server))
            with at_terminal(*HARDENED, *where, **VARIABLES) as client:
                client.expect(AGREED)
                server.type("\x1b[2Jgone?\nall there is\n")
                server.end_input()
                client.expect_exact("\\x1b[2Jgone?\r\nall there is\r\n")
                assert ended(client)[1] == 0
                assert server.wait() == 0


class TestPassphrase:
    def test_it_is_asked_for_without_echo(self):
        with at_terminal(*HARDENED, "--server", "--port", "0") as server:
            server.logfile_read = io.StringIO()
            server.expect("passphrase: ")
            server.sendline(HARDENED_PASSPHRASE)
            server.expect("waiting for a peer on port")
            assert HARDENED_PASSPHRASE not in server.logfile_read.getvalue()

    @pytest.mark.parametrize(("key", "expected"), [("c", 130), ("d", 2)])
    def test_leaving_at_the_prompt(self, key, expected):
        with at_terminal(*HARDENED, "--server") as server:
            server.expect("passphrase: ")
            server.sendcontrol(key)
            shown, status = ended(server)
            assert status == expected
            assert "Traceback" not in shown

    @rarely.each("phase", ["waiting for a peer on port", "connected by"], daily=["connected by"])
    def test_ctrl_c_before_there_is_a_chat(self, phase):
        where = ("--server", "--bind", "127.0.0.1", "--port", "0")
        with at_terminal(*HARDENED, *where, **VARIABLES) as server:
            server.expect(r"waiting for a peer on port (\d+)")
            if phase == "connected by":
                peer = socket.create_connection(("127.0.0.1", int(server.match[1])))
                server.expect(phase)
            server.sendintr()
            shown, status = ended(server)
            assert status == 130
            assert "Traceback" not in shown
            if phase == "connected by":
                peer.close()
