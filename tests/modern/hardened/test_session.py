"""A whole session: recorded bytes, every way of cutting them, and every agreement refused."""

from __future__ import annotations

import functools
import gc
import io
import socket
import threading
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern.channel import Channel
from modern.errors import AuthenticationError, ModernError, NetworkError, TruncationError
from modern.hardened import pake, records, session
from modern.hardened.bulk import Decoder, Sealer
from modern.hardened.errors import AgreementError
from modern.hardened.records import Direction, Kind
from modern.hardened.session import HardenedSession
from modern.protocol import Keys
from tests import rarely, remembering
from tests.generators import hardened
from tests.generators import hardened_wire as plain
from tests.modern.hardened.pairs import (
    CONFIRMATION,
    HELLO,
    W,
    agreed,
    connected,
    converse,
    introduce,
    make,
    say,
)
from tests.recorded import load

RECORDED = load("hardened")["conversations"]
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=5)
PLACES = st.lists(st.integers(0), max_size=12)
DIFFER = "the passphrases differ, or somebody is in between"
every_conversation = pytest.mark.parametrize("case", RECORDED, ids=lambda case: case["name"])


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


# Recorded conversations ----------------------------------------------------------------------


def test_each_one_is_recorded():
    assert [name for name, *_ in hardened.CONVERSATIONS] == [case["name"] for case in RECORDED]


@rarely.each(
    ("conversation", "recorded"),
    {
        case["name"]: (each, case)
        for each, case in zip(hardened.CONVERSATIONS, RECORDED, strict=True)
    },
    daily=["the smallest fill"],
)
def test_the_recorded_ones_are_what_the_independent_computation_makes(conversation, recorded):
    assert hardened.conversation(*conversation) == recorded


@rarely.each("case", {case["name"]: case for case in RECORDED}, daily=["the smallest fill"])
def test_the_recorded_w_is_what_we_make_of_the_passphrase(case):
    assert remembering.make_w(case["passphrase"]) == int(case["w"], 16)


@every_conversation
class TestRecorded:
    """What tests/generators/hardened_wire.py computed, from the same draws."""

    def sides(self, case):
        for secret, is_client in (("x", True), ("y", False)):
            draw = mock.patch.object(pake, "randbelow", lambda _, s=secret: int(case[s], 16) - 1)
            with draw:
                yield HardenedSession(int(case["w"], 16), is_client=is_client, fill=case["fill"])

    def test_the_agreement(self, case):
        client, server = self.sides(case)
        sent = [client.replies()]
        for _ in range(2):
            list(server.receive(sent[-1]))
            sent.append(server.replies())
            list(client.receive(sent[-1]))
            sent.append(client.replies())
        names = ("client hello", "server hello", "client confirmation", "server confirmation")
        assert [part.hex() for part in sent] == [*(case[name] for name in names), ""]

    def test_what_each_side_says_is_read_by_the_other(self, case):
        client, server = self.sides(case)
        introduce(client, server)
        for sender, receiver in (("client", server), ("server", client)):
            stream = bytes.fromhex("".join(record["record"] for record in case[sender]))
            text = b"".join(receiver.receive(stream)).decode()
            assert text == "".join(record["text"] for record in case[sender])
            receiver.receive_end()

    def test_each_record_is_sealed_so(self, case):
        keys = [bytes.fromhex(key) for key in case["keys"]]
        for sender, pair in (("client", keys[:2]), ("server", keys[2:])):
            for counter, wanted in enumerate(case[sender]):
                record = bytes.fromhex(wanted["record"])
                kind, text = Kind(bytes([wanted["kind"]])), wanted["text"].encode()
                ours = records.seal_record(
                    kind, text, counter, Keys(*pair), record[2:18], fill=case["fill"]
                )
                assert ours == record

    def test_the_independent_reading_of_what_a_session_sends(self, case):
        client, server = self.sides(case)
        introduce(client, server)
        keys = [bytes.fromhex(key) for key in case["keys"]]
        for side, pair in ((client, keys[:2]), (server, keys[2:])):
            stream = say(side, "hello ☃\n", "x" * 300) + side.farewell()
            found = plain.read(stream, *pair)
            assert b"".join(text for _, text in found).decode() == "hello ☃\n" + "x" * 300
            assert [kind for kind, _ in found].index(2) == len(found) - 1


