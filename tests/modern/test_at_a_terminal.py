"""The modern chat at a pseudo-terminal, as a person or an `expect` script meets it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from modern.terminal import HINT
from tests.programs import AUTHKEY, CONFKEY
from tests.terminals import at_terminal, ended

if TYPE_CHECKING:
    import pexpect


@contextmanager
def modern_terminals() -> Iterator[tuple[pexpect.spawn, pexpect.spawn]]:
    """Start the modern pair, keys from the environment."""
    keys = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
    with at_terminal("-m", "modern", "--server", "--port", "0", **keys) as server:
        server.expect(r"waiting for a peer on port (\d+)")
        arguments = ("-m", "modern", "--client", "localhost", "--port", server.match[1])
        with at_terminal(*arguments, **keys) as client:
            server.expect(r"connected by \S+ port \d+\r\n")
            client.expect(r"connected to \S+ port \d+[^\r]*\r\n")
            for side in (server, client):
                side.expect_exact(f"modern-chat: {HINT}\r\n")
            yield server, client


class TestModern:
    def test_a_conversation_and_ctrl_d(self):
        with modern_terminals() as (server, client):
            client.sendline("hello, this is more than fifteen bytes")
            server.expect("hello, this is more than fifteen bytes\r\n")
            server.sendline("naïve ☃ 🔑")
            client.expect("naïve ☃ 🔑\r\n")
            client.sendeof()
            assert ended(client)[1] == 0
            assert ended(server)[1] == 0

    def test_ctrl_c(self):
        with modern_terminals() as (server, client):
            server.sendintr()
            assert ended(server) == ("^C", 130)
            assert ended(client)[1] == 0

    def test_keys_are_asked_for_without_echo(self):
        with at_terminal("-m", "modern", "--server", "--port", "0") as server:
            server.logfile_read = io.StringIO()
            for name, key in (("confkey", CONFKEY), ("authkey", AUTHKEY)):
                server.expect(f"{name}: ")
                server.sendline(key)
            server.expect("waiting for a peer on port")
            shown = server.logfile_read.getvalue()
            assert "authkey: " in shown
            assert CONFKEY not in shown
            assert AUTHKEY not in shown

    @pytest.mark.parametrize(("key", "expected"), [("c", 130), ("d", 2)])
    def test_leaving_at_a_prompt(self, key, expected):
        with at_terminal("-m", "modern", "--server") as server:
            server.expect("confkey: ")
            server.sendcontrol(key)
            shown, status = ended(server)
            assert status == expected
            assert "Traceback" not in shown

    def test_a_peer_cannot_drive_the_terminal(self):
        with modern_terminals() as (server, client):
            client.setecho(False)
            client.sendline("\x16\x1b[2Jgone?\x16\x07\tkept ☃\u009b")
            server.expect_exact("\\x1b[2Jgone?\\x07\tkept ☃\\x9b\r\n")

    def test_a_killed_peer(self):
        with modern_terminals() as (server, client):
            client.sendline("a word")
            server.expect("a word\r\n")
            client.kill(9)
            assert ended(server)[1] == 0

    def test_input_from_a_terminal_that_is_not_utf8(self):
        with modern_terminals() as (server, client):
            os.write(client.child_fd, b"caf\xe9\n")
            client.expect("is not in the terminal.s encoding")
            client.sendline("still here")
            server.expect("still here\r\n")
            client.sendeof()
            assert ended(client)[1] == 1
            assert ended(server)[1] == 0
