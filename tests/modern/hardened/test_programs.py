"""The third chat as people run it: real processes, on pipes, with good peers and bad ones."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
from unittest import mock

import pytest

from modern.chat import Chat
from modern.errors import ModernError
from modern.hardened import bulk, command_line, records
from modern.hardened.agreement import NoWordError
from modern.hardened.errors import AgreementError
from modern.hardened.records import Kind
from modern.hardened.session import HardenedSession
from modern.hardened.words import WORDS
from tests import programs, rarely
from tests.modern.hardened.pairs import CONFIRMATION, HELLO, agreed, connected, say
from tests.programs import (
    HARDENED,
    HARDENED_PASSPHRASE,
    MODERN,
    TIMEOUT,
    Program,
    end_sending,
    environment,
    hardened_client,
    hardened_pair,
    hardened_server,
    modern_port,
    one_line,
)
from tests.remembering import make_w
from tests.soak.proxy import RESET_ON_CLOSE
from tests.systems import ON_WINE, broken_off

posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
DIFFER = "ERROR: no agreement (the passphrases differ, or somebody is in between)"
FILLS = [("--fill", "16"), ("--fill", "1024")]
CUT = "the connection was cut: the peer had not said its end"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return programs.run(*HARDENED, *arguments, env=environment(**variables))


def run_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end in this process, without a passphrase."""
    return programs.run_here("-m", "modern.hardened", *arguments)


def last_line(program: Program) -> str:
    """Return the last thing that a program said, without its name."""
    assert "Traceback" not in program.stderr, program.stderr
    return program.stderr.splitlines()[-1].removeprefix("modern-chat --hardened: ")


class TestConversation:
    def test_standard_output_is_the_text_and_nothing_else(self):
        with hardened_pair() as (server, client):
            client.type("first\n\nthird, naïve ☃ 🔑\nno newline at the end")
            server.type("hello yourself\n")
            client.end_input()
            server.end_input()
            assert (client.wait(), server.wait()) == (0, 0)
        assert server.stdout == "first\n\nthird, naïve ☃ 🔑\nno newline at the end"
        assert client.stdout == "hello yourself\n"
        assert "first" not in server.stderr + client.stderr

    @rarely.each(
        "options",
        {" ".join(each): each for each in (*FILLS, ("--steady", "0.01"))},
        daily=["--fill 16", "--steady 0.01"],
    )
    def test_a_file(self, options, tmp_path):
        text = "".join(f"line {number} of a file, naïve ☃\n" for number in range(200))
        (tmp_path / "file").write_bytes(text.encode())
        with (tmp_path / "file").open("rb") as file, hardened_server(*options) as server:
            server.end_input()
            with hardened_client(modern_port(server), *options, stdin=file) as client:
                assert (client.wait(), server.wait()) == (0, 0)
        assert server.stdout == text

    def test_the_other_name_of_the_program(self):
        with hardened_server() as server:
            where = ("--hardened", "--client", "127.0.0.1", "--port", modern_port(server))
            env = environment(HARDENED_PASSPHRASE=HARDENED_PASSPHRASE)
            with Program(*MODERN, *where, env=env) as client:
                client.type("hello\n")
                server.wait_for("^hello\n")
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)


class TestCommandLine:
    def test_a_generated_passphrase_has_fifty_bits(self):
        done = run_here("--generate-passphrase")
        words = one_line(done.stdout).split(" ")
        assert (done.returncode, len(words), len(WORDS)) == (0, 5, 1024)
        assert set(words) <= set(WORDS)
        assert len(set(WORDS)) == 1024
        assert "50 bits" in one_line(done.stderr)
        assert run_here("--generate-passphrase").stdout != done.stdout

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), "one of the arguments"),
            (("--server", "--tries", "0"), "--tries: '0': give a whole number, 1 to 99999"),
            (("--server", "--tries", "x"), "--tries: 'x': give a whole number, 1 to 99999"),
            (("--client", "localhost", "--tries", "2"), "it goes with --server"),
            (("--server", "--fill", "17"), "--fill: invalid choice"),
            (("--server", "--steady", "0"), "give seconds, 0.01 to 60"),
            (("--server", "--steady", "nan"), "give seconds, 0.01 to 60"),
            (("--server", "--steady", "61"), "give seconds, 0.01 to 60"),
            (("--server", "--confkey", "x"), "unrecognized option --confkey"),
            (("--server", "--passphrase", "x"), "unrecognized option --passphrase"),
            (("--passphrase", "x"), "unrecognized option --passphrase"),
            (("--server", "--passphrase-file", "/"), "cannot read --passphrase-file"),
            (("--server",), "no passphrase: give --passphrase-file or HARDENED_PASSPHRASE"),
        ],
    )
    def test_wrong_use_is_a_line_and_status_2(self, arguments, words):
        done = run_here(*arguments)
        assert done.returncode == 2
        assert words in one_line(done.stderr)

    def test_a_passphrase_file_comes_before_the_variable(self, tmp_path):
        (tmp_path / "passphrase").write_text(HARDENED_PASSPHRASE + "\n")
        (tmp_path / "passphrase").chmod(0o600)
        option = ("--passphrase-file", str(tmp_path / "passphrase"))
        with hardened_server(*option, passphrase="another one") as server:
            with hardened_client(modern_port(server), stdin=subprocess.DEVNULL) as client:
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)

    def test_a_short_passphrase_is_warned_of(self):
        done = run("--client", "127.0.0.1", "--port", "1", HARDENED_PASSPHRASE="secret")
        assert "warning: the passphrase has fewer than 8 characters" in done.stderr
        assert done.returncode == 1


