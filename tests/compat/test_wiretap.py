"""The wiretap between real programs, run as its users run it."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import sys
import time
from contextlib import contextmanager, suppress

import pytest

import legacy.protocol
import modern.protocol
from compat.wiretap import command_line
from compat.wiretap.files import NewFile
from compat.wiretap.recording import read_recording
from compat.wiretap.wires import LEGACY, MODERN, Place
from modern.errors import UsageError
from tests import rarely
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    LEGACY_CLIENT,
    LEGACY_SERVER,
    Program,
    modern_client,
    modern_port,
    modern_server,
)
from tests.systems import not_under_wine

WIRETAP = ("-m", "compat.wiretap")
PASSPHRASE = "two for tea"
KEYS = modern.protocol.derive_keys(CONFKEY, AUTHKEY)
SEALED = legacy.protocol.seal("hello", "12:00:01", legacy.protocol.derive_key(PASSPHRASE))


def start_wiretap(port, *options):
    return Program(*WIRETAP, "--listen", "127.0.0.1:0", "--forward", f"127.0.0.1:{port}", *options)


def wiretap_port(wiretap):
    return wiretap.wait_for(r"waiting for a peer on port (\d+)", "stderr")[1]


@contextmanager
def legacy_chat(*options):
    """Start a legacy server, a wiretap before it, and a client that knows only the wiretap."""
    with Program(*LEGACY_SERVER, "0") as server:
        port = server.wait_for(r"\[\+\] PORT (\d+)")[1]
        with start_wiretap(port, *options) as wiretap, Program(*LEGACY_CLIENT) as client:
            client.type(f"127.0.0.1\n{wiretap_port(wiretap)}\n{PASSPHRASE}\n")
            server.type(f"{PASSPHRASE}\n")
            for program in (server, client):
                program.wait_for("Listening On Thread 1")
            yield server, wiretap, client


@contextmanager
def modern_chat(*options, **client_options):
    """Start a modern server, a wiretap before it, and a client that knows only the wiretap."""
    with (
        modern_server("--bind", "127.0.0.1") as server,
        start_wiretap(modern_port(server), *options) as wiretap,
        modern_client(wiretap_port(wiretap), **client_options) as client,
    ):
        server.wait_for("connected by", "stderr")
        client.wait_for("connected to", "stderr")
        yield server, wiretap, client


@contextmanager
def two_sockets(*options):
    """Start a wiretap between two peers that are no programs."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        start_wiretap(listener.getsockname()[1], *options) as wiretap,
        socket.create_connection(("127.0.0.1", int(wiretap_port(wiretap)))) as client,
        listener.accept()[0] as server,
    ):
        yield server, wiretap, client


def end_both(server, client):
    for side in (client, server):
        side.shutdown(socket.SHUT_WR)


def received(message, tag="☑", clock=r"\d\d:\d\d:\d\d"):
    """Return the pattern of the line that a legacy receiver shows."""
    return rf"^Received : {re.escape(message)} +{tag}  ({clock})$"


def wait_for_another_second(shown):
    """Wait until a clock shows another time than `shown`."""
    while time.strftime("%H:%M:%S") == shown:
        time.sleep(0.05)


# The attacks, live ---------------------------------------------------------------------------


def test_the_clock_splice_on_a_live_legacy_pair_shows_the_other_time_and_is_verified():
    with legacy_chat("--protocol", "legacy", "--splice", "2:1") as (server, _, client):
        client.type("first\n")
        clock = server.wait_for(received("first"))[1]
        wait_for_another_second(clock)
        client.type("second\n")
        server.wait_for(received("second", "☑", clock))
        client.type("third\n")
        assert server.wait_for(received("third"))[1] > clock


@not_under_wine("it ends a connection that Windows resets")
def test_the_same_splice_on_a_live_modern_pair_fails_authentication():
    with modern_chat("--protocol", "modern", "--splice", "3:1:1") as (server, wiretap, client):
        client.type("first\n")
        server.wait_for("first\n")
        client.type("second\n")
        server.wait_for("second\n")
        client.type("third\n")
        server.wait_for("ERROR: HMAC verification failed", "stderr")
        assert server.wait() == 1
        assert server.stdout == "first\nsecond\n"
        assert client.wait() == 1, "a reset must reach the client through the wiretap"
        assert wiretap.wait() == 0
        assert "block 1 of frame 1 spliced in" in wiretap.stdout
        assert "server reset the connection" in wiretap.stdout


