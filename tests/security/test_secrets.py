"""Secrets stay secret: with marked keys on every path that fails, no mark is found outside."""

from __future__ import annotations

import base64
import contextlib
import faulthandler
import hashlib
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from compat.aes import FastAES
from compat.bridge.bridge import Bridge
from compat.bridge.sides import LegacySide, ModernSide
from compat.careful.envelopes import Reader
from legacy import chat as legacy_chat
from legacy import console as legacy_console
from legacy import protocol as legacy_protocol
from modern import bulk, protocol
from modern.chat import Chat
from modern.command_line import Secrets
from modern.dialects import DIALECTS, INDEPENDENT, derive_all_keys
from modern.errors import ModernError
from modern.session import FrameSession
from tests import rarely
from tests.decoders import RecognisingDecoder
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
    modern_port,
)

MARK = "a-marked-secret"
NOBODY_THERE = (*MODERN, "--server", "--bind", "no-such-host.invalid")


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing on standard input."""
    with Program(*arguments, stdin=subprocess.DEVNULL, env=environment(**variables)) as program:
        status = program.wait()
    return subprocess.CompletedProcess(arguments, status, program.stdout, program.stderr)


def assert_silent(done: subprocess.CompletedProcess[str], status: int) -> None:
    """Hold that a program ended in one line, with a status, and without the mark."""
    assert done.returncode == status, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert "marked" not in done.stdout + done.stderr


class TestWrongUse:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--confKey", MARK, "--authkey", AUTHKEY),
            (f"--conf-key={MARK}", "--authkey", AUTHKEY),
            ("--confkey", CONFKEY, "--authkey", AUTHKEY, MARK),
            ("--confkey", "two", MARK, "--authkey", AUTHKEY),
            ("--confkey", CONFKEY, "--authkey", AUTHKEY, f"-k{MARK}"),
            ("--confkey", MARK, "--authkey"),
            ("--confkey", f"-{MARK}", "--authkey", AUTHKEY),
            ("--confkey", MARK, "--confkey-file", "x", "--authkey", AUTHKEY),
            ("--confkey", MARK),
            ("--confkey", MARK, "--authkey", MARK, "--port", "x"),
        ],
        ids=lambda arguments: arguments[0].partition("=")[0],
    )
    def test_a_misspelled_option_does_not_show_its_key(self, arguments):
        assert_silent(run(*MODERN, "--server", *arguments), 2)

    @rarely.each(
        ("program", "arguments"),
        {
            f"{program} {words[0]}": (program, words)
            for program in ("bridge", "wiretap")
            for words in (("--pass-phrase", MARK), (f"--pass={MARK}",), (MARK,))
        },
        daily=["bridge --pass-phrase", f"bridge --pass={MARK}", f"wiretap {MARK}"],
    )
    def test_nor_do_the_programs_in_between(self, program, arguments):
        ends = {
            "bridge": ("--legacy", "listen:0", "--modern", "listen:0"),
            "wiretap": ("--listen", "0", "--forward", "localhost:1"),
        }[program]
        assert_silent(run("-m", f"compat.{program}", *ends, *arguments), 2)


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
@rarely.each(
    ("package", "side"),
    {f"{p} {side}": (p, side) for p in ("legacy", "compat") for side in ("server", "client")},
    daily=["legacy server", "compat client"],
)
def test_a_passphrase_is_not_shown_although_standard_output_is_a_pipe(package, side, tmp_path):
    """As with `python legacy/Server.py | tee log`: what is typed is still typed at a terminal."""
    from tests.terminals import at_terminal_and_pipe, ended  # noqa: PLC0415 - POSIX

    with contextlib.ExitStack() as stack:
        if side == "server":
            chat = stack.enter_context(at_terminal_and_pipe(f"-m {package}.Server 0", tmp_path))
            chat.expect(r"PORT (\d+)")
            peer = stack.enter_context(
                socket.create_connection(("127.0.0.1", int(chat.match[1])), TIMEOUT)
            )
        else:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            chat = stack.enter_context(at_terminal_and_pipe(f"-m {package}.Client", tmp_path))
            for answer in ("127.0.0.1", str(listener.getsockname()[1])):
                chat.expect(" : ")
                chat.sendline(answer)
            peer = stack.enter_context(listener.accept()[0])
        chat.expect("Pre-Shared-Key .* ?:")
        assert chat.waitnoecho()  # a prompt in a pipe comes a moment before the echo ends
        chat.sendline(MARK)
        chat.expect("Listening On Thread 1")
        peer.close()
        assert ended(chat)[1] == 0
        shown = chat.logfile_read.getvalue()
    assert "marked" not in shown
    assert "Pre-Shared-Key" in (tmp_path / "log").read_text()


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
class TestKeyFiles:
    def warnings(self, path: Path, mode: int) -> list[str]:
        """Return what is warned of when the confkey comes from a file of this mode."""
        path.write_text(MARK * 2 + "!!\n")
        path.chmod(mode)
        done = run(*NOBODY_THERE, "--confkey-file", str(path), "--authkey", AUTHKEY)
        assert done.returncode == 1, done
        assert "marked" not in done.stderr
        return [line for line in done.stderr.splitlines() if "warning" in line]

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
    def test_one_that_others_can_read_is_warned_of_once(self, tmp_path, mode):
        (warning,) = self.warnings(tmp_path / "key", mode)
        assert f"{tmp_path / 'key'} can be read by others" in warning

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_one_that_only_its_owner_can_read_is_not(self, tmp_path, mode):
        assert self.warnings(tmp_path / "key", mode) == []

    def test_a_pipe_is_no_file_of_others(self):
        pipes = "python -m modern --server --bind no-such-host.invalid --authkey-file <(echo key)"
        command = pipes.replace("python", sys.executable) + f" --confkey {CONFKEY}"
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            cwd=ROOT,
        )
        assert done.returncode == 1
        assert "read by others" not in done.stderr


# Every path that fails -----------------------------------------------------------------------

MARKED_CONFKEY, MARKED_AUTHKEY = (
    "marked-confkey-0123456789abcdef!",
    "marked-authkey-0123456789abcdef!",
)
MARKED_PASSPHRASE = "marked-passphrase"
MARKED = (MARKED_CONFKEY, MARKED_AUTHKEY, MARKED_PASSPHRASE)
VARIABLES = {"MODERN_CONFKEY": MARKED_CONFKEY, "MODERN_AUTHKEY": MARKED_AUTHKEY}
posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and devices")


def traces(secret: str) -> Iterator[bytes]:
    """Yield what a secret, or the key made of it, may look like when it leaks."""
    for raw in (secret.encode(), hashlib.sha256(secret.encode()).digest()):
        yield raw
        yield raw.hex().encode()
        yield base64.b64encode(raw)
        yield repr(raw)[2:-1].encode()


TRACES = {trace for secret in MARKED for trace in traces(secret)}
TRACES |= set(traces(MARKED_CONFKEY + MARKED_AUTHKEY))


def assert_no_trace(output: bytes) -> None:
    """Hold that no secret is in what came out, in any form."""
    assert not [trace for trace in TRACES if trace in output], output


def test_a_leak_would_be_found():
    keys = protocol.derive_keys(MARKED_CONFKEY, MARKED_AUTHKEY)
    for leak in (MARKED_PASSPHRASE, repr(keys.authentication), keys.confidentiality.hex()):
        with pytest.raises(AssertionError):
            assert_no_trace(f"oops: {leak}".encode())


FAULTHANDLER = {"PYTHONFAULTHANDLER": "1"}
"""Prints a traceback of all threads at a crash."""


@contextmanager
def watched(
    *arguments: str, variables: Mapping[str, str] | None = None, **options: object
) -> Iterator[Program]:
    """Start a program and hold that it shows no secret: on its streams, nor in the process list.

    `variables` are added to its environment.
    """
    given = {**VARIABLES, "LEGACY_PASSPHRASE": MARKED_PASSPHRASE} | dict(variables or {})
    env = environment(**given)
    with Program(*arguments, env=env, **options) as program:  # type: ignore[arg-type]
        process = Path(f"/proc/{program.process.pid}/cmdline")
        if process.exists():
            assert_no_trace(process.read_bytes())
        yield program
        program.wait()
    assert_no_trace(program.stdout_bytes + program.stderr.encode())


@contextmanager
def modern_and_peer(**options: object) -> Iterator[tuple[Program, socket.socket]]:
    """Start a modern server with marked keys, and connect to it."""
    with watched(*MODERN, "--server", "--port", "0", **options) as server:  # type: ignore[arg-type]
        with socket.create_connection(("127.0.0.1", int(modern_port(server)))) as peer:
            server.wait_for("connected by", "stderr")
            yield server, peer


@contextmanager
def legacy_and_peer(**options: object) -> Iterator[tuple[Program, socket.socket]]:
    """Start a legacy server with a marked passphrase, and connect to it."""
    with watched(*LEGACY_SERVER, "0", **options) as server:  # type: ignore[arg-type]
        port = int(server.wait_for(r"PORT (\d+)")[1])
        with socket.create_connection(("127.0.0.1", port)) as peer:
            server.wait_for("Connected by")
            server.type(f"{MARKED_PASSPHRASE}\n")
            server.wait_for("Listening")
            yield server, peer


SESSION_KEYS = protocol.derive_keys(MARKED_CONFKEY, MARKED_AUTHKEY)
BAD_STREAMS = {
    "noise": bytes(200),
    "a flipped bit": (FRAME := protocol.seal("x\n", SESSION_KEYS))[:-1] + bytes([FRAME[-1] ^ 1]),
    "a cut frame": protocol.seal("x\n", SESSION_KEYS)[:-1],
    "not UTF-8": protocol.seal_frame(b"\xff", 1, SESSION_KEYS, bytes(16)),
    "no length": protocol.seal_frame(b"xx", 1, SESSION_KEYS, bytes(16)),
}


@rarely.each("stream", BAD_STREAMS, daily=["a flipped bit", "not UTF-8"])
def test_modern_with_a_bad_peer(stream):
    with modern_and_peer() as (server, peer):
        peer.sendall(stream)
        with contextlib.suppress(OSError):  # refused already
            peer.shutdown(socket.SHUT_WR)
        server.end_input()
        assert server.wait() == 1


def end_by(number: int) -> Callable[[Program], object]:
    """Return what sends a signal."""
    return lambda program: program.process.send_signal(number)


ENDS: dict[str, Callable[[Program], object]] = {
    "not UTF-8 typed": lambda program: (program.type(b"caf\xe9\n"), program.end_input()),
    "Ctrl-C": end_by(signal.SIGINT),
    "a crash, with faulthandler": end_by(signal.SIGABRT),
    "terminated": end_by(signal.SIGTERM),
}


@posix_only
@rarely.each(
    ("start", "end"),
    {
        f"{name}: {what}": (start, end)
        for name, start in (("modern", modern_and_peer), ("legacy", legacy_and_peer))
        for what, end in ENDS.items()
    },
    daily=["modern: a crash, with faulthandler", "modern: Ctrl-C",
           "legacy: not UTF-8 typed", "legacy: terminated"],
)  # fmt: skip
def test_with_an_end_of_our_own(start, end):
    crashes = end is ENDS["a crash, with faulthandler"]
    with start(variables=FAULTHANDLER if crashes else None) as (server, peer):
        end(server)
        peer.close()
        server.wait()
    if crashes:
        # CPython now and then stumbles over a running thread's frames while it prints them.
        assert "Fatal Python error: Aborted" in server.stderr


@posix_only
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_modern_with_a_full_disk():
    with Path("/dev/full").open("wb") as full:
        with watched(*MODERN, "--server", "--port", "0", stdout=full) as server:
            with socket.create_connection(("127.0.0.1", int(modern_port(server)))) as peer:
                peer.sendall(protocol.seal("x\n", SESSION_KEYS))
                assert server.wait() == 1


BRIDGE = ("-m", "compat.bridge", "--legacy")
BEFORE: dict[str, tuple[tuple[str, ...], int]] = {
    "refused": ((*MODERN, "--client", "127.0.0.1", "--port", "1"), 1),
    "no address of ours": ((*MODERN, "--server", "--bind", "300.300.300.300"), 1),
    "no file": ((*MODERN, "--server", "--confkey-file", "/"), 2),
    "no dialect": ((*MODERN, "--server", "--dialect", "klingon"), 2),
    "bridge: nobody": ((*BRIDGE, "connect:127.0.0.1:1", "--modern", "listen:0"), 1),
    "bridge: nobody modern": ((*BRIDGE, "listen:0", "--modern", "connect:127.0.0.1:1"), 1),
    "bridge: nowhere": ((*BRIDGE, "nowhere", "--modern", "listen:0"), 2),
}


@rarely.each(
    ("program", "status"), BEFORE, daily=["refused", "no dialect", "bridge: nobody modern"]
)
def test_before_there_is_a_chat(program, status):
    with watched(*program, stdin=subprocess.DEVNULL) as started:
        assert started.wait() == status


def test_a_legacy_client_that_finds_nobody():
    with watched(*LEGACY_CLIENT) as client:
        client.type(f"127.0.0.1\n1\n{MARKED_PASSPHRASE}\n")
        assert client.wait() == 255


# Inside --------------------------------------------------------------------------------------


def holders() -> Iterator[object]:
    """Yield one of everything that holds a secret or a key."""
    secrets = Secrets(MARKED_CONFKEY, MARKED_AUTHKEY)
    session = FrameSession(derive_all_keys(MARKED_CONFKEY, MARKED_AUTHKEY))
    legacy_key = legacy_protocol.derive_key(MARKED_PASSPHRASE)
    one, other = socket.socketpair()
    with one, other:
        wire = legacy_chat.OriginalWire(one, legacy_key)
        console = legacy_console.Console(None, None)
        legacy_side = LegacySide(one, legacy_key, lambda envelope: iter(()), print)
        modern_side = ModernSide(other, session, print)
        yield from (secrets, session, SESSION_KEYS, wire, legacy_side, modern_side)
        yield legacy_chat.Conversation(one, wire, console)
        yield Bridge(legacy_side, modern_side, print)
        yield Chat(one, FrameSession({INDEPENDENT: SESSION_KEYS}), None, None)
    yield from (protocol.Decoder(SESSION_KEYS), bulk.Decoder(SESSION_KEYS))
    yield from (bulk.Sealer(SESSION_KEYS), bulk.Opener(SESSION_KEYS))
    yield RecognisingDecoder(MARKED_CONFKEY, MARKED_AUTHKEY)
    yield from (dialect.derive_keys(*MARKED[:2]) for dialect in DIALECTS.values())
    yield from (FastAES(legacy_key), Reader(FastAES(legacy_key)))


@pytest.mark.parametrize("holder", list(holders()), ids=lambda holder: type(holder).__name__)
def test_nothing_that_holds_a_key_shows_it(holder):
    assert_no_trace(f"{holder!r} {holder!s} {[holder]}".encode())


@pytest.mark.parametrize("stream", BAD_STREAMS.values(), ids=BAD_STREAMS)
@pytest.mark.parametrize("make", [protocol.Decoder, bulk.Decoder])
def test_no_exception_shows_a_key(make, stream):
    decoder = make(SESSION_KEYS)
    with pytest.raises(ModernError) as caught:  # noqa: PT012 - either may be what fails
        list(decoder.feed(stream))
        decoder.close()
    told = traceback.format_exception(caught.type, caught.value, caught.tb)
    assert_no_trace(f"{''.join(told)} {caught.value!r} {caught.value.args}".encode())


def test_what_faulthandler_prints_shows_no_key(tmp_path):
    decoder = protocol.Decoder(SESSION_KEYS)
    assert decoder
    with (tmp_path / "threads").open("w+b") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        printed = file.read()
    assert b"test_secrets.py" in printed
    assert_no_trace(printed)
