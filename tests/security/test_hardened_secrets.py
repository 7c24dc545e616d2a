"""The third chat's secrets stay secret on each path that fails: the passphrase, w, every key."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from unittest import mock

import pytest

from modern.chat import Chat
from modern.errors import ModernError
from modern.hardened import bulk, pake, records
from modern.hardened.errors import AgreementError
from modern.hardened.records import Direction, Kind
from modern.hardened.session import HardenedSession
from modern.protocol import Keys
from tests import rarely
from tests.programs import HARDENED, TIMEOUT, Program, modern_port, run_here
from tests.remembering import make_w
from tests.security import test_secrets
from tests.security.test_secrets import FAULTHANDLER, assert_no_trace, traces, watched

PASSPHRASE = "marked-passphrase-of-the-third-chat"
W = 0x9876543210FEDCBA << 160 | 0x8877665544332211
"""Marked, where no program makes it of the passphrase."""
SECRET_NUMBER = 0xABCDEF0123456789 << 128 | 0x1122334455667788
KEYS = Keys(b"marked-encryption-key-of-a-side!", b"marked-authentication-key-32-by!")
posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def traces_of_number(number: int) -> set[bytes]:
    raw = number.to_bytes(32, "big")
    found = {raw, raw.hex().encode(), str(number).encode(), f"{number:x}".encode()}
    return found | {repr(raw)[2:-1].encode()}


@cache
def all_traces() -> set[bytes]:
    """Return what nothing may show. The passphrase is hashed when a test runs, not before."""
    found = set(traces(PASSPHRASE))
    for number in (W, SECRET_NUMBER, make_w(PASSPHRASE)):
        found |= traces_of_number(number)
    for key in (KEYS.confidentiality, KEYS.authentication, KEYS.confidentiality[:16]):
        found |= {key, key.hex().encode(), repr(key)[2:-1].encode()}
    return found


@pytest.fixture(autouse=True)
def _ours_are_looked_for() -> Iterator[None]:
    """Let the helpers of the other tests of secrets find ours, and programs have them."""
    with (
        mock.patch.object(test_secrets, "TRACES", all_traces()),
        mock.patch.dict(test_secrets.VARIABLES, HARDENED_PASSPHRASE=PASSPHRASE),
    ):
        yield


def test_a_leak_would_be_found():
    made = make_w(PASSPHRASE)
    numbers = (str(made), f"{made:064x}", str(W), str(SECRET_NUMBER))
    for leak in (PASSPHRASE, repr(KEYS.authentication), *numbers):
        with pytest.raises(AssertionError):
            assert_no_trace(f"oops: {leak}".encode())


# Programs ------------------------------------------------------------------------------------

SERVER = (*HARDENED, "--server", "--bind", "127.0.0.1", "--port", "0")


@contextmanager
def server_and_peer(
    *, agreed: bool = True, **options: object
) -> Iterator[tuple[Program, socket.socket, object]]:
    """Start a server with a marked passphrase, connect to it, and perhaps agree."""
    with watched(*SERVER, **options) as server:  # type: ignore[arg-type]
        port = int(modern_port(server))
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as peer:
            server.wait_for("connected by", "stderr")
            session = HardenedSession(make_w(PASSPHRASE), is_client=True)
            for size in (66, 32) if agreed else ():
                peer.sendall(session.replies())
                list(session.receive(peer.recv(size, socket.MSG_WAITALL)))
            yield server, peer, session


BAD_HELLOS = {
    "noise": bytes(range(66)),
    "no point": b"\x01\x04" + bytes(64),
    "another passphrase": b"\x01" + pake.Exchange(1, is_client=True).share + bytes(32),
    "a part": b"\x01\x04" + bytes(20),
}


@rarely.each("hello", BAD_HELLOS, daily=["another passphrase"])
def test_a_bad_agreement(hello):
    with server_and_peer(agreed=False) as (server, peer, _):
        peer.sendall(hello)
        with contextlib.suppress(OSError):  # it has broken off already
            peer.shutdown(socket.SHUT_WR)
        assert server.wait() == 1


BAD_RECORDS = {"no length": bytes(100), "no tag": b"\x01\x30" + bytes(304), "a part": b"\x01"}


@rarely.each("stream", BAD_RECORDS, daily=["no tag"])
def test_a_bad_record(stream):
    with server_and_peer() as (server, peer, session):
        peer.sendall(b"".join(session.seal(["x\n"])) + stream)
        with contextlib.suppress(OSError):
            peer.shutdown(socket.SHUT_WR)
        server.end_input()
        assert server.wait() == 1


@posix_only
@rarely.each(
    ("name", "agreed"),
    {
        f"{name} {'in the chat' if agreed else 'before it'}": (name, agreed)
        for name in ("SIGINT", "SIGTERM", "SIGABRT")
        for agreed in (True, False)
    },
    daily=["SIGABRT in the chat", "SIGINT before it"],
)
def test_an_end_by_a_signal(name, agreed):
    """SIGABRT with faulthandler: a traceback of all threads is printed, with no value in it."""
    number = getattr(signal, name)
    variables = FAULTHANDLER if name == "SIGABRT" else None
    with server_and_peer(agreed=agreed, variables=variables) as (server, peer, _):
        server.process.send_signal(number)
        peer.close()
        server.wait()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--client", "127.0.0.1", "--port", "1"), 1),
        (("--server", "--passphrase", PASSPHRASE), 2),
    ],
    ids=["refused", "used wrongly"],
)
def test_before_there_is_a_chat(arguments, status):
    env = test_secrets.environment(HARDENED_PASSPHRASE=PASSPHRASE)
    with Program(*HARDENED, *arguments, stdin=subprocess.DEVNULL, env=env) as program:
        assert program.wait() == status
    assert_no_trace(program.stdout_bytes + program.stderr.encode())


WRONG_USE = {
    "an option that is none": ("--server", "--passphrase", PASSPHRASE),
    "an abbreviated one": ("--server", f"--pass={PASSPHRASE}"),
    "no option": ("--server", PASSPHRASE),
    "no file": ("--server", "--passphrase-file", "/"),
    "another option": ("--server", "--tries", "x"),
}


@pytest.mark.parametrize("arguments", WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use(arguments):
    done = run_here("-m", "modern.hardened", *arguments, HARDENED_PASSPHRASE=PASSPHRASE)
    assert done.returncode == 2
    assert_no_trace(f"{done.stdout}{done.stderr}".encode())


def test_an_address_that_is_not_ours():
    where = ("--server", "--bind", "300.300.300.300")
    with mock.patch.object(pake, "scrypt", return_value=W.to_bytes(40, "big")):
        done = run_here("-m", "modern.hardened", *where, HARDENED_PASSPHRASE=PASSPHRASE)
    assert done.returncode == 1
    assert_no_trace(f"{done.stdout}{done.stderr}".encode())


# Inside --------------------------------------------------------------------------------------


def holders() -> Iterator[object]:
    """Yield one of everything that holds a secret or a key."""
    exchange = pake.Exchange(W, is_client=True, draw=lambda: SECRET_NUMBER)
    yield exchange
    yield pake.Agreement(KEYS.confidentiality[:16], KEYS.authentication, KEYS.confidentiality)
    client, server = (HardenedSession(W, is_client=is_client) for is_client in (True, False))
    yield client
    list(server.receive(client.replies()))
    yield server._take
    list(client.receive(server.replies()))
    yield client._take
    list(server.receive(client.replies()))
    yield server
    one, other = socket.socketpair()
    with one, other:
        yield Chat(one, client, None, None)
    yield from (Direction(KEYS), KEYS, records.Decoder(Direction(KEYS)))
    yield from (bulk.Decoder(Direction(KEYS)), bulk.Sealer(Direction(KEYS)))


@pytest.mark.parametrize("holder", list(holders()), ids=lambda holder: type(holder).__name__)
def test_nothing_that_holds_a_secret_shows_it(holder):
    assert_no_trace(f"{holder!r} {holder!s} {[holder]}".encode())


def told(caught: pytest.ExceptionInfo[BaseException]) -> bytes:
    lines = traceback.format_exception(caught.type, caught.value, caught.tb)
    return f"{''.join(lines)} {caught.value!r} {caught.value.args}".encode()


@pytest.mark.parametrize("hello", BAD_HELLOS.values(), ids=BAD_HELLOS)
@pytest.mark.parametrize("is_client", [True, False])
def test_no_exception_of_the_agreement_shows_one(hello, is_client):
    session = HardenedSession(W, is_client=is_client)
    with pytest.raises(AgreementError) as caught:  # noqa: PT012 - either may be what fails
        list(session.receive(hello.ljust(98, b"\0")))
        session.receive_end()
    assert_no_trace(told(caught))


@pytest.mark.parametrize("make", [records.Decoder, bulk.Decoder])
@pytest.mark.parametrize("place", [0, 5, 100, 290])
def test_no_exception_of_a_record_shows_one(make, place):
    record = bytearray(records.seal_record(Kind.TEXT, b"x\n", 0, KEYS, bytes(16)))
    record[place] ^= 1
    decoder = make(Direction(KEYS))
    with pytest.raises(ModernError) as caught:  # noqa: PT012 - either may be what fails
        list(decoder.feed(bytes(record)))
        decoder.close()
    assert_no_trace(told(caught))
    expected = records.tag(0, bytes(record[:-32]), KEYS)
    assert expected.hex().encode() not in told(caught)
