"""The figures of the notebooks, drawn here so that the cells can be about cryptography.

Each function takes the results of an experiment (bytes, counts, times) and returns a matplotlib
`Figure`. `show` displays it in the notebook, with its alt text. Every figure has a light background
of its own, so it looks the same in light and dark themes. The colours are those of Okabe and Ito,
which colour-blind people can distinguish. Colour is never the only sign: equal blocks also have
equal letters, for example.
"""

# ruff: noqa: PLR2004 - positions and sizes in a drawing are plain numbers

from __future__ import annotations

import base64
import io
import math
import string
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import cycle, groupby
from typing import Any, NamedTuple

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from legacy.guessing import SearchStatus, new_progress_bar, run_with_progress_bar
from modern.protocol import CHUNK, CHUNK_TAG, FRAME_SIZE, HEADER, IV, LENGTH, LENGTH_TAG
from notebooks.readings import Reading

# For all figures: colours, background, alt text ------------------------------------------------

PAPER, INK, FAINT, RULE = "#fcfcfa", "#1f2328", "#5d656e", "#d5d8dc"
BLUE, ORANGE, GREEN, RED = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, PINK, YELLOW = "#56b4e9", "#cc79a7", "#f0e442"
PALETTE = (SKY, ORANGE, GREEN, PINK, YELLOW, RED, BLUE, "#a0a7b0", "#c9e4a6", "#d8c3f0")
UNIQUE = "#eceef0"
"""The colour of a block that occurs only once."""

WIDTH = 8.0
"""The width of a figure in inches: 800 pixels in a browser."""

