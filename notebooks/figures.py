"""The drawing, so that the cells of the notebooks stay about cryptography.

Every function takes what an experiment produced (bytes, counts, times) and returns a matplotlib
`Figure`; `show` puts it into the notebook together with its alt text. Figures stand on a light
card of their own, so they read the same in light and in dark themes. Colours are Okabe and Ito's,
which colour-blind people can tell apart, and no meaning hangs on colour alone: equal blocks also
carry equal letters.
"""

# ruff: noqa: PLR2004 - a drawing is made of bare numbers

from __future__ import annotations

import base64
import io
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from legacy.attacks import Tally, follow, new_progress

# Common head: palette, card, alt text ---------------------------------------------------------

PAPER, INK, FAINT, RULE = "#fcfcfa", "#1f2328", "#5d656e", "#d5d8dc"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, PINK, YELLOW = "#56b4e9", "#cc79a7", "#f0e442"
PALETTE = (SKY, ORANGE, GREEN, PINK, YELLOW, RED, BLUE)
UNIQUE = "#eceef0"
"""The colour of a block that occurs once."""

WIDTH = 8.0
"""Inches of a figure: 800 of the pixels that a browser counts."""

_DPI = 100
_SHARPNESS = 2  # pixels stored for each pixel shown: screens are dense


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure of so many inches on the light card."""
    return Figure(figsize=(width, height), facecolor=PAPER, layout="constrained")


def new_axes(figure: Figure, *position: int, title: str = "") -> Axes:
    """Add axes in the common style; `position` as in `Figure.add_subplot`."""
    axes = figure.add_subplot(*position)
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=FAINT, labelsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, size=10)
    if title:
        axes.set_title(title, color=INK, size=11, loc="left")
    return axes


def new_canvas(figure: Figure, *position: int, title: str = "") -> Axes:
    """Add axes without scales, for drawings that measure nothing."""
    axes = new_axes(figure, *position, title=title)
    axes.set_axis_off()
    return axes


def show(figure: Figure, alt: str) -> None:
    """Display a figure; `alt` says in words what it shows."""
    metadata = {"image/png": {"alt": alt, "width": round(figure.get_figwidth() * _DPI)}}
    png = base64.b64encode(render(figure)).decode()
    bundle = {"image/png": png, "text/plain": alt}
    display(bundle, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


def render(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    png = io.BytesIO()
    figure.savefig(png, dpi=_DPI * _SHARPNESS, metadata={"Software": None})
    return png.getvalue()


# Blocks and fields ---------------------------------------------------------------------------


def split_blocks(data: bytes, size: int = 16) -> list[bytes]:
    """Cut bytes into blocks; the last one may be shorter."""
    return [data[start : start + size] for start in range(0, len(data), size)]


Marks = Mapping[bytes, tuple[str, str]]
"""The letter and the colour of each block that is to stand out."""


def mark_equal_blocks(blocks: Sequence[bytes]) -> Marks:
    """Return a letter and a colour for each block that occurs more than once, in reading order."""
    repeated = [block for block, count in Counter(blocks).items() if count > 1]
    letters = [*string.ascii_uppercase, *(f"{a}{b}" for a in "ABCDEFGH" for b in "ABCDEFGH")]
    return dict(zip(repeated, zip(letters, cycle(PALETTE), strict=False), strict=False))


def draw_cell(
    axes: Axes, corner: tuple[float, float], width: float, text: str, colour: str, **font: Any
) -> None:
    """Draw one box of height 1 with text in it; `corner` is its lower left."""
    x, y = corner
    axes.add_patch(Rectangle(corner, width, 1, facecolor=colour, edgecolor=PAPER, linewidth=1.5))
    style = {"size": 9, "color": text_colour(colour), **font}
    axes.text(x + width / 2, y + 0.5, text, ha="center", va="center", **style)


def text_colour(background: str) -> str:
    """Return the ink, dark or white, that is readable on a palette colour."""
    return "#ffffff" if background in (BLUE, RED, INK, FAINT) else INK


def draw_blocks(
    axes: Axes, corner: tuple[float, float], blocks: Sequence[bytes], marks: Marks, width: float = 1
) -> None:
    """Draw blocks side by side: those in `marks` with their letter and colour, the others grey."""
    x, y = corner
    for index, block in enumerate(blocks):
        letter, colour = marks.get(block, ("", UNIQUE))
        draw_cell(axes, (x + index * width, y), width, letter, colour)


# The life of a message: characters and bytes of each block ------------------------------------

Field = tuple[str, bytes, str]
"""A field's name, its bytes and its colour; fields in wire order make up a whole message."""


