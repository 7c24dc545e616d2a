"""The bridge between real peers of both chats: real processes, real sockets."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress

import pytest

from compat.aes import FastAES
from compat.bridge import bridge, command_line
from compat.bridge.sides import LegacySide, ModernSide
from compat.careful.conversation import send_line
from compat.careful.envelopes import Reader, split_line
from legacy import protocol as legacy
from modern import protocol as modern
from modern.dialects import CHAINED, INDEPENDENT
from modern.session import FrameSession
from tests import programs, rarely
from tests.in_process import run_main
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    KEYS,
    LEGACY_CLIENT,
    LEGACY_SERVER,
    OLD_LEGACY,
    OLD_MODERN,
    Program,
    environment,
    modern_client,
    modern_port,
    modern_server,
)
from tests.systems import ON_WINE, broken_off

BRIDGE = ("-m", "compat.bridge")
SECRETS = ("--passphrase", "secret", *KEYS)
LEGACY_KEY = legacy.derive_key("secret")
MODERN_KEYS = modern.derive_keys(CONFKEY, AUTHKEY)
posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


class Stage(ExitStack):
    """A listening bridge and whoever connects to it, all gone when it is left."""

    def __init__(self, *options: str):
        super().__init__()
        self.options = options

    def __enter__(self) -> Stage:
        super().__enter__()
        self.bridge = self.enter_context(
            Program(
                *BRIDGE, "--legacy", "listen:0", "--modern", "listen:0", *SECRETS, *self.options
            )
        )
        return self

    def port(self, side: str) -> str:
        return self.bridge.wait_for(rf"{side}: waiting for a peer on port (\d+)", "stderr")[1]

    def connect(self, side: str) -> socket.socket:
        return self.enter_context(socket.create_connection(("127.0.0.1", int(self.port(side)))))

    def legacy_program(self, *program: str) -> Program:
        peer = self.enter_context(Program(*(program or LEGACY_CLIENT)))
        peer.type(f"127.0.0.1\n{self.port('legacy')}\nsecret\n")
        peer.wait_for("Listening")
        return peer

    def modern_program(self, *options: str, **more: object) -> Program:
        return self.enter_context(modern_client(self.port("modern"), *options, **more))  # type: ignore[arg-type]


def shown(program: Program) -> list[str]:
    """Return the messages that a legacy program showed as verified."""
    lines = re.findall(r"^Received : (.*) ☑  \d\d:\d\d:\d\d$", program.stdout, re.MULTILINE)
    return [line.rstrip() for line in lines]


def seal_legacy(message: str) -> bytes:
    return legacy.seal(message, "01:02:03", LEGACY_KEY)


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def end_modern(stage: Stage, peer: socket.socket) -> str:
    """Say that a modern peer sends no more; return all that it was sent."""
    stage.bridge.wait_for("both sides are here", "stderr")
    peer.shutdown(socket.SHUT_WR)
    return b"".join(modern.Decoder(MODERN_KEYS).feed(read_to_end(peer))).decode()


def leave_legacy(peer: socket.socket) -> list[str]:
    """Wait until a legacy peer is told the end, and let it leave; return what it was sent."""
    items = list(Reader(FastAES(LEGACY_KEY)).feed(read_to_end(peer)))
    peer.close()
    return [item.message.rstrip() for item in items if isinstance(item, legacy.Envelope)]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_main(command_line.main, *arguments)


LEAVING = {
    f"{side}-{how}": (side, linger)
    for side in ("legacy", "modern")
    for how, linger in (("close", b""), ("reset", b"\1\0\0\0\0\0\0\0"))
}


class TestVisitors:
    """Whoever leaves while the other side is not there yet, without a word, is forgotten."""

    @rarely.each("visitor", LEAVING, daily=["legacy-close", "modern-reset"])
    def test_a_visitor_is_forgotten(self, visitor):
        side, linger = visitor
        if linger and ON_WINE:
            pytest.skip("Wine: to accept a visitor who has reset fails as nowhere else")
        with Stage() as stage:
            for times in (1, 2):
                with socket.create_connection(("127.0.0.1", int(stage.port(side)))) as one:
                    if linger:
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                again = rf"({side}: the peer left without a word\n(.|\n)*waiting(.|\n)*){{{times}}}"
                stage.bridge.wait_for(again, "stderr")
            old, new = stage.connect("legacy"), stage.connect("modern")
            old.sendall(seal_legacy("hello"))
            new.sendall(modern.seal("hello yourself\n", MODERN_KEYS))
            stage.bridge.wait_for("both sides are here", "stderr")
            old.shutdown(socket.SHUT_WR)
            assert end_modern(stage, new) == "hello\n"
            assert leave_legacy(old) == ["hello yourself"]

    def test_one_that_has_said_a_word_is_heard(self):
        with Stage() as stage:
            with stage.connect("legacy") as visitor:
                visitor.sendall(seal_legacy("said in time"))
            assert end_modern(stage, stage.connect("modern")) == "said in time\n"
            assert stage.bridge.wait() == 0


class TestBothWays:
    @rarely.each("count", [200, 1000], daily=[200])
    def test_many_lines_each_way(self, count):
        from_legacy = [f"legacy line {number} ~ ☃" for number in range(count)]
        from_modern = [f"modern line {number} ~ 🔑" for number in range(count)]
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            old.type("".join(f"{line}\n" for line in from_legacy))
            new.type("".join(f"{line}\n" for line in from_modern))
            old.wait_for(f"modern line {count - 1} ")
            new.wait_for(f"legacy line {count - 1} ")
            old.type("quit()\n")
            new.end_input()
            assert (old.wait(), new.wait(), stage.bridge.wait()) == (0, 0, 0)
        assert new.stdout.splitlines() == from_legacy
        assert shown(old) == from_modern
        told = f"lines from the legacy side: {count}, from the modern side: {count}"
        assert told in stage.bridge.stderr

    def test_both_peers_as_servers(self):
        with Program(*LEGACY_SERVER, "0") as old, modern_server() as new:
            places = (
                *("--legacy", f"connect:127.0.0.1:{old.wait_for(r'PORT ([0-9]+)')[1]}"),
                *("--modern", f"connect:localhost:{modern_port(new)}"),
            )
            with Program(*BRIDGE, *places, *SECRETS) as bridge:
                new.type("said while the other is asked for the passphrase\n" * 3)
                old.type("secret\n")
                old.wait_for("(Received : said while .*\n){3}")
                old.type("hello\nquit()\n")
                new.wait_for("^hello\n")
                new.end_input()
                assert (old.wait(), new.wait(), bridge.wait()) == (0, 0, 0)

    @rarely.each("dialect", ["independent", "chained"], daily=["chained"])
    def test_programs_that_are_not_ours(self, dialect):
        with Stage("--dialect", "auto") as stage:
            with (
                Program(*OLD_LEGACY, "client", stage.port("legacy"), "secret") as old,
                Program(
                    *OLD_MODERN, "client", stage.port("modern"), dialect, CONFKEY, AUTHKEY
                ) as new,
            ):
                old.type("".join(f"from the legacy side: {number}\n" for number in range(50)))
                new.type("".join(f"from the modern side: {number}\n" for number in range(50)))
                new.wait_for("legacy side: 49\n")
                old.wait_for("modern side: 49 ")
                new.end_input()
                old.wait_for("closed")
                old.type("an original goes on until it is told\nquit()\n")
                assert (old.wait(), new.wait(), stage.bridge.wait()) == (0, 0, 0)
        assert shown(old) == [f"from the modern side: {number}" for number in range(50)]
        assert new.stdout.splitlines() == [
            *(f"from the legacy side: {number}" for number in range(50)),
            "an original goes on until it is told",
        ]
        assert f"the peer speaks the {dialect} dialect" in stage.bridge.stderr

    def test_text_of_all_kinds(self):
        lines = ["", "~", "~" * 100, "é" * 67, "🔑" * 68, "word " * 1000, 'a "b" \\c', "x" * 9000]
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            new.type("".join(f"{line}\n" for line in lines) + "and a last one without a newline")
            old.type("".join(f"{line}\n" for line in lines))
            new.wait_for(f"^{lines[-1]}\n")
            new.end_input()
            assert (old.wait(), new.wait(), stage.bridge.wait()) == (0, 0, 0)
        assert shown(old) == [
            *(message.rstrip() for line in lines for message in split_line(line)),
            "and a last one without a newline",
        ]
        assert new.stdout.splitlines() == lines

    def test_a_line_without_end_is_passed_on_in_parts(self):
        with Stage() as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            new.sendall(modern.seal("0123456789" * 1_000, MODERN_KEYS))
            assert old.recv(1024)  # and no newline yet
            stage.bridge.wait_for("both sides are here", "stderr")
            new.shutdown(socket.SHUT_WR)
            parts = leave_legacy(old)
            assert stage.bridge.wait() == 0
        assert len(parts) > 100
        assert ("0123456789" * 1_000).endswith("".join(parts))


class TestUnverified:
    GARBLED = legacy.encrypt_blocks(
        legacy.process_text(legacy.build_envelope("pay 10", "01:02:03").replace("10", "9\\n9")),
        LEGACY_KEY,
    )

    @staticmethod
    def pass_on(wire: bytes, *options: str) -> tuple[str, str]:
        """Return what a modern peer sees of legacy bytes, and what the bridge says of them."""
        with Stage(*options) as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            old.sendall(wire + seal_legacy("after"))
            old.close()
            seen = end_modern(stage, new)
            assert stage.bridge.wait() == 0
        return seen, stage.bridge.stderr

    def test_is_dropped_and_said(self):
        seen, said = self.pass_on(seal_legacy("before") + self.GARBLED)
        assert seen == "before\nafter\n"
        assert "dropped a garbled message of 7 characters" in said

    def test_is_passed_on_with_a_mark_before_each_line(self):
        seen, said = self.pass_on(seal_legacy("before") + self.GARBLED, "--unverified", "mark")
        assert seen == "before\n☒ pay 9\n☒ 9\nafter\n"
        assert "dropped" not in said

    def test_noise_is_said(self):
        seen, said = self.pass_on(b"noise")
        assert seen == "after\n"
        assert "skipped 5 bytes that are no message" in said


class TestEnds:
    @rarely.each("end", ["quit()", "end of input", "kill"], daily=["kill"])
    def test_the_legacy_peer_ends(self, end):
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            old.type("".join(f"line {number}\n" for number in range(100)))
            if end == "kill":
                new.wait_for("line 99\n")
                old.process.kill()
            elif end == "quit()":
                old.type("quit()\n")
            else:
                old.end_input()
            new.wait_for("line 99\n")
            new.end_input()
            # Windows resets the connection of a killed program; elsewhere, it looks like an end.
            status = stage.bridge.wait() if end == "kill" and sys.platform == "win32" else 0
            assert (new.wait(), stage.bridge.wait()) == (status, status)
        assert new.stdout.splitlines() == [f"line {number}" for number in range(100)]

    def test_the_modern_peer_ends(self):
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            new.type("".join(f"line {number}\n" for number in range(100)))
            new.end_input()
            assert (old.wait(), new.wait(), stage.bridge.wait()) == (0, 0, 0)
        assert shown(old) == [f"line {number}" for number in range(100)]
        assert legacy.UNRECOGNISED in old.stdout

    @pytest.mark.soak  # in the middle, likewise: see below
    def test_the_modern_peer_is_killed(self):
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            new.type("".join(f"line {number}\n" for number in range(100)))
            old.wait_for("line 99 ")
            new.process.kill()
            assert old.wait() == 0
            assert stage.bridge.wait() in (0, 1)  # 1 where its kernel says that it broke off
        assert shown(old) == [f"line {number}" for number in range(100)]

    @rarely.each("victim", ["legacy", "modern"], daily=["modern"])
    def test_a_peer_is_killed_in_the_middle(self, victim):
        from_legacy = [f"legacy line {number}" for number in range(200)]
        from_modern = [f"modern line {number}" for number in range(200)]
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            old.type("".join(f"{line}\n" for line in from_legacy))
            new.type("".join(f"{line}\n" for line in from_modern))
            if victim == "legacy":
                new.wait_for("legacy line 50\n")
                old.process.kill()
                new.end_input()
                assert new.wait() in (0, 1)
            else:
                old.wait_for("modern line 50 ")
                new.process.kill()
                assert old.wait() == 0
            assert stage.bridge.wait() in (0, 1)
        survivors = new.stdout.rpartition("\n")[0].splitlines(), shown(old)
        for arrived, sent in zip(survivors, (from_legacy, from_modern), strict=True):
            assert arrived == sent[: len(arrived)]
        assert len(survivors[0 if victim == "legacy" else 1]) > 50
        for program in (stage.bridge, old, new):
            assert "Traceback" not in program.stderr

    @pytest.mark.soak  # it takes two farewells
    def test_a_legacy_peer_that_stays_is_told_and_left_after_a_while(self):
        with Stage() as stage:
            old, new = stage.connect("legacy"), stage.modern_program()
            new.end_input()
            assert read_to_end(old) == b""
            assert stage.bridge.process.poll() is None
            old.sendall(seal_legacy("still speaking"))
            new.wait_for("still speaking\n")
            assert (new.wait(), stage.bridge.wait()) == (0, 0)

    @pytest.mark.soak  # likewise
    def test_a_modern_peer_that_stays_is_told_and_left_after_a_while(self):
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.connect("modern")
            old.type("last words\nquit()\n")
            received = read_to_end(new)
            new.sendall(modern.seal("still speaking\n", MODERN_KEYS))
            assert b"".join(modern.Decoder(MODERN_KEYS).feed(received)) == b"last words\n"
            assert stage.bridge.wait() == 0
        assert "from the modern side: 1\n" in stage.bridge.stderr

    def test_a_modern_peer_learns_that_its_words_were_not_delivered(self):
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            stage.bridge.wait_for("both sides are here", "stderr")
            old.type("quit()\n")
            assert old.wait() == 0
            with suppress(OSError):  # the program is gone, so its pipe is broken
                while new.process.poll() is None:
                    new.type("is anybody still there? " * 100 + "\n")
            assert (new.wait(), stage.bridge.wait()) == (1, 1)
        assert "the legacy peer left before everything was sent" in stage.bridge.stderr
        assert "Traceback" not in stage.bridge.stderr + new.stderr

    def test_a_torn_legacy_message_is_said(self):
        with Stage() as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            old.sendall(seal_legacy("whole") + seal_legacy("torn")[:60])
            old.shutdown(socket.SHUT_WR)
            assert end_modern(stage, new) == "whole\n"
            assert stage.bridge.wait() == 0
        assert "skipped 60 bytes" in stage.bridge.stderr

    def test_a_peer_that_left_before_the_other_came(self):
        with Stage() as stage:
            with socket.create_connection(("127.0.0.1", int(stage.port("legacy")))) as early:
                early.sendall(seal_legacy("gone already"))
            stage.bridge.wait_for("legacy: connected by", "stderr")
            assert end_modern(stage, stage.connect("modern")) == "gone already\n"
            assert stage.bridge.wait() == 0

    @posix_only
    def test_ctrl_c(self):
        with Stage() as stage:
            old, new = stage.legacy_program(), stage.modern_program()
            old.type("said before\n")
            new.wait_for("said before\n")
            stage.bridge.process.send_signal(signal.SIGINT)
            assert stage.bridge.wait() == 130
            assert (old.wait(), new.wait()) == (0, 1)
        assert "Traceback" not in stage.bridge.stderr

    @posix_only
    def test_ctrl_c_while_waiting(self):
        with Stage() as stage:
            stage.port("modern")
            stage.bridge.process.send_signal(signal.SIGINT)
            assert stage.bridge.wait() == 130
        assert "Traceback" not in stage.bridge.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is on its way")
def test_a_modern_peer_that_stops_reading_still_gets_everything(monkeypatch):
    """All lines are in the system's buffers: if the bridge left now, they could be lost."""
    monkeypatch.setattr(bridge, "FAREWELL_SECONDS", 0.05)
    lines = [f"line {number}" for number in range(1000)]
    with legacy_and_modern_ends() as ((legacy_end, old), (modern_end, new)):
        held = bridge.Bridge(
            LegacySide(legacy_end, LEGACY_KEY, lambda envelope: iter(()), lambda line: None),
            ModernSide(modern_end, FrameSession({INDEPENDENT: MODERN_KEYS}), lambda line: None),
            lambda line: None,
        )
        carrying = threading.Thread(target=held.run, daemon=True)
        carrying.start()
        for line in lines:
            send_line(old, line, FastAES(LEGACY_KEY))
        old.shutdown(socket.SHUT_WR)
        carrying.join(1)  # twenty farewells long
        assert carrying.is_alive()
        received = read_to_end(new)
        carrying.join(10)
        assert not carrying.is_alive()
    assert len(received) == 112 * len(lines)


