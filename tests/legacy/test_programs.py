"""The legacy chat as people run it: real processes, real sockets, on pipes."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from legacy import protocol
from tests import rarely
from tests.programs import (
    LEGACY_CLIENT,
    LEGACY_SERVER,
    OLD_LEGACY,
    Program,
    end_sending,
    environment,
    legacy_pair,
    one_line,
    run,
    run_here,
)
from tests.recorded import LEGACY

UNRECOGNISED = "Unrecognised Data or Broken PIPE \n"
KEY = protocol.derive_key("secret")
SOON = 10
"""Seconds: a tenth of one, but on a busy machine."""
ODD_PORTS = ["5_557", "+5559", "-1", "٥٥٥٦", "5 555", "7" * 5000]
"""Some of them are numbers to Python."""
posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and devices")


def shown(program: Program) -> list[str]:
    """Return the lines that a program showed since it began to listen."""
    return program.stdout.partition("Listening On Thread 1\n")[2].splitlines(keepends=True)


class TestConsole:
    def test_every_line_of_a_server(self):
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"\[\+\] PORT (\d+)\n")[1]
            server.wait_for("Waiting For Connection...\n")
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                address = peer.getsockname()
                server.type("secret\nquit()\n")
                assert server.wait() == 0
        assert server.stdout == (
            "[+] Server Running \n"
            "[+] Allowing All Incoming Connections \n"
            f"[+] PORT {port}\n"
            "[+] Waiting For Connection...\n"
            f"[+] Connected by  {address}\n"
            "[+] AES Pre-Shared-Key for the Connection : [+] Listening On Thread 1\n"
        )
        assert server.stderr == ""

    def test_every_line_of_a_client(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            done = run(*LEGACY_CLIENT, typed=f"127.0.0.1\n{port}\nsecret\nquit()\n")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == (
            "[+] Client Running \n"
            "[+] Enter Destination IP   : [+] Enter Destination Port : "
            "[+] AES Pre-Shared-Key For Connection :[+] Listening On Thread 1\n"
        )

    @pytest.mark.parametrize(
        ("server", "client"),
        [
            (("legacy/Server.py",), ("legacy/Client.py",)),
            (LEGACY_SERVER, LEGACY_CLIENT),
        ],
        ids=["file", "-m"],
    )
    def test_a_conversation_both_ways(self, server, client):
        with legacy_pair(server=server, client=client) as (first, second):
            for number in range(5):
                first.type(f"from the server {number}\n")
                second.wait_for(rf"^Received : from the server {number} +☑  \d\d:\d\d:\d\d\n")
                second.type(f"naïve ☃ 🔑 {number}\n")
                first.wait_for(rf"^Received : naïve ☃ 🔑 {number} +☑  \d\d:\d\d:\d\d\n")
            second.type("\n")
            first.wait_for(r"^Received : {69}☑")
            second.type("quit()\n")
            assert (second.wait(), first.wait()) == (0, 0)

    def test_nothing_typed_is_echoed_by_the_program(self):
        with legacy_pair() as (server, client):
            server.type("only for the other side\nquit()\n")
            server.wait()
        assert "only for" not in server.stdout
        assert "secret" not in server.stdout + client.stdout + server.stderr + client.stderr


class TestWithAnOriginal:
    @pytest.mark.parametrize("ours", ["server", "client"])
    def test_both_ways(self, ours):
        if ours == "server":
            with Program(*LEGACY_SERVER, "0") as our_program:
                port = our_program.wait_for(r"PORT (\d+)")[1]
                with Program(*OLD_LEGACY, "client", port, "secret") as peer:
                    our_program.type("secret\n")
                    self.talk(our_program, peer)
        else:
            with Program(*OLD_LEGACY, "server", "0", "secret") as peer:
                port = peer.wait_for(r"PORT (\d+)")[1]
                with Program(*LEGACY_CLIENT) as our_program:
                    our_program.type(f"127.0.0.1\n{port}\nsecret\n")
                    self.talk(our_program, peer)

    def talk(self, ours: Program, peer: Program) -> None:
        ours.wait_for("Listening")
        peer.wait_for("ready")
        for message in ("hello", "naïve ☃ café", 'say "hi" \\o/', "x" * 67):
            pattern = rf"^Received : {re.escape(message)} +☑  \d\d:\d\d:\d\d\n"
            ours.type(message + "\n")
            peer.wait_for(pattern)
            peer.type(message + "\n")
            ours.wait_for(pattern)
        ours.type("a ~ vanishes\n")
        peer.wait_for("^Received : a  vanishes +☒")
        peer.type("quit()\n")
        ours.wait_for(UNRECOGNISED)
        assert ours.wait() == 0


class TestQuirks:
    @rarely.each(
        "case",
        {case["name"]: case for case in LEGACY["received"]},
        daily=["two messages in one recv", "one bit flipped"],
    )
    def test_what_the_original_prints_is_printed(self, case):
        """One send of the recorded bytes, then a last message to know that they were read."""
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                server.type(case["passphrase"] + "\n")
                server.wait_for("Listening On Thread 1")
                peer.sendall(bytes.fromhex(case["received"]))
                if case["received"]:
                    server.wait_for(re.escape(case["receiver_prints"]))
                end_sending(peer)
                assert server.wait() == 0
        expected = case["receiver_prints"] + (UNRECOGNISED if case["received"] else "")
        assert "".join(shown(server)) == expected

    def test_a_long_message_is_lost_in_silence(self):
        with legacy_pair() as (server, client):
            client.type("y" * 68 + "\n")
            client.type("quit()\n")
            assert server.wait() == 0
        # the end itself may arrive with it; the message is not shown either way
        assert shown(server) == [UNRECOGNISED]

    def test_an_envelope_over_1024_bytes_is_lost_in_pieces(self):
        with legacy_pair() as (server, client):
            client.type("w" * 2000 + "\n")
            server.wait_for(UNRECOGNISED)
            client.type("quit()\n")
            assert server.wait() == 0
        assert set(shown(server)) == {UNRECOGNISED}


class TestEnds:
    @rarely.each("end", ["quit()", "end of input", "kill"], daily=["quit()", "kill"])
    def test_a_peers_end_is_said_once_and_ends_the_program_soon(self, end):
        with legacy_pair() as (server, client):
            if end == "quit()":
                client.type("quit()\n")
            elif end == "end of input":
                client.end_input()
            else:
                client.process.kill()
            server.wait_for(UNRECOGNISED)
            seen = time.monotonic()
            assert server.wait() == 0
            assert time.monotonic() - seen < SOON
            assert end == "kill" or client.wait() == 0
        assert shown(server) == [UNRECOGNISED]
        assert shown(client) == []
        assert (server.stderr, client.stderr) == ("", "")

    def test_what_was_typed_before_quit_arrives(self):
        with legacy_pair() as (server, client):
            client.type("last words\nquit()\n")
            server.wait_for("^Received : last words +☑")
            assert (client.wait(), server.wait()) == (0, 0)

    def test_an_answer_that_crosses_our_quit_is_still_shown(self):
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                server.type("secret\nquit()\n")
                assert peer.recv(1024) == b""
                peer.sendall(protocol.seal("a last answer", "00:00:00", KEY))
                end_sending(peer)
                assert server.wait() == 0
        assert shown(server) == [f"Received : {'a last answer':<68}☑  00:00:00\n"]

    @posix_only
    def test_ctrl_c_ends_with_255(self):
        with legacy_pair() as (server, client):
            client.process.send_signal(signal.SIGINT)
            assert (client.wait(), server.wait()) == (255, 0)
        assert client.stderr == ""

    @posix_only
    @rarely.each("moment", ["Waiting For Connection", "Pre-Shared-Key"], daily=["Pre-Shared-Key"])
    def test_ctrl_c_at_other_moments(self, moment):
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            if moment == "Pre-Shared-Key":
                peer = socket.create_connection(("127.0.0.1", int(port)))
            server.wait_for(moment)
            server.process.send_signal(signal.SIGINT)
            assert server.wait() == 255
            if moment == "Pre-Shared-Key":
                peer.close()
        assert server.stderr == ""

    @pytest.mark.parametrize("typed", ["", "127.0.0.1\n"])
    def test_end_of_input_at_a_prompt_ends_like_quit(self, typed):
        done = run_here(*LEGACY_CLIENT, typed=typed)
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_reset_ends_like_a_close(self):
        with Program(*LEGACY_SERVER, "0") as server:
            peer = socket.create_connection(
                ("127.0.0.1", int(server.wait_for(r"PORT (\d+)")[1])),
            )
            server.type("secret\n")
            server.wait_for("Listening")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()
            assert server.wait() == 0
        assert shown(server) == [UNRECOGNISED]

    def test_a_second_client_is_refused_and_disturbs_nothing(self):
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                server.wait_for("Connected by")
                second = run(*LEGACY_CLIENT, typed=f"127.0.0.1\n{port}\n")
                assert second.returncode == 255
                server.type("secret\n")
                server.wait_for("Listening")
                peer.sendall(protocol.seal("undisturbed", "00:00:00", KEY))
                server.wait_for("^Received : undisturbed +☑  00:00:00\n")


class TestWrongUse:
    @pytest.mark.parametrize("port", ["http", "65536", "", "5555x", *ODD_PORTS])
    def test_a_port_that_is_none(self, port):
        done = run_here(*LEGACY_SERVER, port)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is no port" in one_line(done.stderr)

    @pytest.mark.parametrize("port", ["http", "0", "65536", "", *ODD_PORTS])
    def test_a_port_that_is_none_at_the_clients_prompt(self, port):
        done = run_here(*LEGACY_CLIENT, typed=f"127.0.0.1\n{port}\n")
        assert done.returncode == 2
        assert "is no port" in one_line(done.stderr)

    @pytest.mark.parametrize("program", [(*LEGACY_SERVER, "1", "2"), (*LEGACY_CLIENT, "1")])
    def test_too_many_arguments(self, program):
        done = run(*program)
        assert (done.returncode, done.stdout) == (2, "")
        assert "argument" in one_line(done.stderr)

    def test_the_server_waits_on_one_address_only_where_it_is_given(self):
        with Program(*LEGACY_SERVER, "127.0.0.1:0") as server:
            port = int(server.wait_for(r"PORT (\d+)")[1])
            with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port)):  # noqa: PT011
                pass
            with socket.create_connection(("127.0.0.1", port)):
                server.wait_for("Connected by")

    @pytest.mark.parametrize("address", ["no-such-host.invalid", "a" * 64, "..", "caf\udce9"])
    def test_an_address_that_is_not_ours(self, address):
        done = run_here(*LEGACY_SERVER, f"{address}:0")
        assert (done.returncode, done.stdout) == (1, "")
        assert "cannot listen" in one_line(done.stderr)

    def test_a_used_port(self):
        with socket.create_server(("0.0.0.0", 0)) as other:
            done = run_here(*LEGACY_SERVER, str(other.getsockname()[1]))
        assert (done.returncode, done.stdout) == (1, "")
        assert "already in use" in one_line(done.stderr)

    @pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64, "..", "\0"])
    def test_an_unknown_host(self, host):
        done = run_here(*LEGACY_CLIENT, typed=f"{host}\n5555\n")
        assert done.returncode == 1
        assert "unknown host" in one_line(done.stderr)

    def test_nobody_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        done = run_here(*LEGACY_CLIENT, typed=f"127.0.0.1\n{port}\n")
        assert (done.returncode, done.stderr) == (255, "")
        assert done.stdout.endswith("Could Not Connect !\n")

    def test_the_package_alone_names_its_two_programs(self):
        done = run("-m", "legacy")
        assert (done.returncode, done.stdout) == (2, "")
        assert re.findall(r"\w+\.py", one_line(done.stderr)) == ["Server.py", "Client.py"]

    @pytest.mark.parametrize("program", [LEGACY_SERVER, LEGACY_CLIENT])
    def test_help_says_that_it_is_for_learning(self, program):
        done = run_here(*program, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Never use it for real secrets" in " ".join(done.stdout.split())


class TestStandardStreams:
    @posix_only
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_disk(self):
        with Path("/dev/full").open("wb") as full:
            with Program(*LEGACY_SERVER, "0", stdout=full) as server:
                assert server.wait() == 1
        assert "cannot write to standard output: No space left" in one_line(server.stderr)

    def test_a_typed_line_in_another_encoding_is_refused_and_the_chat_goes_on(self):
        with legacy_pair() as (server, client):
            client.type(b"caf\xe9\ncaf\xe9\nhello\nquit()\n")
            server.wait_for("^Received : hello +☑")
            assert client.wait() == 1
            assert "caf" not in server.stdout
            refused, count = client.stderr.splitlines()
            assert refused.startswith("a line was not sent: what was typed is not utf-8")
            assert "PYTHONIOENCODING" in refused
            assert count == "lines not sent, because they are not text: 2"

    @rarely.each("encoding", ["cp1252", "gbk", "cp932"], daily=["cp1252"])
    def test_a_typed_line_has_the_encoding_of_standard_input(self, encoding):
        typed = {"cp1252": "naïve €", "gbk": "联通", "cp932": "ソース"}[encoding]
        env = environment(PYTHONUTF8="0", PYTHONIOENCODING=encoding)
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            server.type("secret\n")
            with Program(*LEGACY_CLIENT, env=env) as client:
                client.type(f"127.0.0.1\n{port}\nsecret\n")
                server.wait_for("Listening")
                client.type(f"{typed}\n".encode(encoding))
                server.wait_for(f"^Received : {typed} +☑")

    def test_a_console_that_cannot_show_the_tags(self):
        env = environment(PYTHONUTF8="0", PYTHONIOENCODING="ascii")
        with Program(*LEGACY_SERVER, "0", env=env) as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            with socket.create_connection(("127.0.0.1", int(port))) as peer:
                server.type("secret\n")
                server.wait_for("Listening")
                peer.sendall(protocol.seal("hello", "00:00:00", KEY))
                server.wait_for(r"^Received : hello +\\u2611  00:00:00\n")

    def test_windows_line_ends(self):
        with legacy_pair() as (server, client):
            client.type("hello\r\nquit()\r\n")
            server.wait_for("^Received : hello {58}")
            assert client.wait() == 0
