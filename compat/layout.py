"""How bytes of the wire are laid out for the eye: blocks of legacy, frame fields of modern.

Equal blocks get equal colours, and a letter each, so that the colour is not needed. What has
arrived before is coloured all over: in legacy that is much, in modern only what is replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from compat.tampering import BLOCK_SIZE, FRAME_SIZE, Place, Segment, WireProtocol
from modern import protocol as modern_protocol
from modern.protocol import TAG_SIZE

MOST_BLOCKS = 64
"""Shown of one segment: as much as an original legacy program reads."""
MOST_FRAMES = 12
"""Shown of one segment: as many as the modern chat sends in one."""

MOST_REMEMBERED = 1 << 16
"""Different blocks and fields whose letters are remembered; the oldest are forgotten."""

NAMES = {place: place.value for place in Place}

_COLOURS = [
    Style(color=text, bgcolor=background)
    for text, background in (  # of Okabe and Ito, for all kinds of colour vision; readable on any
        ("#000000", "#56b4e9"),
        ("#000000", "#e69f00"),
        ("#000000", "#009e73"),
        ("#000000", "#f0e442"),
        ("#ffffff", "#0072b2"),
        ("#000000", "#d55e00"),
        ("#000000", "#cc79a7"),
        ("#000000", "#bbbbbb"),
    )
]


class Field(NamedTuple):
    """A piece of a segment that is shown as one: a block, or a field of a frame."""

    name: str
    """Empty for a legacy block."""
    data: bytes


FRAME_FIELDS = (
    ("IV", modern_protocol.IV),
    ("E(length)", modern_protocol.LENGTH),
    ("tag", modern_protocol.LENGTH_TAG),
    ("E(chunk)", modern_protocol.CHUNK),
    ("tag", modern_protocol.CHUNK_TAG),
)


def cut_blocks(data: bytes) -> list[Field]:
    """Cut legacy bytes into blocks; the last may be incomplete."""
    return [
        Field("", data[start : start + BLOCK_SIZE]) for start in range(0, len(data), BLOCK_SIZE)
    ]


def cut_frames(data: bytes, offset: int) -> list[list[Field]]:
    """Cut modern bytes, which begin `offset` bytes into a frame, into the fields of each frame."""
    frames = []
    start = -offset
    while start < len(data):
        fields = [
            Field(name, data[max(start + field.start, 0) : max(start + field.stop, 0)])
            for name, field in FRAME_FIELDS
        ]
        frames.append([field for field in fields if field.data])
        start += FRAME_SIZE
    return frames


def to_letters(index: int) -> str:
    """Return the name of the block with that index: A to Z, a to z, then AA, AB and so on."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, len(ascii_letters))
        letters = (ascii_uppercase + ascii_lowercase)[rest] + letters
    return letters


class Mark(NamedTuple):
    """What makes a block recognisable."""

    letters: str
    style: Style
    seen: bool
    """Whether it has arrived before."""


class MarkedField(NamedTuple):
    """A field and its mark."""

    field: Field
    mark: Mark

    @property
    def name(self) -> str:
        """The name of the field."""
        return self.field.name

    def render(self, size: int) -> Text:
        """Return the letter and the first `size` bytes in hex, coloured all over if seen before."""
        letters, style, seen = self.mark
        rest = style if seen else ""
        return Text.assemble((letters, style), (f" {self.field.data[:size].hex()}", rest))


class Marker:
    """Gives equal blocks equal letters and colours, over a whole conversation."""

    def __init__(self) -> None:
        self._indexes: dict[bytes, int] = {}
        self._arrived: set[bytes] = set()
        self._count = 0

    def mark(self, data: bytes, *, arrives: bool = True) -> Mark:
        """Return the mark of a block or field; take note of it if it goes on to its receiver."""
        if data not in self._indexes:
            self._indexes[data] = self._count
            self._count += 1
            self._forget()
        seen = data in self._arrived
        if arrives:
            self._arrived.add(data)
        index = self._indexes[data]
        return Mark(to_letters(index), _COLOURS[index % len(_COLOURS)], seen)

    def _forget(self) -> None:
        """Drop the oldest block, where there are too many to remember."""
        if len(self._indexes) > MOST_REMEMBERED:
            oldest = next(iter(self._indexes))
            del self._indexes[oldest]
            self._arrived.discard(oldest)