def test_the_body_of_another_frame_passes_the_tags_and_is_no_text_of_theirs():
    with modern_chat("--protocol", "modern", "--splice", "2:1") as (server, _, client):
        client.type("first\n")
        server.wait_for("first\n")
        client.type("second\n")
        client.end_input()
        server.end_input()
        server.wait()
        assert "HMAC" not in server.stderr
        assert server.stdout_bytes.startswith(b"first\n")
        assert b"second" not in server.stdout_bytes


def test_each_other_attack_on_a_live_legacy_pair_shows_what_it_should():
    attacks = ["--replay", "1", "--reflect", "2", "--drop", "3", "--swap", "4", "--flip", "6:20"]
    with legacy_chat("--protocol", "legacy", *attacks) as (server, wiretap, client):
        client.type("pay mallory 5\n")
        server.wait_for(rf"({received('pay mallory 5')}\n){{2}}")
        client.type("I owe you 5\n")
        client.wait_for(received("I owe you 5"))
        server.wait_for(received("I owe you 5"))
        for number, message in enumerate(("one", "two", "three"), 3):
            client.type(f"{message}\n")
            wiretap.wait_for(rf"client → \w+   message {number}")
        server.wait_for(received("two"))
        assert re.findall(r"^Received : (\w+) +☑", server.stdout, re.MULTILINE) == ["three", "two"]
        client.type("hello\n")
        server.wait_for("^Unrecognised Data or Broken PIPE $")


def test_the_servers_words_can_be_replayed_too():
    options = ("--protocol", "legacy", "--replay", "1", "--from", "server")
    with legacy_chat(*options) as (server, _, client):
        server.type("pay mallory 5\n")
        client.wait_for(rf"({received('pay mallory 5')}\n){{2}}")


# Nothing to notice ---------------------------------------------------------------------------


def test_a_legacy_conversation_ends_as_without_a_wiretap():
    with legacy_chat() as (server, wiretap, client):
        client.type("hello\n")
        server.wait_for(received("hello"))
        server.type("hello yourself\n")
        client.wait_for(received("hello yourself"))
        client.type("quit()\n")
        assert client.wait() == 0
        assert server.wait() == 0
        assert wiretap.wait() == 0
        assert "client sends no more" in wiretap.stdout
        assert "wiretap: ended; segments sent: client 1, server 1, wiretap 0\n" in wiretap.stderr


def test_a_file_through_the_wiretap_arrives_byte_for_byte(tmp_path):
    text = "".join(f"line {number}: äöü ~ 😀\n" for number in range(3_000)).encode()
    source = tmp_path / "text"
    source.write_bytes(text)
    with source.open("rb") as stream, modern_chat(stdin=stream) as (server, wiretap, client):
        server.end_input()
        assert client.wait() == 0, client.stderr
        assert server.wait() == 0, server.stderr
        assert server.stdout_bytes == text
        assert wiretap.wait() == 0


def fill(pipe: int) -> None:
    """Write into a pipe until nothing more fits into it, so that the next who writes must wait.

    On Windows, a pipe holds so little that what is shown fills it.
    """
    if os.name == "posix":
        os.set_blocking(pipe, False)
        with suppress(BlockingIOError):
            while True:
                os.write(pipe, b"x")
        os.set_blocking(pipe, True)


def test_a_reader_that_sleeps_stops_nobody(tmp_path):
    """The screen is a pipe that nobody reads, and still the conversation goes on."""
    text = b"".join(b"line %d\n" % number for number in range(8_000))
    source = tmp_path / "text"
    source.write_bytes(text)
    with modern_server("--bind", "127.0.0.1") as server:
        reading, writing = os.pipe()
        fill(writing)
        server.end_input()
        with source.open("rb") as stream:
            wiretap = Program(
                *WIRETAP,
                "--listen",
                "0",
                "--forward",
                f"127.0.0.1:{modern_port(server)}",
                stdout=writing,
            )
            os.close(writing)
            with wiretap, modern_client(wiretap_port(wiretap), stdin=stream) as client:
                assert client.wait() == 0
                assert server.wait() == 0
                assert server.stdout_bytes == text
                os.close(reading)
                assert wiretap.wait() == 1
                assert "cannot write to standard output" in wiretap.stderr


# What it shows and writes --------------------------------------------------------------------