# Before the chat -----------------------------------------------------------------------------


def connect(port: str) -> socket.socket:
    """Connect to a server."""
    return socket.create_connection(("127.0.0.1", int(port)), TIMEOUT)


def join(connection: socket.socket) -> HardenedSession:
    """Agree with a server as a good client does."""
    session = HardenedSession(make_w(HARDENED_PASSPHRASE), is_client=True)
    for size in (HELLO, CONFIRMATION):
        connection.sendall(session.replies())
        list(session.receive(connection.recv(size, socket.MSG_WAITALL)))
    assert session.ready
    return session


class TestWrongPassphrase:
    def test_is_one_line_on_both_sides_after_one_try(self):
        with hardened_server() as server:
            with hardened_client(modern_port(server), passphrase="another one") as client:
                assert (client.wait(), server.wait()) == (1, 1)
        for program in (server, client):
            assert last_line(program) == DIFFER
            assert program.stderr.count("ERROR") == 1
            assert program.stdout == ""

    def test_each_pause_is_longer_than_the_one_before(self):
        """On a clock of the test's own."""
        error = AgreementError()
        with (
            mock.patch.object(command_line, "time") as clock,
            mock.patch.object(command_line, "report") as report,
        ):
            for failed in range(1, 9):
                command_line._pause(failed, 9, error)
            command_line._pause(8, 9, NoWordError("a port scanner"))
        pauses = [call.args[0] for call in clock.sleep.call_args_list]
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
        assert report.call_args_list[2].args == (
            f"{DIFFER}; that was try 3 of 9, the next one in 4 s",
        )

    def test_after_a_failed_try_who_knows_the_passphrase_is_served(self):
        with hardened_server("--tries", "2") as server:
            port = modern_port(server)
            with connect(port) as stranger:
                stranger.sendall(HardenedSession(1, is_client=True).replies())
                stranger.sendall(bytes(CONFIRMATION))
                server.wait_for("that was try 1 of 2", "stderr")
            server.wait_for(r"(waiting for a peer(.|\n)*){2}", "stderr")
            with hardened_client(port) as client:
                client.type("hello\n")
                server.wait_for("^hello\n")
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)

    def test_meanwhile_nobody_can_connect(self):
        """A guess costs a connection, and the pause is one for all."""
        with hardened_server("--tries", "2") as server:
            port = modern_port(server)
            with connect(port) as stranger:
                stranger.sendall(bytes(HELLO))
                server.wait_for("that was try 1 of 2", "stderr")
                with pytest.raises(ConnectionRefusedError):
                    connect(port)


class TestStrangers:
    @rarely.each("breaks_off", {"close": False, "reset": True}, daily=["reset"])
    def test_a_port_scanner_is_no_try(self, breaks_off):
        if breaks_off and ON_WINE:
            pytest.skip("Wine: to accept a visitor who has reset fails as nowhere else")
        with hardened_server() as server:
            port = modern_port(server)
            for times in (1, 2):
                with connect(port) as visitor:
                    if breaks_off:
                        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                server.wait_for(rf"(waiting for a peer on port(.|\n)*){{{times + 1}}}", "stderr")
            with connect(port) as peer:
                session = join(peer)
                peer.sendall(say(session, "hello\n") + session.farewell())
                end_sending(peer)
                server.wait_for("^hello\n")
                server.end_input()
                assert server.wait() == 0

    def test_one_who_speaks_another_protocol(self):
        with hardened_server() as server:
            with connect(modern_port(server)) as visitor:
                visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".ljust(HELLO))
                assert server.wait() == 1
        assert "does not speak this version of the third chat" in last_line(server)

    def test_a_server_that_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with hardened_client(str(listener.getsockname()[1])) as client:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(HELLO, socket.MSG_WAITALL)  # or it would be a reset
                assert client.wait() == 1
        assert "left without a word; does it speak the third chat, too?" in last_line(client)

    @rarely.each("modern_is_the_server", [True, False], daily=[False])
    def test_a_modern_chat_is_none(self, modern_is_the_server):
        """They refuse each other, in seconds, with one line."""
        if modern_is_the_server:
            with programs.modern_server() as modern:
                with hardened_client(modern_port(modern)) as hardened:
                    modern.type("this is a frame of 112 bytes\n")
                    modern.end_input()
                    assert (hardened.wait(), modern.wait()) == (1, 1)
        else:
            with hardened_server() as hardened:
                with programs.modern_client(modern_port(hardened)) as modern:
                    modern.type("this is a frame of 112 bytes\n")
                    modern.end_input()
                    assert (hardened.wait(), modern.wait()) == (1, 1)
        assert "third chat" in last_line(hardened)


