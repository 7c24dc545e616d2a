"""The wire under the wiretap must not be noticed: real sockets, and all the ways they can end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import time
from unittest import mock

import pytest

import legacy.protocol
from compat.wiretap import relay
from compat.wiretap.command_line import tap
from compat.wiretap.relay import APART_SECONDS, Ending, Observer, Relay
from compat.wiretap.seat import Tamperer
from compat.wiretap.tampering import Reflect, Replay
from compat.wiretap.wires import LEGACY, MODERN, WIRE_PROTOCOLS, Place, Segment
from modern.errors import NetworkError
from tests import rarely
from tests.programs import TIMEOUT
from tests.systems import broken_off, not_under_wine

BIG = bytes(range(256)) * 4096
MESSAGE = legacy.protocol.seal("hello", "12:00:01", legacy.protocol.derive_key("two for tea"))


class Notes(Observer):
    """Remembers what it was told."""

    def __init__(self):
        self.segments: list[Segment] = []
        self.endings: list[tuple[Place, Ending]] = []
        self.words: list[str] = []

    def saw(self, segment):
        self.segments.append(segment)

    def ended(self, side, ending):
        self.endings.append((side, ending))

    def noticed(self, words):
        self.words.append(words)


class Side:
    """One end of a connection, as a peer uses it."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.setblocking(False)

    async def send(self, data):
        await asyncio.get_running_loop().sock_sendall(self.connection, data)

    async def receive(self, size=1 << 16):
        return await asyncio.get_running_loop().sock_recv(self.connection, size)

    async def receive_all(self):
        data = b""
        while piece := await self.receive():
            data += piece
        return data

    async def talk_on(self):
        while True:
            await self.send(b"are you there?")
            await asyncio.sleep(0)

    def close_half(self):
        self.connection.shutdown(socket.SHUT_WR)

    def close(self):
        self.connection.close()

    def reset(self):
        linger_for_no_time = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
        self.connection.close()


async def connect_pair():
    """Return both ends of a TCP connection."""
    with relay.listen("127.0.0.1", 0) as listener:
        connecting = asyncio.ensure_future(relay.connect(*listener.getsockname()))
        accepted = await relay.accept(listener)
        return await connecting, accepted


@contextlib.asynccontextmanager
async def tapped(tamperer=None, *, buffers=None):
    """Connect a client and a server through a relay; give both, the relay's task and notes.

    The system keeps some megabytes for a slow receiver, or about as many bytes as `buffers` says.
    """
    client, client_side = await connect_pair()
    server_side, server = await connect_pair()
    for each in (client, client_side, server_side, server) if buffers else ():
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffers)
    notes = Notes()
    carrying = asyncio.ensure_future(
        Relay(client_side, server_side, tamperer or Tamperer(), [notes]).run()
    )
    try:
        yield Side(client), Side(server), carrying, notes
    finally:
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        client.close()
        server.close()


def on_the_wire(test):
    """Run an asynchronous test, but not for ever."""

    def run():
        asyncio.run(asyncio.wait_for(test(), TIMEOUT))

    run.__name__ = test.__name__
    return run


@on_the_wire
async def test_each_half_closes_by_itself():
    async with tapped() as (client, server, carrying, notes):
        await client.send(b"question")
        client.close_half()
        assert await server.receive_all() == b"question"
        await server.send(b"answer")
        server.close_half()
        assert await client.receive_all() == b"answer"
        await carrying
        assert notes.endings == [(Place.CLIENT, Ending.CLOSED), (Place.SERVER, Ending.CLOSED)]


@on_the_wire
async def test_much_flows_both_ways_at_once_and_arrives_whole():
    async with tapped() as (client, server, carrying, notes):

        async def talk(side):
            async def send():
                await side.send(BIG)
                side.close_half()

            _, data = await asyncio.gather(send(), side.receive_all())
            return data

        assert await asyncio.gather(talk(client), talk(server)) == [BIG, BIG]
        await carrying
        for place in (Place.CLIENT, Place.SERVER):
            sent = [segment.data for segment in notes.segments if segment.sender is place]
            assert b"".join(sent) == BIG


@pytest.mark.parametrize("resetting", ["client", "server"])
def test_a_reset_is_passed_on_after_the_last_words(resetting):
    @on_the_wire
    async def test():
        async with tapped() as (client, server, carrying, notes):
            first, second = (client, server) if resetting == "client" else (server, client)
            await first.send(b"last words")
            assert await second.receive() == b"last words"
            first.reset()
            with broken_off():
                await second.receive()
            await carrying
            assert notes.endings == [(Place(resetting), Ending.RESET)]

    test()