def test_equal_blocks_have_equal_letters_on_the_screen():
    with legacy_chat("--protocol", "legacy", "--short") as (server, wiretap, client):
        client.type("yes\n")
        wait_for_another_second(server.wait_for(received("yes"))[1])
        client.type("yes\n")
        server.wait_for(rf"({received('yes')}\n){{2}}")
        client.type("quit()\n")
        assert wiretap.wait() == 0
        assert "\x1b" not in wiretap.stdout
    first, second = re.findall(r"message \d, 128 bytes\n    (A .*)\n", wiretap.stdout)
    assert first.split()[::2] == list("ABCDEFGH")
    assert second.split()[::2] == list("AICDEFGH")
    assert "seen before: A C D E F G H\n" in wiretap.stdout


def test_modern_frames_are_shown_with_their_fields_named():
    with two_sockets() as (_, wiretap, client):
        client.sendall(modern.protocol.seal("hello\n", KEYS))
        wiretap.wait_for(
            r"client → server   frame 1, 112 bytes\n"
            r"    IV        A [0-9a-f]{32}\n"
            r"    E\(length\) B [0-9a-f]{32}\n"
            r"    tag       C [0-9a-f]{64}\n"
            r"    E\(chunk\)  D [0-9a-f]{32}\n"
            r"    tag       E [0-9a-f]{64}\n"
        )


@rarely.each("name", ["wire.json", "wire.pcapng"], daily=["wire.pcapng"])
def test_a_legacy_recording_is_read_back_and_opened(tmp_path, name):
    path = tmp_path / name
    options = ("--protocol", "legacy", "--replay", "1", "--record", str(path))
    with legacy_chat(*options) as (server, wiretap, client):
        client.type("hello\n")
        server.wait_for(rf"({received('hello')}\n){{2}}")
        server.type("quit()\n")
        assert wiretap.wait() == 0, wiretap.stderr
    recording = read_recording(path)
    assert recording.protocol is LEGACY
    key = legacy.protocol.derive_key(PASSPHRASE)
    shown = [
        legacy.protocol.verify_and_display(legacy.protocol.process_bytes(data, key))
        for data in recording.received_by(Place.SERVER)
    ]
    assert [f"{line}\n" for line in shown] == re.findall(
        r"^Received : .*\n", server.stdout, re.MULTILINE
    )


def test_a_recording_takes_no_file_away_unless_told_to(tmp_path):
    path = tmp_path / "wire.json"
    path.write_text("a year's work")
    ends = ("--listen", "127.0.0.1:0", "--forward", "127.0.0.1:1")
    with Program(*WIRETAP, *ends, "--record", str(path)) as wiretap:
        assert wiretap.wait() == 2
        assert f"{path} exists already" in wiretap.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["wire.json"]
    assert path.read_text() == "a year's work"
    with two_sockets("--record", str(path), "--overwrite") as (server, wiretap, client):
        client.sendall(SEALED)
        wiretap.wait_for("message 1")
        assert path.read_text() == "a year's work"
        end_both(server, client)
        assert wiretap.wait() == 0
    assert len(read_recording(path).segments) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["wire.json"]


@pytest.mark.skipif(
    sys.platform == "win32", reason="links need rights there, and no pipe has a name"
)
class TestNewFile:
    def test_a_link_in_the_place_of_the_part_leads_to_no_other_file(self, tmp_path):
        path, other = tmp_path / "wire.json", tmp_path / "other"
        other.write_text("a year's work")
        (tmp_path / "wire.json.part").symlink_to(other)
        new = NewFile(str(path), overwrite=True)
        new.file.close()
        new.put_in_place()
        assert other.read_text() == "a year's work"
        assert not path.is_symlink()

    @pytest.mark.parametrize("name", ["wire.json", "wire.json.part"])
    @pytest.mark.parametrize("overwrite", [True, False])
    def test_what_is_no_file_is_not_replaced(self, tmp_path, name, overwrite):
        os.mkfifo(tmp_path / name)
        with pytest.raises(OSError, match=r"device or a pipe|exists"):
            NewFile(str(tmp_path / "wire.json"), overwrite=overwrite)
        assert (tmp_path / name).is_fifo()

    def test_nor_is_a_link_to_what_is_no_file(self, tmp_path):
        """Such as /dev/stdout, which other programs need."""
        path = tmp_path / "wire.json"
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
        with pytest.raises(OSError, match="device or a pipe"):
            NewFile(str(path), overwrite=True)
        assert path.is_symlink()

    def test_a_file_without_a_name_is_refused_at_once(self):
        with pytest.raises(FileNotFoundError, match="needs a name"):
            NewFile("", overwrite=False)


