"""The life of a legacy message: its fields as text, and its bytes on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from notebooks.figures.blocks import BLOCK, split_blocks
from notebooks.figures.drawing import Drawing, write_small
from notebooks.figures.page import show
from notebooks.figures.palette import GREEN, ORANGE, PINK, PLAIN, SKY, Colour
from notebooks.figures.words import count, listed


class Field(NamedTuple):
    """A piece of an envelope. All pieces in order make it up."""

    name: str
    data: bytes
    colour: Colour


_ROW, _CELL = 30, 22


def legacy_life(envelope: str, padded: bytes, wire: bytes) -> None:
    """Show a legacy message twice, block by block: its fields as text, its bytes on the wire."""
    fields, rows = split_envelope(envelope, padded), split_blocks(wire)
    cells = [(byte, field.colour) for field in fields for byte in field.data]
    drawing = Drawing(_ROW * len(rows) + 108, title="The life of a legacy message")
    left, right = 66, 66 + BLOCK * _CELL + 22
    for column in range(BLOCK):
        write_small(drawing, left + (column + 0.5) * _CELL, 46, str(column))
    write_small(drawing, left - 10, 46, "offset", "end")
    write_small(drawing, right + 172, 46, "on the wire (hexadecimal)")
    for row, data in enumerate(rows):
        y = 58 + _ROW * row
        write_small(drawing, left - 10, y + _ROW / 2, str(BLOCK * row), "end")
        for column, (byte, colour) in enumerate(cells[BLOCK * row : BLOCK * (row + 1)]):
            x = left + column * _CELL
            drawing.cell(x, y, _CELL, _ROW, chr(byte), colour, mono=True)
        drawing.cell(right, y, 344, _ROW, data.hex(" "), mono=True, size=11)
    _draw_names(drawing, fields, 76 + _ROW * len(rows))
    show(drawing, _say(fields, rows))


def split_envelope(envelope: str, padded: bytes) -> list[Field]:
    """Cut a padded legacy envelope into its fields and give each a colour."""
    parts = envelope.split('"')  # {, timestamp, :, 12:34:56, ...: the values are at 3, 7, 11
    kinds = {3: ("timestamp", ORANGE), 7: ("message", SKY), 11: ("hash", GREEN)}
    fields: list[Field] = []
    for index, part in enumerate(parts):
        name, colour = kinds.get(index, ("JSON", PLAIN))
        mark = '"' if index < len(parts) - 1 else ""
        fields.append(Field(name, part.encode(), colour))
        fields.append(Field("JSON", mark.encode(), PLAIN))
    return [*fields, Field("padding", padded[len(envelope.encode()) :], PINK)]


def _draw_names(drawing: Drawing, fields: Sequence[Field], y: float) -> None:
    """Name the colours below, with the offsets, which also say it where there is no colour."""
    colours = {field.name: field.colour for field in fields}
    places = [(name, f"{name} {first}–{last}") for name, first, last in _places(fields)]
    entries = [(text, colours[name], "") for name, text in places]
    drawing.legend([*entries, ("JSON", PLAIN, "")], 66, y + 6)


def _say(fields: Sequence[Field], rows: Sequence[bytes]) -> str:
    places = listed(f"the {name} at offsets {a} to {b}" for name, a, b in _places(fields))
    return (
        f"A legacy message as {count(len(rows), 'row')} of {BLOCK} bytes. Left, the envelope: "
        f"{places}; the rest is JSON. Right, each row encrypted to {BLOCK} other bytes."
    )


def _places(fields: Sequence[Field]) -> Iterator[tuple[str, int, int]]:
    """Return the first and the last offset of each field that is not JSON."""
    offset = 0
    for name, pieces in groupby(fields, lambda field: field.name):
        size = sum(len(piece.data) for piece in pieces)
        if name != "JSON" and size:
            yield name, offset, offset + size - 1
        offset += size
