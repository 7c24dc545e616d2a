"""Consoles and files as they come: closed, full, shared, in another encoding, driven by a peer."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pytest

from legacy import console as legacy_console
from legacy import protocol as legacy_protocol
from modern import console as modern_console
from tests import rarely
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    LEGACY_CLIENT,
    LEGACY_SERVER,
    MODERN,
    ROOT,
    TIMEOUT,
    Program,
    environment,
    modern_client,
    modern_port,
    modern_server,
    one_line,
)
from tests.terminals import at_terminal, ended

if TYPE_CHECKING:
    import pexpect

PROGRAMS = ("legacy.Server", "legacy.Client", "modern", "compat", "compat.bridge", "compat.wiretap")
PASSPHRASE = "secret"
ASKS = {"modern": "confkey: ", "modern.hardened": "passphrase: "}
RIGHT_TO_LEFT = "\u202e"
HEBREW = "שלום"
DEFUSE = (
    legacy_console.defuse,
    lambda text: modern_console.defuse(text.encode()).decode(),
)
LEGACY_KEY = legacy_protocol.derive_key(PASSPHRASE)


def shell(command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in which `python` is this Python."""
    return subprocess.run(
        command.replace("python", sys.executable),
        shell=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
        env=environment(**variables),
        cwd=ROOT,
    )


def run_without(stream: str, command: str, where: str) -> tuple[int, str]:
    """Run a program whose output or errors nothing takes; return its status and its errors."""
    if where == "&-":  # a stream that is closed from the start
        done = shell(f"python -m {command} {'2' * (stream == 'stderr')}>&-")
        return done.returncode, done.stderr
    options: dict[str, object] = {"stdin": subprocess.DEVNULL}
    with open(where, "wb") as full:
        with Program("-m", *command.split(), **options | {stream: full}) as program:  # type: ignore[arg-type]
            return program.wait(), program.stderr


@contextmanager
def legacy_server(**options: object) -> Iterator[tuple[Program, socket.socket]]:
    """Start a legacy server on pipes and connect to it, passphrase given."""
    with Program(*LEGACY_SERVER, "0", **options) as server:  # type: ignore[arg-type]
        port = int(server.wait_for(r"PORT (\d+)")[1])
        with socket.create_connection(("127.0.0.1", port)) as peer:
            server.wait_for("Connected by")
            server.type(f"{PASSPHRASE}\n")
            server.wait_for("Listening On Thread 1")
            yield server, peer


def seal(message: str) -> bytes:
    """Return what a legacy peer sends for a message."""
    return legacy_protocol.seal(message, "12:00:00", LEGACY_KEY)


class TestSharedStreams:
    """Another program may have left a pipe or terminal so that reading it does not wait."""

    def test_no_input_yet_is_no_end_of_input(self):
        reads, writes = os.pipe()
        os.set_blocking(reads, False)
        with Program(*LEGACY_CLIENT, stdin=reads) as client:
            os.close(reads)
            client.wait_for("Enter Destination IP")
            os.write(writes, b"localhost\nno port\n")
            assert client.wait() == 2
        os.close(writes)
        assert "'no port' is no port" in one_line(client.stderr)


def commands(*pairs: tuple[str, str]) -> dict[str, tuple[str, str]]:
    """Return command lines and where their output goes, with ids."""
    return {f"{command} >{where}": (command, where) for command, where in pairs}


@pytest.mark.skipif(sys.platform != "linux", reason="no /dev/full")
class TestFullOrClosed:
    """Standard output or error that takes nothing: still the right status, and no traceback."""

    @rarely.each(
        ("command", "where"),
        commands(
            *((f"{name} --oops", "/dev/full") for name in PROGRAMS),
            *((f"{name} --oops", "&-") for name in ("legacy.Server", "modern")),
        ),
        daily=["legacy.Server --oops >/dev/full", "compat.wiretap --oops >/dev/full",
               "modern --oops >&-"],
    )  # fmt: skip
    def test_wrong_use_is_status_2_also_where_it_cannot_be_said(self, command, where):
        status, _ = run_without("stderr", command, where)
        assert status == 2

    @rarely.each(
        ("command", "where"),
        commands(
            *((f"{name} --help", "/dev/full") for name in PROGRAMS),
            *((f"{name} --help", "&-") for name in ("legacy.Server", "modern")),
            ("modern --generate-keys", "/dev/full"),
            ("modern --generate-keys", "&-"),
            ("compat --fast", "/dev/full"),
        ),
        daily=["legacy.Server --help >&-", "modern --help >/dev/full",
               "modern --generate-keys >&-", "compat --fast >/dev/full"],
    )  # fmt: skip
    def test_what_cannot_be_printed_is_one_line_and_status_1(self, command, where):
        status, told = run_without("stdout", command, where)
        assert status == 1
        assert "standard output" in one_line(told)