def draw_fields(fields: Sequence[Field], wire: bytes, wire_title: str, title: str) -> Figure:
    """Draw a message twice, block by block: left its fields as text, right the wire's bytes."""
    rows = split_blocks(wire)
    figure = new_figure(0.30 * len(rows) + 1.35)
    axes = new_canvas(figure, title=title)
    cells = [(byte, colour) for _, data, colour in fields for byte in data]
    for row in range(len(rows)):
        y = len(rows) - row
        axes.text(-0.6, y + 0.5, str(16 * row), ha="right", va="center", size=8, color=FAINT)
        for column, (byte, colour) in enumerate(cells[16 * row : 16 * row + 16]):
            draw_cell(axes, (column, y), 1, chr(byte), colour, family="monospace")
        draw_cell(axes, (17.5, y), 17.5, rows[row].hex(" "), UNIQUE, family="monospace", size=7.5)
    for column in range(16):
        place = (column + 0.5, len(rows) + 1.4)
        axes.text(*place, str(column), ha="center", va="center", size=7.5, color=FAINT)
    axes.text(-0.6, len(rows) + 1.4, "offset", ha="right", va="center", size=8, color=FAINT)
    axes.text(26.25, len(rows) + 1.4, wire_title, ha="center", va="center", size=8, color=FAINT)
    _draw_legend(axes, [(name, colour) for name, _, colour in fields], 5.4)
    axes.set(xlim=(-3.2, 35.2), ylim=(-0.6, len(rows) + 2))
    return figure


def _draw_legend(axes: Axes, entries: Sequence[tuple[str, str]], step: float) -> None:
    """Draw the name of each colour once, in a row under the drawing."""
    for index, (name, colour) in enumerate(dict.fromkeys(entries)):
        x = index * step
        axes.add_patch(Rectangle((x, -0.25), 0.7, 0.7, facecolor=colour))
        axes.text(x + 0.95, 0.1, name, va="center", size=8.5, color=INK)


def split_envelope(envelope: str, padded: bytes) -> list[Field]:
    """Cut a padded legacy envelope into its fields, with their colours."""
    parts = envelope.split('"')  # {, timestamp, :, 12:34:56, ...: values stand at 3, 7 and 11
    kinds = {3: ("timestamp", ORANGE), 7: ("message", SKY), 11: ("hash", GREEN)}
    fields: list[Field] = []
    for index, part in enumerate(parts):
        name, colour = kinds.get(index, ("JSON", UNIQUE))
        mark = '"' if index < len(parts) - 1 else ""
        fields.append((name, part.encode(), colour))
        fields.append(("JSON", mark.encode(), UNIQUE))
    return [*fields, ("padding", padded[len(envelope) :], PINK)]


# Block map of a conversation ------------------------------------------------------------------


def draw_block_map(rows: Sequence[tuple[str, bytes]], title: str, marked: bool = True) -> Figure:
    """Draw messages as rows of blocks; a block that occurs again anywhere has letter and colour."""
    blocks = [split_blocks(data) for _, data in rows]
    marks = mark_equal_blocks([block for row in blocks for block in row]) if marked else {}
    widest = max(len(row) for row in blocks)
    figure = new_figure(0.34 * len(rows) + 0.9)
    axes = new_canvas(figure, title=title)
    for index, ((label, _), row) in enumerate(zip(rows, blocks, strict=True)):
        y = len(rows) - index
        axes.text(-0.15, y + 0.5, label, ha="right", va="center", size=9, color=INK)
        draw_blocks(axes, (0, y), row, marks)
    for column in range(widest):
        axes.text(column + 0.5, 0.55, str(column), ha="center", size=8, color=FAINT)
    axes.text(-0.15, 0.55, "block of 16 bytes", ha="right", size=8, color=FAINT)
    axes.set(xlim=(-3.4, widest), ylim=(0.4, len(rows) + 1))
    return figure


