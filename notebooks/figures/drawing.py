"""A sheet to draw on: boxes, lines and texts become one SVG, which needs nothing but itself.

Sizes are pixels of a page. Every colour is a class of the SVG's own small stylesheet. There it has
two values, and the reader's device chooses: light or, by `prefers-color-scheme`, dark. A printer
always takes the light ones.
"""

# ruff: noqa: PLR0917 - places and sizes come in the order of SVG

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from xml.sax.saxutils import escape, quoteattr

from notebooks.figures.palette import FAINT, INK, PAPER, PLAIN, Colour, text_on

WIDTH = 800
"""The width of a figure: as much as a notebook has in a window of 1,000 pixels."""

SIZE, SMALL = 14, 12
"""Heights of letters."""

DARK_PAGE = "screen and (prefers-color-scheme:dark)"
"""When the dark colours are taken. A living figure puts the theme of its page in this place."""

SOLID, DASHED, DOTTED, MIXED = "", "8 4", "2 3", "9 3 2 3"
DASHES = (SOLID, DASHED, DOTTED, MIXED)

Point = tuple[float, float]

_NARROW, _WIDE = frozenset("ijltfrI.,:;!'|()[] "), frozenset("mwMW@%→⊕☑☒✓✗")
_LETTER, _NARROW_LETTER, _WIDE_LETTER, _MONO_LETTER = 0.59, 0.36, 0.92, 0.605


def text_width(text: str, size: float = SIZE, mono: bool = False) -> float:
    """Return about how wide a text is; rather too much, because fonts differ."""
    if mono:
        return len(text) * _MONO_LETTER * size
    widths = {True: _NARROW_LETTER, False: _LETTER}
    return size * sum(
        _WIDE_LETTER if letter in _WIDE else widths[letter in _NARROW] for letter in text
    )


def number(value: float) -> str:
    """Return a coordinate, no longer than it must be."""
    return f"{value:.1f}".removesuffix(".0")


