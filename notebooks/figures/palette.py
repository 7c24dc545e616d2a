"""The colours of all figures, each for a light page and for a dark one.

The fills are those of Okabe and Ito, which colour-blind people can tell apart. They are the same on
both pages, and so is the text on them. Lines are darker on a light page and lighter on a dark one.
Colour is never the only sign: letters, hatches, dashes and words say the same.
"""

# ruff: noqa: PLR2004 - the numbers are those of the standard

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """One colour: its name (a CSS class), and its value on a light and on a dark page."""

    name: str
    light: str
    dark: str


PAPER = Colour("paper", "#ffffff", "#16191d")
"""What everything is drawn on."""
INK = Colour("ink", "#1f2328", "#e8eaed")
FAINT = Colour("faint", "#59616b", "#a4adb8")
"""Text of less weight: scales and offsets."""
RULE = Colour("rule", "#d0d5da", "#3d454e")
"""Lines that guide the eye."""

DARK_TEXT = Colour("dark-text", "#101418", "#101418")
LIGHT_TEXT = Colour("light-text", "#ffffff", "#ffffff")
"""The text on the fills below."""


def _fill(name: str, value: str) -> Colour:
    return Colour(name, value, value)


SKY, ORANGE = _fill("sky", "#56b4e9"), _fill("orange", "#e69f00")
GREEN, PINK = _fill("green", "#009e73"), _fill("pink", "#cc79a7")
YELLOW, RED = _fill("yellow", "#f0e442"), _fill("red", "#d55e00")
BLUE, GREY = _fill("blue", "#0072b2"), _fill("grey", "#a0a7b0")
LIME, LILAC = _fill("lime", "#c9e4a6"), _fill("lilac", "#d8c3f0")
FILLS = (SKY, ORANGE, GREEN, PINK, YELLOW, RED, BLUE, GREY, LIME, LILAC)

PLAIN = Colour("plain", "#e9ecef", "#2b3138")
"""The fill of what has no colour of its own."""

BLUE_LINE = Colour("blue-line", "#0072b2", "#56b4e9")
RED_LINE = Colour("red-line", "#c04f00", "#f08a4a")
GREEN_LINE = Colour("green-line", "#00805d", "#2fc79a")
ORANGE_LINE = Colour("orange-line", "#a56c00", "#e6a92e")
PINK_LINE = Colour("pink-line", "#a8527f", "#d98fb8")
LINES = (BLUE_LINE, RED_LINE, GREEN_LINE, ORANGE_LINE, PINK_LINE)


def text_on(fill: Colour) -> Colour:
    """Return the colour of the text on a fill."""
    if fill in (PLAIN, PAPER):
        return INK
    return LIGHT_TEXT if fill == BLUE else DARK_TEXT


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
