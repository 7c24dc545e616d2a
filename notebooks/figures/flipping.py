"""The figure of M2: what a receiver does when one bit of a frame is flipped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby

from modern.protocol import FRAME_SIZE
from notebooks.figures.drawing import Drawing, write_small
from notebooks.figures.frames import PARTS
from notebooks.figures.page import show
from notebooks.figures.palette import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PAPER,
    PINK,
    PLAIN,
    RED,
    YELLOW,
    Colour,
)
from notebooks.figures.words import and_then

LOOKS = {
    "rejected, nothing decrypted": (BLUE, ""),
    "shows the text": (GREEN, "/"),
    "complains of the padding": (ORANGE, "."),
    "complains of the length": (PINK, "x"),
    "shows another text": (RED, "-"),
}
"""The colour and the hatch of each outcome that the notebook knows."""

_OTHER_LOOKS = ((YELLOW, ""), (PLAIN, "/"), (PLAIN, "x"), (PLAIN, "-"), (PLAIN, "."))

_LEFT, _SCALE, _CELL, _PANEL = 50, 6.5, 16, 226


def flips(panels: Mapping[str, Sequence[str]]) -> None:
    """Show what receivers do when one bit of a frame is flipped: one cell for each bit.

    `panels` has the outcomes of each receiver, in the order of the bits of a frame: from the first
    byte to the last, and in each byte from the highest bit to the lowest.
    """
    looks = _looks(outcome for outcomes in panels.values() for outcome in outcomes)
    drawing = Drawing(_PANEL * len(panels))
    for number, (name, outcomes) in enumerate(panels.items()):
        _draw_panel(drawing, _PANEL * number, name, outcomes, looks)
    said = " ".join(f"{name}: {_say(outcomes)}." for name, outcomes in panels.items())
    show(drawing, f"Grids of {FRAME_SIZE} by 8 cells, one for each bit of a frame, with a colour "
         f"and a hatch for each outcome. {said}")  # fmt: skip


def _looks(outcomes: object) -> dict[str, tuple[Colour, str]]:
    names = dict.fromkeys(outcomes)  # type: ignore[call-overload]
    others = [name for name in names if name not in LOOKS]
    return {**LOOKS, **dict(zip(others, _OTHER_LOOKS, strict=False))}


def _draw_panel(
    drawing: Drawing, y: float, name: str, outcomes: Sequence[str],
    looks: Mapping[str, tuple[Colour, str]],
) -> None:  # fmt: skip
    drawing.text(12, y + 18, name, bold=True)
    top = y + 54
    for bit in range(8):
        _draw_runs(drawing, top + _CELL * bit, outcomes[bit::8], looks)
    _draw_grid(drawing, top)
    write_small(drawing, _LEFT - 8, top + _CELL / 2, "bit 0", "end")
    write_small(drawing, _LEFT - 8, top + 7.5 * _CELL, "7", "end")
    counts = Counter(outcomes)
    drawing.legend(
        [(f"{each}: {counts[each]}", *look) for each, look in looks.items() if counts[each]],
        _LEFT, top + 8 * _CELL + 34,
    )  # fmt: skip


def _draw_runs(
    drawing: Drawing, y: float, outcomes: Sequence[str], looks: Mapping[str, tuple[Colour, str]]
) -> None:
    """Draw one row of cells. Equal neighbours share one box, so that the hatch is not broken."""
    x = float(_LEFT)
    for outcome, cells in groupby(outcomes):
        width = _SCALE * len(list(cells))
        drawing.hatched(x, y, width, _CELL, *looks[outcome])
        x += width


def _draw_grid(drawing: Drawing, top: float) -> None:
    right, bottom = _LEFT + _SCALE * FRAME_SIZE, top + 8 * _CELL
    for byte in range(1, FRAME_SIZE):
        x = _LEFT + _SCALE * byte
        drawing.line([(x, top), (x, bottom)], PAPER, 0.5)
    for bit in range(1, 8):
        drawing.line([(_LEFT, top + _CELL * bit), (right, top + _CELL * bit)], PAPER, 0.5)
    for part in PARTS:
        x = _LEFT + _SCALE * part.place.start
        drawing.line([(x, top - 4), (x, bottom + 4)], INK, 2)
        middle = _LEFT + _SCALE * (part.place.start + part.place.stop) / 2
        drawing.text(middle, top - 12, part.name, anchor="middle", size=12)
        write_small(drawing, x, bottom + 14, str(part.place.start))
    write_small(drawing, right, bottom + 14, str(FRAME_SIZE))
    drawing.text(right - 30, bottom + 14, "byte of the frame", anchor="end", size=12, colour=FAINT)


def _say(outcomes: Sequence[str]) -> str:
    counts = Counter(outcomes)
    if len(counts) == 1:
        return f"all {len(outcomes)} cells say “{outcomes[0]}”"
    where: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for bit, outcome in enumerate(outcomes):
        where[outcome][_field_of(bit // 8)] += 1
    return "; ".join(
        f"“{outcome}” in {times} cells ({_say_fields(where[outcome])})"
        for outcome, times in counts.most_common()
    )


def _say_fields(counts: Mapping[str, int]) -> str:
    return and_then(f"{number} of {field}" for field, number in counts.items())


def _field_of(byte: int) -> str:
    return next(part.name for part in PARTS if part.place.start <= byte < part.place.stop)