_DPI = 100
_SHARPNESS = 2  # stored pixels per browser pixel, for screens with a high resolution
_COLOURS = 128


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure with the light background; sizes are in inches."""
    return Figure(figsize=(width, height), facecolor=PAPER, layout="constrained")


def new_axes(figure: Figure, *position: int, title: str = "") -> Axes:
    """Add axes in the style of all figures; `position` is as in `Figure.add_subplot`."""
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
    """Add axes without scales, for drawings that show no measurements."""
    axes = new_axes(figure, *position, title=title)
    axes.set_axis_off()
    return axes


def show(figure: Figure, alt: str) -> None:
    """Display a figure; `alt` says in words what it shows.

    It is stored as HTML, because only there Jupyter Lab and nbconvert keep the alt text, and as PNG
    for formats without HTML, such as PDF.
    """
    width = round(figure.get_figwidth() * _DPI)
    png = base64.b64encode(render(figure)).decode()
    bundle = {"text/html": _as_html(png, alt, width), "image/png": png, "text/plain": alt}
    metadata = {"image/png": {"alt": alt, "width": width}}
    display(bundle, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]


def _as_html(png: str, alt: str, width: int) -> str:
    return (
        f'<img alt="{escape(alt)}" width="{width}" style="max-width: 100%" '
        f'src="data:image/png;base64,{png}">'
    )


def render(figure: Figure) -> bytes:
    """Return a figure as PNG with few colours, so that the notebook file stays small."""
    pixels, png = io.BytesIO(), io.BytesIO()
    figure.savefig(pixels, dpi=_DPI * _SHARPNESS)
    full = Image.open(pixels).convert("RGB")
    full.quantize(_COLOURS, dither=Image.Dither.NONE).save(png, "PNG", optimize=True)
    return png.getvalue()


# Blocks and fields ---------------------------------------------------------------------------


def split_blocks(data: bytes, size: int = 16) -> list[bytes]:
    """Cut bytes into blocks; the last block may be shorter."""
    return [data[start : start + size] for start in range(0, len(data), size)]


Marks = Mapping[bytes, tuple[str, str]]
"""The letter and the colour of each block that the figure marks."""


def mark_equal_blocks(blocks: Sequence[bytes]) -> Marks:
    """Give a letter and a colour to each block that occurs more than once, in order."""
    repeated = [block for block, count in Counter(blocks).items() if count > 1]
    letters = [*string.ascii_uppercase, *(f"{a}{b}" for a in "ABCDEFGH" for b in "ABCDEFGH")]
    return dict(zip(repeated, zip(letters, cycle(PALETTE), strict=False), strict=False))


def draw_cell(
    axes: Axes, corner: tuple[float, float], width: float, text: str, colour: str, **font: Any
) -> None:
    """Draw a box of height 1 with text in it; `corner` is its lower left corner."""
    x, y = corner
    axes.add_patch(Rectangle(corner, width, 1, facecolor=colour, edgecolor=PAPER, linewidth=1.5))
    style = {"size": 9, "color": text_colour(colour), **font}
    axes.text(x + width / 2, y + 0.5, text, ha="center", va="center", **style)


def text_colour(background: str) -> str:
    """Return a text colour, dark or white, that is readable on this background."""
    return "#ffffff" if background in (BLUE, RED, INK, FAINT) else INK


def draw_blocks(
    axes: Axes, corner: tuple[float, float], blocks: Sequence[bytes], marks: Marks, width: float = 1
) -> None:
    """Draw blocks side by side. A block in `marks` has its letter and colour; others are grey."""
    x, y = corner
    for index, block in enumerate(blocks):
        letter, colour = marks.get(block, ("", UNIQUE))
        draw_cell(axes, (x + index * width, y), width, letter, colour)


# The life of a message: characters and bytes of each block ------------------------------------

EnvelopeField = tuple[str, bytes, str]
"""A piece of an envelope: its name, its bytes and its colour. All pieces in order make it up."""


def draw_fields(
    fields: Sequence[EnvelopeField], wire: bytes, wire_title: str, title: str
) -> Figure:
    """Draw a message twice, block by block: its fields as text, and its bytes on the wire."""
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
    """Draw the name of each colour in a row below the drawing."""
    for index, (name, colour) in enumerate(dict.fromkeys(entries)):
        x = index * step
        axes.add_patch(Rectangle((x, -0.25), 0.7, 0.7, facecolor=colour))
        axes.text(x + 0.95, 0.1, name, va="center", size=8.5, color=INK)


def split_envelope(envelope: str, padded: bytes) -> list[EnvelopeField]:
    """Cut a padded legacy envelope into its fields and give each a colour."""
    parts = envelope.split('"')  # {, timestamp, :, 12:34:56, ...: the values are at 3, 7, 11
    kinds = {3: ("timestamp", ORANGE), 7: ("message", SKY), 11: ("hash", GREEN)}
    fields: list[EnvelopeField] = []
    for index, part in enumerate(parts):
        name, colour = kinds.get(index, ("JSON", UNIQUE))
        mark = '"' if index < len(parts) - 1 else ""
        fields.append((name, part.encode(), colour))
        fields.append(("JSON", mark.encode(), UNIQUE))
    return [*fields, ("padding", padded[len(envelope) :], PINK)]


# The blocks of a conversation -----------------------------------------------------------------


def draw_block_map(rows: Sequence[tuple[str, bytes]], title: str, marked: bool = True) -> Figure:
    """Draw messages as rows of blocks. A block that occurs again has a letter and a colour."""
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


def paint_picture(width: int = 256, height: int = 192) -> NDArray[np.uint8]:
    """Return a picture of a padlock with a tilde on it: one byte per pixel, in a few greys."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    x, y = (x - width / 2) / height, y / height - 0.5
    picture = np.full((height, width), 235, np.uint8)
    picture[y > 0.36] = 205  # the table below the padlock
    radius = np.hypot(x, y + 0.1)
    shackle = (radius < 0.24) & (radius > 0.16) & (y < -0.1)
    legs = (abs(abs(x) - 0.2) < 0.04) & (y >= -0.1) & (y < 0.0)
    body = (abs(x) < 0.33) & (y > -0.06) & (y < 0.4)
    tilde = (abs(x) < 0.25) & (abs(y - 0.17 + 0.08 * np.sin(x * 4 * np.pi)) < 0.045)
    for shape, grey in ((shackle | legs, 120), (body, 70), (tilde, 250)):
        picture[shape] = grey
    return picture


_GREYS = 0b11100000
"""Only the upper three bits of a pixel are drawn: it looks the same, and the file is smaller."""