# Any session ---------------------------------------------------------------------------------


class TestAnyWayOfCutting:
    @given(PLACES, PLACES, TEXTS, TEXTS)
    def test_all_that_is_sent_from_the_first_byte_to_the_last(self, here, there, ours, theirs):
        client, server = make()
        to_client = []
        for piece in cut(client.replies(), here):
            assert list(server.receive(piece)) == []
        to_client += cut(server.replies(), there)
        for piece in to_client:
            assert list(client.receive(piece)) == []
        confirmation = client.replies()
        assert not client.ready
        for piece in cut(confirmation, here):
            assert list(server.receive(piece)) == []
        assert not server.ready, "its own confirmation has not been taken yet"
        stream = server.replies() + say(server, *theirs) + (server.farewell() or b"")
        shown = b"".join(text for piece in cut(stream, there) for text in client.receive(piece))
        assert shown.decode() == "".join(theirs)
        client.receive_end()
        stream = say(client, *ours) + (client.farewell() or b"")
        shown = b"".join(text for piece in cut(stream, here) for text in server.receive(piece))
        assert shown.decode() == "".join(ours)
        server.receive_end()

    def test_byte_by_byte(self):
        client, server = make()
        for byte in client.replies():
            list(server.receive(bytes([byte])))
        for byte in server.replies():
            list(client.receive(bytes([byte])))
        for byte in client.replies():
            list(server.receive(bytes([byte])))
        stream = server.replies() + say(server, "hello\n")
        shown = [text for byte in stream for text in client.receive(bytes([byte]))]
        assert shown == [b"hello\n"]

    def test_it_says_how_many_bytes_it_waits_for(self):
        client, server = make()
        assert client.missing == server.missing == HELLO
        hello = client.replies()
        list(server.receive(hello[:10]))
        assert server.missing == HELLO - 10
        list(server.receive(hello[10:]))
        assert server.missing == CONFIRMATION
        list(client.receive(server.replies()))
        list(server.receive(client.replies()))
        assert server.missing == 0


class TestStates:
    def test_before_the_agreement_nothing_is_sealed_and_no_end_is_said(self):
        for side in make():
            assert not side.ready
            assert side.farewell() is None
            with pytest.raises(RuntimeError):
                list(side.seal(["too early\n"]))
            with pytest.raises(AgreementError):
                side.receive_end()
            with pytest.raises(AgreementError, match="does not answer"):
                side.give_up()

    def test_a_reply_is_given_once(self):
        client, _ = make()
        assert len(client.replies()) == HELLO
        assert client.replies() == b""

    def test_an_end_comes_before_the_end_or_it_was_cut(self):
        client, server = agreed()
        list(server.receive(say(client, "the first half of a sent")))
        with pytest.raises(TruncationError):
            server.receive_end()

    @pytest.mark.parametrize("fill", [16, 256, 1024])
    def test_both_may_fill_differently(self, fill):
        client = HardenedSession(W, is_client=True, fill=fill)
        _, server = make()
        introduce(client, server)
        assert b"".join(server.receive(say(client, "x" * 3000))) == b"x" * 3000
        assert b"".join(client.receive(say(server, "y" * 3000))) == b"y" * 3000

    def test_no_text_is_no_record_unless_the_rhythm_is_steady(self):
        client, _ = agreed()
        assert say(client, "") == b""
        client, server = agreed(steady=True)
        assert len(empty := say(client, "")) == len(say(client, "hello\n")) == 306
        assert list(server.receive(empty)) == []

    def test_two_conversations_share_no_key(self):
        """The same passphrase: and yet what was recorded in one opens nothing in the other."""
        client, server = agreed()
        stream = say(client, "recorded\n")
        other_client, other_server = agreed()
        for receiver in (other_server, other_client, client):
            with pytest.raises(AuthenticationError):
                list(receiver.receive(stream))
        assert list(server.receive(stream)) == [b"recorded\n"]


# Refused agreements --------------------------------------------------------------------------


def flip(data: bytes, place: int, bit: int = 0) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def receive(side: HardenedSession, data: bytes) -> None:
    assert list(side.receive(data)) == []


