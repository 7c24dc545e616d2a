"""The interface `Session`: our session, and another protocol through the unchanged chat."""

from __future__ import annotations

import io
import socket
import threading

import pytest
from Crypto.Cipher import ChaCha20_Poly1305

from modern import protocol
from modern.channel import Channel
from modern.chat import Chat
from modern.dialects import CHAINED, INDEPENDENT, derive_all_keys
from modern.errors import AuthenticationError, ModernError, TruncationError
from modern.session import FrameSession

CONFKEY, AUTHKEY = "c" * 32, "a" * 32
KEYS = derive_all_keys(CONFKEY, AUTHKEY)
TEXT = "hello, this is a line\n" * 3


def seal(text, dialect):
    session = FrameSession({dialect: KEYS[dialect]})
    return b"".join(session.seal(text.splitlines(keepends=True)))


class TestFrameSession:
    def test_with_the_keys_of_one_dialect_it_is_ready(self):
        session = FrameSession({CHAINED: KEYS[CHAINED]})
        assert session.ready
        assert session.agreement == ""
        peer = FrameSession({CHAINED: KEYS[CHAINED]})
        (frames,) = session.seal([TEXT])
        assert b"".join(peer.receive(frames)).decode() == TEXT

    @pytest.mark.parametrize("dialect", KEYS, ids=lambda dialect: dialect.name)
    def test_with_those_of_several_the_peer_chooses(self, dialect):
        session = FrameSession(KEYS)
        assert not session.ready
        wire = seal(TEXT, dialect)
        assert list(session.receive(wire[:111])) == []
        assert not session.ready
        assert b"".join(session.receive(wire[111:])).decode() == TEXT
        assert session.ready
        assert session.agreement == f"the peer speaks the {dialect.name} dialect"
        (frame,) = session.seal(["back\n"])
        peer = FrameSession({dialect: KEYS[dialect]})
        assert b"".join(peer.receive(frame)) == b"back\n"

    def test_to_a_peer_that_never_spoke_it_speaks_the_first(self):
        session = FrameSession(KEYS)
        session.receive_end()
        assert session.dialect is INDEPENDENT
        assert (session.ready, session.agreement) == (True, "")

    def test_before_it_is_ready_nothing_can_be_sealed(self):
        with pytest.raises(RuntimeError):
            list(FrameSession(KEYS).seal(["too early\n"]))

    def test_a_stream_that_ends_inside_a_frame_is_refused(self):
        for candidates in (KEYS, {INDEPENDENT: KEYS[INDEPENDENT]}):
            for size in (1, 111, 113):
                session = FrameSession(candidates)
                list(session.receive(seal(TEXT, INDEPENDENT)[:size]))
                with pytest.raises(TruncationError):
                    session.receive_end()

    def test_other_keys_are_refused_and_it_does_not_become_ready(self):
        session = FrameSession(KEYS)
        stranger = protocol.derive_keys("x", "y")
        with pytest.raises(AuthenticationError):
            list(session.receive(protocol.seal(TEXT, stranger)))
        assert not session.ready


@pytest.mark.parametrize("finished", [True, False])
def test_a_peer_that_only_listens_until_the_end_is_no_stranger(finished):
    near, far = connect()
    said = []
    with near, far:
        channel = Channel(near, FrameSession({INDEPENDENT: KEYS[INDEPENDENT]}), said.append)
        channel.send([TEXT])
        if finished:
            channel.finish()
        far.shutdown(socket.SHUT_WR)
        assert list(channel.texts()) == []
    assert any("does it speak another dialect?" in line for line in said) != finished


class ToySession:
    """Another wire: ChaCha20-Poly1305 (RFC 8439), a counter as nonce, hello and goodbye.

    A record is its length in 2 bytes, the ciphertext, and a tag of 16; an empty one is the end.
    """

    frame_size = 1
    in_doubt = False
    agreement = "both said hello"

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.counts = {ours: 0, theirs: 0}
        self.pending, self.hello = b"", b"HELLO"
        self.ready = self.ended = False

    def cipher(self, key):
        nonce = self.counts[key].to_bytes(12, "little")
        self.counts[key] += 1
        return ChaCha20_Poly1305.new(key=key, nonce=nonce)

    def replies(self):
        hello, self.hello = self.hello, b""
        return hello

    def seal(self, messages):
        for message in messages:
            sealed = b"".join(self.cipher(self.ours).encrypt_and_digest(message.encode()))
            yield len(sealed).to_bytes(2, "big") + sealed

    def farewell(self):
        return next(self.seal([""])) if self.ready else None

    def receive(self, data):
        self.pending += data
        if not self.ready and self.pending.startswith(b"HELLO"):
            self.ready, self.pending = True, self.pending[5:]
        while self.ready and len(self.pending) >= (size := self.record_size()):
            record, self.pending = self.pending[2:size], self.pending[size:]
            try:
                text = self.cipher(self.theirs).decrypt_and_verify(record[:-16], record[-16:])
            except ValueError:
                raise AuthenticationError from None
            self.ended = not text
            yield text

    def record_size(self):
        return 2 + int.from_bytes(self.pending[:2], "big") if self.pending else 1

    def give_up(self):
        raise AuthenticationError

    def receive_end(self):
        if not self.ended:
            raise TruncationError


def talk(one, other):
    """Let two chats talk over loopback; return what each showed and how it ended."""
    outcomes = {}

    def hold(name, connection, session, text):
        screen, said = io.BytesIO(), []
        try:
            Chat(connection, session, io.BytesIO(text), screen, report=said.append).run()
            error = None
        except ModernError as raised:
            error = type(raised)
        outcomes[name] = screen.getvalue(), error, said

    near, far = connect()
    chats = [
        threading.Thread(target=hold, args=("alice", near, one, b"hello bob\n" * 5000)),
        threading.Thread(target=hold, args=("bob", far, other, "hello alice, ☃\n".encode())),
    ]
    for chat in chats:
        chat.start()
    for chat in chats:
        chat.join(20)
        assert not chat.is_alive()
    return outcomes


def connect():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        return near, listener.accept()[0]


class TestAnotherWire:
    def test_goes_both_ways_through_the_unchanged_chat(self):
        alice, bob = bytes(32), bytes([1]) * 32
        outcomes = talk(ToySession(alice, bob), ToySession(bob, alice))
        assert outcomes["alice"] == ("hello alice, ☃\n".encode(), None, ["both said hello"])
        assert outcomes["bob"] == (b"hello bob\n" * 5000, None, ["both said hello"])

    def test_is_refused_where_it_does_not_fit(self):
        alice, bob = bytes(32), bytes([1]) * 32
        outcomes = talk(ToySession(alice, bob), ToySession(bob, bytes([2]) * 32))
        assert outcomes["bob"][:2] == (b"", AuthenticationError)
        assert outcomes["alice"][1] is not None