def draw_modes(shape: tuple[int, int], panels: Sequence[tuple[str, bytes]]) -> Figure:
    """Draw byte strings as grey pictures of one shape (rows, columns), two in each row."""
    rows = (len(panels) + 1) // 2
    figure = new_figure(3.05 * rows)
    for number, (title, data) in enumerate(panels, 1):
        axes = new_canvas(figure, rows, 2, number, title=title)
        pixels = np.frombuffer(data, np.uint8)[: shape[0] * shape[1]].reshape(shape)
        axes.imshow(pixels & _GREYS, cmap="gray", vmin=0, vmax=_GREYS, interpolation="nearest")
    return figure


# The time of a search -------------------------------------------------------------------------

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
    """Draw how many seconds it takes to try half of all passphrases, by their entropy in bits.

    `rates` has a line for each (name, guesses per second), `passphrases` has examples, each as
    (kind, entropy).
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

Arrow = tuple[str, str, str, str]
"""An arrow of a timeline: its sender, its receiver, its text and its kind (see `ARROW_STYLES`)."""

ARROW_STYLES = {
    "honest": {"color": BLUE, "linestyle": "-"},
    "attack": {"color": RED, "linestyle": "--"},
    "lost": {"color": FAINT, "linestyle": ":"},
}


def draw_timeline(lanes: Sequence[str], arrows: Sequence[Arrow], title: str) -> Figure:
    """Draw who sends what to whom, from top to bottom; dashed arrows are the attacker's."""
    figure = new_figure(0.42 * len(arrows) + 1.1)
    axes = new_canvas(figure, title=title)
    last = -len(arrows) + 0.2
    for lane, name in enumerate(lanes):
        axes.text(lane, 1.2, name, ha="center", size=10, weight="bold", color=INK)
        axes.plot([lane, lane], [1, last], color=RULE, linewidth=1.5, zorder=0)
    for step, (sender, receiver, text, kind) in enumerate(arrows):
        start, end, y = lanes.index(sender), lanes.index(receiver), 0.25 - step
        style = {"arrowstyle": "-|>", "linewidth": 1.8, **ARROW_STYLES[kind]}
        axes.annotate("", (end, y), (start, y), arrowprops=style)
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.5}
        axes.text((start + end) / 2, y + 0.14, text, ha="center", size=8.5, color=INK, bbox=box)
    axes.text(-0.32, last, "time ↓", size=8, color=FAINT, ha="center", va="bottom")
    axes.set(xlim=(-0.45, len(lanes) - 0.55), ylim=(last - 0.1, 1.7))
    return figure


# Byte-at-a-time progress ----------------------------------------------------------------------