class TestRefused:
    """In each case nothing is ever ready, no key exists, and no second try is given."""

    def refuse(self, side, data, match=DIFFER):
        with pytest.raises(AgreementError, match=match):
            receive(side, data)
        assert not side.ready
        assert side.farewell() is None
        assert side.replies() == b""

    def up_to_confirmation(self, client, server):
        receive(server, client.replies())
        receive(client, server.replies())
        return client.replies()

    @pytest.mark.parametrize("version", [0, 2, 255])
    def test_a_version_byte_that_was_changed_on_the_way(self, version):
        client, server = make()
        self.refuse(server, bytes([version]) + client.replies()[1:], "this version")
        client, server = make()
        receive(server, client.replies())
        self.refuse(client, bytes([version]) + server.replies()[1:], "this version")

    def test_two_sides_that_were_talked_into_different_versions(self):
        """Somebody changes both version bytes, so that each side sees what it expects."""
        client, _ = make()
        with mock.patch.object(session, "VERSION", 0):
            old = HardenedSession(W, is_client=False)
            receive(old, b"\0" + client.replies()[1:])
            answer = old.replies()
        receive(client, b"\x01" + answer[1:])
        self.refuse(old, client.replies())

    def test_another_passphrase(self):
        client, _ = make()
        _, server = make(W + 1)
        confirmation = self.up_to_confirmation(client, server)
        self.refuse(server, confirmation)

    @given(st.integers(1, HELLO - 1), st.integers(0, 7))
    def test_a_flipped_bit_in_the_share_of_the_client(self, place, bit):
        client, server = make()
        try:
            receive(server, flip(client.replies(), place, bit))
            receive(client, server.replies())
        except AgreementError:
            return
        self.refuse(server, client.replies())

    @given(st.integers(1, HELLO - 1), st.integers(0, 7))
    def test_a_flipped_bit_in_the_share_of_the_server(self, place, bit):
        client, server = make()
        receive(server, client.replies())
        try:
            receive(client, flip(server.replies(), place, bit))
        except AgreementError:
            return
        self.refuse(server, client.replies())

    @given(st.integers(0, CONFIRMATION - 1), st.integers(0, 7))
    def test_a_flipped_bit_in_a_confirmation(self, place, bit):
        client, server = make()
        confirmation = self.up_to_confirmation(client, server)
        self.refuse(server, flip(confirmation, place, bit))
        client, server = make()
        receive(server, self.up_to_confirmation(client, server))
        self.refuse(client, flip(server.replies(), place, bit))

    def test_a_share_that_is_sent_back_to_its_sender(self):
        client, _ = make()
        receive(client, client.replies())
        self.refuse(client, client.replies())  # and its confirmation with it

    def test_a_server_that_hears_itself(self):
        client, server = make()
        receive(server, client.replies())
        own = server.replies()
        other = HardenedSession(W, is_client=False)
        receive(other, own)
        receive(server, bytes(0))
        self.refuse(server, other.replies()[1:33])

    def test_a_confirmation_that_is_sent_back(self):
        client, server = make()
        confirmation = self.up_to_confirmation(client, server)
        self.refuse(client, confirmation)

    def test_the_shares_of_another_conversation(self):
        """Mallory has recorded one, and plays it again to a new server."""
        client, server = make()
        recorded = client.replies()
        receive(server, recorded)
        receive(client, server.replies())
        confirmation = client.replies()
        again = HardenedSession(W, is_client=False)
        receive(again, recorded)
        again.replies()
        self.refuse(again, confirmation)

    @pytest.mark.parametrize("point", ["(0, 0)", "w*N", "off the curve", "compressed"])
    @pytest.mark.parametrize("is_client", [True, False], ids=["client", "server"])
    def test_a_share_that_is_none(self, point, is_client):
        side = HardenedSession(W, is_client=is_client)
        blind = pake.N if is_client else pake.M
        share = {
            "(0, 0)": b"\x04" + bytes(64),
            "w*N": pake.encode(blind * W),
            "off the curve": flip(pake.encode(pake.G), 64),
            "compressed": b"\x02" + pake.encode(pake.G)[1:33] + bytes(32),
        }[point]
        side.replies()
        self.refuse(side, b"\x01" + share)

    @pytest.mark.parametrize("is_client", [True, False], ids=["client", "server"])
    def test_after_a_refusal_there_is_no_second_try(self, is_client):
        """Not of a confirmation, and not of a share: the right bytes come too late."""
        client, server = make()
        confirmation = self.up_to_confirmation(client, server)
        victim, right = server, confirmation
        if is_client:
            receive(server, confirmation)
            victim, right = client, server.replies()
        self.refuse(victim, bytes(CONFIRMATION))
        for _ in range(3):
            self.refuse(victim, right)
        victim = make()[0 if is_client else 1]
        victim.replies()
        self.refuse(victim, b"\x01" + bytes(65))
        self.refuse(victim, make()[0].replies())

    def test_a_stranger_is_told_nothing_that_depends_on_the_passphrase(self):
        """A server answers a share before it has seen a proof; its answer is a random point."""
        hellos = []
        for w in (W, W, W + 1):
            server = HardenedSession(w, is_client=False)
            receive(server, b"\x01" + pake.Exchange(5, is_client=True).share)
            hellos.append(server.replies())
            self.refuse(server, bytes(CONFIRMATION))
        assert len(set(hellos)) == 3

    @given(st.binary(max_size=400) | st.binary(max_size=400).map(b"\1".__add__), PLACES)
    def test_any_bytes_are_refused_and_little_of_them_is_kept(self, data, places):
        """At the first byte if it is another version's, else when the share is there."""
        for side in make():
            error = None
            try:
                for piece in cut(data, places):
                    receive(side, piece)
            except AgreementError as raised:
                error = raised
            assert bool(error) == (len(data) >= HELLO or data[:1] not in (b"", b"\1"))
            assert not side.ready