# A picture, encrypted -------------------------------------------------------------------------


def paint_picture(width: int = 384, height: int = 288) -> NDArray[np.uint8]:
    """Paint a padlock with a tilde on it: one byte a pixel, flat greys. Our own drawing."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    x, y = (x - width / 2) / height, y / height - 0.5
    picture = np.full((height, width), 235, np.uint8)
    picture[y > 0.36] = 205  # the table it stands on
    radius = np.hypot(x, y + 0.1)
    shackle = (radius < 0.24) & (radius > 0.16) & (y < -0.1)
    legs = (abs(abs(x) - 0.2) < 0.04) & (y >= -0.1) & (y < 0.0)
    body = (abs(x) < 0.33) & (y > -0.06) & (y < 0.4)
    tilde = (abs(x) < 0.25) & (abs(y - 0.17 + 0.08 * np.sin(x * 4 * np.pi)) < 0.045)
    for shape, grey in ((shackle | legs, 120), (body, 70), (tilde, 250)):
        picture[shape] = grey
    return picture


def draw_modes(shape: tuple[int, int], panels: Sequence[tuple[str, bytes]]) -> Figure:
    """Draw byte strings as grey pictures of one shape (rows, columns), side by side, two a row."""
    rows = (len(panels) + 1) // 2
    figure = new_figure(3.05 * rows)
    for number, (title, data) in enumerate(panels, 1):
        axes = new_canvas(figure, rows, 2, number, title=title)
        pixels = np.frombuffer(data, np.uint8)[: shape[0] * shape[1]].reshape(shape)
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    return figure


# Time to search -------------------------------------------------------------------------------

_SECONDS = (
    (1e-3, "1 ms"),
    (1.0, "1 s"),
    (3600.0, "1 hour"),
    (86400.0, "1 day"),
    (3.156e7, "1 year"),
    (3.156e10, "1000 years"),
    (4.35e17, "age of the universe"),
)


def draw_search_times(
    rates: Sequence[tuple[str, float]], passphrases: Sequence[tuple[str, float]]
) -> Figure:
    """Draw seconds to search half of all passphrases against their entropy in bits.

    `rates` are (name, guesses per second), `passphrases` (kind, entropy) to compare with.
    """
    figure = new_figure(4.6)
    axes = new_axes(figure, title="Time to find a passphrase, on average")
    bits = np.array([0.0, 130.0])
    styles = ("-", "--", ":", "-.")
    for (name, rate), colour, style in zip(rates, (BLUE, RED, GREEN, PINK), styles, strict=False):
        axes.semilogy(bits, 2 ** (bits - 1) / rate, style, color=colour, linewidth=2, label=name)
    for kind, entropy in passphrases:
        axes.axvline(entropy, color=RULE, linewidth=1, zorder=0)
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1}
        axes.text(entropy + 1, 3e26, kind, rotation=90, va="top", size=8, color=INK, bbox=box)
    axes.set(xlim=(5, 130), ylim=(1e-6, 1e27))
    axes.set_xlabel("entropy of the passphrase (bits)")
    axes.set_ylabel("time, logarithmic")
    axes.set_yticks([seconds for seconds, _ in _SECONDS], [name for _, name in _SECONDS])
    axes.minorticks_off()
    axes.legend(loc="lower right", fontsize=8.5, facecolor=PAPER, labelcolor=INK)
    return figure


# Timelines ------------------------------------------------------------------------------------

Event = tuple[str, str, str, str]
"""From whom, to whom, what is written beside the arrow, and its kind: a key of `EVENT_STYLES`."""

EVENT_STYLES = {
    "honest": {"color": BLUE, "linestyle": "-"},
    "attack": {"color": RED, "linestyle": "--"},
    "lost": {"color": FAINT, "linestyle": ":"},
}


def draw_timeline(lanes: Sequence[str], events: Sequence[Event], title: str) -> Figure:
    """Draw who sends what to whom, downwards in time; dashed arrows are the attacker's."""
    figure = new_figure(0.42 * len(events) + 1.1)
    axes = new_canvas(figure, title=title)
    last = -len(events) + 0.2
    for lane, name in enumerate(lanes):
        axes.text(lane, 1.2, name, ha="center", size=10, weight="bold", color=INK)
        axes.plot([lane, lane], [1, last], color=RULE, linewidth=1.5, zorder=0)
    for step, (sender, receiver, text, kind) in enumerate(events):
        start, end, y = lanes.index(sender), lanes.index(receiver), 0.25 - step
        arrow = {"arrowstyle": "-|>", "linewidth": 1.8, **EVENT_STYLES[kind]}
        axes.annotate("", (end, y), (start, y), arrowprops=arrow)
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
        axes.text((start + end) / 2, y + 0.14, text, ha="center", size=8.5, color=INK, bbox=box)
    axes.text(-0.32, last, "time ↓", size=8, color=FAINT, ha="center", va="bottom")
    axes.set(xlim=(-0.45, len(lanes) - 0.55), ylim=(last - 0.1, 1.7))
    return figure