@contextmanager
def legacy_and_modern_ends():
    """Yield two connections, each with the bridge's end first; the modern peer buffers little."""
    with ExitStack() as stack:
        ends = []
        for size in (0, 2048):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            peer = stack.enter_context(socket.socket())
            if size:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            peer.connect(listener.getsockname())
            ends.append((stack.enter_context(listener.accept()[0]), peer))
        yield ends


class TestBadModernPeers:
    @rarely.each("dialect", ["independent", "auto"], daily=["auto"])
    def test_other_keys_end_the_bridge_and_are_told(self, dialect):
        with Stage("--dialect", dialect) as stage:
            old = stage.legacy_program()
            old.type("not for strangers\n")
            new = stage.modern_program(keys=("--confkey", CONFKEY, "--authkey", CONFKEY))
            new.type("hello\n")
            assert (stage.bridge.wait(), new.wait(), old.wait()) == (1, 1, 0)
        # With a dialect given, the line goes out, and the peer may be the first to see it.
        seen_by = stage.bridge.stderr + (new.stderr if dialect == "independent" else "")
        assert "HMAC verification failed" in seen_by
        assert "hello" not in old.stdout
        assert "strangers" not in new.stdout
        assert "Traceback" not in stage.bridge.stderr

    def test_a_changed_frame_ends_it_after_the_words_before_it(self):
        good = modern.seal("all of this arrives, and this too", MODERN_KEYS)
        bad = bytearray(modern.seal("never", MODERN_KEYS))
        bad[40] ^= 1
        with Stage() as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            new.sendall(good + bad + good)
            assert leave_legacy(old) == ["all of this arrives, and this too"]
            assert stage.bridge.wait() == 1
            with broken_off():
                read_to_end(new)
        assert "HMAC verification failed" in stage.bridge.stderr

    def test_a_cut_inside_a_frame(self):
        with Stage() as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            new.sendall(modern.seal("hello\n", MODERN_KEYS) + bytes(50))
            new.shutdown(socket.SHUT_WR)
            assert leave_legacy(old) == ["hello"]
            assert stage.bridge.wait() == 1
        assert "inside a frame" in stage.bridge.stderr

    def test_a_fixed_dialect_takes_no_other(self):
        keys = CHAINED.derive_keys(CONFKEY, AUTHKEY)
        with Stage() as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            new.sendall(modern.seal("hello\n", keys, CHAINED.count_lengths))
            assert leave_legacy(old) == []
            assert stage.bridge.wait() == 1

    def test_an_automatic_bridge_says_nothing_to_a_peer_that_it_cannot_believe(self):
        received = []
        with Stage("--dialect", "auto") as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            old.sendall(seal_legacy("not for strangers"))
            new.sendall(bytes(modern.FRAME_SIZE))
            with suppress(ConnectionResetError):
                while data := new.recv(65536):
                    received.append(data)
            assert leave_legacy(old) == []
            assert stage.bridge.wait() == 1
        assert not received

    def test_an_automatic_bridge_to_a_peer_that_never_speaks(self):
        with Stage("--dialect", "auto") as stage:
            old, new = stage.connect("legacy"), stage.connect("modern")
            old.sendall(seal_legacy("hello?"))
            old.shutdown(socket.SHUT_WR)
            assert end_modern(stage, new) == "hello?\n"
            assert stage.bridge.wait() == 0


