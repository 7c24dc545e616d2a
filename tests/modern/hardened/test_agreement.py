"""The agreement on a socket: who is silent, slow, gone or a stranger costs us little."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from modern.hardened import agreement
from modern.hardened.agreement import NoWordError, agree
from modern.hardened.errors import AgreementError
from modern.hardened.session import HardenedSession
from tests.modern.hardened.pairs import CONFIRMATION, HELLO, W, connected, make, say
from tests.systems import not_under_wine

SHORT = 0.2
"""Seconds, instead of ten, for a peer that answers too late in any case."""
LONG = 20


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    with connected() as both:
        both[1].settimeout(LONG)
        yield both


def read(connection: socket.socket, size: int) -> bytes:
    return connection.recv(size, socket.MSG_WAITALL)


def test_it_is_ten_seconds():
    assert agreement.AGREEMENT_SECONDS == 10


class TestTwo:
    def test_agree_and_read_nothing_beyond(self, sockets):
        """The server's first words come in one piece with its confirmation."""
        near, far = sockets
        client, server = make()
        thread = threading.Thread(target=agree, args=(near, client, LONG), daemon=True)
        thread.start()
        list(server.receive(read(far, HELLO)))
        far.sendall(server.replies())
        list(server.receive(read(far, CONFIRMATION)))
        far.sendall(server.replies() + say(server, "the first word\n"))
        thread.join(LONG)
        assert client.ready
        assert b"".join(client.receive(read(near, 306))) == b"the first word\n"
        assert near.gettimeout() is None

    @pytest.mark.parametrize("size", [1, 7, 65, 66, 67])
    def test_in_pieces_of_any_size(self, sockets, size):
        near, far = sockets
        client, server = make()
        thread = threading.Thread(target=agree, args=(near, server, LONG), daemon=True)
        thread.start()
        for reply in (HELLO, CONFIRMATION):
            data = client.replies()
            for start in range(0, len(data), size):
                far.sendall(data[start : start + size])
            list(client.receive(read(far, reply)))
        thread.join(LONG)
        assert server.ready
        assert client.ready


@pytest.mark.parametrize("is_client", [True, False], ids=["client", "server"])
class TestOneAlone:
    def start(self, is_client):
        return HardenedSession(W, is_client=is_client)

    def test_a_silent_peer_is_given_up(self, sockets, is_client):
        begin = time.monotonic()
        with pytest.raises(
            NoWordError, match=r"sent nothing for \S+ seconds: does it speak another"
        ):
            agree(sockets[0], self.start(is_client), SHORT)
        assert SHORT <= time.monotonic() - begin < LONG

    def test_a_slow_peer_is_given_up_at_the_same_time(self, sockets, is_client):
        """A byte now and then does not make the time begin anew."""
        near, far = sockets
        over = threading.Event()

        def trickle() -> None:
            far.sendall(b"\x01")
            while not over.wait(SHORT / 4):
                far.sendall(b"\x04")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        begin = time.monotonic()
        try:
            with pytest.raises(AgreementError, match="the passphrases differ, or somebody"):
                agree(near, self.start(is_client), SHORT)
        finally:
            over.set()
            thread.join(LONG)
        assert time.monotonic() - begin < HELLO * SHORT / 4

    def test_one_that_leaves_at_once(self, sockets, is_client):
        near, far = sockets
        far.shutdown(socket.SHUT_WR)
        with pytest.raises(NoWordError, match="left without a word"):
            agree(near, self.start(is_client), LONG)

    @pytest.mark.parametrize("size", [1, 65, 66])
    def test_one_that_leaves_in_the_middle(self, sockets, is_client, size):
        near, far = sockets
        client, server = make()
        if is_client:
            list(server.receive(client.replies()))
        hello = (server if is_client else client).replies()
        far.sendall(hello[:size])
        far.shutdown(socket.SHUT_WR)
        with pytest.raises(AgreementError, match="the passphrases differ, or somebody"):
            agree(near, self.start(is_client), LONG)

    @not_under_wine("it ends a connection that Windows resets")
    def test_one_that_breaks_off(self, sockets, is_client):
        near, far = sockets
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        far.close()
        with pytest.raises(NoWordError, match="the peer sent nothing"):
            agree(near, self.start(is_client), LONG)

    @pytest.mark.parametrize(
        "word", [b"GET / HTTP/1.1\r\n\r\n" * 4, bytes(200), b"\x16\x03\x01" * 30]
    )
    def test_one_that_speaks_something_else(self, sockets, is_client, word):
        near, far = sockets
        far.sendall(word)
        with pytest.raises(AgreementError, match="does not speak this version"):
            agree(near, self.start(is_client), LONG)


def test_one_that_confirms_wrongly_gets_no_confirmation():
    with connected() as (near, far):
        client, server = make()
        far.sendall(client.replies())
        far.sendall(bytes(CONFIRMATION))
        with pytest.raises(AgreementError):
            agree(near, server, LONG)
        near.close()
        far.settimeout(LONG)
        assert len(read(far, HELLO + 1)) == HELLO