# Bad peers in the chat -----------------------------------------------------------------------


def two_texts(session: HardenedSession) -> list[bytes]:
    stream = say(session, "one\n", "two\n")
    return [stream[:306], stream[306:]]


def swapped(session):
    return b"".join(two_texts(session)[::-1])


def repeated(session):
    first, _ = two_texts(session)
    return first + first


def flipped(session):
    first, second = two_texts(session)
    return first + second[:100] + bytes([second[100] ^ 1]) + second[101:]


def of_an_evil_peer(session):
    """Know the passphrase, and seal what no honest peer seals."""
    first = say(session, "one\n")
    direction = session._sealer._direction
    session._sealer._fill = 16
    record = records.seal_record(Kind.PADDING, b"text", 1, direction.keys, bytes(16))
    return first + record


def after_the_end(session):
    return say(session, "one\n") + session.farewell() + say(session, "two\n")


NOT_FIT = "ERROR: HMAC verification failed (changed, missing, repeated or moved on the way)"
BAD: dict[str, tuple] = {
    "swapped": (swapped, "", NOT_FIT),
    "repeated": (repeated, "one\n", NOT_FIT),
    "left out": (lambda session: two_texts(session)[1], "", NOT_FIT),
    "flipped": (flipped, "one\n", NOT_FIT),
    "noise": (lambda session: say(session, "one\n") + bytes(100), "one\n", "a record's length was"),
    "padding with text": (of_an_evil_peer, "one\n", "a record with text, of a kind that has none"),
    "after the end": (after_the_end, "one\n", "a record after the end"),
    "cut": (lambda session: say(session, "one\n"), "one\n", CUT),
    "cut in a record": (lambda session: say(session, "one\n", "two\n")[:-1], "one\n", CUT),
    "nothing": (lambda session: b"", "", CUT),
}


@pytest.mark.parametrize(("make", "shown", "words"), BAD.values(), ids=BAD)
def test_a_bad_peer_ends_a_chat(make, shown, words):
    client, server = agreed()
    screen = io.BytesIO()
    with connected() as (peer, connection):
        peer.sendall(make(client))
        end_sending(peer)
        with pytest.raises(ModernError, match=re.escape(words)):
            Chat(connection, server, None, screen, report=print).run()
    assert screen.getvalue().decode() == shown


@rarely.each(("make", "shown", "words"), BAD, daily=["flipped", "cut in a record"])
def test_a_bad_peer_ends_it_with_a_line_and_a_reset(make, shown, words):
    with hardened_server() as server, connect(modern_port(server)) as peer:
        session = join(peer)
        peer.sendall(make(session))
        with contextlib.suppress(OSError):  # it has broken off already
            end_sending(peer)
        assert server.wait() == 1
        assert words in last_line(server)
        assert server.stdout == shown
        with broken_off():  # what came before is read first
            while peer.recv(1000):
                pass


def test_a_peer_that_sends_without_end_costs_little_memory():
    with hardened_server(stdout=subprocess.DEVNULL) as server, connect(modern_port(server)) as peer:
        session = join(peer)
        for _ in range(20):
            peer.sendall(say(session, "x" * 250_000))
        if sys.platform == "linux":
            with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
                resident = re.search(r"VmRSS:\s*(\d+) kB", file.read())
            assert int(resident[1]) < 60_000
        peer.sendall(session.farewell())
        end_sending(peer)
        server.end_input()
        assert server.wait() == 0


# Killed, stopped, interrupted ----------------------------------------------------------------