class TestSecrets:
    def test_from_files_and_the_environment(self, tmp_path):
        (tmp_path / "passphrase").write_text("secret\n")
        variables = environment(MODERN_CONFKEY=CONFKEY, MODERN_AUTHKEY=AUTHKEY)
        places = ("--legacy", "listen:0", "--modern", "listen:0")
        with Program(
            *BRIDGE, *places, "--passphrase-file", str(tmp_path / "passphrase"), env=variables
        ) as bridge:
            ports = [
                int(bridge.wait_for(rf"{side}: .*port (\d+)", "stderr")[1])
                for side in ("legacy", "modern")
            ]
            old, new = (socket.create_connection(("127.0.0.1", port)) for port in ports)
            with old, new:
                new.sendall(modern.seal("hello\n", MODERN_KEYS))
                received = old.recv(1024)
                assert "hello" in legacy.process_bytes(received, LEGACY_KEY)
        assert CONFKEY not in bridge.stderr + bridge.stdout

    @pytest.mark.parametrize("missing", ["passphrase", "confkey", "authkey"])
    def test_none_and_no_terminal(self, missing):
        given = [f"--{name}=x" for name in ("passphrase", "confkey", "authkey") if name != missing]
        done = run("--legacy", "listen:0", "--modern", "listen:0", *given)
        assert done.returncode == 2
        assert f"no {missing}" in done.stderr
        assert done.stderr.count("\n") == 1

    def test_a_passphrase_that_is_not_utf8_is_refused_as_by_the_legacy_prompt(self, tmp_path):
        (tmp_path / "passphrase").write_bytes(b"caf\xe9\n")
        options = ("--passphrase-file", str(tmp_path / "passphrase"), *KEYS)
        done = run("--legacy", "listen:0", "--modern", "connect:127.0.0.1:1", *options)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("bridge: the passphrase is not UTF-8")


