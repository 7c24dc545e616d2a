"""What somebody in the middle can do, with no socket anywhere."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import legacy.protocol
import modern.protocol
from compat.wiretap.seat import Tamperer
from compat.wiretap.splitters import FrameSplitter, MessageSplitter
from compat.wiretap.tampering import Drop, Flip, Reflect, Replay, Splice, Swap
from compat.wiretap.wires import (
    LEGACY,
    MODERN,
    UNCUT,
    Place,
    Segment,
    guess_protocol,
)
from modern.errors import AuthenticationError, FrameError

CLIENT, SERVER, WIRETAP = Place
KEY = legacy.protocol.derive_key("two for tea")
KEYS = modern.protocol.derive_keys("c" * 32, "a" * 32)
MESSAGES = [
    legacy.protocol.seal(message, timestamp, KEY)
    for message, timestamp in (
        ("shall we meet?", "12:00:01"),
        ("yes", "12:00:02"),
        ("I am leaving", "12:34:56"),
    )
]
FRAMES = [modern.protocol.seal(f"line {number}\n", KEYS) for number in range(1, 4)]


def shown(data):
    """Return what a legacy receiver shows for one `recv`, with single spaces."""
    line = legacy.protocol.verify_and_display(legacy.protocol.process_bytes(data, KEY))
    return " ".join(line.split())


def pass_through(tamperer, segments, sender=CLIENT):
    """Feed segments and the end; return all that came out."""
    out = [segment for data in segments for segment in tamperer.feed(sender, data)]
    return out + tamperer.finish(sender)


def sent_to(place, segments):
    return [segment.data for segment in segments if segment.receiver is place]


def cut(data, sizes):
    """Cut bytes into segments of these sizes; the rest is the last one."""
    segments = []
    for size in sizes:
        segments.append(data[:size])
        data = data[size:]
    return [segment for segment in [*segments, data] if segment]


# Nothing to do -------------------------------------------------------------------------------


@given(
    st.sampled_from([None, LEGACY, MODERN]),
    st.lists(
        st.tuples(st.sampled_from([CLIENT, SERVER]), st.binary(min_size=1, max_size=300)),
        max_size=10,
    ),
)
def test_without_rules_every_segment_goes_on_as_it_came(protocol, segments):
    tamperer = Tamperer(protocol)
    for sender, data in segments:
        (out,) = tamperer.feed(sender, data)
        assert (out.sender, out.receiver, out.data) == (sender, sender.peer, data)
        assert out.tampering in ("", UNCUT)  # whatever is no chat of ours may be said to be none
    assert tamperer.finish(CLIENT) == tamperer.finish(SERVER) == []


@given(
    st.sampled_from([LEGACY, MODERN]),
    st.binary(min_size=1, max_size=2000),
    st.lists(st.integers(1, 400), max_size=10),
)
def test_a_rule_that_concerns_nothing_loses_nothing_whatever_comes(protocol, data, sizes):
    tamperer = Tamperer(protocol, [Drop(1000)])
    out = pass_through(tamperer, cut(data, sizes))
    assert b"".join(sent_to(SERVER, out)) == data
    assert not any(segment.tampering for segment in out)


def test_what_is_left_alone_stays_in_one_segment():
    tamperer = Tamperer(MODERN, [Drop(4)])
    assert tamperer.feed(CLIENT, b"".join(FRAMES)) == [
        Segment(MODERN, CLIENT, SERVER, b"".join(FRAMES), range(1, 4))
    ]


def test_the_other_side_is_left_alone():
    tamperer = Tamperer(LEGACY, [Drop(1)], target=SERVER)
    assert sent_to(SERVER, tamperer.feed(CLIENT, MESSAGES[0])) == [MESSAGES[0]]
    assert sent_to(CLIENT, tamperer.feed(SERVER, MESSAGES[0])) == []


# Counting ------------------------------------------------------------------------------------


def test_messages_and_frames_are_counted_for_each_sender():
    for protocol, units in ((LEGACY, MESSAGES), (MODERN, FRAMES)):
        tamperer = Tamperer(protocol)
        first, second, third = units
        assert tamperer.feed(CLIENT, first)[0].numbers == range(1, 2)
        assert tamperer.feed(SERVER, first)[0].numbers == range(1, 2)
        assert tamperer.feed(CLIENT, second + third)[0].numbers == range(2, 4)


def test_a_frame_that_tcp_has_cut_keeps_its_number():
    tamperer = Tamperer(MODERN)
    stream = b"".join(FRAMES)
    first, second, third = (tamperer.feed(CLIENT, data)[0] for data in cut(stream, [40, 100]))
    assert (first.numbers, first.offset) == (range(1, 2), 0)
    assert (second.numbers, second.offset) == (range(1, 3), 40)
    assert (third.numbers, third.offset) == (range(2, 4), 28)


messages = st.builds(
    legacy.protocol.seal,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=70),
    st.times().map("{:%H:%M:%S}".format),
    st.just(KEY),
)


@given(st.lists(messages, min_size=1, max_size=4))
def test_joined_messages_are_told_apart_without_the_key(batch):
    splitter = MessageSplitter()
    for message in batch:  # every tens digit of the hour was met
        assert splitter.split(message) == [message]
    assert splitter.split(b"".join(batch)) == batch


def test_a_segment_without_bytes_is_a_message_without_bytes():
    """TCP sends none, but a file of packets may say anything."""
    assert MessageSplitter().split(b"") == [b""]
    assert MessageSplitter().number(b"") == (range(1, 2), 0)


@given(st.lists(st.integers(1, 400), max_size=10))
def test_frames_are_found_however_the_stream_is_cut(sizes):
    splitter = FrameSplitter()
    stream = b"".join(FRAMES) + b"rest"
    found = [frame for data in cut(stream, sizes) for frame in splitter.split(data)]
    assert found == FRAMES
    assert splitter.finish() == b"rest"


@pytest.mark.parametrize(
    ("segment", "protocol"),
    [(FRAMES[0], MODERN), (b"".join(FRAMES), MODERN), (MESSAGES[0], LEGACY), (b"x" * 128, LEGACY)],
    ids=["frame", "frames", "message", "128 bytes"],
)
def test_the_protocol_is_guessed_by_the_size_of_the_first_segment(segment, protocol):
    assert guess_protocol(segment) is protocol
    tamperer = Tamperer()
    tamperer.feed(SERVER, segment)
    assert tamperer.protocol is protocol


# Each rule -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("protocol", "units"), [(LEGACY, MESSAGES), (MODERN, FRAMES)])
class TestEachRule:
    """The same for messages as for frames."""

    def play(self, protocol, units, *rules):
        return pass_through(Tamperer(protocol, rules), units)

    def test_replay_sends_it_twice(self, protocol, units):
        out = self.play(protocol, units, Replay(2))
        assert sent_to(SERVER, out) == [units[0], units[1], units[1], units[2]]
        assert out[2] == Segment(
            protocol, WIRETAP, SERVER, units[1], tampering=f"{protocol.unit} 2 replayed"
        )

    def test_reflect_sends_it_back_as_well(self, protocol, units):
        out = self.play(protocol, units, Reflect(2))
        assert sent_to(SERVER, out) == units
        assert sent_to(CLIENT, out) == [units[1]]

    def test_drop_keeps_it(self, protocol, units):
        out = self.play(protocol, units, Drop(2))
        assert sent_to(SERVER, out) == [units[0], units[2]]
        assert out[1] == Segment(
            protocol, CLIENT, WIRETAP, units[1], range(2, 3), tampering="dropped"
        )

    def test_swap_lets_the_next_one_pass(self, protocol, units):
        out = self.play(protocol, units, Swap(1))
        assert sent_to(SERVER, out) == [units[1], units[0], units[2]]

    def test_swap_of_the_last_one_loses_nothing(self, protocol, units):
        out = self.play(protocol, units, Swap(3))
        assert sent_to(SERVER, out) == units
        assert out[-1].tampering == f"{protocol.unit} 3 sent on late"

    def test_flip_changes_one_bit(self, protocol, units):
        changed = sent_to(SERVER, self.play(protocol, units, Flip(2, 20, 7)))[1]
        assert changed[20] == units[1][20] ^ 0x80
        assert changed[:20] + changed[21:] == units[1][:20] + units[1][21:]

    def test_splice_changes_one_block(self, protocol, units):
        out = self.play(protocol, units, Splice.parse((3, 1, 1), protocol))
        assert sent_to(SERVER, out)[2] == units[2][:16] + units[0][16:32] + units[2][32:]
        assert out[2].receiver is WIRETAP
        assert out[3].tampering == f"block 1 of {protocol.unit} 1 spliced in"

    def test_what_is_changed_is_what_is_replayed_and_swapped(self, protocol, units):
        out = self.play(protocol, units, Flip(1, 0, 0), Swap(1), Reflect(1))
        changed = bytes([units[0][0] ^ 1]) + units[0][1:]
        assert sent_to(SERVER, out) == [units[1], changed, units[2]]
        assert sent_to(CLIENT, out) == [changed]

    def test_what_is_not_there_is_left_alone_and_said(self, protocol, units):
        out = self.play(
            protocol, units, Flip(1, 5000, 0), Splice(2, 1, slice(4800, 4816), "block 300")
        )
        assert sent_to(SERVER, out) == units
        assert [segment.tampering for segment in out] == [
            "not flipped: no byte 5000",
            "not spliced: no block 300",
            "",
        ]

    def test_a_rule_whose_number_never_came_is_idle(self, protocol, units):
        tamperer = Tamperer(protocol, [Drop(3), Drop(4)])
        assert tamperer.idle_rules() == [Drop(3), Drop(4)]
        pass_through(tamperer, units)
        assert tamperer.idle_rules() == [Drop(4)]

    def test_joined_units_are_tampered_with_one_by_one(self, protocol, units):
        tamperer = Tamperer(protocol, [Drop(2)])
        tamperer.feed(CLIENT, units[0])
        out = tamperer.feed(CLIENT, b"".join(units[1:]) + units[0])
        assert sent_to(SERVER, out) == [units[2] + units[0]]


# What the receivers make of it ---------------------------------------------------------------


def test_the_clock_splice_shows_another_time_and_is_verified():
    out = pass_through(Tamperer(LEGACY, [Splice.parse((3, 1), LEGACY)]), MESSAGES)
    assert shown(MESSAGES[2]) == "Received : I am leaving ☑ 12:34:56"
    assert shown(sent_to(SERVER, out)[2]) == "Received : I am leaving ☑ 12:00:01"


def test_the_same_splice_on_a_modern_wire_fails_authentication_and_leaves_what_was_before():
    out = pass_through(Tamperer(MODERN, [Splice.parse((3, 1, 1), MODERN)]), FRAMES)
    decoder = modern.protocol.Decoder(KEYS)
    chunks = decoder.feed(b"".join(sent_to(SERVER, out)))
    assert [next(chunks), next(chunks)] == [b"line 1\n", b"line 2\n"]
    with pytest.raises(AuthenticationError):
        next(chunks)


def test_a_spliced_body_passes_both_tags():
    out = pass_through(Tamperer(MODERN, [Splice.parse((3, 1), MODERN)]), FRAMES)
    spliced = sent_to(SERVER, out)[2]
    assert spliced not in FRAMES
    modern.protocol.verify(spliced, KEYS)
    with contextlib.suppress(FrameError):  # about one in 256 has padding that fits
        assert modern.protocol.open_frame(spliced, KEYS) not in (b"line 1\n", b"line 3\n")


@given(st.integers(0, modern.protocol.FRAME_SIZE - 1), st.integers(0, 7))
def test_a_flipped_bit_fails_authentication_wherever_it_is(offset, bit):
    out = pass_through(Tamperer(MODERN, [Flip(1, offset, bit)]), FRAMES)
    with pytest.raises(AuthenticationError):
        modern.protocol.open_frame(sent_to(SERVER, out)[0], KEYS)