# Forgetting ----------------------------------------------------------------------------------


def reachable(start: object) -> list[object]:
    """Return all that can be reached from an object, modules and classes left out."""
    seen: dict[int, object] = {}
    waiting = [start]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, (type, type(gc))) or callable_of_a_module(each):
            continue
        seen[id(each)] = each
        waiting += gc.get_referents(each)
    return list(seen.values())


def callable_of_a_module(each: object) -> bool:
    return hasattr(each, "__code__") and not hasattr(each, "__self__")


def test_after_the_agreement_its_secrets_are_reachable_no_more():
    for side, peer in (make(), make()[::-1]):
        found = reachable(side)
        assert any(isinstance(each, pake.Exchange) for each in found)
        assert W in found
        client = side if side._is_client else peer
        introduce(client, peer if client is side else side)
        left = reachable(side)
        assert not [each for each in left if isinstance(each, (pake.Exchange, pake.Agreement))]
        assert W not in [each for each in left if isinstance(each, int)]
        assert not [each for each in left if isinstance(each, functools.partial)]
        assert [each for each in left if isinstance(each, (Sealer, Decoder))]


def test_after_a_refusal_too():
    client, server = make()
    receive(server, client.replies())
    with pytest.raises(AgreementError):
        receive(server, bytes(CONFIRMATION))
    left = reachable(server)
    assert not [each for each in left if isinstance(each, (pake.Exchange, pake.Agreement))]


def test_renewed_keys_replace_the_old_ones():
    direction = Direction(Keys(bytes(32), bytes([1]) * 32), (1 << 20) - 1)
    direction.advance()
    assert bytes([1]) * 32 not in [vars(direction.keys), *vars(direction.keys).values()]


# Through the unchanged chat ------------------------------------------------------------------


class TestThroughTheChat:
    LONG = b"hello bob, \xe2\x98\x83\n" * 5000

    def test_both_ways_at_once(self):
        alice, bob = converse(*make(), (io.BytesIO(self.LONG), io.BytesIO(b"hello alice\n" * 4000)))
        assert (alice.error, bob.error) == (None, None)
        assert alice.shown == b"hello alice\n" * 4000
        assert bob.shown == self.LONG
        assert alice.said == bob.said == ["both sides know the passphrase"]

    def test_two_who_say_nothing(self):
        alice, bob = converse(*make(), (None, io.BytesIO()))
        assert (alice.error, bob.error, alice.shown, bob.shown) == (None, None, b"", b"")

    def test_another_passphrase_is_an_error_on_both_sides(self):
        alice, bob = converse(
            make()[0], make(W + 1)[1], (io.BytesIO(self.LONG), io.BytesIO(b"hello\n"))
        )
        assert isinstance(bob.error, AgreementError)
        assert isinstance(alice.error, (AgreementError, NetworkError))
        assert alice.shown == bob.shown == b""

    def test_a_client_and_a_client_do_not_agree(self):
        alice, bob = converse(make()[0], make()[0], (io.BytesIO(b"x\n"), io.BytesIO(b"y\n")))
        assert isinstance(alice.error or bob.error, ModernError)
        assert alice.shown == bob.shown == b""


