"""The legacy chat that loses nothing: real processes, against the legacy chat and an original."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import NoReturn
from unittest import mock

import pytest

from compat.careful import conversation
from compat.careful.conversation import fit_line, format_line
from compat.careful.envelopes import Skipped, split_line
from legacy import chat, protocol
from modern.errors import ConsoleError
from modern.terminal import Seat
from tests import rarely
from tests.in_process import run_main
from tests.programs import LEGACY_CLIENT, LEGACY_SERVER, OLD_LEGACY, ROOT, Program, legacy_pair, run

SERVER = ("-m", "compat.Server")
CLIENT = ("-m", "compat.Client")
UNRECOGNISED = protocol.UNRECOGNISED
KEY = protocol.derive_key("secret")
posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

CORPUS = [
    "hello",
    "x",
    "",
    "~",
    "a ~ in the middle, ~~~~~~~~~~~~~~~~ and \\~ and \\\\~",
    "~" * 67,
    'say "hi" \\o/ {"timestamp": "00:00:00", "message": "'[:67],
    "naïve ☃ café",
    "🔑" * 67,
    "👩‍🚀👍🏽 " * 10,
    "\t\x01\x7f control characters",
    "6" * 67,
    "7" * 68,
    "words that go on and on " * 10,
    "0123456789" * 500,
    "🔑~" * 2500,
    "the end",
]


def shown(program: Program) -> list[str]:
    """Return the lines that a program showed since it began to listen, without timestamps."""
    _, _, output = program.stdout.partition("Listening On Thread 1\n")
    return [re.sub(r"  \d\d:\d\d:\d\d$", "", line) for line in output.split("\n")[:-1]]


def as_shown(message: str, tag: str = protocol.VERIFIED) -> str:
    return f"{protocol.PREFIX + message:<78} {tag}"


def messages(lines: list[str]) -> list[str]:
    return [message for line in lines for message in split_line(line)]


def port_of(server: Program) -> int:
    return int(server.wait_for(r"PORT (\d+)")[1])


@contextmanager
def original_server():
    """Start an original-style server with a `compat` client, ready to talk."""
    with Program(*OLD_LEGACY, "server", "0", "secret") as original, Program(*CLIENT) as ours:
        ours.type(f"127.0.0.1\n{port_of(original)}\nsecret\n")
        ours.wait_for("Listening")
        original.wait_for("ready")
        yield original, ours


class TestAnOriginalMissesNothing:
    @rarely.each(
        "programs",
        {"our client": {"client": CLIENT}, "our server": {"server": SERVER}},
        daily=["our server"],  # a client of ours speaks to one that is not ours, below
    )
    def test_it_shows_every_line_whole_and_verified(self, programs):
        with legacy_pair(**programs) as (server, client):
            ours, theirs = (client, server) if "client" in programs else (server, client)
            ours.type("".join(f"{line}\n" for line in CORPUS) + "quit()\n")
            assert (ours.wait(), theirs.wait()) == (0, 0)
        assert shown(theirs) == [*map(as_shown, messages(CORPUS)), UNRECOGNISED]

    def test_a_program_that_is_not_ours_does(self):
        with original_server() as (original, ours):
            ours.type("".join(f"{line}\n" for line in CORPUS) + "quit()\n")
            original.wait_for("closed")
        lines = [re.sub(r"  \d\d:\d\d:\d\d$", "", line) for line in original.stdout.split("\n")]
        assert [line for line in lines if line.startswith("Received")] == [
            as_shown(message) for message in messages(CORPUS)
        ]
        assert "Unrecognised" not in original.stdout

    def test_nor_while_it_still_asks_for_the_passphrase(self):
        with Program(*LEGACY_SERVER, "0") as server, Program(*CLIENT) as client:
            client.type(f"127.0.0.1\n{port_of(server)}\nsecret\n")
            client.wait_for("Listening")
            self.type_corpus_to_nobody(client)
            server.type("secret\n")
            assert (client.wait(), server.wait()) == (0, 0)
        assert shown(server) == [*map(as_shown, messages(CORPUS)), UNRECOGNISED]

    def type_corpus_to_nobody(self, client: Program) -> None:
        """Return once as many messages are waiting as the kernels take, maybe all."""
        client.type("".join(f"{line}\n" for line in CORPUS) + "quit()\n")
        with suppress(subprocess.TimeoutExpired):
            client.process.wait(2)

    @posix_only
    @pytest.mark.soak  # as while it asks
    def test_nor_while_it_sleeps(self):
        with legacy_pair(client=CLIENT) as (server, client):
            server.process.send_signal(signal.SIGSTOP)
            self.type_corpus_to_nobody(client)
            server.process.send_signal(signal.SIGCONT)
            assert (client.wait(), server.wait()) == (0, 0)
        assert shown(server) == [*map(as_shown, messages(CORPUS)), UNRECOGNISED]


@posix_only
@pytest.mark.soak
class TestWithFullWindows:
    """When more is waiting than the kernels hold, they could join messages and cut them."""

    def test_it_misses_nothing(self):
        lines = [f"line {number}" for number in range(2000)]
        with legacy_pair(client=CLIENT) as (server, client):
            server.process.send_signal(signal.SIGSTOP)
            client.type("".join(f"{line}\n" for line in lines) + "quit()\n")
            with suppress(subprocess.TimeoutExpired):
                client.process.wait(3)
            server.process.send_signal(signal.SIGCONT)
            server.wait_for(UNRECOGNISED)
            assert (client.wait(), server.wait()) == (0, 0)
        assert shown(server) == [*map(as_shown, lines), UNRECOGNISED]

    def test_nor_on_a_link_with_segments_of_1448_bytes(self):
        """Run the test above where loopback has the size of an Ethernet (Linux only)."""
        enter = ("unshare", "-rn", "sh", "-c", 'ip link set lo mtu 1500 up && exec "$@"', "sh")
        if not shutil.which("unshare") or subprocess.run([*enter, "true"], check=False).returncode:
            pytest.skip("needs a network namespace")
        test = f"{__file__}::TestWithFullWindows::test_it_misses_nothing"
        inside = (sys.executable, "-m", "pytest", "-m", "soak", "-p", "no:cacheprovider", test)
        subprocess.run([*enter, *inside], check=True, cwd=ROOT)


CUTS = {
    f"{size}-{how}": (size, no_delay)
    for size in (1, 7, 1024, 1460)
    for no_delay, how in enumerate(("joined by Nagle", "a segment each"))
}


class TestWeMissNothing:
    @rarely.each(
        "programs",
        {
            "our client": {"client": CLIENT},
            "our server": {"server": SERVER},
            "both ours": {"client": CLIENT, "server": SERVER},
        },
        daily=["our server", "both ours"],
    )
    def test_every_line_of_a_peer_is_shown(self, programs):
        with legacy_pair(**programs) as (server, client):
            ours, theirs = (client, server) if "client" in programs else (server, client)
            theirs.type("".join(f"{line}\n" for line in CORPUS) + "quit()\n")
            assert (ours.wait(), theirs.wait()) == (0, 0)
        sent = messages(CORPUS) if len(programs) == 2 else CORPUS
        assert shown(ours) == [*map(as_shown, sent), UNRECOGNISED]

    def test_nor_of_one_that_is_not_ours(self):
        with original_server() as (original, ours):
            original.type("".join(f"{line}\n" for line in CORPUS) + "quit()\n")
            assert ours.wait() == 0
        assert shown(ours) == [*map(as_shown, CORPUS), UNRECOGNISED]

    @rarely.each("cut", CUTS, daily=["7-a segment each"])
    def test_however_the_wire_cuts_it(self, cut):
        size, no_delay = cut
        stream = b"".join(protocol.seal(message, "01:02:03", KEY) for message in CORPUS[:9])
        with self.listening_server() as (server, peer):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, no_delay)
            for start in range(0, len(stream), size):
                peer.sendall(stream[start : start + size])
            peer.shutdown(socket.SHUT_WR)
            assert server.wait() == 0
        assert shown(server) == [*map(as_shown, CORPUS[:9]), UNRECOGNISED]

    def test_noise_is_told_and_costs_nothing_else(self):
        first, second = (protocol.seal(text, "01:02:03", KEY) for text in ("first", "second"))
        with self.listening_server() as (server, peer):
            peer.sendall(first + b"noise" * 9 + second)
            server.wait_for("Received : second")
            peer.sendall(first[:50])
            peer.shutdown(socket.SHUT_WR)
            assert server.wait() == 0
        assert shown(server) == [
            as_shown("first"),
            f"{UNRECOGNISED}(45 bytes skipped)",
            as_shown("second"),
            f"{UNRECOGNISED}(50 bytes skipped)",
            UNRECOGNISED,
        ]

    def test_a_garbled_message_is_marked(self):
        changed = protocol.build_envelope("pay 10", "01:02:03").replace("pay 10", "pay 99")
        with self.listening_server() as (server, peer):
            peer.sendall(protocol.encrypt_blocks(protocol.process_text(changed), KEY))
            peer.shutdown(socket.SHUT_WR)
            assert server.wait() == 0
        assert shown(server) == [as_shown("pay 99", protocol.NOT_VERIFIED), UNRECOGNISED]

    def test_another_passphrase_is_said(self):
        with self.listening_server() as (server, peer):
            peer.sendall(protocol.seal("hello", "01:02:03", protocol.derive_key("Secret")))
            server.wait_for(r"Unrecognised Data or Broken PIPE \(\d+ bytes skipped\)\n")
            server.type("quit()\n")
            assert server.wait() == 0
        assert "hello" not in server.stdout

    @staticmethod
    @contextmanager
    def listening_server():
        with Program(*SERVER, "0") as server:
            with socket.create_connection(("127.0.0.1", port_of(server))) as peer:
                server.type("secret\n")
                server.wait_for("Listening")
                yield server, peer


HELP = {
    "python -m compat.Server [port]": SERVER,
    "python -m compat.Client": CLIENT,
    "Server.py [port]": ("compat/Server.py",),
    "Client.py": ("compat/Client.py",),
}


class TestConsole:
    """Whatever is asked, shown and returned is what the legacy chat asks, shows and returns."""

    def outcome(self, *program: str, typed: str = "") -> tuple[int, str, str]:
        done = run(*program, typed=typed)
        return done.returncode, done.stdout, done.stderr

    def here(self, program: tuple[str, ...], *arguments: str, typed: str = ""):
        main = importlib.import_module(program[-1]).main
        done = run_main(main, *arguments, typed=typed)
        return done.returncode, done.stdout, done.stderr

    def test_a_conversation(self):
        transcripts = []
        for server, client in ((LEGACY_SERVER, LEGACY_CLIENT), (SERVER, CLIENT)):
            with legacy_pair(server=server, client=client) as (first, second):
                second.type("hello\n")
                first.wait_for("hello.*\n")
                first.type("quit()\n")
                statuses = first.wait(), second.wait()
            outputs = first.stdout + second.stdout + first.stderr + second.stderr
            transcripts.append((statuses, re.sub(r"\d{3,}|\d\d:\d\d:\d\d", "N", outputs)))
        assert transcripts[0] == transcripts[1]
        assert "Received : hello" in transcripts[1][1]

    def test_wrong_use(self):
        with socket.create_server(("0.0.0.0", 0)) as other:
            used = str(other.getsockname()[1])
            for arguments, typed in (
                ((SERVER, LEGACY_SERVER), "http"),
                ((SERVER, LEGACY_SERVER), used),
                ((SERVER, LEGACY_SERVER), "1 2"),
            ):
                ours, legacy = (self.here(program, *typed.split()) for program in arguments)
                assert ours == legacy
                assert ours[0] in (1, 2)
        for typed in ("", "127.0.0.1\n", "127.0.0.1\nhttp\n", "..\n1\n", f"127.0.0.1\n{used}\n"):
            assert self.here(CLIENT, typed=typed) == self.here(LEGACY_CLIENT, typed=typed)

    @rarely.each("name", list(HELP), daily=["Server.py [port]", "python -m compat.Client"])
    def test_help_says_that_it_is_for_learning(self, name):
        program = HELP[name]
        status, shown, complaint = self.outcome(*program, "--help")
        assert (status, complaint) == (0, "")
        assert shown.startswith(f"usage: {name}\n")
        assert "Never use it for real secrets" in " ".join(shown.split())

    @posix_only
    def test_ctrl_c(self):
        with legacy_pair(server=SERVER, client=CLIENT) as (server, client):
            client.process.send_signal(signal.SIGINT)
            assert (client.wait(), server.wait()) == (255, 0)
        assert client.stderr == server.stderr == ""

    def test_a_killed_peer(self):
        with legacy_pair(server=SERVER) as (server, client):
            client.type("last words\n")
            server.wait_for("last words.*\n")
            client.process.kill()
            assert server.wait() == 0
        assert shown(server) == [as_shown("last words"), UNRECOGNISED]


class TestTheLineAtATerminal:
    """A line of the original has 90 columns; most terminals have 80."""

    ITEM = protocol.Envelope("21:09:12", "hello", protocol.hash_message("hello"))

    @pytest.mark.parametrize("columns", [90, 91, 200])
    def test_it_is_that_of_the_original_where_there_is_room(self, columns):
        assert fit_line(self.ITEM, columns) == format_line(self.ITEM)

    @pytest.mark.parametrize("columns", [89, 80, 40, 28])
    def test_it_loses_spaces_where_there_is_less(self, columns):
        line = fit_line(self.ITEM, columns)
        assert line.split() == format_line(self.ITEM).split()
        assert len(line) == columns

    @pytest.mark.parametrize("columns", [27, 20, 1])
    def test_it_never_loses_words(self, columns):
        assert fit_line(self.ITEM, columns) == "Received : hello ☑  21:09:12"

    @pytest.mark.parametrize("words", ["二重幅", "cafe\u0301", "שלום"])
    def test_the_ticks_are_below_each_other(self, words):
        item = protocol.Envelope("21:09:12", words, protocol.hash_message(words))
        columns = {"二重幅": 6, "cafe\u0301": 4, "שלום": 4}[words]
        assert fit_line(item, 80).index("☑") == 69 + len(words) - columns

    def test_noise_stays_what_it_is(self):
        assert fit_line(Skipped(16), 80) == format_line(Skipped(16))

    def test_one_that_can_only_print_gets_what_a_pipe_gets(self):
        terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
        with terminals.at_terminal(*SERVER, "0") as server:
            server.expect(r"PORT (\d+)")
            with socket.create_connection(("127.0.0.1", int(server.match[1]))) as peer:
                server.expect_exact("for the Connection : ")
                server.sendline("secret")
                server.expect_exact("Listening On Thread 1\r\n")
                peer.sendall(protocol.seal("hello", "12:00:00", KEY))
                server.expect_exact(f"{as_shown('hello')}  12:00:00\r\n")
            assert terminals.ended(server) == (f"{UNRECOGNISED}\r\n", 0)

    def test_words_in_another_encoding_are_refused_beside_the_line_that_is_typed(self):
        terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
        with terminals.at_terminal(*SERVER, "0", TERM="xterm") as server:
            server.expect(r"PORT (\d+)")
            with socket.create_connection(("127.0.0.1", int(server.match[1]))) as peer:
                server.expect_exact("for the Connection : ")
                server.sendline("secret")
                server.expect_exact("Listening On Thread 1\r\n")
                os.write(server.child_fd, b"caf\xe9\r")
                server.expect(": a line was not sent: what was typed is not .*\n")
                server.send("still here\r")
                assert peer.recv(protocol.RECV_SIZE)
                peer.shutdown(socket.SHUT_WR)
                assert terminals.ended(server)[1] == 1

    def test_an_editor_that_fails_is_one_line(self, monkeypatch, capsys):
        def fail(plain: Seat) -> NoReturn:
            raise ConsoleError("the line editor failed")

        monkeypatch.setattr(Seat, "can_draw", True)
        monkeypatch.setattr(conversation, "put_editor", fail)
        console = mock.Mock(ask_secret=lambda prompt: "secret")
        near, _far = socket.socketpair()
        assert chat.run(lambda _: conversation.converse(near, console, "")) == 1
        assert capsys.readouterr().err == "the line editor failed\n"
