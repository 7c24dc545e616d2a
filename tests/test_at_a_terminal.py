"""Both chats at a pseudo-terminal, as a person or an `expect` script meets them."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.programs import AUTHKEY, CONFKEY, ROOT, TIMEOUT, environment

if os.name != "posix":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import pexpect

CLOCK = r"\d\d:\d\d:\d\d"


@contextmanager
def at_terminal(*arguments: str, **variables: str) -> Iterator[pexpect.spawn]:
    """Start a program at a terminal of its own."""
    program = pexpect.spawn(
        sys.executable,
        list(arguments),
        encoding="utf-8",
        codec_errors="replace",
        timeout=TIMEOUT,
        env=environment(TERM="dumb", **variables),
        cwd=str(ROOT),
    )
    try:
        yield program
    finally:
        program.close(force=True)


def ended(program: pexpect.spawn) -> tuple[str, int | None]:
    """Wait for the end; return what was shown until then, and the exit status."""
    program.expect(pexpect.EOF)
    program.wait()
    program.close()
    return program.before, program.exitstatus


@contextmanager
def legacy_terminals() -> Iterator[tuple[pexpect.spawn, pexpect.spawn]]:
    """Start the legacy pair as an `expect` script for the originals would."""
    with at_terminal("legacy/Server.py", "0") as server, at_terminal("legacy/Client.py") as client:
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
        with legacy_terminals() as (server, client):
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
        with at_terminal("legacy/Server.py", "0") as server:
            server.expect(r"PORT (\d+)\r\n")
            port = server.match[1]
            with at_terminal("legacy/Client.py") as client:
                client.sendline("127.0.0.1")
                client.sendline(port)
                client.expect_exact("For Connection :")
                client.sendcontrol(key)
                shown, status = ended(client)
                assert status == (255 if key == "c" else 0)
                assert "Traceback" not in shown

    def test_other_passphrases(self):
        with at_terminal("legacy/Server.py", "0") as server:
            server.expect(r"PORT (\d+)\r\n")
            with at_terminal("legacy/Client.py") as client:
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


@contextmanager
def modern_terminals() -> Iterator[tuple[pexpect.spawn, pexpect.spawn]]:
    """Start the modern pair, keys from the environment."""
    keys = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
    with at_terminal("-m", "modern", "--server", "--port", "0", **keys) as server:
        server.expect(r"waiting for a peer on port (\d+)")
        arguments = ("-m", "modern", "--client", "localhost", "--port", server.match[1])
        with at_terminal(*arguments, **keys) as client:
            server.expect(r"connected by \S+ port \d+\r\n")
            client.expect(r"connected to \S+ port \d+.*\r\n")
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
            client.kill(9)
            assert ended(server)[1] == 0

    def test_input_from_a_terminal_that_is_not_utf8(self):
        with modern_terminals() as (server, client):
            os.write(client.child_fd, b"caf\xe9\n")
            client.expect("is not UTF-8")
            client.sendline("still here")
            server.expect("still here\r\n")
            client.sendeof()
            assert ended(client)[1] == 1
            assert ended(server)[1] == 0
