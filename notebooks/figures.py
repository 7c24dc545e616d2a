"""The drawing, so that the cells of the notebooks stay about cryptography.

Every function takes what an experiment produced (bytes, counts, times) and returns a matplotlib
`Figure`; `show` puts it into the notebook together with its alt text. Figures stand on a light
card of their own, so they read the same in light and in dark themes. Colours are Okabe and Ito's,
which colour-blind people can tell apart, and no meaning hangs on colour alone: equal blocks also
carry equal letters.
"""

from __future__ import annotations

import base64
import io
import string
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from typing import Any

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

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


def mark_equal_blocks(blocks: Sequence[bytes]) -> dict[bytes, tuple[str, str]]:
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