class TestTerminal:
    def test_a_modern_key_typed_in_another_encoding(self):
        with at_terminal(*MODERN, "--server") as server:
            server.expect("confkey: ")
            os.write(server.child_fd, b"caf\xe9\n")
            shown, status = ended(server)
        assert status == 2
        assert "the confkey that was typed is not UTF-8" in one_line(f"{shown.strip()}\n")

    def test_a_legacy_passphrase_typed_in_another_encoding(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            at_terminal(*LEGACY_CLIENT) as client,
        ):
            for answer in (b"127.0.0.1", b"%d" % listener.getsockname()[1], b"caf\xe9"):
                client.expect(" :")
                os.write(client.child_fd, answer + b"\n")
            shown, status = ended(client)
        assert status == 2
        assert "what was typed is not UTF-8" in one_line(f"{shown.strip()}\n")

    @pytest.mark.parametrize(("key", "status"), [("c", 130), ("d", 2)])
    @pytest.mark.parametrize(("program", "asks"), ASKS.items(), ids=ASKS)
    def test_a_question_that_nobody_answers_is_a_line_of_its_own(self, program, asks, key, status):
        with at_terminal("-m", program, "--server") as server:
            server.expect_exact(asks)
            server.sendcontrol(key)
            shown, ended_with = ended(server)
        said = f"{asks[:-2]} given\r\n" if key == "d" else ""
        assert (shown.startswith("\r\n"), shown.endswith(said)) == (True, True), shown
        assert (shown.count("\n"), ended_with) == (1 + bool(said), status)

    def test_ctrl_c_at_the_passphrase_of_a_careful_client_ends_its_line(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            at_terminal("-m", "compat.Client") as client,
        ):
            for answer in ("127.0.0.1", str(listener.getsockname()[1])):
                client.expect(" : ")
                client.sendline(answer)
            client.expect_exact("For Connection :")
            client.sendintr()
            assert ended(client) == ("\r\n", 255)

    def test_a_peer_cannot_drive_the_terminal_of_a_legacy_chat(self):
        with legacy_terminal() as (server, peer):
            peer.sendall(seal("\x1b[2Jgone?\ttab\x00\x7f\x9b"))
            server.expect_exact("Received : \\x1b[2Jgone?\ttab\\x00\\x7f\\x9b")

    @rarely.each("package", ["legacy", "compat"], daily=["compat"])
    def test_a_peer_cannot_reorder_a_line_of_a_legacy_chat(self, package):
        with legacy_terminal(package) as (server, peer):
            peer.sendall(seal(f"pay {RIGHT_TO_LEFT}001\u202c {HEBREW}"))
            server.expect_exact(f"Received : pay \\u202e001\\u202c {HEBREW} ")

    def test_a_peer_cannot_reorder_a_line_of_a_modern_chat(self):
        keys = {"MODERN_CONFKEY": CONFKEY, "MODERN_AUTHKEY": AUTHKEY}
        with at_terminal(*MODERN, "--server", "--port", "0", **keys) as server:
            server.expect(r"waiting for a peer on port (\d+)")
            with modern_client(server.match[1]) as client:
                client.type(f"pay {RIGHT_TO_LEFT}001\u202c {HEBREW}\n")
                server.expect_exact(f"pay \\u202e001\\u202c {HEBREW}\r\n")

    def test_a_peer_cannot_pretend_to_be_two_lines_at_a_terminal(self):
        with legacy_terminal() as (server, peer):
            peer.sendall(
                legacy_protocol.seal("I am bob", "12:00:00\r\nReceived : me too", LEGACY_KEY)
            )
            server.expect_exact("12:00:00\\x0d\\x0aReceived : me too\r\n")


@contextmanager
def legacy_terminal(package: str = "legacy") -> Iterator[tuple[pexpect.spawn, socket.socket]]:
    """Start a legacy server at a terminal and connect to it, passphrase given."""
    with at_terminal("-m", f"{package}.Server", "0") as server:
        server.expect(r"PORT (\d+)")
        with socket.create_connection(("127.0.0.1", int(server.match[1]))) as peer:
            server.expect_exact("for the Connection : ")
            server.sendline(PASSPHRASE)
            server.expect_exact("Listening On Thread 1\r\n")
            yield server, peer


UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    "|[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\u2028\u2029]"
    "|[\u2060\ufeff\u115f\u1160\u3164\uffa0]"
)


UNSAFE_CHARACTERS = 83
FILLERS = "\u115f\u1160\u3164\uffa0"
"""The only letters that Unicode calls ignorable: a font shows nothing for them."""
NO_ORDER = ["a\u00ad", "e\u034f", "☑\ufe0f", "葛\U000e0100", "🏴\U000e0067\U000e007f"]
"""A soft hyphen, a grapheme joiner, variation selectors, and tags, of which some flags are made."""


@cache
def every_character() -> str:
    return "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))


@cache
def visible_characters() -> str:
    """Return all letters, marks, numbers and signs."""
    return "".join(each for each in every_character() if unicodedata.category(each)[0] in "LMNPSZ")


