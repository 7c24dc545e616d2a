"""The figure of how long a search takes, with two sliders; and a search that is watched."""

# ruff: noqa: PLR2004 - places and limits in a drawing are plain numbers

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from IPython.display import display

from legacy.guessing import SearchStatus, new_progress_bar, run_with_progress_bar
from notebooks.figures.drawing import DASHES, SMALL, Drawing, text_width
from notebooks.figures.page import show_living
from notebooks.figures.palette import INK, LINES, PAPER
from notebooks.figures.plot import Plot
from notebooks.figures.words import and_then

UNITS = (
    (1e-3, "1 ms"),
    (1.0, "1 s"),
    (60.0, "1 minute"),
    (3600.0, "1 hour"),
    (86400.0, "1 day"),
    (3.156e7, "1 year"),
    (3.156e10, "1,000 years"),
    (4.35e17, "age of the universe"),
)
"""Times that people know, in seconds."""

_LEAST, _MOST = 1e-6, 1e27  # seconds
_FEWEST, _LARGEST = 0.0, 130.0  # bits

Numbers = Mapping[str, float] | Iterable[tuple[str, float]]


def seconds_to_find(bits: float, rate: float) -> float:
    """Return the average time of a search: half of all passphrases are tried."""
    return float(2 ** (bits - 1) / rate)


def search_times(rates: Numbers, passphrases: Numbers) -> None:
    """Show how long it takes to find a passphrase, by its entropy in bits.

    `rates` has a line for each name, with its guesses per second; `passphrases` has examples with
    their entropy. Two sliders let the reader choose both.
    """
    speeds, kinds = dict(rates), dict(passphrases)
    drawing = Drawing(452, title="Time to find a passphrase, on average")
    plot = Plot(drawing, (_FEWEST, _LARGEST), (_LEAST, _MOST), "y", left=150, bottom=400)
    plot.y_axis([unit for unit in UNITS if unit[1] != "1 minute"])
    plot.x_axis([(n, str(n)) for n in range(0, 131, 20)], "entropy of the passphrase (bits)")
    for style, rate in enumerate(speeds.values()):
        ends = [math.log2(rate * end) + 1 for end in (_LEAST, _MOST)]
        first, last = max(_FEWEST, ends[0]), min(_LARGEST, ends[1])
        plot.curve([(bits, seconds_to_find(bits, rate)) for bits in (first, last)], style)
    for kind, bits in kinds.items():
        plot.mark(bits, kind)
    _draw_legend(plot, speeds)
    data = {
        "plot": [plot.left, plot.right, plot.top, plot.bottom, _FEWEST, _LARGEST, _LEAST, _MOST],
        "rates": [*speeds.items()],
        "kinds": [*kinds.items()],
    }
    show_living(drawing, _say(speeds, kinds), "search.js", data)


def _draw_legend(plot: Plot, speeds: Mapping[str, float]) -> None:
    """Name the lines, below on the right, where none of them runs."""
    names = [f"{name}: {say_rate(rate)}" for name, rate in speeds.items()]
    width = 62 + max(text_width(name, SMALL) for name in names)
    x, y = plot.right - width, plot.bottom - 20 * len(names) - 12
    plot.drawing.fill(x, y, width, 20 * len(names) + 8, PAPER)
    for number, name in enumerate(names):
        middle = y + 14 + 20 * number
        ends = [(x + 6, middle), (x + 44, middle)]
        plot.drawing.line(ends, LINES[number], 2.2, DASHES[number % 4])
        plot.drawing.text(x + 52, middle, name, size=SMALL, colour=INK)


def say_rate(rate: float) -> str:
    """Return a number of guesses per second in words; only its order of magnitude matters."""
    if rate < 1:
        return f"one in {1 / rate:,.0f} s"
    digits = 10.0 ** (math.floor(math.log10(rate)) - 1)
    rounded = round(rate / digits) * digits
    for size, word in ((1e9, "thousand million"), (1e6, "million")):
        if rounded >= size:
            return f"{rounded / size:,.3g} {word} a second"
    return f"{rounded:,.0f} a second"


def say_time(seconds: float) -> str:
    """Return a time in words; only its order of magnitude matters."""
    steps = (
        (3.156e7, "year"),
        (86400.0, "day"),
        (3600.0, "hour"),
        (60.0, "minute"),
        (1.0, "second"),
    )
    if seconds < 1:
        return "less than a second"
    size, name = next(step for step in steps if seconds >= step[0])
    number = seconds / size
    if number >= 1e6:
        exponent = math.floor(math.log10(number))
        return f"10 to the {exponent} years"
    if number >= 100:
        digits = 10.0 ** (math.floor(math.log10(number)) - 1)
        number = round(number / digits) * digits
    text = f"{number:,.0f}"
    return f"{text} {name}{'' if text == '1' else 's'}"


def _say(speeds: Mapping[str, float], kinds: Mapping[str, float]) -> str:
    lines = ". ".join(
        f"{name} ({say_rate(rate)}): "
        + and_then(f"{kind} ({bits:.0f} bits) {say_time(seconds_to_find(bits, rate))}"
                   for kind, bits in kinds.items())
        for name, rate in speeds.items()
    )  # fmt: skip
    return (
        "The average time to find a passphrase by its entropy in bits, on a logarithmic scale: "
        f"parallel lines that rise. {lines}."
    )


def guesses_at_home_and_online() -> None:
    """Show how long a search takes where guesses are made at home, and where each is noticed."""
    rates = {
        "modern: a graphics card, at home": 4e9,
        "third: one connection a minute": 1 / 60,
    }
    kinds = {
        "a word and a year": 16.0,
        "8 lower-case letters": 38.0,
        "5 words from a list of 1,024": 50.0,
    }
    search_times(rates, kinds)


def watch(search: Iterator[SearchStatus]) -> SearchStatus:
    """Run a dictionary attack, show a live progress bar, and return the last status."""
    progress = new_progress_bar()
    handle = display(progress, display_id="search")  # type: ignore[no-untyped-call]
    return run_with_progress_bar(search, progress, handle.update)
