"""Figures of what an eavesdropper sees: when, who, how much; and of what it costs."""

# ruff: noqa: PLR2004 - places and limits in a drawing are plain numbers

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from modern.protocol import FRAME_SIZE
from notebooks.figures.drawing import SMALL, Drawing, text_width, write_small
from notebooks.figures.page import show
from notebooks.figures.palette import BLUE, FAINT, GREEN, ORANGE, RED, Colour
from notebooks.figures.plot import Plot
from notebooks.figures.words import count, listed

if TYPE_CHECKING:
    from notebooks.third_chat import Cost, Sent


class Burst(NamedTuple):
    """What an eavesdropper sees of one message: its time in seconds, its sender, its size."""

    time: float
    sender: str
    size: int


def rhythm(bursts: Sequence[Burst | tuple[float, str, int]]) -> None:
    """Show when messages were sent: a panel for each sender, a bar of frames for each message."""
    seen = [Burst(*each) for each in bursts]
    senders = list(dict.fromkeys(burst.sender for burst in seen))
    last, top = max(each.time for each in seen), max(each.size for each in seen) // FRAME_SIZE
    drawing = Drawing(158 * len(senders) + 44)
    for number, (sender, colour) in enumerate(zip(senders, (BLUE, ORANGE, GREEN), strict=False)):
        start = 158 * number
        drawing.text(12, start + 16, f"{sender} sends", bold=True)
        plot = Plot(drawing, (0, last * 1.04), (0, top + 1), top=start + 32, bottom=start + 140)
        is_last = number == len(senders) - 1
        plot.y_axis([(n, str(n)) for n in range(0, top + 1, 2)])
        write_small(drawing, 14, start + 86, "frames", "start")
        plot.x_axis([(n, str(n)) for n in range(0, int(last) + 1, 10)],
                    "seconds since the connection" if is_last else "")  # fmt: skip
        for burst in (burst for burst in seen if burst.sender == sender):
            _draw_burst(plot, burst, colour)
    said = "; ".join(
        f"at {each.time:.0f} s {each.sender} {count(each.size // FRAME_SIZE, 'frame')}"
        for each in seen
    )
    show(drawing, f"{count(len(seen), 'message').capitalize()} in {last:.0f} seconds, a panel of "
         f"bars for each sender. {said}.")  # fmt: skip


def _draw_burst(plot: Plot, burst: Burst, colour: Colour) -> None:
    x, y = plot.place((burst.time, burst.size // FRAME_SIZE))
    plot.drawing.fill(x - 4, y, 8, plot.bottom - y, colour, round_by=0)
    plot.drawing.text(x, y - 9, f"{burst.size} B", anchor="middle", size=11)


def talks(panels: Mapping[str, Sequence[Sent]]) -> None:
    """Show what is seen of a talk, one panel for each way to send it."""
    last = max(sent.time for seen in panels.values() for sent in seen)
    most = max(sent.size for seen in panels.values() for sent in seen) * 1.15
    drawing = Drawing(150 * len(panels) + 44)
    for number, (title, seen) in enumerate(panels.items()):
        start = 150 * number
        drawing.text(12, start + 16, title, bold=True)
        plot = Plot(drawing, (0, last * 1.02), (-most, most), top=start + 30, bottom=start + 134)
        plot.y_axis([(n, f"{abs(n)}") for n in (-500, 0, 500)])
        write_small(drawing, 12, start + 56, "alice ↑", "start")
        write_small(drawing, 12, start + 108, "bob ↓", "start")
        plot.x_axis([(n, str(n)) for n in range(0, int(last) + 1, 10)],
                    "seconds since the agreement; the bars are bytes on the wire"
                    if number == len(panels) - 1 else "")  # fmt: skip
        for sent in seen:
            _draw_sent(plot, sent, 5 if len(seen) < 30 else 3)
    said = "; ".join(f"{title}: {_count(seen)}" for title, seen in panels.items())
    show(drawing, f"What is sent in {last:.0f} seconds, alice's bars upwards and bob's downwards. "
         f"{said}.")  # fmt: skip


def _draw_sent(plot: Plot, sent: Sent, width: float) -> None:
    is_up = sent.sender == "alice"
    x, zero = plot.place((sent.time, 0))
    y = plot.y.at(sent.size if is_up else -sent.size)
    plot.drawing.fill(
        x - width / 2, min(y, zero), width, abs(zero - y), BLUE if is_up else ORANGE, 0
    )


def _count(seen: Sequence[Sent]) -> str:
    of_alice = sum(sent.sender == "alice" for sent in seen)
    sizes = listed(str(size) for size in sorted({sent.size for sent in seen}))
    return f"{of_alice} bars of alice and {len(seen) - of_alice} of bob, of {sizes} bytes"


# Guesses and bills ----------------------------------------------------------------------------


def candidates(total: int, *, recorded: int, with_x: int) -> None:
    """Show how many of `total` candidates are left, given this much of an agreement."""
    left = {
        "modern: one recorded tag": 1,
        "third: all that was recorded": recorded,
        "third: and alice's x as well": with_x,
    }
    drawing = Drawing(42 * len(left) + 50, title=f"Passphrases that are still possible, of {total}")
    start = 30 + max(text_width(name) for name in left)
    scale = (drawing.width - start - 90) / total
    for row, (name, number) in enumerate(left.items()):
        y = 42 + 42 * row
        drawing.text(start - 12, y + 15, name, anchor="end")
        drawing.fill(start, y, max(scale * number, 2), 30, RED if number == 1 else BLUE, round_by=0)
        text = "1: found" if number == 1 else str(number)
        drawing.text(start + scale * number + 10, y + 15, text)
    said = "; ".join(f"{name}: {number}" for name, number in left.items())
    show(drawing, f"Bars: how many of {total} passphrases are left after each thing. {said}.")


def costs(sizes: Mapping[str, int], measured: Mapping[str, tuple[Cost, Cost]]) -> None:
    """Show what texts of some sizes cost in the modern chat and the third: bytes for each byte."""
    factors = {name: [cost.size / sizes[name] for cost in measured[name]] for name in sizes}
    most = max(max(pair) for pair in factors.values())
    drawing = Drawing(290, title="Bytes on the wire for each byte of text")
    plot = Plot(drawing, (0, len(factors)), (1, most * 1.6), "y", top=56, bottom=250)
    plot.y_axis([(n, f"×{n}") for n in (1, 2, 5, 10, 20, 50) if n < most * 1.6])
    plot.x_axis([(number + 0.5, name) for number, name in enumerate(factors)])
    for number, pair in enumerate(factors.values()):
        for side, factor in enumerate(pair):
            x, y = plot.x.at(number + 0.5) + (-58 if side == 0 else 2), plot.y.at(factor)
            drawing.hatched(x, y, 56, plot.bottom - y, *_CHATS[side][1:])
            drawing.text(x + 28, y - 10, f"×{factor:.2f}", anchor="middle", size=SMALL)
    drawing.legend(_CHATS, 560, 44)
    drawing.line([(plot.left, plot.bottom), (plot.right, plot.bottom)], FAINT)
    said = "; ".join(f"{name}: modern {one:.2f}, third {other:.2f}"
                     for name, (one, other) in factors.items())  # fmt: skip
    show(drawing, f"Pairs of bars: how many bytes are sent for each byte of text. {said}.")


_CHATS: list[tuple[str, Colour, str]] = [("modern", BLUE, ""), ("third", ORANGE, "/")]