def test_a_file_that_appears_meanwhile_is_not_taken_away_either(tmp_path):
    path, beside = tmp_path / "wire.json", tmp_path / "wire.json.part"
    with two_sockets("--record", str(path)) as (server, wiretap, client):
        client.sendall(SEALED)
        wiretap.wait_for("message 1")
        path.write_text("from somebody else")
        end_both(server, client)
        assert wiretap.wait() == 1
        assert "the recording is not in its place" in wiretap.stderr
    assert path.read_text() == "from somebody else"
    assert len(read_recording(beside).segments) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_what_a_killed_wiretap_leaves_is_complete_and_is_kept(tmp_path):
    path, beside = tmp_path / "wire.json", tmp_path / "wire.json.part"
    with two_sockets("--record", str(path)) as (_, wiretap, client):
        client.sendall(SEALED)
        wiretap.wait_for("message 1")
        wiretap.process.kill()
        wiretap.wait()
    assert not path.exists()
    assert len(read_recording(beside).segments) == 1
    with start_wiretap(1, "--record", str(path)) as wiretap:
        assert wiretap.wait() == 2
        assert f"{beside} exists already" in wiretap.stderr


def test_a_modern_recording_is_read_back_and_opened(tmp_path):
    path = tmp_path / "wire.json"
    with modern_chat("--record", str(path)) as (server, wiretap, client):
        client.type("a line that takes some frames\n")
        client.end_input()
        server.end_input()
        assert wiretap.wait() == 0
    recording = read_recording(path)
    assert recording.protocol is MODERN
    wire = b"".join(recording.received_by(Place.SERVER))
    chunks = modern.protocol.Decoder(KEYS).feed(wire)
    assert b"".join(chunks) == b"a line that takes some frames\n"


# Endings and wrong use -----------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
def test_ctrl_c_ends_with_one_line_and_resets_both():
    with legacy_chat() as (server, wiretap, client):
        wiretap.wait_for("connected by", "stderr")
        wiretap.process.send_signal(signal.SIGINT)
        assert wiretap.wait() == 130
        assert wiretap.stderr.splitlines()[2:] == ["wiretap: ended with Ctrl-C"]
        assert server.wait() == 0
        assert client.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
def test_ctrl_c_while_waiting():
    with start_wiretap(1) as wiretap:
        wiretap_port(wiretap)
        wiretap.process.send_signal(signal.SIGINT)
        assert wiretap.wait() == 130
        assert wiretap.stderr.splitlines()[1:] == ["wiretap: ended with Ctrl-C"]


def test_help_ends_with_a_command_that_works():
    parser = command_line.build_parser()
    _, _, example = parser.format_help().partition("\nexample")
    (command,) = re.findall(r"^  python -m compat.wiretap (.+)", example, re.MULTILINE)
    assert parser.parse_args(command.split()).forward == ("127.0.0.1", 5555)


def test_a_used_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Program(
            *WIRETAP, "--listen", f"127.0.0.1:{port}", "--forward", "127.0.0.1:1"
        ) as wiretap:
            assert wiretap.wait() == 1
            (line,) = wiretap.stderr.splitlines()
            assert f"cannot listen on 127.0.0.1 port {port}" in line


def test_nobody_to_forward_to():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with start_wiretap(port) as wiretap:
        with socket.create_connection(("127.0.0.1", int(wiretap_port(wiretap)))) as client:
            assert client.recv(1) == b""
        assert wiretap.wait() == 1
        (_, line) = wiretap.stderr.splitlines()
        assert f"cannot connect to 127.0.0.1 port {port}" in line


def test_rules_that_found_nothing_to_do_are_named():
    with two_sockets("--protocol", "legacy", "--drop", "7") as (server, wiretap, client):
        end_both(server, client)
        assert wiretap.wait() == 0
        assert "no message 7 came: nothing was dropped" in wiretap.stderr


EXCLUSIVE = [
    ("--drop 2", "--swap 2"),
    ("--drop 2", "--replay 2"),
    ("--drop 2", "--reflect 2"),
    ("--splice 2:1", "--drop 2"),
    ("--flip 2:20", "--drop 2"),
    ("--drop 2", "--drop 2"),
    ("--drop 3", "--swap 2"),
    ("--swap 2", "--replay 2"),
    ("--swap 2", "--swap 2"),
    ("--swap 2", "--swap 3"),
    ("--flip 2:20", "--flip 2:20:0"),
    ("--splice 3:1", "--splice 3:2"),
]


def rules_of(*options):
    words = f"--listen 0 --forward h:1 --protocol legacy {' '.join(options)}".split()
    return command_line.build_rules(command_line.build_parser().parse_args(words))