@posix_only
class TestEnds:
    @rarely.each(
        ("victim", "name"),
        {
            f"{who} {name}": (victim, name)
            for victim, who in enumerate(("server", "client"))
            for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGINT")
        },
        daily=["server SIGTERM", "client SIGKILL"],
    )
    def test_a_peer_that_is_ended_is_noticed_whatever_ended_it(self, victim, name):
        number = getattr(signal, name)
        with hardened_pair() as pair:
            pair[victim].type("a word\n")
            pair[1 - victim].wait_for("^a word\n")
            pair[victim].process.send_signal(number)
            expected = -9 if number == signal.SIGKILL else 128 + number
            assert pair[victim].wait() == expected
            assert pair[1 - victim].wait() == 1
        words = CUT if number == signal.SIGKILL else "the peer broke off the chat"
        assert words in last_line(pair[1 - victim])

    @rarely.each(
        ("after", "name"),
        {
            f"{after} bytes {name}": (after, name)
            for after in (0, 30, HELLO)
            for name in ("SIGINT", "SIGTERM", "SIGKILL")
        },
        daily=["30 bytes SIGTERM", f"{HELLO} bytes SIGINT"],
    )
    def test_a_client_that_is_ended_while_it_agrees(self, after, name):
        """The server is ours, and stops in the middle of its hello."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with hardened_client(str(listener.getsockname()[1])) as client:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(TIMEOUT)
                    hello = connection.recv(HELLO, socket.MSG_WAITALL)
                    server = HardenedSession(make_w(HARDENED_PASSPHRASE), is_client=False)
                    list(server.receive(hello))
                    connection.sendall(server.replies()[:after])
                    if after == HELLO:
                        assert len(connection.recv(CONFIRMATION, socket.MSG_WAITALL)) == 32
                    number = getattr(signal, name)
                    client.process.send_signal(number)
                    assert client.wait() == (-9 if number == signal.SIGKILL else 128 + number)
        assert "Traceback" not in client.stderr

    @rarely.each(
        ("after", "name"),
        {
            f"{after} bytes {name}": (after, name)
            for after in (0, 30, HELLO)
            for name in ("SIGINT", "SIGTERM")
        },
        daily=["30 bytes SIGINT"],
    )
    def test_a_server_that_is_ended_while_it_agrees(self, after, name):
        number = getattr(signal, name)
        with hardened_server() as server, connect(modern_port(server)) as peer:
            client = HardenedSession(make_w(HARDENED_PASSPHRASE), is_client=True)
            peer.sendall(client.replies()[:after])
            server.wait_for("connected by", "stderr")
            if after == HELLO:
                assert len(peer.recv(HELLO, socket.MSG_WAITALL)) == HELLO
            server.process.send_signal(number)
            assert server.wait() == 128 + number
        assert "Traceback" not in server.stderr

    def test_a_server_that_is_ended_while_it_pauses(self):
        with hardened_server("--tries", "2") as server:
            with connect(modern_port(server)) as stranger:
                stranger.sendall(bytes(HELLO))
                server.wait_for("the next one in 1 s", "stderr")
            server.process.send_signal(signal.SIGINT)
            assert server.wait() == 130
        assert "Traceback" not in server.stderr

    def test_interrupted_while_it_makes_w(self):
        """In scrypt no Python runs; the signal is heeded right after it."""
        code = (
            "import os, signal, sys\n"
            "from modern.hardened import pake\n"
            "made = pake.scrypt\n"
            "def scrypt(*a, **k):\n"
            "    os.kill(os.getpid(), signal.SIGINT); return made(*a, **k)\n"
            "pake.scrypt = scrypt\n"
            "from modern.hardened.command_line import main\n"
            "sys.exit(main())\n"
        )
        env = environment(HARDENED_PASSPHRASE=HARDENED_PASSPHRASE)
        with Program("-c", code, "--server", "--port", "0", env=env) as server:
            assert server.wait() == 130
        assert server.stderr == ""

    def test_a_stopped_peer_is_waited_for_and_nothing_is_lost(self):
        with hardened_pair() as (server, client):
            server.process.send_signal(signal.SIGSTOP)
            client.type("said meanwhile\n")
            client.end_input()
            server.process.send_signal(signal.SIGCONT)
            server.wait_for("^said meanwhile\n")
            server.end_input()
            assert (client.wait(), server.wait()) == (0, 0)

    def test_ctrl_c_in_the_middle_of_a_file_lets_no_part_be_taken_for_the_whole(self, tmp_path):
        path = tmp_path / "long"
        path.write_text("a line of this file\n" * 500_000)
        with path.open("rb") as file, hardened_pair({}, {"stdin": file}) as (server, client):
            server.wait_for("a line of this file\n")
            server.process.send_signal(signal.SIGSTOP)
            client.process.send_signal(signal.SIGINT)
            ended = client.wait()
            server.process.send_signal(signal.SIGCONT)
            assert (ended, server.wait()) == (130, 1)


def test_a_batch_is_sent_and_shown_whole():
    """A million characters: more than one batch, and more than one read."""
    text = "x" * 999_999 + "\n"
    assert len(text) > bulk.BATCH_RECORDS * 254 * 3
    with hardened_pair() as (server, client):
        client.type(text)
        client.end_input()
        server.end_input()
        assert (client.wait(), server.wait()) == (0, 0)
    assert server.stdout == text
