"""Figures that are tables: the dialects of the modern wire, and the attacks on two chats."""

# ruff: noqa: PLR2004 - places and limits in a drawing are plain numbers

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from notebooks import readings
from notebooks.figures.drawing import SMALL, Drawing, text_width, write_small
from notebooks.figures.page import show
from notebooks.figures.palette import BLUE, GREEN, ORANGE, PLAIN, SKY, Colour
from notebooks.figures.words import and_then, count
from notebooks.readings import Reading

if TYPE_CHECKING:
    from notebooks.third_chat import Verdict

_ROW, _TOP = 26, 128


def dialects(examined: Sequence[Reading]) -> None:
    """Show a row for each dialect: where it differs, what it costs, which attacks succeed."""
    drawing = Drawing(_TOP + _ROW * len(examined) + 48)
    attacks = list(examined[0].attacks)
    for row, reading in enumerate(examined):
        y = _TOP + _ROW * row
        drawing.text(166, y + 13, reading.name, anchor="end", size=13)
        _draw_cells(drawing, 176, y, 24, [(letter, SKY) for letter in reading.letters])
        _draw_amount(drawing, 382, y, reading.short, BLUE)
        _draw_amount(drawing, 446, y, reading.long, GREEN)
        bits = reading.key_bits
        drawing.cell(580, y, 38, _ROW, str(bits), ORANGE if bits < 128 else PLAIN, size=SMALL)
        words = [("yes", ORANGE) if reading.attacks[name] else ("", PLAIN) for name in attacks]
        _draw_cells(drawing, 630, y, 29, words)
    heads = [(190 + 24 * n, axis) for n, axis in enumerate(readings.AXES)]
    heads += [(392, "10 characters"), (456, "100 characters"), (600, "bits of the key")]
    heads += [(646 + 29 * n, attack) for n, attack in enumerate(attacks)]
    for x, name in heads:
        drawing.text(x, _TOP - 8, name, size=SMALL, turn=-50)
    y = _TOP + _ROW * len(examined)
    write_small(drawing, 176, y + 14, "a letter: another rule", "start")
    write_small(drawing, 176, y + 30, "(equal letters, equal rules)", "start")
    write_small(drawing, 382, y + 14, "bytes on the wire", "start")
    write_small(drawing, 630, y + 14, "attack works", "start")
    show(drawing, readings.describe(examined))


def _draw_cells(
    drawing: Drawing, x: float, y: float, width: float, cells: Sequence[tuple[str, Colour]]
) -> None:
    """Draw cells side by side; those without text are grey."""
    for column, (text, colour) in enumerate(cells):
        drawing.cell(
            x + column * width, y, width, _ROW, text, colour if text else PLAIN, size=SMALL
        )


def _draw_amount(drawing: Drawing, x: float, y: float, size: int, colour: Colour) -> None:
    """Draw a bar, eight bytes to the pixel, and the number behind it."""
    drawing.fill(x, y + 6, size / 8, _ROW - 12, colour, round_by=0)
    drawing.text(x + size / 8 + 5, y + 13, str(size), size=SMALL)


def verdicts(tried: Sequence[Verdict]) -> None:
    """Show which attacks get through to which chat."""
    drawing = Drawing(30 * len(tried) + 52)
    for x, name in ((480, "the modern chat"), (676, "the third chat")):
        drawing.text(x, 22, name, anchor="middle", bold=True)
    for number, verdict in enumerate(tried):
        y = 38 + 30 * number
        drawing.text(18, y + 15, verdict.row, bold=True)
        drawing.text(18 + text_width("L12 "), y + 15, verdict.attack)
        for x, through in ((386, verdict.modern), (582, verdict.third)):
            text, colour = ("gets through", ORANGE) if through else ("✗ refused", PLAIN)
            drawing.cell(x, y, 188, 30, text, colour, bold=through)
    passed = [f"{v.row} ({v.attack})" for v in tried if v.modern]
    still = [f"{v.row} ({v.attack})" for v in tried if v.third]
    show(drawing, f"A table of {count(len(tried), 'attack')}. These get through to the modern "
         f"chat: {and_then(passed or ['none'])}. And these get through to the third chat: "
         f"{and_then(still or ['none'])}.")  # fmt: skip