class TestDefuse:
    """The two functions that stand between a peer's text and a terminal."""

    @pytest.mark.parametrize("defuse", DEFUSE, ids=["legacy", "modern"])
    def test_every_character(self, defuse):
        """What is invisible and changes a line is escaped; each letter, mark and emoji stays."""
        letters = set("\t\n\r\u200c\u200d")
        unsafe = set(UNSAFE.findall(every_character())) - letters
        assert len(unsafe) == UNSAFE_CHARACTERS
        for character in unsafe:
            number = ord(character)
            assert defuse(character) in (f"\\x{number:02x}", f"\\u{number:04x}")
        safe = UNSAFE.sub("", visible_characters())
        for text in (safe, *(letters - set("\n\r"))):
            assert defuse(text) == text

    @pytest.mark.parametrize("defuse", DEFUSE, ids=["legacy", "modern"])
    @pytest.mark.parametrize(
        "words", [HEBREW, "مرحبا ١٢٣", "می\u200cخواهم", "👩\u200d🔬", "e\u0301"]
    )
    def test_words_stay_as_they_are(self, defuse, words):
        assert defuse(words) == words

    @pytest.mark.parametrize("defuse", DEFUSE, ids=["legacy", "modern"])
    def test_nothing_changes_the_direction_of_a_line(self, defuse):
        """Unicode names what does: every character of these classes, whichever it is."""
        classes = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        turning = [each for each in every_character() if unicodedata.bidirectional(each) in classes]
        assert len(turning) == len(classes)
        for character in turning:
            assert defuse(character) == f"\\u{ord(character):04x}"

    @pytest.mark.parametrize("defuse", DEFUSE, ids=["legacy", "modern"])
    @pytest.mark.parametrize("filler", FILLERS)
    def test_a_letter_that_nobody_sees_is_shown(self, defuse, filler):
        """Between Hebrew words, such a letter changes the order as a Latin letter does."""
        assert unicodedata.bidirectional(filler) == "L"
        assert defuse(f"{HEBREW}{filler}100") == f"{HEBREW}\\u{ord(filler):04x}100"

    @pytest.mark.parametrize("defuse", DEFUSE, ids=["legacy", "modern"])
    @pytest.mark.parametrize("text", NO_ORDER)
    def test_what_is_invisible_and_changes_no_order_stays(self, defuse, text):
        assert not {"L", "R", "AL"} & set(map(unicodedata.bidirectional, text[1:]))
        assert defuse(text) == text


class TestPipes:
    @rarely.each("package", ["legacy", "compat"], daily=["legacy"])
    def test_a_pipe_gets_what_reorders_as_it_is(self, package):
        with Program("-m", f"{package}.Server", "0") as server:
            port = int(server.wait_for(r"PORT (\d+)")[1])
            with socket.create_connection(("127.0.0.1", port)) as peer:
                server.type(f"{PASSPHRASE}\n")
                server.wait_for("Listening On Thread 1")
                peer.sendall(seal(f"pay {RIGHT_TO_LEFT}001"))
                server.wait_for(f"Received : pay {RIGHT_TO_LEFT}001 ")

    def test_a_pipe_gets_a_legacy_message_as_it_is(self):
        message = "\x1b[2J\x00\x07\x7f\x9b two\nlines\ttab"
        with legacy_server() as (server, peer):
            peer.sendall(seal(message))
            server.wait_for("12:00:00\n")
        assert f"Received : {message} ".encode() in server.stdout_bytes

    def test_a_pipe_gets_the_same_bytes_in_locale_c(self):
        text = "naïve ☃ \x1b[0m\n".encode()
        env = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        with modern_server(env=env) as server:
            with modern_client(modern_port(server), env=env) as client:
                client.type(text)
                client.end_input()
                server.end_input()
                assert (client.wait(), server.wait()) == (0, 0)
        assert server.stdout_bytes == text

    def test_a_legacy_console_in_locale_c_shows_what_it_can(self):
        env = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        with legacy_server(env=env) as (server, peer):
            peer.sendall(seal("naïve ☃"))
            server.wait_for(r"^Received : na\\xefve \\u2603 .*\\u2611  12:00:00\n")

    def test_a_console_that_goes_away_ends_a_legacy_chat_in_one_line(self):
        reads, writes = os.pipe()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with Program(*LEGACY_CLIENT, stdout=writes) as client:
                os.close(writes)
                client.type(f"127.0.0.1\n{listener.getsockname()[1]}\n{PASSPHRASE}\n")
                peer, _ = listener.accept()
                with peer, os.fdopen(reads, "rb", 0) as console:
                    shown = b""
                    while b"Listening On Thread 1\n" not in shown:
                        shown += console.read(1000)
                    console.close()
                    peer.sendall(seal("to nobody"))
                    assert client.wait() == 1
        assert "cannot write to standard output" in one_line(client.stderr)

    @pytest.mark.parametrize(("program", "status"), [("legacy.Client", 0), ("modern --server", 2)])
    def test_closed_standard_input_at_a_prompt(self, program, status):
        done = shell(f"python -m {program} <&-")
        assert done.returncode == status
        assert "Traceback" not in done.stderr