class Layout:
    """Turns the segments of one conversation into lines. This one shows every byte."""

    block_size = BLOCK_SIZE
    """How many bytes of a block are shown."""

    def __init__(self, width: int, names: Mapping[Place, str] = NAMES):
        """Take the columns there are, and what the places are to be called."""
        self._width, self._names = width, names
        self._marker = Marker()

    def lay_out(self, segment: Segment, protocol: WireProtocol) -> list[Text]:
        """Return the lines that show a segment: from whom to whom, and its bytes."""
        if protocol is WireProtocol.LEGACY:
            body = self._lay_out_blocks(segment)
        else:
            body = self._lay_out_frames(segment)
        return [self.describe(segment, protocol), *body]

    def describe(self, segment: Segment, protocol: WireProtocol) -> Text:
        """Return the line that says from whom to whom a segment went, and what was done to it."""
        line = Text()
        line.append(self._names[segment.sender], "bold")
        line.append(" → ")
        line.append(self._names[segment.receiver], "bold")
        line.append(f"   {describe_content(segment, protocol)}")
        if segment.tampering:
            line.append("   ")
            line.append(segment.tampering, "bold reverse")
        return line

    def _lay_out_blocks(self, segment: Segment) -> list[Text]:
        blocks = cut_blocks(segment.data)
        shown = self._mark(blocks[:MOST_BLOCKS], segment)
        cells = list(self._render_runs(shown))
        return [
            *self.fill(cells),
            *_name_seen(shown),
            *_say_what_is_left(len(blocks) - MOST_BLOCKS, "blocks"),
        ]

    def _render_runs(self, blocks: list[MarkedField]) -> Iterator[Text]:
        """Yield a cell for each block; of many equal ones in a row, the first and a count."""
        for letters, equal in groupby(blocks, key=lambda block: block.mark.letters):
            first, *others = equal
            yield first.render(self.block_size)
            if len(others) == 1:
                yield others[0].render(self.block_size)
            elif others:
                yield Text(f"{letters} × {len(others)} more", "bold")

    def _lay_out_frames(self, segment: Segment) -> list[Text]:
        frames = cut_frames(segment.data, segment.offset)
        shown = [self._mark(frame, segment) for frame in frames[:MOST_FRAMES]]
        return [
            *(line for frame in shown for line in self.lay_out_fields(frame)),
            *_name_seen([field for frame in shown for field in frame]),
            *_say_what_is_left(len(frames) - MOST_FRAMES, "frames"),
        ]

    def _mark(self, fields: list[Field], segment: Segment) -> list[MarkedField]:
        arrives = segment.receiver is not Place.WIRETAP
        return [
            MarkedField(field, self._marker.mark(field.data, arrives=arrives)) for field in fields
        ]

    def lay_out_fields(self, fields: list[MarkedField]) -> list[Text]:
        """Return the lines of one modern frame: a field each."""
        return [Text(f"    {field.name:9} ") + field.render(TAG_SIZE) for field in fields]

    def fill(self, cells: list[Text]) -> list[Text]:
        """Return lines of as many cells as fit."""
        width = max(cell.cell_len for cell in cells)
        for cell in cells:
            cell.pad_right(width - cell.cell_len)
        per_line = max((self._width - 2) // (width + 2), 1)
        return [
            Text("    ") + Text("  ").join(cells[start : start + per_line])
            for start in range(0, len(cells), per_line)
        ]


class ShortLayout(Layout):
    """A line for each message or frame: the first two bytes of everything."""

    block_size = 2

    def lay_out_fields(self, fields: list[MarkedField]) -> list[Text]:
        """Return the line of one modern frame."""
        cells = [Text(f"{field.name} ") + field.render(2) for field in fields]
        return [Text("    ") + Text("  ").join(cells)]


def describe_content(segment: Segment, protocol: WireProtocol) -> str:
    """Return in words what a segment holds: `message 3, 144 bytes`."""
    words = f"{len(segment.data):,} bytes"
    numbers = segment.numbers
    if len(numbers) == 1:
        return f"{protocol.unit} {numbers[0]}, {words}"
    return f"{protocol.unit}s {numbers[0]}–{numbers[-1]}, {words}" if numbers else words


def _name_seen(fields: list[MarkedField]) -> list[Text]:
    seen = dict.fromkeys(field.mark.letters for field in fields if field.mark.seen)
    return [Text(f"    seen before: {' '.join(seen)}", "bold")] if seen else []


def _say_what_is_left(count: int, unit: str) -> list[Text]:
    return [Text(f"    … and {count:,} more {unit}")] if count > 0 else []