# Byte-at-a-time progress ----------------------------------------------------------------------


def draw_query_progress(curves: Sequence[tuple[str, Sequence[int]]], title: str) -> Figure:
    """Draw how many queries a byte-at-a-time attack had made when it knew so many characters."""
    figure = new_figure(3.2)
    axes = new_axes(figure, title=title)
    for (name, queries), colour, marker in zip(curves, (BLUE, RED, GREEN), "o^s", strict=False):
        known = range(len(queries) + 1)
        axes.plot(known, [0, *queries], color=colour, marker=marker, markersize=4, label=name)
    axes.set_xlabel("characters of the secret known")
    axes.set_ylabel("queries made")
    axes.legend(fontsize=8.5, facecolor=PAPER, labelcolor=INK)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    return figure


def draw_text_blocks(rows: Sequence[tuple[str, str, int]], skip: int, title: str) -> Figure:
    """Draw texts cut into blocks: rows of (label, text, characters known of its secret).

    `skip` blocks at the front are left out. What the attacker chose or knows is blue, the rest
    orange.
    """
    figure = new_figure(0.42 * len(rows) + 0.95)
    axes = new_canvas(figure, title=title)
    for index, (label, text, known) in enumerate(rows):
        y = 1.25 * (len(rows) - index)
        axes.text(-0.4, y + 0.5, label, ha="right", va="center", size=8.5, color=INK)
        for column, character in enumerate(text[16 * skip : 16 * (skip + 2)]):
            colour = SKY if 16 * skip + column < known else ORANGE
            x = column + (0.5 if column >= 16 else 0)
            draw_cell(axes, (x, y), 1, character, colour, family="monospace")
    for block in range(2):
        x = 8 + 16.5 * block
        axes.text(x, 0.55, f"block {skip + block}", ha="center", size=8, color=FAINT)
    axes.set(xlim=(-7, 32.6), ylim=(0.3, 1.25 * len(rows) + 1.2))
    return figure


# Segments -------------------------------------------------------------------------------------


def draw_segments(rows: Sequence[tuple[str, Sequence[tuple[str, int]], str]], title: str) -> Figure:
    """Draw what each `recv` got: rows of (label, parts as (name, bytes), what the screen shows)."""
    figure = new_figure(0.55 * len(rows) + 0.9)
    axes = new_canvas(figure, title=title)
    widest = max(sum(size for _, size in parts) for _, parts, _ in rows)
    for index, (label, parts, outcome) in enumerate(rows):
        y, x = 1.4 * (len(rows) - index), 0.0
        axes.text(-widest * 0.02, y + 0.5, label, ha="right", va="center", size=9, color=INK)
        for (name, size), colour in zip(parts, cycle((SKY, ORANGE)), strict=False):
            draw_cell(axes, (x, y), size, f"{name}: {size} bytes", colour)
            x += size
        axes.text(x + widest * 0.02, y + 0.5, outcome, va="center", size=9, color=INK)
    axes.set(xlim=(-0.35 * widest, 1.75 * widest), ylim=(1.1, 1.4 * len(rows) + 1.2))
    return figure


# A search as it runs --------------------------------------------------------------------------


def watch(search: Iterator[Tally]) -> Tally:
    """Run a dictionary attack under a live progress bar; return its last tally."""
    progress = new_progress()
    handle = display(progress, display_id="search")  # type: ignore[no-untyped-call]
    return follow(search, progress, handle.update)
