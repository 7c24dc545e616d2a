"""Bytes that are no messages or frames of ours: found out without keys, said once, left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import legacy.protocol
from compat.wiretap.seat import MOST_HELD, Tamperer
from compat.wiretap.tampering import Drop, Flip, Replay, Splice, Swap
from compat.wiretap.wires import LEGACY, MODERN, UNCUT, WIRE_PROTOCOLS, Place
from modern.construction import Sealer
from modern.dialects import DIALECTS
from modern.hardened.session import HardenedSession
from tests.programs import AUTHKEY, CONFKEY
from tests.recorded import load

CLIENT, SERVER, WIRETAP = Place
KEY = legacy.protocol.derive_key("two for tea")
PROGRAMS = {program["id"]: program for program in load("wild")["programs"]}

PIECES = st.lists(st.integers(1, 200), max_size=8)
LINES = st.lists(st.text("aé ☃", max_size=40), min_size=1, max_size=6)


def seal(wire, lines):
    """Return the bytes of each line, as the chats send them; the clock goes on to another hour."""
    if wire == "legacy":
        clocks = [f"{19 + number // 2}:59:00" for number in range(len(lines))]
        return [legacy.protocol.seal(*each, KEY) for each in zip(lines, clocks, strict=True)]
    if wire == "hardened":
        return seal_hardened(lines)
    dialect = DIALECTS.get(wire, DIALECTS["independent"])
    sealer = Sealer(dialect, dialect.derive_keys(CONFKEY, AUTHKEY))
    return [b"".join(sealer.seal([f"{line}\n"])) for line in lines]


def seal_hardened(lines):
    """Return the agreement and the first line together, then each line."""
    client, server = HardenedSession(5, is_client=True), HardenedSession(5, is_client=False)
    sent = [client.replies()]
    for _ in range(2):
        assert not list(server.receive(sent[-1]))
        assert not list(client.receive(server.replies()))
        sent.append(client.replies())
    first, *rest = [b"".join(client.seal([f"{line}\n"])) for line in lines]
    return [b"".join([*sent, first]), *rest]


def cut(data, sizes):
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [piece for piece in [*pieces, data] if piece]


def recorded(program):
    """Return the bytes of each line that a program sent."""
    return [bytes.fromhex("".join(sent["wire"])) for sent in PROGRAMS[program]["sent"]]


def talk(tamperer, bursts):
    """Let the client send bursts, each in pieces, and be silent after each.

    Return what came out, and the news: after which burst, 0 for the end.
    """
    out, news = [], []
    for number, pieces in enumerate(bursts, 1):
        for piece in pieces:
            out += tamperer.feed(CLIENT, piece)
            news += [(number, "at once", words) for words in tamperer.news()]
        out += tamperer.pause(CLIENT)
        news += [(number, "silence", words) for words in tamperer.news()]
    out += tamperer.finish(CLIENT)
    return out, [*news, *((0, "end", words) for words in tamperer.news())]


def sent_to_server(segments):
    return b"".join(segment.data for segment in segments if segment.receiver is SERVER)


# No false alarm ------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", WIRE_PROTOCOLS)
@given(lines=LINES, sizes=PIECES, told=st.booleans(), slow=st.sets(st.integers(0, 5)))
def test_our_own_chats_are_never_doubted_however_tcp_cuts_them(wire, lines, sizes, told, slow):
    """Also where the network is slow in the middle of some lines."""
    bursts = []
    for number, data in enumerate(seal(wire, lines)):
        first, *rest = cut(data, sizes)
        bursts += [[first], rest] if number in slow and rest else [[first, *rest]]
    is_known = told or wire not in ("legacy", "modern", "independent", "chained")
    tamperer = Tamperer(WIRE_PROTOCOLS[wire] if is_known else None)
    out, news = talk(tamperer, bursts)
    assert news == []
    assert not any(segment.tampering for segment in out)


def test_a_network_that_is_slow_in_every_line_is_no_reason():
    for wire in WIRE_PROTOCOLS:
        lines = seal(wire, ["a line of some words"] * 6)
        bursts = [[part] for line in lines for part in (line[:57], line[57:])]
        assert talk(Tamperer(WIRE_PROTOCOLS[wire]), bursts)[1] == []


def test_lines_that_tcp_joins_are_not_doubted_either():
    for wire in WIRE_PROTOCOLS:
        lines = seal(wire, ["one", "two", "a third and longer line"] * 3)
        joined = [[b"".join(lines[start : start + 3])] for start in (0, 3, 6)]
        assert talk(Tamperer(WIRE_PROTOCOLS[wire]), joined)[1] == []


# What gives a stream away --------------------------------------------------------------------

FOREIGN = [
    ("w03", MODERN, "silence", 3),
    ("w03", None, "end", 0),
    ("w12", None, "end", 0),
    ("w13", None, "silence", 3),
    ("w16", MODERN, "silence", 2),
    ("w16", LEGACY, "silence", 3),
    ("w16", None, "silence", 3),
    ("w17", None, "end", 0),
    ("w20", MODERN, "silence", 2),
    ("w21", None, "at once", 1),
    ("w24", MODERN, "at once", 1),
    ("w16", WIRE_PROTOCOLS["size-in-the-clear"], "at once", 1),
    ("w19", WIRE_PROTOCOLS["big-endian"], "silence", 2),
]


@pytest.mark.parametrize(
    ("program", "protocol", "when", "number"),
    FOREIGN,
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_recorded_program_with_another_wire_is_found_out(program, protocol, when, number):
    _, news = talk(Tamperer(protocol), [[data] for data in recorded(program)])
    ((found_at, found_when, words),) = news
    assert (found_at, found_when) == (number, when)
    assert words.startswith("the client's bytes are no ")
    assert "python -m compat.identify" in words


@pytest.mark.parametrize("size", [1, 50, 111, 113, 300])
def test_an_end_inside_a_frame_is_said(size):
    data = b"".join(seal("modern", ["a line of more than one frame", "another"]))[:size]
    _, (news,) = talk(Tamperer(MODERN), [[data]])
    assert news[:2] == (0, "end")
    assert "they end inside a frame" in news[2]


def test_each_side_is_doubted_by_itself_and_once():
    tamperer = Tamperer(MODERN)
    text = b"hello, this is a chat in the clear and no frame at all\n"
    (honest,) = seal("modern", ["hi"])
    assert [segment.tampering for segment in tamperer.feed(SERVER, honest)] == [""]
    (first,) = tamperer.feed(CLIENT, text)
    assert first.is_uncut
    assert (first.data, list(first.numbers), first.offset) == (text, [], 0)
    assert len(tamperer.news()) == 1
    assert [segment.tampering for segment in tamperer.feed(CLIENT, text)] == [UNCUT]
    assert [segment.tampering for segment in tamperer.feed(SERVER, honest)] == [""]
    assert tamperer.news() == []


# Nothing is done to it -----------------------------------------------------------------------

RULES = [Flip(1, 20), Drop(2), Replay(3), Swap(4)]


@pytest.mark.parametrize("program", ["w12", "w16", "w19", "w20", "w22", "w24"])
def test_a_foreign_stream_passes_byte_for_byte_through_all_rules(program):
    tamperer = Tamperer(MODERN, RULES)
    bursts = [[data] for data in recorded(program)]
    out, news = talk(tamperer, bursts)
    assert len(news) == 1
    assert sent_to_server(out) == b"".join(recorded(program))
    assert [segment.sender for segment in out if segment.sender is WIRETAP] == []
    assert [rule for rule, _ in tamperer.undone()] == RULES
    assert tamperer.idle_rules() == []


def test_what_cannot_be_cut_waits_for_a_silence_and_no_longer():
    (first, *_) = recorded("w12")
    tamperer = Tamperer(MODERN, [Flip(1, 20)])
    assert tamperer.feed(CLIENT, first) == []
    (released,) = tamperer.pause(CLIENT)
    assert released.data == first
    assert released.tampering == "not flipped: the client stopped inside a frame"
    assert tamperer.undone() == [(Flip(1, 20), "the client stopped inside a frame")]


def test_a_frame_that_the_network_stops_in_passes_and_the_next_is_tampered_with():
    one, two, three = seal("modern", ["one", "two", "three"])
    tamperer = Tamperer(MODERN, [Drop(2), Flip(3, 0)])
    assert sent_to_server(tamperer.feed(CLIENT, one)) == one
    assert tamperer.feed(CLIENT, two[:40]) == []
    assert sent_to_server(tamperer.pause(CLIENT)) == two[:40]
    out = tamperer.feed(CLIENT, two[40:] + three)
    assert (list(out[0].numbers), out[0].offset) == ([2], 40)
    assert sent_to_server(out) == two[40:] + bytes([three[0] ^ 1]) + three[1:]
    assert [rule for rule, _ in tamperer.undone()] == [Drop(2)]


def test_what_was_held_back_goes_before_what_cannot_be_cut():
    one, two = seal("modern", ["one", "two"])
    tamperer = Tamperer(MODERN, [Swap(1)])
    assert sent_to_server(tamperer.feed(CLIENT, one)) == b""
    tamperer.feed(CLIENT, two[:50])
    assert sent_to_server(tamperer.pause(CLIENT)) == one + two[:50]
    assert sent_to_server(tamperer.feed(CLIENT, two[50:])) == two[50:]
    assert [rule for rule, _ in tamperer.undone()] == [Swap(1)]
    assert tamperer.finish(CLIENT) == []


def test_not_more_than_so_many_bytes_wait():
    data = b"".join(seal("modern", ["x" * 15 * 700]))
    tamperer = Tamperer(MODERN, [Drop(1)])
    out = tamperer.feed(CLIENT, data[: MOST_HELD + 200])
    assert sent_to_server(out) == data[: MOST_HELD + 200]
    assert [rule for rule, _ in tamperer.undone()] == [Drop(1)]


def test_a_legacy_segment_of_no_whole_blocks_is_left_alone():
    (message,) = seal("legacy", ["hello"])
    tamperer = Tamperer(LEGACY, [Replay(1), Replay(2)])
    (odd,) = tamperer.feed(CLIENT, message[:100])
    assert (odd.data, odd.tampering) == (
        message[:100],
        "not replayed: 100 bytes are no whole blocks",
    )
    assert len(tamperer.feed(CLIENT, message)) == 2


# Dialects ------------------------------------------------------------------------------------

LINE = WIRE_PROTOCOLS["big-endian"]
SIZED = WIRE_PROTOCOLS["size-in-the-clear"]


def test_a_segment_that_may_be_several_frames_is_left_alone():
    short, long = seal("big-endian", ["one", "x" * 120])
    tamperer = Tamperer(LINE, [Flip(1, 0), Flip(2, 0), Splice.parse((3, 1), LINE)])
    assert sent_to_server(tamperer.feed(CLIENT, short)) == bytes([short[0] ^ 1]) + short[1:]
    (left,) = tamperer.feed(CLIENT, long)
    assert (left.data, left.tampering) == (
        long,
        f"not flipped: {len(long)} bytes can be one frame or several",
    )
    third = sent_to_server(tamperer.feed(CLIENT, short))
    assert third == short[:64] + short[64:]


def test_a_donor_that_could_not_be_cut_gives_nothing():
    short, long = seal("big-endian", ["one", "x" * 120])
    tamperer = Tamperer(LINE, [Splice.parse((2, 1), LINE)])
    (left,) = tamperer.feed(CLIENT, long)
    assert left.tampering.startswith("not spliced: ")
    assert sent_to_server(tamperer.feed(CLIENT, short)) == short


def test_frames_that_say_their_size_are_cut_wherever_tcp_cuts_them():
    frames = seal("size-in-the-clear", ["one", "x" * 150, "three"])
    stream = b"".join(frames)
    for first in range(1, len(stream)):
        tamperer = Tamperer(SIZED, [Drop(2)])
        out = tamperer.feed(CLIENT, stream[:first]) + tamperer.feed(CLIENT, stream[first:])
        assert sent_to_server(out + tamperer.finish(CLIENT)) == frames[0] + frames[2]


def test_a_spliced_body_of_another_size_gets_the_size_that_is_in_the_clear():
    short, long = seal("size-in-the-clear", ["one", "x" * 50])
    tamperer = Tamperer(SIZED, [Splice.parse((2, 1), SIZED)])
    tamperer.feed(CLIENT, short)
    spliced = sent_to_server(tamperer.feed(CLIENT, long))
    assert spliced == (len(short) - 4).to_bytes(4, "big") + long[4:68] + short[68:]


def test_blocks_are_counted_behind_what_stands_before_the_iv():
    assert SIZED.find_block(1) == (slice(20, 36), "block 1")
    assert LINE.find_block(1) == MODERN.find_block(1) == (slice(16, 32), "block 1")
