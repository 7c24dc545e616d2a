"""Figures with curves: queries, chances, lengths, costs."""

# ruff: noqa: PLR2004 - places and limits in a drawing are plain numbers

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from notebooks.figures.drawing import SMALL, Drawing
from notebooks.figures.page import show
from notebooks.figures.palette import BLUE_LINE, FAINT, LINES
from notebooks.figures.plot import Line, Plot, values
from notebooks.figures.words import and_then, listed, quoted

Curves = Mapping[str, Sequence[int]] | Iterable[tuple[str, Sequence[int]]]


def query_progress(curves: Curves, title: str = "Reading a secret a character at a time") -> None:
    """Show how many queries a byte-at-a-time attack had made when it knew so many characters."""
    lines = dict(curves)
    most = max(max(queries) for queries in lines.values())
    longest = max(len(queries) for queries in lines.values())
    drawing = Drawing(330, title=title)
    plot = Plot(drawing, (0, longest), (0, most * 1.05), top=56)
    plot.y_axis(_ticks(most), "notes sent")
    plot.x_axis([(n, str(n)) for n in range(0, longest + 1, 5)], "characters of the secret known")
    for style, queries in enumerate(lines.values()):
        points = list(enumerate([0, *queries]))
        plot.curve(points, style)
        for point in points:
            plot.dot(point, LINES[style], style)
    plot.legend(list(lines))
    ends = [f"{name}: {queries[-1]:,} for {len(queries)} characters"
            for name, queries in lines.items()]  # fmt: skip
    steps = [f"at most {max(b - a for a, b in zip([0, *q], q, strict=False)):,}"
             for q in lines.values()]  # fmt: skip
    said = "; ".join(f"{end}, {step} for one" for end, step in zip(ends, steps, strict=True))
    show(drawing, f"Curves of the notes sent by the number of known characters. {said}.")


def _ticks(most: float) -> list[tuple[float, str]]:
    """Return about five round numbers from 0 to `most`."""
    rough = most / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [(n * step, f"{n * step:,.0f}") for n in range(int(most / step) + 1)]


CENTURY = 100 * 365.25 * 86400
"""A frame a second for so long: this is how many."""

_MARKS = ((CENTURY, "a frame a second for 100 years"), (CENTURY * 1e6, "… in a million chats"))


def repeat_chance(
    bits: Sequence[int] = (128, 64, 32), marks: Sequence[tuple[float, str]] = _MARKS
) -> None:
    """Show how likely it is that AES gets some input twice, by the number of frames sent.

    There is a line for each size of a block in `bits`; AES has 128. `marks` are numbers of frames,
    each with a text that explains it.
    """
    drawing = Drawing(380, title="Chance that AES gets some input twice under one key")
    plot = Plot(drawing, (1, 2.0**70), (1e-17, 1), "xy", top=58)
    plot.y_axis([(10.0**-n, f"10{_raised(-n)}" if n else "1") for n in range(0, 18, 4)],
                "probability of a repeat")  # fmt: skip
    plot.x_axis([(10.0**n, f"10{_raised(n)}" if n else "1") for n in range(0, 22, 5)],
                "frames sent under one key")  # fmt: skip
    for style, size in enumerate(bits):
        plot.curve(_chances(size, plot.y.first), style)
        x, y = plot.place(_low_on_curve(size))
        drawing.text(x + 10, y, f"{size} bits", size=SMALL, halo=True)
    for frames, meaning in marks:
        plot.mark(frames, meaning)
    said = ". ".join(_say_chances(size, marks) for size in bits)
    show(drawing, "The chance that AES gets some input twice, by the number of frames sent, both "
         f"logarithmic: a rising curve for blocks of {_sizes(bits)} bits. {said}.")  # fmt: skip


def chance_of_repeat(frames: float, bits: int) -> float:
    """Return how likely it is that two inputs of AES are equal; each frame has two of them."""
    return -math.expm1(-frames * (2 * frames - 1) / 2.0**bits)


def _chances(bits: int, least: float) -> list[tuple[float, float]]:
    all_of_them = [2.0 ** (step / 4) for step in range(4 * 70 + 1)]
    return [(n, chance_of_repeat(n, bits)) for n in all_of_them
            if chance_of_repeat(n, bits) >= least]  # fmt: skip


def _low_on_curve(bits: int) -> tuple[float, float]:
    """Return a point of a curve near its lower end."""
    frames = max(4.0, 1e-7 * 2.0 ** (bits / 2))
    return frames, chance_of_repeat(frames, bits)


def _sizes(bits: Sequence[int]) -> str:
    return and_then(map(str, bits))


