"""The legacy chat at a pseudo-terminal, as a person or an `expect` script meets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.programs import LEGACY_CLIENT, LEGACY_SERVER
from tests.terminals import at_terminal, ended

if TYPE_CHECKING:
    import pexpect

CLOCK = r"\d\d:\d\d:\d\d"


@contextmanager
def legacy_terminals(
    programs: Sequence[Sequence[str]] = (LEGACY_SERVER, LEGACY_CLIENT),
) -> Iterator[tuple[pexpect.spawn, pexpect.spawn]]:
    """Start the legacy pair as an `expect` script for the originals would."""
    ours, theirs = programs
    with at_terminal(*ours, "0") as server, at_terminal(*theirs) as client:
        server.expect_exact("[+] Server Running \r\n")
        server.expect_exact("[+] Allowing All Incoming Connections \r\n")
        server.expect(r"\[\+\] PORT (\d+)\r\n")
        port = server.match[1]
        server.expect_exact("[+] Waiting For Connection...\r\n")
        client.expect_exact("[+] Client Running \r\n")
        client.expect_exact("[+] Enter Destination IP   : ")
        client.sendline("127.0.0.1")
        client.expect_exact("[+] Enter Destination Port : ")
        client.sendline(port)
        client.expect_exact("[+] AES Pre-Shared-Key For Connection :")
        client.sendline("a marked passphrase")
        client.expect_exact("[+] Listening On Thread 1\r\n")
        assert "marked" not in client.before
        server.expect(r"\[\+\] Connected by  \('127\.0\.0\.1', \d+\)\r\n")
        server.expect_exact("[+] AES Pre-Shared-Key for the Connection : ")
        server.sendline("a marked passphrase")
        server.expect_exact("[+] Listening On Thread 1\r\n")
        assert "marked" not in server.before
        yield server, client


class TestLegacy:
    def test_a_conversation_and_quit(self):
        with legacy_terminals((["legacy/Server.py"], ["legacy/Client.py"])) as (server, client):
            client.sendline("hello")
            server.expect(rf"Received : hello {{63}}☑  {CLOCK}\r\n")
            server.sendline("naïve ☃")
            client.expect(rf"Received : naïve ☃ {{61}}☑  {CLOCK}\r\n")
            server.sendline("a~b")
            client.expect(rf"Received : ab {{66}}☒  {CLOCK}\r\n")
            client.sendline("quit()")
            assert ended(client) == ("quit()\r\n", 0)
            shown, status = ended(server)
            assert shown.endswith("Unrecognised Data or Broken PIPE \r\n")
            assert shown.count("Unrecognised") == 1
            assert status == 0

    def test_ctrl_c(self):
        with legacy_terminals() as (server, client):
            client.sendintr()
            assert ended(client) == ("^C", 255)
            assert ended(server)[1] == 0

    def test_ctrl_d(self):
        with legacy_terminals() as (server, client):
            server.sendeof()
            assert ended(server)[1] == 0
            assert ended(client)[1] == 0

    @pytest.mark.parametrize("program", ["Server", "Client"])
    def test_a_killed_peer(self, program):
        with legacy_terminals() as (server, client):
            killed, survivor = (server, client) if program == "Server" else (client, server)
            killed.kill(9)
            assert ended(survivor) == ("Unrecognised Data or Broken PIPE \r\n", 0)

    @pytest.mark.parametrize("key", ["c", "d"])
    def test_leaving_at_the_passphrase_prompt(self, key):
        with at_terminal(*LEGACY_SERVER, "0") as server:
            server.expect(r"PORT (\d+)\r\n")
            port = server.match[1]
            with at_terminal(*LEGACY_CLIENT) as client:
                client.sendline("127.0.0.1")
                client.sendline(port)
                client.expect_exact("For Connection :")
                client.sendcontrol(key)
                shown, status = ended(client)
                assert status == (255 if key == "c" else 0)
                assert "Traceback" not in shown

    def test_other_passphrases(self):
        with at_terminal(*LEGACY_SERVER, "0") as server:
            server.expect(r"PORT (\d+)\r\n")
            with at_terminal(*LEGACY_CLIENT) as client:
                for answer in ("127.0.0.1", server.match[1], "right"):
                    client.expect(" :")
                    client.sendline(answer)
                client.expect("Listening")
                server.expect("Pre-Shared-Key")
                server.sendline("wrong")
                server.expect("Listening On Thread 1\r\n")
                client.sendline("hello")
                server.expect_exact("Unrecognised Data or Broken PIPE \r\n")
                client.sendline("quit()")
                assert ended(server)[1] == 0
