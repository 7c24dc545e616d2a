"""Axes, scales and curves on a drawing."""

# ruff: noqa: PLR0917, PLR2004 - places and sizes come in the order of SVG

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from notebooks.figures.drawing import DASHES, SMALL, Drawing, Point, text_width, write_small
from notebooks.figures.palette import FAINT, INK, LINES, PAPER, RULE, Colour


class Scale(NamedTuple):
    """Where the values of one axis stand on the sheet."""

    first: float
    last: float
    start: float
    """Where `first` stands, in pixels."""
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Return the place of a value; what is beyond an end stands at this end."""
        share = (self._size(value) - self._size(self.first)) / (
            self._size(self.last) - self._size(self.first)
        )
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def _size(self, value: float) -> float:
        return math.log10(max(value, 1e-300)) if self.logarithmic else value


Ticks = Iterable[tuple[float, str]]

TOP, BOTTOM, LEFT, RIGHT = 40, 52, 74, 20
"""Pixels around a plot."""


class Plot:
    """A plot that fills a drawing, or a part of its height."""

    def __init__(
        self, drawing: Drawing, x: tuple[float, float], y: tuple[float, float],
        logarithmic: str = "", top: float = TOP, bottom: float | None = None, left: float = LEFT,
    ):  # fmt: skip
        """Take the ends of both axes; `logarithmic` names axes: "x", "y" or "xy"."""
        self.drawing, self.top, self.left = drawing, top, left
        self.bottom = drawing.height - BOTTOM if bottom is None else bottom
        self.right = drawing.width - RIGHT
        self.x = Scale(*x, left, self.right, "x" in logarithmic)
        self.y = Scale(*y, self.bottom, top, "y" in logarithmic)

    def place(self, point: Point) -> Point:
        """Return where a point of the plot stands on the sheet."""
        return self.x.at(point[0]), self.y.at(point[1])

    def x_axis(self, ticks: Ticks, name: str = "") -> None:
        """Draw the lower axis."""
        self.drawing.line([(self.left, self.bottom), (self.right, self.bottom)], FAINT)
        for value, text in ticks:
            x = self.x.at(value)
            self.drawing.line([(x, self.bottom), (x, self.bottom + 5)], FAINT)
            write_small(self.drawing, x, self.bottom + 14, text)
        middle = (self.left + self.right) / 2
        if name:
            self.drawing.text(middle, self.bottom + 34, name, anchor="middle", size=13)

    def y_axis(self, ticks: Ticks, name: str = "", lines: bool = True) -> None:
        """Draw the left axis, with faint lines through the plot; its name stands above it."""
        for value, text in ticks:
            y = self.y.at(value)
            if lines:
                self.drawing.line([(self.left, y), (self.right, y)], RULE, 0.7)
            write_small(self.drawing, self.left - 8, y, text, "end")
        self.drawing.line([(self.left, self.top), (self.left, self.bottom)], FAINT)
        if name:
            self.drawing.text(self.left - 62, self.top - 15, name, size=13)

    def curve(self, points: Iterable[Point], style: int, width: float = 2.2) -> None:
        """Draw a curve in one of the styles: each has its own colour and dashes."""
        places = thin([self.place(point) for point in points])
        self.drawing.line(places, LINES[style], width, DASHES[style % len(DASHES)])

    def dot(self, point: Point, colour: Colour, shape: int = 0, size: float = 4) -> None:
        """Mark a point, with a circle, a triangle or a square."""
        x, y = self.place(point)
        if shape == 0:
            self.drawing.dot(x, y, size, colour)
        elif shape == 1:
            self.drawing.triangle(x, y, size, colour)
        else:
            self.drawing.fill(x - size * 0.85, y - size * 0.85, size * 1.7, size * 1.7, colour, 0)

    def mark(self, value: float, text: str) -> None:
        """Draw an upright line at a value of x, and write along it what it stands for."""
        x = self.x.at(value)
        self.drawing.line([(x, self.top), (x, self.bottom)], FAINT, 1, "2 3")
        self.drawing.text(x + 13, self.top + 4, text, anchor="end", size=SMALL, turn=-90, halo=True)

    def legend(self, names: Sequence[str], corner: str = "upper left") -> None:
        """Name the curves in a box of paper; corner is "upper" or "lower", "left" or "right"."""
        width = 58 + max(text_width(name, SMALL) for name in names)
        height = 20 * len(names) + 8
        x = self.left + 10 if "left" in corner else self.right - width - 6
        y = self.top + 6 if "upper" in corner else self.bottom - height - 8
        self.drawing.fill(x, y, width, height, PAPER)
        for number, name in enumerate(names):
            middle = y + 14 + 20 * number
            self.drawing.line([(x + 6, middle), (x + 40, middle)], LINES[number], 2.2,
                              DASHES[number % len(DASHES)])  # fmt: skip
            self.drawing.text(x + 48, middle, name, size=SMALL, colour=INK)


def thin(points: Sequence[Point], tolerance: float = 0.25) -> list[Point]:
    """Leave out points of a curve where nobody would see it (the way of Douglas and Peucker)."""
    if len(points) < 3:
        return list(points)
    away = [_distance(point, points[0], points[-1]) for point in points]
    farthest = max(range(1, len(points) - 1), key=away.__getitem__)
    if away[farthest] <= tolerance:
        return [points[0], points[-1]]
    return thin(points[: farthest + 1], tolerance)[:-1] + thin(points[farthest:], tolerance)


def _distance(point: Point, start: Point, end: Point) -> float:
    """Return how far a point is from the straight line between two others."""
    (x, y), (a, b), (c, d) = point, start, end
    length = math.dist(start, end)
    if not length:
        return math.dist(point, start)
    return abs((c - a) * (y - b) - (x - a) * (d - b)) / length


Line = Callable[[int], float] | Sequence[float]
"""A curve: a function, or its values."""


def values(lines: Mapping[str, Line], sizes: Sequence[int]) -> dict[str, list[float]]:
    """Return the value of each line at each size."""
    return {
        name: [line(size) for size in sizes] if callable(line) else list(line)
        for name, line in lines.items()
    }
