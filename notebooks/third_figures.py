"""The figures of notebook 5, in the style of figures.py. Each is drawn and shown by one call.

The text that says what a figure shows is written here, from the same numbers as the figure. So it
does not stand on the page above the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from notebooks.figures import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PAPER,
    RED,
    SKY,
    UNIQUE,
    draw_cell,
    draw_search_times,
    draw_timeline,
    new_axes,
    new_canvas,
    new_figure,
    show,
)
from notebooks.third_chat import Cost, Sent, Verdict

# A frame and a record -------------------------------------------------------------------------

_FRAME = ((16, "IV", SKY), (16, "length", ORANGE), (32, "tag 1", BLUE), (16, "text", GREEN),
          (32, "tag 2", BLUE))  # fmt: skip
_RECORD = ((8, "", ORANGE), (16, "IV", SKY), (256, "encrypted: kind, text, padding", GREEN),
           (32, "tag", BLUE))  # fmt: skip
"""The length takes 2 bytes and is drawn as 8, because nobody would see it."""

_RECORD_ALT = (
    "Two bars to the same scale. A frame of the modern chat has 112 bytes: a first tag covers the "
    "IV and the encrypted length, a second one the encrypted text, and nothing joins the two. A "
    "record has 306 bytes: length, IV, 256 encrypted bytes and one tag. Its bracket covers all of "
    "them, and also a counter of 8 bytes, in a dashed box, because it is not sent."
)


def show_record() -> None:
    """Show a frame of the modern chat and a record of the third, to scale, with what tags cover."""
    figure = new_figure(3.3)
    axes = new_canvas(figure)
    axes.set(xlim=(-44, 314), ylim=(-0.6, 8.6))
    _title(axes, 7.9, "A frame of the modern chat: 112 bytes, for up to 15 bytes of text")
    _draw_parts(axes, 6.3, _FRAME)
    _cover(axes, 6.1, 0, 32, "tag 1 covers this")
    _cover(axes, 6.1, 64, 80, "and tag 2 this")
    _title(axes, 3.2, "A record of the third chat: 306 bytes, for up to 254 bytes of text")
    _draw_parts(axes, 1.4, _RECORD)
    axes.text(4, 2.5, "length", ha="center", size=7.5, color=INK)
    axes.add_patch(Rectangle((-40, 1.4), 34, 1, facecolor=PAPER, edgecolor=INK, linestyle="--"))
    axes.text(-23, 1.9, "counter", ha="center", va="center", size=8.5, color=INK)
    axes.text(-23, 2.5, "not sent", ha="center", size=7.5, color=INK)
    _cover(axes, 1.2, -40, 280, "the one tag covers all of this")
    show(figure, _RECORD_ALT)


def _title(axes: Axes, y: float, text: str) -> None:
    axes.text(-44, y, text, size=10, color=INK)


def _draw_parts(axes: Axes, y: float, parts: Sequence[tuple[int, str, str]]) -> None:
    x = 0
    for width, text, colour in parts:
        draw_cell(axes, (x, y), width, text, colour, size=7.5)
        x += width


def _cover(axes: Axes, y: float, start: float, stop: float, text: str) -> None:
    """Draw a bracket below the bytes that a tag covers."""
    axes.plot([start, start, stop, stop], [y, y - 0.4, y - 0.4, y], color=INK, linewidth=1.2)
    place = ((start + stop) / 2, y - 0.6)
    axes.text(*place, text, ha="center", va="top", size=8.5, color=INK)


# What is left of the rhythm -------------------------------------------------------------------


def show_rhythm(panels: Mapping[str, Sequence[Sent]]) -> None:
    """Show what is seen of a talk, one panel for each way to send it: when, who, how much."""
    figure = new_figure(1.55 * len(panels) + 0.5)
    last = max(sent.time for seen in panels.values() for sent in seen)
    for number, (title, seen) in enumerate(panels.items(), 1):
        axes = new_axes(figure, len(panels), 1, number, title=title)
        for sent in seen:
            up = sent.sender == "alice"
            axes.bar(sent.time, sent.size if up else -sent.size, width=last / 130,
                     color=BLUE if up else ORANGE)  # fmt: skip
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.set(xlim=(0, last * 1.02), ylim=(-680, 680))
        axes.set_yticks([-600, -300, 0, 300, 600], ["bob 600", "300", "0", "300", "alice 600"])
        axes.tick_params(labelsize=8, labelbottom=number == len(panels))
    axes.set_xlabel("seconds since the agreement; the bars are bytes on the wire")
    sizes = {title: sorted({sent.size for sent in seen}) for title, seen in panels.items()}
    alt = "; ".join(f"{title}: {_count(panels[title])}, {sizes[title]} bytes" for title in panels)
    show(figure, f"What is sent in {last:.0f} seconds, alice's upwards and bob's downwards. {alt}.")


def _count(seen: Sequence[Sent]) -> str:
    of_alice = sum(sent.sender == "alice" for sent in seen)
    return f"{of_alice} bars of alice and {len(seen) - of_alice} of bob"


# Guesses --------------------------------------------------------------------------------------


def show_candidates(total: int, *, recorded: int, with_x: int) -> None:
    """Show how many of `total` candidates are left, given this much of an agreement."""
    left = {
        "modern: one recorded tag": 1,
        "third: all that was recorded": recorded,
        "third: and alice's x as well": with_x,
    }
    figure = new_figure(0.42 * len(left) + 1.0)
    axes = new_axes(figure, title=f"Passphrases that are still possible, of {total}")
    for row, count in enumerate(left.values()):
        axes.barh(row, count, height=0.6, color=RED if count == 1 else BLUE)
        text = "1: found" if count == 1 else str(count)
        axes.text(count + total / 80, row, text, va="center", size=9, color=INK)
    axes.set_yticks(range(len(left)), list(left))
    axes.set(xlim=(0, total * 1.15))
    axes.tick_params(axis="y", labelcolor=INK)
    axes.invert_yaxis()
    alt = "; ".join(f"{name}: {count}" for name, count in left.items())
    show(figure, f"Bars: how many of {total} passphrases are left after each thing. {alt}.")


def show_search_times() -> None:
    """Show how long a search takes where guesses are made at home, and where each is noticed."""
    rates = [
        ("modern: a graphics card, at home", 4e9),
        ("third: one connection a minute", 1 / 60),
    ]
    kinds = [
        ("a word and a year", 16.0),
        ("8 lower-case letters", 38.0),
        ("5 words from a list of 1,024", 50.0),
    ]
    show(
        draw_search_times(rates, kinds),
        "The average time to find a passphrase by its entropy in bits, logarithmic: two parallel "
        "lines. At home with a graphics card, a word and a year (16 bits) is found at once, and "
        "five words (50 bits) in a day and a half. With one connection a minute, a word and a year "
        "takes three weeks, and five words a thousand million years.",
    )


# Cost, and the bill ---------------------------------------------------------------------------


def show_costs(sizes: Mapping[str, int], costs: Mapping[str, tuple[Cost, Cost]]) -> None:
    """Show what texts of some sizes cost in the modern chat and the third: bytes for each byte."""
    rows = {name: (sizes[name], *(cost.size for cost in costs[name])) for name in sizes}
    figure = new_figure(2.6)
    axes = new_axes(figure, title="Bytes on the wire for each byte of text")
    for number, (text, modern, third) in enumerate(rows.values()):
        pairs = (
            (0, modern / text, BLUE, "", "modern"),
            (0.36, third / text, ORANGE, "//", "third"),
        )
        for shift, factor, colour, hatch, name in pairs:
            label = None if number else name
            axes.bar(
                number + shift,
                factor,
                0.34,
                color=colour,
                hatch=hatch,
                edgecolor=PAPER,
                label=label,
            )
            axes.text(
                number + shift, factor * 1.06, f"×{factor:.2f}", ha="center", size=8.5, color=INK
            )
    axes.set_xticks([number + 0.18 for number in range(len(rows))], list(rows))
    axes.set(yscale="log", ylim=(1, 60))
    axes.set_yticks([1, 2, 5, 10, 20, 50], ["×1", "×2", "×5", "×10", "×20", "×50"])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9, loc="upper right", labelcolor=INK)
    said = "; ".join(
        f"{name}: modern {m / t:.2f}, third {h / t:.2f}" for name, (t, m, h) in rows.items()
    )
    show(figure, f"Pairs of bars: how many bytes are sent for each byte of text. {said}.")


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Show which attacks get through to which chat."""
    figure = new_figure(0.36 * len(verdicts) + 0.8)
    axes = new_canvas(figure)
    for number, verdict in enumerate(verdicts):
        y = len(verdicts) - number
        axes.text(0, y + 0.5, verdict.row, va="center", size=9.5, weight="bold", color=INK)
        axes.text(0.6, y + 0.5, verdict.attack, va="center", size=9.5, color=INK)
        for x, through in ((4.4, verdict.modern), (6.9, verdict.third)):
            text, colour = ("gets through", ORANGE) if through else ("✗ refused", UNIQUE)
            draw_cell(axes, (x, y), 2.4, text, colour, weight="bold" if through else "normal")
    for x, name in ((5.6, "the modern chat"), (8.1, "the third chat")):
        axes.text(x, len(verdicts) + 1.25, name, ha="center", size=10, weight="bold", color=INK)
    axes.set(xlim=(0, 9.4), ylim=(0.9, len(verdicts) + 1.9))
    passed = [f"{v.row} ({v.attack})" for v in verdicts if v.modern]
    still = [f"{v.row} ({v.attack})" for v in verdicts if v.third]
    show(figure, f"A table of {len(verdicts)} attacks. These get through to the modern chat: "
         f"{', '.join(passed)}. To the third chat: {', '.join(still) or 'none'}.")  # fmt: skip


# One in the middle ----------------------------------------------------------------------------


def show_one_guess(guess: str) -> None:
    """Show the messages between alice and Mallory, who plays bob and tries one passphrase."""
    arrows = [
        ("alice", "mallory", "version, share", "honest"),
        ("mallory", "alice", f"version, share made with {guess!r}", "attack"),
        ("alice", "mallory", "confirmation: it does not fit", "honest"),
        ("mallory", "alice", "nothing that alice would believe", "lost"),
    ]
    show(
        draw_timeline(["alice", "mallory"], arrows, "Mallory plays bob: one connection, one guess"),
        "A timeline with two lanes, alice and mallory. Alice sends her version and her share. "
        f"Mallory answers with a share that she made with the guess {guess!r}. Alice sends her "
        "confirmation, and it does not fit. Mallory has none that alice would believe.",
    )
