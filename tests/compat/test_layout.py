"""How the wire is shown: equal bytes look equal, nothing is lost, nothing floods the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import compat.wiretap.marks
from compat.wiretap.layout import MOST_FRAMES, Layout, ShortLayout
from compat.wiretap.marks import Marker, to_letters
from compat.wiretap.shapes import PLAIN
from compat.wiretap.wires import (
    LEGACY,
    MODERN,
    UNCUT,
    WIRE_PROTOCOLS,
    Place,
    Segment,
    cut_blocks,
)

CLIENT, SERVER, WIRETAP = Place


def show(layout, segment):
    return [line.plain for line in layout.lay_out(segment)]


def block(number):
    return number.to_bytes(16, "big")


@given(st.binary(min_size=1, max_size=500), st.integers(0, 111))
def test_fields_joined_are_the_segment_wherever_it_begins(data, offset):
    frames = PLAIN.cut_frames(data, offset)
    assert b"".join(field.data for frame in frames for field in frame) == data
    assert all(frames)
    assert b"".join(field.data for field in cut_blocks(data)[0]) == data


@pytest.mark.parametrize("wire", WIRE_PROTOCOLS.values(), ids=WIRE_PROTOCOLS)
@given(data=st.binary(min_size=1, max_size=500), offset=st.integers(0, 300))
def test_fields_joined_are_the_segment_on_every_wire(wire, data, offset):
    units = wire.cut(data, 0 if wire.unit != "frame" else offset % (wire.unit_size or 301))
    assert b"".join(field.data for unit in units for field in unit) == data
    assert all(units)


SIZED = WIRE_PROTOCOLS["size-in-the-clear"]
NAMES = ["size", "IV", "E(length)", "tag", "E(line)", "tag"]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_frames_that_say_their_size_have_their_fields_wherever_a_segment_begins(blocks, data):
    sizes = [96 + 16 * count for count in blocks]
    frames = [size.to_bytes(4, "big") + bytes([255] * size) for size in sizes]
    stream = b"".join(frames)
    start = data.draw(st.integers(0, len(frames[0]) - 1))
    cut = SIZED.cut(stream[start:], start)
    if len(frames) > 1 or not start:  # else nothing tells where the only frame ends
        assert len(cut) == len(frames)
        assert [field.name for field in cut[-1]][-6:] == NAMES[-len(cut[-1]) :]
        assert sum(len(field.data) for field in cut[0]) == len(frames[0]) - start


def test_a_segment_that_can_be_several_frames_shows_only_what_is_sure():
    line = WIRE_PROTOCOLS["second-iv"]
    named = {
        size: [(field.name, len(field.data)) for field in line.cut(bytes(size), 0)[0]]
        for size in (144, 256, 100)
    }
    header = [("IV", 16), ("E(length)", 16), ("tag", 32), ("second IV", 16)]
    assert named[144] == [*header, ("E(line)", 32), ("tag", 32)]
    assert named[256] == [*header, ("rest", 176)]
    assert named[100] == [("bytes", 100)]


def test_a_long_field_takes_several_lines_and_an_end():
    line = WIRE_PROTOCOLS["big-endian"]
    lines = show(
        Layout(100), Segment(line, CLIENT, SERVER, bytes(range(96)) + bytes(range(48)) * 2)
    )
    assert lines[4] == "    E(line)   D " + bytes(range(64, 96)).hex()
    assert lines[5] == " " * 16 + bytes(range(32)).hex()
    flood = show(Layout(100), Segment(line, CLIENT, SERVER, bytes(64 + 1024 + 160)))
    assert "    … and 160 more bytes" in flood


def test_what_is_not_cut_is_shown_in_rows_without_names():
    data = bytes(range(64))
    uncut = Segment(MODERN, CLIENT, SERVER, data, tampering=UNCUT)
    first, *rows = show(Layout(100), uncut)
    assert first == "client → server   64 bytes   not cut"
    assert " ".join(rows).split()[1::2] == [data[at : at + 16].hex() for at in range(0, 64, 16)]


def test_the_fields_of_a_frame_have_their_names_and_places():
    (fields,) = PLAIN.cut_frames(bytes(range(112)), 0)
    assert [(field.name, field.data[0], len(field.data)) for field in fields] == [
        ("IV", 0, 16),
        ("E(length)", 16, 16),
        ("tag", 32, 32),
        ("E(chunk)", 64, 16),
        ("tag", 80, 32),
    ]


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_letters_name_one_block_each(first, second):
    assert (to_letters(first) == to_letters(second)) == (first == second)
    assert to_letters(0) == "A"
    assert to_letters(51) == "z"
    assert to_letters(52) == "AA"


@given(st.lists(st.binary(max_size=2), max_size=40))
def test_equal_blocks_and_only_they_have_equal_marks(blocks):
    marker = Marker()
    marks = [marker.mark(data) for data in blocks]
    for i, first in enumerate(marks):
        assert first.seen == (blocks[i] in blocks[:i])
        for j, second in enumerate(marks):
            assert (first.letters == second.letters) == (blocks[i] == blocks[j])
            if blocks[i] == blocks[j]:
                assert first.colour == second.colour


def test_what_did_not_arrive_was_not_seen():
    marker = Marker()
    assert not marker.mark(b"x", arrives=False).seen
    assert not marker.mark(b"x").seen
    assert marker.mark(b"x").seen


def test_only_so_many_blocks_are_remembered(monkeypatch):
    monkeypatch.setattr(compat.wiretap.marks, "MOST_REMEMBERED", 2)
    marker = Marker()
    assert [marker.mark(data).letters for data in (b"1", b"2", b"3")] == ["A", "B", "C"]
    assert marker.mark(b"1") == ("D", marker.mark(b"1").colour, False)


def test_a_message_shows_every_byte_two_blocks_a_line_on_80_columns():
    data = b"".join(map(block, [10, 11, 12])) + b"\xff"
    lines = show(Layout(80), Segment(LEGACY, CLIENT, SERVER, data, range(3, 4)))
    assert lines == [
        "client → server   message 3, 49 bytes",
        f"    A {block(10).hex()}  B {block(11).hex()}",
        f"    C {block(12).hex()}  D ff" + " " * 30,
    ]


def test_what_came_before_is_coloured_all_over_and_named():
    layout = ShortLayout(80)
    layout.lay_out(Segment(LEGACY, CLIENT, SERVER, block(1) + block(2)))
    _, blocks, seen = layout.lay_out(Segment(LEGACY, SERVER, CLIENT, block(3) + block(2)))
    assert blocks.plain == "    C 0000  B 0000"
    assert seen.plain == "    seen before: B"
    styled = {blocks.plain[span.start : span.end]: span.style for span in blocks.spans}
    assert set(styled) == {"C", "B", " 0000"}
    assert styled["B"] == styled[" 0000"]


def test_what_was_done_is_said():
    stopped = Segment(LEGACY, CLIENT, WIRETAP, block(1), range(2, 3), tampering="dropped")
    assert show(Layout(80), stopped)[0] == "client → wiretap   message 2, 16 bytes   dropped"
    names = {CLIENT: "Alice", SERVER: "Bob", WIRETAP: "Mallory"}
    made = Segment(LEGACY, WIRETAP, SERVER, block(1), tampering="message 2 replayed")
    assert show(Layout(80, names), made)[0] == "Mallory → Bob   16 bytes   message 2 replayed"


def test_many_equal_blocks_in_a_row_are_counted():
    data = block(1) + block(2) * 50 + block(3) * 2
    assert show(ShortLayout(80), Segment(LEGACY, CLIENT, SERVER, data))[1:-1] == [
        "    A 0000       B 0000       B × 49 more  C 0000       C 0000     "
    ]


def test_a_flood_is_cut_short():
    blocks = show(ShortLayout(80), Segment(LEGACY, CLIENT, SERVER, bytes(range(256)) * 64))
    assert blocks[-1] == "    … and 960 more blocks"
    assert len(blocks) < 15
    frames = show(ShortLayout(80), Segment(MODERN, CLIENT, SERVER, bytes(112 * 500), range(1, 501)))
    assert frames[0] == "client → server   frames 1–500, 56,000 bytes"
    assert frames[-1] == "    … and 488 more frames"
    assert len(frames) == 15


@given(st.integers(1, 60), st.integers(0, 111), st.integers(1, 112))
def test_what_is_left_out_is_counted_wherever_the_segment_begins(count, offset, last):
    data = bytes(range(256)) * 30
    data = data[: count * 112 - offset + last]
    left = len(PLAIN.cut_frames(data, offset)) - MOST_FRAMES
    *_, line = show(Layout(80), Segment(MODERN, CLIENT, SERVER, data, offset=offset))
    assert (line == f"    … and {left} more frames") == (left > 0)


def test_a_replayed_frame_was_seen_before():
    layout = ShortLayout(80)
    frame = Segment(MODERN, CLIENT, SERVER, bytes(range(112)))
    assert len(show(layout, frame)) == 2
    assert show(layout, frame)[2] == "    seen before: A B C D E"


def test_a_frame_fits_a_line_of_80_columns():
    _, line = show(ShortLayout(80), Segment(MODERN, CLIENT, SERVER, bytes(range(112))))
    assert line == "    IV A 0001  E(length) B 1011  tag C 2021  E(chunk) D 4041  tag E 5051"