async def ask_again_and_again(peer):
    while True:
        await peer.send(b"are you there?", unit_size=None, apart=False)


@on_the_wire
async def test_a_reset_that_was_noticed_while_sending_is_no_end():
    connection, far = await connect_pair()
    with contextlib.closing(connection):
        peer = relay.Peer(connection)
        Side(far).reset()
        with pytest.raises(ConnectionError):
            await ask_again_and_again(peer)
        with broken_off():
            await peer.receive()


@on_the_wire
async def test_what_is_sent_after_our_own_end_makes_no_reset_of_the_peers_end():
    connection, far = await connect_pair()
    with contextlib.closing(connection), contextlib.closing(far):
        peer = relay.Peer(connection)
        peer.close_half()
        with contextlib.suppress(OSError):  # it goes on until there is one
            await ask_again_and_again(peer)
        Side(far).close_half()
        assert await peer.receive() == b""


@not_under_wine("it ends a connection that Windows resets")
def test_a_reset_just_before_something_is_sent_is_told_and_passed_on(monkeypatch):
    send_at_once = relay.Peer._send_at_once

    @on_the_wire
    async def test():
        async with tapped() as (client, server, carrying, notes):

            def break_off_and_send(peer, data):
                server.reset()
                return send_at_once(peer, data)

            monkeypatch.setattr(relay.Peer, "_send_at_once", break_off_and_send)
            await client.send(b"are you there?")
            with broken_off():
                await client.receive()
            await carrying
            assert notes.endings == [(Place.SERVER, Ending.RESET)]

    test()


@on_the_wire
async def test_a_reset_while_the_other_half_is_closed_already():
    async with tapped() as (client, server, carrying, _):
        client.close_half()
        assert await server.receive() == b""
        server.reset()
        with broken_off():
            await client.receive()
        await carrying


@on_the_wire
async def test_a_receiver_that_left_resets_its_sender():
    async with tapped() as (client, server, carrying, _):
        server.close()
        assert await client.receive() == b""
        with pytest.raises(ConnectionError):
            await client.talk_on()
        await carrying


@on_the_wire
async def test_what_cannot_be_passed_on_is_not_read():
    async with tapped() as (client, server, _, _notes):
        sent = 0
        with contextlib.suppress(asyncio.TimeoutError):
            while sent < 1 << 30:
                await asyncio.wait_for(client.send(BIG), 1)
                sent += len(BIG)
        assert sent < 1 << 26, "a receiver that sleeps must stop its sender"
        await server.send(b"meanwhile")  # the other direction is not stopped
        assert await client.receive() == b"meanwhile"


# Every day: units of one size, records and frames that say theirs, and whole segments.
@rarely.each("protocol", WIRE_PROTOCOLS, daily=["modern", "size-in-the-clear", "second-iv"])
def test_what_waited_for_a_slow_receiver_arrives_whole(protocol):
    @on_the_wire
    async def test():
        async with tapped(Tamperer(protocol), buffers=1 << 16) as (client, server, _, notes):

            async def send():
                await client.send(BIG * 2)
                client.close_half()

            sending = asyncio.ensure_future(send())
            seen = -1
            while len(notes.segments) > seen:  # until nothing more fits anywhere
                seen = len(notes.segments)
                await asyncio.sleep(0.1)
            assert not sending.done()
            assert await server.receive_all() == BIG * 2
            await sending

    test()


@on_the_wire
async def test_nothing_comes_between_the_parts_of_a_segment():
    """What is reflected to a peer while a long segment is on its way to it must not cut a frame."""
    client, server = await connect_pair()
    with contextlib.closing(client), contextlib.closing(server):
        peer, side = relay.Peer(client), Side(server)
        long, reflected = bytes(112 * 50_000), bytes([1]) * 112
        sending = [
            asyncio.ensure_future(peer.send(data, unit_size=112, apart=False))
            for data in (long, reflected)
        ]
        data = b""
        while len(data) < len(long) + len(reflected):
            data += await side.receive()
        assert data == long + reflected
        await asyncio.gather(*sending)