@pytest.mark.parametrize("options", EXCLUSIVE, ids=" ".join)
def test_tamperings_that_contradict_each_other_are_refused_with_both_names(options):
    for given in (options, options[::-1]):
        with pytest.raises(UsageError, match="contradict each other") as refused:
            rules_of(*given)
        for option in options:
            assert option.removesuffix(":0") in str(refused.value)


@pytest.mark.parametrize(
    "options",
    [
        ("--drop 1", "--swap 2"),
        ("--drop 2", "--drop 3"),
        ("--drop 1", "--splice 2:1"),
        ("--swap 2", "--swap 4"),
        ("--swap 2", "--flip 2:20", "--reflect 2"),
        ("--splice 3:1", "--splice 3:2:2", "--flip 3:20", "--replay 3"),
        ("--replay 2", "--replay 2"),
        ("--flip 2:20:1", "--flip 2:20:2"),
    ],
    ids=" ".join,
)
def test_others_may_be_combined(options):
    assert len(rules_of(*options)) == len(options)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ("--listen 5556", "--forward"),
        ("--forward h:1", "--listen"),
        ("--listen five --forward h:1", "'five' is no port"),
        ("--listen 65536 --forward h:1", "'65536' is no port"),
        ("--listen 00000099999 --forward h:1", "'00000099999' is no port"),
        ("--listen 0 --forward h:" + "0" * 5000, "is no port"),
        ("--listen 0 --forward 5555", "'5555' is not HOST:PORT"),
        ("--listen 0 --forward h:0", "'h:0' is not HOST:PORT"),
        ("--listen 0 --forward h:x", "'x' is no port"),
        ("--listen 0 --forward h:1 --protocol telnet", "telnet"),
        ("--listen 0 --forward h:1 --from mallory", "mallory"),
        ("--listen 0 --forward h:1 --drop 1", "needs --protocol"),
        ("--listen 0 --forward h:1 --protocol modern --drop 0", "frames are counted from 1"),
        ("--listen 0 --forward h:1 --protocol legacy --drop x", "'x': give numbers"),
        (f"--listen 0 --forward h:1 --protocol legacy --drop {'7' * 5000}", "at most 18 digits"),
        ("--listen 0 --forward h:1 --protocol legacy --flip 1:1:" + "7" * 19, "at most 18 digits"),
        ("--listen 0 --forward h:1 --protocol legacy --drop 1:2", "takes one number"),
        ("--listen 0 --forward h:1 --protocol legacy --flip 1", "give N:BYTE"),
        ("--listen 0 --forward h:1 --protocol legacy --flip 1:2:8", "give N:BYTE"),
        ("--listen 0 --forward h:1 --protocol modern --flip 1:112", "0 to 111"),
        ("--listen 0 --forward h:1 --protocol legacy --splice 2", "give two numbers"),
        ("--listen 0 --forward h:1 --protocol legacy --splice 1:2", "came before"),
        ("--listen 0 --forward h:1 --protocol legacy --splice 2:0", "came before"),
        ("--listen 0 --forward h:1 --protocol modern --splice 2:1:7", "0 to 6"),
        ("--listen 0 --forward h:1 --record /", "cannot write --record /"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(options, complaint, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["wiretap", *options.split()])
    assert command_line.main() == 2
    shown, complaints = capfd.readouterr()
    (line,) = complaints.splitlines()
    assert complaint in line
    assert shown == ""


@pytest.mark.parametrize(
    ("stdin", "stderr", "is_told"),
    [("terminal", "terminal", True), ("pipe", "terminal", False), ("terminal", "file", False)],
)
def test_a_person_is_told_that_nobody_reads_the_keyboard(monkeypatch, stdin, stderr, is_told):
    for name, kind in (("stdin", stdin), ("stderr", stderr)):
        stream = io.StringIO()
        stream.isatty = lambda kind=kind: kind == "terminal"
        monkeypatch.setattr(sys, name, stream)
    said: list[str] = []
    monkeypatch.setattr(command_line, "report", said.append)
    command_line.warn_who_types()
    assert said == [command_line.NO_COMMANDS] * is_told


def test_wrong_use_of_the_program_is_one_line_and_status_2():
    with Program(*WIRETAP, "--listen", "0", "--forward", "h:0") as wiretap:
        assert wiretap.wait() == 2
        (line,) = wiretap.stderr.splitlines()
        assert "'h:0' is not HOST:PORT" in line
        assert wiretap.stdout == ""
