"""A picture of a padlock, and what three modes of encryption make of it."""

# ruff: noqa: PLR2004 - places in a drawing are plain numbers

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from legacy.attacks import measure_repetition
from notebooks.figures.drawing import Drawing
from notebooks.figures.page import show
from notebooks.figures.palette import RULE
from notebooks.figures.words import listed


class Picture(NamedTuple):
    """A grey picture: one byte for each pixel, row by row."""

    width: int
    height: int
    pixels: bytes

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns it has."""
        return self.height, self.width

    def tobytes(self) -> bytes:
        """Return the pixels."""
        return self.pixels


WALL, TABLE, SHACKLE, BODY, TILDE = 235, 205, 120, 70, 250
"""The greys of the picture."""


def paint_picture(width: int = 256, height: int = 192) -> Picture:
    """Return a picture of a padlock with a tilde on it, in a few greys."""
    pixels = bytes(
        _grey((column - width / 2) / height, row / height - 0.5)
        for row in range(height)
        for column in range(width)
    )
    return Picture(width, height, pixels)


def _grey(x: float, y: float) -> int:
    """Return the grey of a point; the middle of the picture is 0, 0, and its height is 1."""
    if abs(x) < 0.25 and abs(y - 0.17 + 0.08 * math.sin(x * 4 * math.pi)) < 0.045:
        return TILDE
    if abs(x) < 0.33 and -0.06 < y < 0.4:
        return BODY
    ring = 0.16 < math.hypot(x, y + 0.1) < 0.24 and y < -0.1
    legs = abs(abs(x) - 0.2) < 0.04 and -0.1 <= y < 0.0
    if ring or legs:
        return SHACKLE
    return TABLE if y > 0.36 else WALL


def modes(picture: Picture, encrypted: Mapping[str, bytes]) -> None:
    """Show a picture, and its bytes as each mode of encryption leaves them."""
    panels = {"the picture": picture.pixels, **{
        f"{mode}: {measure_repetition(data):.0%} of its blocks repeat": data
        for mode, data in encrypted.items()}}  # fmt: skip
    width = 372
    height = width * picture.height / picture.width
    drawing = Drawing((height + 42) * ((len(panels) + 1) // 2) + 8)
    for number, (title, data) in enumerate(panels.items()):
        x, y = 18 + 392 * (number % 2), (height + 42) * (number // 2)
        drawing.text(x, y + 20, title, bold=True)
        code = base64.b64encode(as_png(picture, data)).decode()
        drawing.add("image", href=f"data:image/png;base64,{code}", x=x, y=y + 38, width=width,
                    height=height, style="image-rendering:pixelated")  # fmt: skip
        drawing.frame(x, y + 38, width, height, RULE)
    said = listed(f"{mode}, where {measure_repetition(data):.0%} of the blocks repeat"
                  for mode, data in encrypted.items())  # fmt: skip
    show(drawing, "A drawing of a padlock with a tilde on it, not encrypted, and its bytes as grey "
         f"pictures after encryption with {said}. {_say_what_is_seen(encrypted)}")  # fmt: skip


def _say_what_is_seen(encrypted: Mapping[str, bytes]) -> str:
    clear = [mode for mode, data in encrypted.items() if measure_repetition(data) > 0.5]
    noise = [mode for mode, data in encrypted.items() if not measure_repetition(data)]
    said = [f"With {mode}, the shapes are easy to recognise in a pattern of stripes."
            for mode in clear]  # fmt: skip
    said += [f"With {mode}, there is only noise." for mode in noise]
    return " ".join(said)


_COARSE = 0b11100000
"""Only the upper three bits of a pixel are drawn: it looks the same, and the file is smaller."""


def as_png(picture: Picture, data: bytes) -> bytes:
    """Return bytes as a grey PNG of four bits for each pixel, in the shape of a picture."""
    rows = []
    for start in range(0, picture.width * picture.height, picture.width):
        row = [byte & _COARSE for byte in data[start : start + picture.width]]
        pairs = zip(row[::2], row[1::2], strict=True)
        rows.append(b"\0" + bytes(_brighten(one) << 4 | _brighten(two) for one, two in pairs))
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 4, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(b"".join(rows), 9)),
            (b"IEND", b""),
        )
    )


def _brighten(grey: int) -> int:
    """Return 0 to 15 for the 0 to 224 of a coarse pixel."""
    return round((grey >> 5) * 15 / 7)


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