class TestWrongUse:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "required"),
            ({"--legacy": "listen:5555"}, "--modern"),
            ({"--legacy": "5555", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "listen:http", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "listen:65536", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "listen:+555", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "listen:" + "0" * 5000, "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "other:5555", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "connect:5555", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "connect:host:0", "--modern": "listen:0"}, "neither listen:PORT"),
            ({"--legacy": "listen:0", "--modern": "listen:0", "--dialect": "x"}, "no dialect 'x'"),
            ({"--legacy": "listen:0", "--modern": "listen:0", "--unverified": "x"}, "invalid"),
        ],
        ids=str,
    )
    def test_is_one_line_and_status_2(self, options, words):
        done = run(*(word for option in options.items() for word in option), *SECRETS)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1

    def test_of_the_program_itself_is_one_line_and_status_2(self):
        done = programs.run(*BRIDGE, "--legacy", "5555", "--modern", "listen:0", *SECRETS)
        assert (done.returncode, done.stdout) == (2, "")
        assert "neither listen:PORT" in programs.one_line(done.stderr)

    def test_a_used_port(self):
        with socket.create_server(("", 0)) as other:
            used = other.getsockname()[1]
            done = run("--legacy", "listen:0", "--modern", f"listen:{used}", *SECRETS)
        assert done.returncode == 1
        assert f"modern: cannot listen on port {used}" in done.stderr
        assert "--port" not in done.stderr

    def test_nobody_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        done = run("--legacy", f"connect:127.0.0.1:{port}", "--modern", "listen:0", *SECRETS)
        assert done.returncode == 1
        assert "is the server running there?" in done.stderr

    def test_an_address_to_listen_on(self):
        with Program(
            *BRIDGE, "--legacy", "listen:127.0.0.1:0", "--modern", "listen:127.0.0.1:0", *SECRETS
        ) as bridge:
            port = bridge.wait_for(r"modern: waiting for a peer on port (\d+)", "stderr")[1]
            with socket.create_connection(("127.0.0.1", int(port))):
                bridge.wait_for("modern: connected by 127.0.0.1", "stderr")

    def test_help_says_that_it_is_for_learning(self):
        done = run("--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert "For learning" in done.stdout
        assert "LEGACY_PASSPHRASE" in done.stdout