def _say_chances(bits: int, marks: Sequence[tuple[float, str]]) -> str:
    half = _rounded(math.sqrt(math.log(2) * 2.0 ** (bits - 1)))
    chances = [(meaning.lstrip("… "), chance_of_repeat(frames, bits)) for frames, meaning in marks]
    rare = [f"{_rounded(chance)} at the mark {quoted(meaning)}"
            for meaning, chance in chances if chance < 0.1]  # fmt: skip
    said = f"With {bits} bits, it reaches one half at {half} frames"
    return f"{said}; it is {and_then(rare)}" if rare else said


def _rounded(value: float) -> str:
    exponent = math.floor(math.log10(value))
    return f"{value / 10.0**exponent:.0f} times 10 to the {exponent}"


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


# What a text costs on the wire ----------------------------------------------------------------


def lengths(lines: Mapping[str, Line], sizes: Sequence[int] = range(1, 101)) -> None:
    """Show the bytes on the wire by the size of the text, one line for each protocol."""
    counts = values(lines, sizes)
    most = max(max(each) for each in counts.values())
    drawing = Drawing(390, title="How long was the message? The wire says")
    plot = Plot(drawing, (sizes[0], sizes[-1]), (0, most * 1.05), top=58)
    plot.y_axis(_ticks(most), "bytes on the wire")
    plot.x_axis([(n, str(n)) for n in (1, *range(20, sizes[-1] + 1, 20))],
                "size of the message (bytes of text)")  # fmt: skip
    for style, each in enumerate(counts.values()):
        plot.curve(_stairs(sizes, each), style)
    plot.legend(list(counts))
    said = "; ".join(f"{name}: {_say_steps(sizes, each)}" for name, each in counts.items())
    show(drawing, f"Bytes on the wire for texts of {sizes[0]} to {sizes[-1]} bytes. {said}.")


def _stairs(sizes: Sequence[int], counts: Sequence[float]) -> list[tuple[float, float]]:
    """Let a line rise between two sizes, not on the way from one to the next."""
    points: list[tuple[float, float]] = []
    for size, count in zip(sizes, counts, strict=True):
        points += [(max(size - 0.5, sizes[0]), count), (min(size + 0.5, sizes[-1]), count)]
    return points


def _say_steps(sizes: Sequence[int], counts: Sequence[float]) -> str:
    different = dict.fromkeys(counts)
    if len(different) == 1:
        return f"always {counts[0]:.0f}"
    between = f"from {counts[0]:.0f} to {counts[-1]:.0f}"
    if len(different) == len(counts):
        return f"{between}, more with each byte"
    ends = [size for size, one, two in zip(sizes, counts, counts[1:], strict=False) if one != two]
    return f"{between}, in steps after {listed(map(str, ends))} bytes"


def overhead(lines: Mapping[str, Line]) -> None:
    """Show the bytes on the wire for each byte of text, by the bytes of text in a frame.

    Each line gives the bytes on the wire for so many bytes of text. The first one is the modern
    chat's; a mark shows the 15 bytes of its frames.
    """
    sizes = [*range(1, 100), *range(100, 1000, 10), *range(1000, 16385, 100)]
    costs = values(lines, sizes)
    factors = {name: [cost / size for cost, size in zip(each, sizes, strict=True)]
               for name, each in costs.items()}  # fmt: skip
    drawing = Drawing(400, title="What a byte of text costs on the wire")
    plot = Plot(drawing, (1, 16384), (1, 120), "xy", top=58)
    plot.y_axis([(n, f"×{n}") for n in (1, 2, 5, 10, 20, 50, 100)],
                "bytes on the wire for each byte of text")  # fmt: skip
    plot.x_axis([(10**n, f"{10**n:,}") for n in range(5)], "bytes of text in one frame or record")
    for style, each in enumerate(factors.values()):
        plot.curve(zip(sizes, each, strict=True), style)
    _mark_modern_chat(plot, next(iter(factors.values()))[sizes.index(15)])
    plot.legend(list(factors), "upper right")
    said = "; ".join(f"{name}: {each[0]:g} for one byte, {each[sizes.index(15)]:.2f} for 15, "
                     f"{each[sizes.index(1000)]:.2f} for 1,000"
                     for name, each in factors.items())  # fmt: skip
    show(drawing, "Bytes on the wire for each byte of text, by the bytes of text in a frame, both "
         f"logarithmic: falling curves. {said}. A mark shows the modern chat at 15.")  # fmt: skip


def _mark_modern_chat(plot: Plot, factor: float) -> None:
    """Mark the frames of 15 bytes, which cost this many bytes for each byte of text."""
    x, y = plot.place((15, factor))
    plot.dot((15, factor), BLUE_LINE, size=6)
    plot.drawing.line([(x + 5, y - 5), (x + 50, y - 40)], FAINT)
    text = f"the modern chat: 15 bytes a frame, ×{factor:.2f}"
    plot.drawing.text(x + 54, y - 44, text, size=SMALL)