class SlowReplies:
    """A session whose last reply is slow on its way, while somebody says the end."""

    def __init__(self, inner: HardenedSession, meanwhile):
        self._inner, self._meanwhile = inner, meanwhile

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def replies(self):
        replies = self._inner.replies()
        if replies and self._inner.ready:
            self._meanwhile()
        return replies


class TestTheEnd:
    """Said once, after all else; whichever thread says it."""

    def read(self, connection: socket.socket) -> bytes:
        connection.settimeout(20)
        data = b""
        while piece := connection.recv(65536):
            data += piece
        return data

    @pytest.mark.parametrize("way", ["finish", "leave"])
    def test_it_does_not_overtake_the_confirmation(self, way):
        client, server = make()
        with connected() as (near, far):
            ending = []

            def end() -> None:
                ending.append(threading.Thread(target=getattr(channel, way), daemon=True))
                ending[0].start()
                ending[0].join(0.2)

            channel = Channel(near, SlowReplies(server, end))
            texts = threading.Thread(target=lambda: list(channel.texts()), daemon=True)
            texts.start()
            far.sendall(client.replies())
            receive(client, far.recv(HELLO, socket.MSG_WAITALL))
            far.sendall(client.replies())
            if way == "leave":
                receive(client, far.recv(CONFIRMATION, socket.MSG_WAITALL))
                channel.leave()
            assert list(client.receive(self.read(far))) == []
            client.receive_end()
            far.sendall(client.farewell())
            far.shutdown(socket.SHUT_WR)
            for thread in (texts, *ending):
                thread.join(20)
                assert not thread.is_alive()

    def test_two_threads_say_it_once(self):
        for first, second in (("finish", "leave"), ("leave", "finish"), ("finish", "finish")):
            client, server = agreed()
            with connected() as (near, far):
                channel = Channel(near, client)
                getattr(channel, first)()
                getattr(channel, second)()
                assert list(server.receive(self.read(far))) == []
                server.receive_end()

    def test_at_the_same_moment_too(self):
        for _ in range(30):
            client, server = agreed()
            with connected() as (near, far):
                channel = Channel(near, client)
                start = threading.Barrier(2)

                def end(way, start=start):
                    start.wait(20)
                    way()

                ways = (channel.finish, channel.leave)
                threads = [threading.Thread(target=end, args=(way,), daemon=True) for way in ways]
                for thread in threads:
                    thread.start()
                assert list(server.receive(self.read(far))) == []
                server.receive_end()
                for thread in threads:
                    thread.join(20)

    def test_who_leaves_in_the_middle_of_a_record_says_no_end(self):
        """The sending thread waits for a peer that does not read: what it sends is cut short."""
        client, server = agreed()
        with connected() as (near, far):
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            channel = Channel(near, client)
            begun = threading.Event()

            def lines():
                begun.set()
                yield "x" * 30_000_000

            def send() -> None:
                with pytest.raises(NetworkError):
                    channel.send(lines())

            sending = threading.Thread(target=send, daemon=True)
            sending.start()
            assert begun.wait(20)
            while far.recv(1, socket.MSG_PEEK) == b"":
                pass
            channel.leave()
            assert sending.is_alive()
            channel.close()
            assert b"".join(server.receive(self.read(far))).strip(b"x") == b""
            with pytest.raises(TruncationError):
                server.receive_end()
            sending.join(20)
            assert not sending.is_alive()

    def test_leaving_before_the_agreement_says_nothing_and_waits_for_nobody(self):
        client, _ = make()
        with connected() as (near, far):
            channel = Channel(near, client)
            channel.leave()
            channel.close()
            assert self.read(far) == b""