class Drawing:
    """A sheet on which y grows downwards. Whatever is drawn later lies above."""

    def __init__(self, height: float, width: float = WIDTH, title: str = ""):
        """Begin an empty sheet; a title takes its first 30 pixels."""
        self.width, self.height = width, height
        self._parts: list[str] = []
        self._colours: dict[tuple[str, Colour], None] = {}
        self._patterns: dict[str, str] = {}
        self.fill(0, 0, width, height, PAPER, round_by=6)
        if title:
            self.text(12, 16, title, size=15, bold=True)

    # Marks --------------------------------------------------------------------------------

    def add(self, tag: str, content: str = "", /, **attributes: object) -> None:
        """Add an element of SVG; `_` in the name of an attribute stands for `-`."""
        given = "".join(
            f" {name.rstrip('_').replace('_', '-')}={quoteattr(_value(value))}"
            for name, value in attributes.items()
            if value not in (None, "")
        )
        self._parts.append(f"<{tag}{given}>{content}</{tag}>" if content else f"<{tag}{given}/>")

    @contextmanager
    def group(self, **attributes: str) -> Iterator[None]:
        """Put what is drawn meanwhile into one element, so that a script can find it."""
        given = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        self._parts.append(f"<g{given}>")
        yield
        self._parts.append("</g>")

    def fill(
        self, x: float, y: float, width: float, height: float, colour: Colour, round_by: float = 2
    ) -> None:
        """Draw a filled box; x and y are its upper left corner."""
        self.add("rect", x=x, y=y, width=width, height=height, rx=round_by,
                 class_=self._class("fill", colour))  # fmt: skip

    def hatched(
        self, x: float, y: float, width: float, height: float, colour: Colour, hatch: str
    ) -> None:
        """Draw a filled box with a pattern over it, one of `HATCHES`, or none."""
        self.fill(x, y, width, height, colour, round_by=0)
        if hatch:
            name = f"hatch-{list(HATCHES).index(hatch)}"
            self._patterns[name] = HATCHES[hatch].format(
                colour=self._class("stroke", text_on(colour))
            )
            self.add("rect", x=x, y=y, width=width, height=height, fill=f"url(#{name})")

    def frame(
        self, x: float, y: float, width: float, height: float, colour: Colour = INK, dash: str = ""
    ) -> None:
        """Draw the outline of a box."""
        self.add("rect", x=x, y=y, width=width, height=height, stroke_dasharray=dash,
                 class_=self._class("stroke", colour))  # fmt: skip

    def text(
        self, x: float, y: float, text: str, *, anchor: str = "start", colour: Colour = INK,
        size: float = SIZE, bold: bool = False, mono: bool = False, turn: float = 0,
        halo: bool = False,
    ) -> None:  # fmt: skip
        """Write text whose middle has the height y; `turn` is in degrees.

        A halo of paper keeps the lines behind the text away from it.
        """
        classes = [self._class("fill", colour), *["bold"] * bold, *["mono"] * mono]
        classes += [self._class("halo", PAPER)] * halo
        self.add(
            "text",
            escape(text),
            x=x,
            y=y if turn else y + 0.35 * size,
            text_anchor="" if anchor == "start" else anchor,
            font_size="" if size == SIZE else number(size),
            transform=f"rotate({number(turn)} {number(x)} {number(y)})" if turn else "",
            class_=" ".join(classes),
        )

    def cell(
        self, x: float, y: float, width: float, height: float, text: str = "",
        colour: Colour = PLAIN, *, size: float = SIZE, mono: bool = False, bold: bool = False,
    ) -> None:  # fmt: skip
        """Draw a filled box with a text in its middle, and a thin gap to its neighbours."""
        self.fill(x + 0.75, y + 0.75, width - 1.5, height - 1.5, colour)
        if text:
            self.text(x + width / 2, y + height / 2, text, anchor="middle", colour=text_on(colour),
                      size=size, mono=mono, bold=bold)  # fmt: skip

    def line(
        self, points: Iterable[Point], colour: Colour = INK, width: float = 1, dash: str = ""
    ) -> None:
        """Draw a line through points."""
        joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.add("polyline", points=joined, class_=self._class("stroke", colour),
                 stroke_width="" if width == 1 else number(width),
                 stroke_dasharray=dash)  # fmt: skip

    def arrow(
        self, start: Point, end: Point, colour: Colour = INK, width: float = 2, dash: str = ""
    ) -> None:
        """Draw an arrow along an axis of the sheet."""
        (x, y), (to_x, to_y) = start, end
        across, down = _sign(to_x - x), _sign(to_y - y)
        self.line([start, (to_x - 8 * across, to_y - 8 * down)], colour, width, dash)
        wings = [(to_x - 10 * across + 5 * side * down, to_y - 10 * down + 5 * side * across)
                 for side in (1, -1)]  # fmt: skip
        corners = " ".join(f"{number(a)},{number(b)}" for a, b in (wings[0], end, wings[1]))
        self.add("polygon", points=corners, class_=self._class("fill", colour))

    def dot(self, x: float, y: float, size: float, colour: Colour) -> None:
        """Draw a filled circle."""
        self.add("circle", cx=x, cy=y, r=size, class_=self._class("fill", colour))

    def triangle(self, x: float, y: float, size: float, colour: Colour) -> None:
        """Draw a filled triangle that points upwards."""
        corners = ((x - size, y + size * 0.8), (x + size, y + size * 0.8), (x, y - size))
        joined = " ".join(f"{number(a)},{number(b)}" for a, b in corners)
        self.add("polygon", points=joined, class_=self._class("fill", colour))

    def bracket(self, left: float, right: float, y: float, text: str) -> None:
        """Draw a bracket below y, and under it what it holds together."""
        self.line([(left, y), (left, y + 7), (right, y + 7), (right, y)], INK, 1.3)
        self.text((left + right) / 2, y + 18, text, anchor="middle", size=SMALL)

    def legend(self, entries: Sequence[tuple[str, Colour, str]], x: float, y: float) -> None:
        """Write names in a row, each behind a box of its colour and hatch."""
        for name, colour, hatch in entries:
            self.hatched(x, y - 7, 22, 14, colour, hatch)
            self.text(x + 28, y, name, size=SMALL)
            x += 28 + text_width(name, SMALL) + 22

    # The whole ----------------------------------------------------------------------------

    def _class(self, kind: str, colour: Colour) -> str:
        self._colours[kind, colour] = None
        return {"fill": colour.name, "stroke": f"{colour.name}-stroke", "halo": "halo"}[kind]

    def svg(self, alt: str) -> str:
        """Return the drawing as SVG; `alt` says in words what it shows."""
        size = f'width="{number(self.width)}" height="{number(self.height)}"'
        box = f'viewBox="0 0 {number(self.width)} {number(self.height)}"'
        patterns = "".join(
            f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">{lines}'
            "</pattern>"
            for name, lines in self._patterns.items()
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" '
            f"aria-label={quoteattr(alt)}><style>{self._stylesheet()}</style>"
            f"{f'<defs>{patterns}</defs>' if patterns else ''}{''.join(self._parts)}</svg>"
        )

    def _stylesheet(self) -> str:
        rules = (
            f"svg{{font:{SIZE}px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}}"
            "text{white-space:pre}.bold{font-weight:600}"
            ".mono{font-family:ui-monospace,Consolas,Menlo,monospace}"
        )
        light = "".join(_rule(kind, colour, colour.light) for kind, colour in self._colours)
        dark = "".join(
            _rule(kind, colour, colour.dark)
            for kind, colour in self._colours
            if colour.light != colour.dark
        )
        return f"{rules}{light}@media {DARK_PAGE}{{{dark}}}"


def _rule(kind: str, colour: Colour, value: str) -> str:
    if kind == "fill":
        return f".{colour.name}{{fill:{value}}}"
    if kind == "halo":
        return f".halo{{paint-order:stroke;stroke:{value};stroke-width:4px;stroke-linejoin:round}}"
    return f".{colour.name}-stroke{{stroke:{value};fill:none}}"


HATCHES = {
    "/": '<path class="{colour}" d="M-2 2l4-4M0 8l8-8M6 10l4-4"/>',
    ".": '<path class="{colour}" stroke-width="2" stroke-linecap="round" d="M2 2h.01M6 6h.01"/>',
    "x": '<path class="{colour}" d="M0 0l8 8M0 8l8-8"/>',
    "-": '<path class="{colour}" d="M0 2h8M0 6h8"/>',
}
"""Patterns to tell fills apart without colour."""


def _value(value: object) -> str:
    return number(value) if isinstance(value, (int, float)) else str(value)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def write_small(drawing: Drawing, x: float, y: float, text: str, anchor: str = "middle") -> None:
    """Write a number of a scale, or the like."""
    drawing.text(x, y, text, anchor=anchor, size=SMALL, colour=FAINT)
