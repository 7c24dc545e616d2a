"""How bytes of the wire are shown on the screen: blocks of legacy, frame fields of modern.

Equal blocks get equal colours. They also get equal letters, so nobody needs to see colours. A block
that has arrived before is coloured all over. In legacy these are many, in modern only replays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby
from typing import NamedTuple

from rich.style import Style
from rich.text import Span, Text

from compat.wiretap import marks
from compat.wiretap.marks import Mark, Marker
from compat.wiretap.shapes import WireField
from compat.wiretap.splitters import BLOCK_SIZE
from compat.wiretap.wires import Place, Segment, cut_blocks
from modern.protocol import TAG_SIZE

MOST_BLOCKS = 64
"""At most this many blocks of one segment are shown: what an original program reads at once."""
MOST_FRAMES = 12
"""At most this many frames of one segment are shown: as many as the modern chat sends in one."""

MOST_BYTES = 64 * BLOCK_SIZE
"""At most this many bytes of one field are shown."""

NAMES = {place: place.value for place in Place}

_STYLES = {colour: Style(color=colour.text, bgcolor=colour.background) for colour in marks.COLOURS}

Part = tuple[str, Style | str]
"""A piece of a line, and how it is coloured."""


def _join(parts: Iterable[Part]) -> Text:
    """Return the text of all parts. `Text.assemble` does the same, and takes twice as long."""
    plain, spans = "", []
    for text, style in parts:
        start, plain = len(plain), plain + text
        if style:
            spans.append(Span(start, len(plain), style))
    return Text(plain, spans=spans)


class MarkedField(NamedTuple):
    """A field and its mark."""

    field: WireField
    mark: Mark

    @property
    def name(self) -> str:
        """The name of the field."""
        return self.field.name

    def render(self, size: int) -> tuple[Part, ...]:
        """Return the letter and the first `size` bytes in hex, coloured all over if seen before."""
        letters, _, seen = self.mark
        style = _STYLES[self.mark.colour]
        return (letters, style), (f" {self.field.data[:size].hex()}", style if seen else "")


class Layout:
    """Turns the segments of one conversation into lines. This one shows every byte."""

    block_size = BLOCK_SIZE
    """How many bytes of a block are shown."""

    def __init__(self, width: int, names: Mapping[Place, str] = NAMES):
        """Take the number of columns, and the names of the places."""
        self._width, self._names = width, names
        self._marker = Marker()

    def lay_out(self, segment: Segment) -> list[Text]:
        """Return the lines that show a segment: from whom to whom, and its bytes."""
        if segment.protocol.has_named_fields and not segment.is_uncut:
            body = self._lay_out_units(segment)
        else:
            cut = cut_blocks if segment.is_uncut else segment.protocol.cut
            units = cut(segment.data, segment.offset, segment.numbers.start)
            body = self._lay_out_blocks([block for unit in units for block in unit], segment)
        return [self.describe(segment), *body]

    def describe(self, segment: Segment) -> Text:
        """Return the line that says from whom to whom a segment went, and what was done to it."""
        line = Text()
        line.append(self._names[segment.sender], "bold")
        line.append(" → ")
        line.append(self._names[segment.receiver], "bold")
        line.append(f"   {describe_content(segment)}")
        if segment.tampering:
            line.append("   ")
            line.append(segment.tampering, "bold reverse")
        return line

    def _lay_out_blocks(self, blocks: list[WireField], segment: Segment) -> list[Text]:
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
            yield _join(first.render(self.block_size))
            if len(others) == 1:
                yield _join(others[0].render(self.block_size))
            elif others:
                yield Text(f"{letters} × {len(others)} more", "bold")

    def _lay_out_units(self, segment: Segment) -> list[Text]:
        units, left = _cut_first(segment)
        shown = [self._mark(unit, segment) for unit in units]
        return [
            *(line for unit in shown for line in self.lay_out_fields(unit)),
            *_name_seen([field for unit in shown for field in unit]),
            *_say_what_is_left(left, f"{segment.protocol.unit}s"),
        ]

    def _mark(self, fields: list[WireField], segment: Segment) -> list[MarkedField]:
        arrives = segment.receiver is not Place.WIRETAP
        return [
            MarkedField(field, self._marker.mark(field.data, arrives=arrives)) for field in fields
        ]

    def lay_out_fields(self, fields: list[MarkedField]) -> list[Text]:
        """Return the lines of one frame: a field each, a long one in several."""
        return [line for field in fields for line in _lay_out_field(field)]

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
        """Return the line of one frame."""
        cells = [((f"  {field.name} ", ""), *field.render(2)) for field in fields]
        return [_join([("  ", ""), *chain.from_iterable(cells)])]


def _lay_out_field(marked: MarkedField) -> list[Text]:
    style = _STYLES[marked.mark.colour] if marked.mark.seen else ""
    indent = " " * len(f"    {marked.name:9} {marked.mark.letters} ")
    data = marked.field.data
    more = [
        _join([(indent, ""), (data[start : start + TAG_SIZE].hex(), style)])
        for start in range(TAG_SIZE, min(len(data), MOST_BYTES), TAG_SIZE)
    ]
    first = _join([(f"    {marked.name:9} ", ""), *marked.render(TAG_SIZE)])
    return [first, *more, *_say_what_is_left(len(data) - MOST_BYTES, "bytes")]


def describe_content(segment: Segment) -> str:
    """Return in words what a segment holds: `message 3, 144 bytes`."""
    words = f"{len(segment.data):,} bytes"
    numbers, unit = segment.numbers, segment.protocol.unit
    if len(numbers) == 1:
        return f"{unit} {numbers[0]}, {words}"
    return f"{unit}s {numbers[0]}–{numbers[-1]}, {words}" if numbers else words


def _cut_first(segment: Segment) -> tuple[list[list[WireField]], int]:
    """Return the units that are shown, and the number of all others.

    The others are often hundreds. If all units have one size, they are counted without cutting.
    """
    data, offset, first = segment.data, segment.offset, segment.numbers.start
    size, cut = segment.protocol.unit_size, segment.protocol.cut
    if size is None:
        units = cut(data, offset, first)
        return units[:MOST_FRAMES], len(units) - MOST_FRAMES
    end = MOST_FRAMES * size - offset
    return cut(data[:end], offset, first), -(min(end - len(data), 0) // size)


def _name_seen(fields: list[MarkedField]) -> list[Text]:
    seen = dict.fromkeys(field.mark.letters for field in fields if field.mark.seen)
    return [Text(f"    seen before: {' '.join(seen)}", "bold")] if seen else []


def _say_what_is_left(count: int, unit: str) -> list[Text]:
    return [Text(f"    … and {count:,} more {unit}")] if count > 0 else []