def test_a_receiver_that_cannot_be_sent_to_resets_its_sender(monkeypatch):
    async def fail(_peer, _data, **_how):
        raise BrokenPipeError

    monkeypatch.setattr(relay.Peer, "send", fail)

    @on_the_wire
    async def test():
        async with tapped() as (client, server, carrying, notes):
            await client.send(b"are you there?")
            while not notes.segments:
                await asyncio.sleep(0)
            server.close_half()
            with broken_off():
                await client.receive()
            await carrying

    test()


@on_the_wire
async def test_cancelling_resets_both():
    async with tapped() as (client, server, carrying, _):
        await client.send(b"hello")
        assert await server.receive() == b"hello"
        carrying.cancel()
        for side in (client, server):
            with broken_off():
                await side.receive()


@on_the_wire
async def test_one_send_is_one_segment():
    async with tapped() as (client, server, _, notes):
        for size in (1, 112, 1344, 5000, 60000):
            await client.send(BIG[:size])
            data = b""
            while len(data) < size:
                data += await server.receive()
        assert [len(segment.data) for segment in notes.segments] == [1, 112, 1344, 5000, 60000]


@on_the_wire
async def test_a_replayed_legacy_message_is_read_alone_and_so_is_the_next():
    tamperer = Tamperer(LEGACY, [Replay(1)])
    async with tapped(tamperer) as (client, server, _, _notes):
        began = time.monotonic()
        await client.send(MESSAGE)
        assert await server.receive() == MESSAGE
        assert await server.receive() == MESSAGE
        await client.send(MESSAGE)
        assert await server.receive() == MESSAGE
        assert time.monotonic() - began >= 2 * APART_SECONDS


@on_the_wire
async def test_a_reflected_segment_reaches_its_sender():
    tamperer = Tamperer(LEGACY, [Reflect(1)])
    async with tapped(tamperer) as (client, server, _, _notes):
        await client.send(MESSAGE)
        assert await client.receive() == MESSAGE
        assert await server.receive() == MESSAGE


@on_the_wire
async def test_what_is_held_back_arrives_before_the_end():
    tamperer = Tamperer(MODERN, [Replay(9)])
    async with tapped(tamperer) as (client, server, _, _notes):
        await client.send(BIG[:150])
        assert await server.receive() == BIG[:112]
        client.close_half()
        assert await server.receive_all() == BIG[112:150]


@not_under_wine("it ends a connection that Windows resets")
@on_the_wire
async def test_a_client_that_was_gone_before_it_was_accepted():
    with relay.listen("127.0.0.1", 0) as listener, relay.listen("127.0.0.1", 0) as server:
        client = Side(await relay.connect(*listener.getsockname()))
        client.reset()
        notes = Notes()
        await tap(listener, server.getsockname(), Tamperer(), [notes])
        assert notes.endings == [(Place.CLIENT, Ending.RESET)]


# Reaching both peers -------------------------------------------------------------------------


def test_a_used_port_says_so():
    with relay.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            NetworkError, match=f"cannot listen on 127.0.0.1 port {port}: .*--listen"
        ):
            relay.listen("127.0.0.1", port)


def test_listening_everywhere_takes_ipv4():
    @on_the_wire
    async def test():
        with relay.listen(None, 0) as listener:
            connecting = asyncio.ensure_future(
                relay.connect("127.0.0.1", listener.getsockname()[1])
            )
            with await relay.accept(listener), await connecting:
                pass

    test()


def test_nobody_there_and_no_such_host():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NetworkError, match=f"cannot connect to 127.0.0.1 port {port}: .*running"):
        asyncio.run(relay.connect("127.0.0.1", port))
    with pytest.raises(NetworkError, match=r"unknown host 'no such host': (?!\[)"):
        asyncio.run(relay.connect("no such host", 1))


@mock.patch.object(relay, "QUIET_SECONDS", 0.2)
@on_the_wire
async def test_what_waits_in_vain_goes_on_when_its_sender_is_silent():
    """And that it fits nothing is said once, while both peers are still there."""
    tamperer = Tamperer(MODERN, [Replay(1)])
    async with tapped(tamperer) as (client, server, _, notes):
        for end in (130, 260):
            await client.send(BIG[end - 130 : end])
            data = b""
            while len(data) < 130:
                data += await server.receive()
            assert data == BIG[end - 130 : end]
        while not notes.words:
            await asyncio.sleep(0)
        await client.send(BIG[:5000])
        assert await server.receive() == BIG[:5000]
        (words,) = notes.words
        assert "they stop where no frame ends" in words
        assert [len(segment.data) for segment in notes.segments] == [130, 94, 36, 5000]