def draw_query_progress(curves: Sequence[tuple[str, Sequence[int]]], title: str) -> Figure:
    """Draw how many queries a byte-at-a-time attack needs until it knows so many characters."""
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
    """Draw blocks of texts: rows of (label, text, how many characters the attacker knows).

    The first `skip` blocks are left out; the next two are drawn. Known characters are blue, the
    others are orange.
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
    """Draw what each `recv` returns: rows of (label, parts as (name, size), what is shown)."""
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


# A search while it runs -----------------------------------------------------------------------


def watch(search: Iterator[SearchStatus]) -> SearchStatus:
    """Run a dictionary attack, show a live progress bar, and return the last status."""
    progress = new_progress_bar()
    handle = display(progress, display_id="search")  # type: ignore[no-untyped-call]
    return run_with_progress_bar(search, progress, handle.update)


# The modern chat -----------------------------------------------------------------------------

_FRAME_FIELDS = (
    ("IV", IV),
    ("E(length)", LENGTH),
    ("tag over IV and E(length)", LENGTH_TAG),
    ("E(chunk)", CHUNK),
    ("tag over E(chunk)", CHUNK_TAG),
)
"""What each field of a modern frame is called in a figure, and which bytes of the frame it is."""

_FIELD_COLOURS = (SKY, ORANGE, BLUE, GREEN, BLUE)
_MONO: dict[str, Any] = {"family": "monospace"}


def draw_modern_life(chunks: Sequence[bytes], length: bytes, frame: bytes) -> Figure:
    """Draw a message from text to wire: its chunks, the blocks of the first, and its frame."""
    figure = new_figure(4.3)
    axes = new_canvas(figure)
    axes.set(xlim=(-0.5, FRAME_SIZE + 0.5), ylim=(-0.4, 10.6))
    _caption(axes, 10.1, "1  the message, cut into chunks of at most 15 bytes")
    for number, chunk in enumerate(chunks):
        colour = UNIQUE if number else GREEN
        width = 33 * len(chunk) / 15
        draw_cell(axes, (number * 35.0, 8.5), width, printable(chunk), colour, **_MONO)
    _caption(axes, 7.6, "2  of the first chunk: a fresh IV, and two blocks with PKCS#7 padding (·)")
    blocks = ("16 random bytes", printable(length), printable(chunks[0].ljust(16, b"\x01")))
    for number, (text, field) in enumerate(zip(blocks, (0, 1, 3), strict=True)):
        x = 38.5 * number
        draw_cell(axes, (x, 6.0), 35, text, _FIELD_COLOURS[field], **_MONO)
        middle = _middle(_FRAME_FIELDS[field][1])
        axes.plot([x + 17.5, middle], [5.9, 4.1], color=FAINT, linewidth=0.9)
    axes.text(FRAME_SIZE, 4.5, "3  CBC encrypts, HMAC tags", ha="right", size=9.5, color=INK)
    _draw_frame(axes, 3.0, frame)
    for part, label in ((HEADER, "the first tag covers this"), (CHUNK, "the second this")):
        ends = [part.start, part.start, part.stop, part.stop]
        axes.plot(ends, [1.3, 1.0, 1.0, 1.3], color=INK, linewidth=1)
        axes.text(_middle(part), 0.8, label, ha="center", va="top", size=8, color=INK)
    axes.text(FRAME_SIZE, 0.8, "byte of the frame", ha="right", va="top", size=8, color=FAINT)
    return figure


def printable(data: bytes) -> str:
    """Return bytes as text, with `·` for control characters and padding."""
    text = data.decode(errors="replace").replace("\n", "↵")
    return "".join(character if character.isprintable() else "·" for character in text)


def _caption(axes: Axes, y: float, text: str, x: float = 0.0) -> None:
    axes.text(x, y, text, size=9.5, color=INK, va="center")


def _middle(field: slice) -> float:
    middle: float = (field.start + field.stop) / 2
    return middle


def _draw_frame(axes: Axes, y: float, frame: bytes) -> None:
    for (name, field), colour in zip(_FRAME_FIELDS, _FIELD_COLOURS, strict=True):
        draw_cell(axes, (field.start, y), field.stop - field.start, name, colour, size=7.5)
        shown = frame[field].hex()
        axes.text(_middle(field), y - 0.6, f"{shown[:8]}…", ha="center", size=7, **_MONO)
        axes.text(field.start, y - 1.05, str(field.start), ha="center", size=7, color=FAINT)
    axes.text(FRAME_SIZE, y - 1.05, str(FRAME_SIZE), ha="center", size=7, color=FAINT)


def draw_repeat_chance(bits: Sequence[int], marks: Sequence[tuple[float, str]]) -> Figure:
    """Plot how likely it is that an IV was used twice, by the number of frames sent.

    There is a line for each size of an IV in `bits`. `marks` are numbers of frames, each with a
    text that explains it.
    """
    figure = new_figure(3.8)
    axes = new_axes(figure, title="Chance that some IV was used twice under one key")
    exponents = [step / 4 for step in range(0, 4 * 70 + 1)]
    for size, colour, style in zip(bits, (BLUE, ORANGE, PINK), ("-", "--", ":"), strict=False):
        chances = [-math.expm1(-(2.0 ** (2 * n - 1 - size))) for n in exponents]
        axes.plot([2.0**n for n in exponents], chances, style, color=colour, linewidth=2)
        where, side = 2.0 ** ((size - 18) / 2), "left" if size == max(bits) else "right"
        axes.text(where, 2e-6, f"  {size}-bit IV  ", ha=side, color=INK, size=9)
    for frames, meaning in marks:
        axes.axvline(frames, color=FAINT, linewidth=0.8, linestyle=(0, (2, 3)))
        axes.text(frames * 1.4, 0.1, meaning, rotation=90, size=8, color=FAINT, va="top")
    axes.set(xscale="log", yscale="log", xlim=(1, 2.0**70), ylim=(1e-17, 2))
    axes.set_xlabel("frames sent under one key")
    axes.set_ylabel("probability of a repeat")
    return figure


Looks = Mapping[str, tuple[str, str]]
"""The colour and the hatch of each outcome; the hatch is written as in matplotlib."""

_HATCHED: dict[str, Any] = {"edgecolor": INK, "linewidth": 0}


def draw_flips(panels: Mapping[str, Sequence[str]], looks: Looks) -> Figure:
    """Draw what a receiver does when one bit of a frame is flipped: one cell for each bit.

    `panels` has the outcomes of each receiver, in the order of the bits of a frame: from the first
    byte to the last, and in each byte from the highest bit to the lowest.
    """
    figure = new_figure(2.05 * len(panels))
    for number, (name, outcomes) in enumerate(panels.items(), 1):
        axes = new_axes(figure, len(panels), 1, number, title=name)
        for bit in range(8):
            _draw_runs(axes, 7 - bit, outcomes[bit::8], looks)
        for line in range(1, FRAME_SIZE):
            axes.axvline(line, color=PAPER, linewidth=0.3)
        for line in range(1, 8):
            axes.axhline(line, color=PAPER, linewidth=0.3)
        for label, field in _FRAME_FIELDS:
            axes.axvline(field.start, color=INK, linewidth=1.4)
            axes.text(_middle(field), 8.35, label, ha="center", size=7.5, color=INK)
        axes.set_title(name, color=INK, size=10.5, loc="left", pad=18)
        axes.set(yticks=(0.5, 7.5), yticklabels=("7", "0"), ylabel="bit")
        axes.set(xlim=(0, FRAME_SIZE), ylim=(0, 8))
        axes.set_xticks([*(field.start for _, field in _FRAME_FIELDS), FRAME_SIZE])
        axes.set_xlabel("byte of the frame", loc="right", size=8.5, color=FAINT)
        _legend_outcomes(axes, outcomes, looks)
    return figure


def _draw_runs(axes: Axes, y: float, outcomes: Sequence[str], looks: Looks) -> None:
    """Draw one row of cells. Equal neighbours share one box, so that the hatch is not broken."""
    x = 0
    for outcome, cells in groupby(outcomes):
        width, (colour, hatch) = len(list(cells)), looks[outcome]
        box = Rectangle((x, y), width, 1, facecolor=colour, hatch=hatch, **_HATCHED)
        axes.add_patch(box)
        x += width


def _legend_outcomes(axes: Axes, outcomes: Sequence[str], looks: Looks) -> None:
    counts = Counter(outcomes)
    handles = [
        Rectangle(
            (0, 0), 1, 1, facecolor=colour, hatch=hatch, label=f"{name}: {counts[name]}", **_HATCHED
        )
        for name, (colour, hatch) in looks.items()
        if counts[name]
    ]
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=4, frameon=False,
        fontsize=8.5, handlelength=2, borderaxespad=0, columnspacing=1.4,
    )  # fmt: skip


def draw_oracle_progress(steps: Sequence[tuple[bytes, int]]) -> Figure:
    """Draw a padding oracle attack: one bar of queries for each byte, with the last byte on top.

    Each step is the part of the plaintext that is known, and the number of queries made so far.
    """
    figure = new_figure(4.2)
    axes = new_axes(figure, title="Queries until each byte of the block was known")
    before, padding = 0, steps[0][0][-1]
    for row, (plaintext, queries) in enumerate(steps):
        byte = plaintext[0]
        colour = ORANGE if row < padding else GREEN
        axes.barh(row, queries - before, left=before, height=0.78, color=colour)
        axes.text(queries + 12, row, _name_byte(byte), va="center", size=8.5, color=INK, **_MONO)
        before = queries
    axes.set_yticks(range(len(steps)), [str(15 - row) for row in range(len(steps))])
    axes.set(xlim=(0, before * 1.08), xlabel="queries to the receiver, in total")
    axes.set_ylabel("byte of the block")
    axes.invert_yaxis()
    handles = [
        Rectangle((0, 0), 1, 1, facecolor=ORANGE, label="padding"),
        Rectangle((0, 0), 1, 1, facecolor=GREEN, label="text"),
    ]
    axes.legend(handles=handles, frameon=False, fontsize=9, loc="lower left")
    return figure


def _name_byte(byte: int) -> str:
    character = chr(byte)
    return repr(character) if character.isascii() and character.isprintable() else f"{byte:02x}"


def draw_splice(chunks: Sequence[str], decrypted: str) -> Figure:
    """Draw two captured frames, the spliced frame between them, and the text of each."""
    figure = new_figure(3.2)
    axes = new_canvas(figure)
    axes.set(xlim=(-14, 113), ylim=(-1.2, 7.4))
    rows = ((6, "frame A", SKY, SKY), (3, "spliced", SKY, ORANGE), (0, "frame B", ORANGE, ORANGE))
    labels = ("IV", "E(length)", "tag ✓", "E(chunk)", "tag ✓")
    letters = {SKY: "A", ORANGE: "B"}
    for y, name, header, body in rows:
        axes.text(-2, y + 0.5, name, ha="right", va="center", size=10, color=INK, weight="bold")
        for (_, field), label in zip(_FRAME_FIELDS, labels, strict=True):
            colour = header if field.start < CHUNK.start else body
            width, text = field.stop - field.start, f"{label} {letters[colour]}"
            draw_cell(axes, (field.start, y), width, text, colour, size=8)
    for x, tail, head, colour in ((8, 5.9, 4.1, SKY), (106, 1.1, 2.9, ORANGE)):
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.5}
        axes.annotate("", xy=(x, head), xytext=(x, tail), arrowprops=arrow)
    for below, text, colour in zip(
        (5.8, -0.2, 2.8), (*chunks, decrypted), (INK, INK, RED), strict=True
    ):
        caption: dict[str, Any] = {
            "ha": "center",
            "va": "top",
            "size": 8.5,
            "color": colour,
            **_MONO,
        }
        axes.text(_middle(CHUNK), below, f"chunk: {text}", **caption)
    return figure


def draw_readings(readings: Sequence[Reading], axes_of_dialects: Sequence[str]) -> Figure:
    """Draw a row for each dialect: where it differs, what it costs, which attacks succeed."""
    attacks = list(readings[0].attacks)
    figure = new_figure(0.27 * len(readings) + 1.75)
    axes = new_canvas(figure)
    for row, reading in enumerate(readings):
        y = len(readings) - 1 - row
        axes.text(23, y + 0.5, reading.name, ha="right", va="center", size=8.5, color=INK)
        _draw_marks(axes, (24, y), 3.2, [(letter, SKY) for letter in reading.letters])
        _draw_amount(axes, (51.5, y), reading.short, BLUE)
        _draw_amount(axes, (59.5, y), reading.long, GREEN)
        bits = reading.key_bits
        draw_cell(axes, (78.5, y), 4.6, str(bits), ORANGE if bits < 128 else UNIQUE, size=8)
        words = [("yes", ORANGE) if reading.attacks[name] else ("", "") for name in attacks]
        _draw_marks(axes, (84.5, y), 3.9, words)
    headers = [(25.6 + 3.2 * number, name) for number, name in enumerate(axes_of_dialects)]
    headers += [(52.8, "10 characters"), (60.8, "100 characters"), (80.8, "bits of the key")]
    headers += [(86.4 + 3.9 * number, name) for number, name in enumerate(attacks)]
    for x, name in headers:
        place = (x, len(readings) + 0.35)
        axes.text(*place, name, rotation=52, rotation_mode="anchor", size=8.5, color=INK)
    letters = "another rule (same letter:\nthe same rule)"
    for x, name in ((24, letters), (51.5, "bytes on the wire"), (84.5, "attack works")):
        axes.text(x, -0.3, name, va="top", size=8.5, color=FAINT)
    axes.set(xlim=(0, 107), ylim=(-1.8, len(readings) + 4.1))
    return figure


def _draw_marks(
    axes: Axes, corner: tuple[float, float], width: float, cells: Sequence[tuple[str, str]]
) -> None:
    """Draw cells side by side; those without text are grey."""
    x, y = corner
    for column, (text, colour) in enumerate(cells):
        place = (x + column * width, y)
        draw_cell(axes, place, width, text, colour if text else UNIQUE, size=8)


def _draw_amount(axes: Axes, corner: tuple[float, float], count: int, colour: str) -> None:
    """Draw a bar, 60 bytes to the unit, and the number behind it."""
    x, y = corner
    axes.add_patch(Rectangle((x, y + 0.2), count / 60, 0.6, facecolor=colour))
    axes.text(x + count / 60 + 0.5, y + 0.5, str(count), va="center", size=8, color=INK)


def _draw_lines(
    axes: Axes, x: Sequence[int], lines: Mapping[str, Sequence[float]], **style: Any
) -> None:
    """Draw up to three named lines, each with its own colour and its own dashes."""
    for (name, y), colour, dashes in zip(
        lines.items(), (BLUE, ORANGE, GREEN), ("-", "--", "-."), strict=False
    ):
        axes.plot(x, y, dashes, color=colour, linewidth=2, label=name, **style)


def draw_lengths(sizes: Sequence[int], lines: Mapping[str, Sequence[int]]) -> Figure:
    """Plot the bytes on the wire by the size of the text, one line for each protocol."""
    figure = new_figure(3.9)
    axes = new_axes(figure, title="How long was the message? The wire says")
    _draw_lines(axes, sizes, lines, drawstyle="steps-mid")
    axes.set_xlabel("size of the message (bytes of text)")
    axes.set_ylabel("bytes on the wire")
    axes.set(xlim=(sizes[0], sizes[-1]), ylim=(0, None))
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    return figure


class Burst(NamedTuple):
    """What an eavesdropper sees of one message: its time in seconds, its sender, its size."""

    time: float
    sender: str
    size: int


def draw_rhythm(bursts: Sequence[Burst]) -> Figure:
    """Draw when messages were sent: one panel per sender, one bar of frames per message."""
    figure = new_figure(3.3)
    senders = list(dict.fromkeys(burst.sender for burst in bursts))
    last = max(burst.time for burst in bursts)
    top = max(burst.size for burst in bursts) // FRAME_SIZE
    for number, (sender, colour) in enumerate(zip(senders, (BLUE, ORANGE), strict=False), 1):
        axes = new_axes(figure, len(senders), 1, number, title=f"{sender} sends")
        for burst in (burst for burst in bursts if burst.sender == sender):
            frames = burst.size // FRAME_SIZE
            axes.bar(burst.time, frames, width=last / 90, color=colour)
            axes.text(
                burst.time, frames + 0.15, f"{burst.size} B", ha="center", size=7.5, color=INK
            )
        axes.set(xlim=(0, last * 1.04), ylim=(0, top + 1.4), ylabel="frames")
        axes.set_yticks(range(0, top + 1, 2))
        if number < len(senders):
            axes.tick_params(labelbottom=False)
    axes.set_xlabel("time since the connection (seconds)")
    return figure


def draw_overhead(sizes: Sequence[int], lines: Mapping[str, Sequence[float]]) -> Figure:
    """Plot the bytes on the wire per byte of text, by the bytes of text in a frame or record."""
    figure = new_figure(4.0)
    axes = new_axes(figure, title="What a byte of text costs on the wire")
    _draw_lines(axes, sizes, lines)
    here = lines[next(iter(lines))][sizes.index(15)]
    axes.plot(15, here, "o", color=BLUE, markersize=8)
    axes.annotate(
        f"the modern chat: 15 bytes a frame, ×{here:.2f}", xy=(15, here), xytext=(28, here * 1.6),
        size=9, color=INK, va="center", arrowprops={"arrowstyle": "-", "color": FAINT},
    )  # fmt: skip
    ticks = [1, 1.5, 2, 3, 5, 10, 20, 50, 100]
    axes.set(xscale="log", yscale="log", xlim=(sizes[0], sizes[-1]))
    axes.set_yticks(ticks, [f"×{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_xticks([1, 10, 100, 1000, 10000], ["1", "10", "100", "1,000", "10,000"])
    axes.set_xlabel("bytes of text in one frame or record")
    axes.set_ylabel("bytes on the wire per byte of text")
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    return figure
