"""The figure of M3: a padding oracle attack, query by query, with a slider to walk through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modern.attacks import Recovered, xor
from modern.protocol import BLOCK_SIZE, CHUNK, LENGTH
from notebooks.figures.drawing import SMALL, WIDTH, Drawing, write_small
from notebooks.figures.page import show_living
from notebooks.figures.palette import GREEN, ORANGE, PLAIN, SKY, Colour
from notebooks.figures.words import and_then


class Step(NamedTuple):
    """How one byte of the block was found."""

    guess: int
    """The value of the byte, before the XOR, that the receiver accepted."""
    text: int
    """The byte of the text."""
    start: int
    """How many queries had been made before."""
    twice: tuple[int, ...]
    """Guesses that took a second query, because the padding may have been longer by chance."""


def trace(steps: Sequence[Recovered], stolen: bytes) -> list[Step]:
    """Return what was asked for each byte, the last one first.

    The attack tries the values 0, 1, 2 … in turn, so all of it follows from where it ended.
    """
    inner = xor(steps[-1].plaintext, stolen[LENGTH])
    traced, before = [], 0
    for number, step in enumerate(steps):
        guess = inner[BLOCK_SIZE - 1 - number]
        twice = _asked_twice(inner, guess) if number == 0 else ()
        traced.append(Step(guess, step.plaintext[0], before, twice))
        before = step.queries
    return traced


def _asked_twice(inner: bytes, found: int) -> tuple[int, ...]:
    """Return the guesses for the last byte after which the padding was right."""
    return tuple(
        guess
        for guess in range(found + 1)
        if _has_padding(inner[:-1] + bytes([inner[-1] ^ guess ^ 1]))
    )


def _has_padding(block: bytes) -> bool:
    size = block[-1]
    return 1 <= size <= BLOCK_SIZE and block.endswith(bytes([size]) * size)


# The drawing ----------------------------------------------------------------------------------

_LEFT, _CELL, _ROW = 196, 36, 32
_TOP = 44
_ROWS = (
    ("forged", "IV that Mallory sends"),
    ("inner", "D, the block decrypted"),
    ("seen", "receiver sees IV ⊕ D"),
    ("previous", "block before, captured"),
    ("text", "text = D ⊕ block before"),
)
_BARS, _BAR = 258, 17
"""Where the bars begin, and how high each of them is."""


def padding_oracle(steps: Sequence[Recovered], stolen: bytes) -> None:
    """Show a padding oracle attack: `steps` of `attacks.decrypt_chunk` on the frame `stolen`.

    The picture has the end of the attack: the last query, and a bar of queries for each byte. The
    slider leads through all queries.
    """
    total, traced = steps[-1].queries, trace(steps, stolen)
    inner = xor(steps[-1].plaintext, stolen[LENGTH])
    drawing = Drawing(_BARS + _BAR * BLOCK_SIZE + 56, title="A padding oracle, byte by byte")
    _draw_rows(drawing, inner, stolen[LENGTH])
    _draw_bars(drawing, traced, total)
    data = {
        "inner": inner.hex(),
        "previous": stolen[LENGTH].hex(),
        "steps": [[step.guess, step.start, step.twice] for step in traced],
        "total": total,
        "bars": [_LEFT, _scale(total)],
    }
    show_living(drawing, _say(traced, total, stolen), "oracle.js", data)


def _draw_rows(drawing: Drawing, inner: bytes, previous: bytes) -> None:
    """Draw the state after the last query: all bytes are known."""
    padding = bytes([BLOCK_SIZE]) * BLOCK_SIZE
    text = xor(inner, previous)
    pad = text[-1]
    rows = (xor(inner, padding), inner, padding, previous, text)
    colours = (ORANGE, GREEN, SKY, PLAIN, GREEN)
    for byte in range(BLOCK_SIZE):
        write_small(drawing, _LEFT + (byte + 0.5) * _CELL, _TOP, str(byte))
    for row, ((name, label), values, colour) in enumerate(zip(_ROWS, rows, colours, strict=True)):
        y = _TOP + 12 + _ROW * row
        drawing.text(_LEFT - 10, y + _ROW / 2, label, anchor="end", size=13)
        for byte, value in enumerate(values):
            is_padding = name == "text" and byte >= BLOCK_SIZE - pad
            with drawing.group(**{"data-cell": f"{name}-{byte}"}):
                shown = name_byte(value) if name == "text" else f"{value:02x}"
                fill = ORANGE if is_padding else colour
                drawing.cell(_LEFT + byte * _CELL, y, _CELL, _ROW, shown, fill, mono=True, size=13)


def _scale(total: int) -> float:
    return (WIDTH - _LEFT - 60) / total


def _draw_bars(drawing: Drawing, traced: Sequence[Step], total: int) -> None:
    scale, padding = _scale(total), traced[0].text
    drawing.text(12, _BARS - 14, "Queries until each byte was known", bold=True)
    ends = [*(step.start for step in traced[1:]), total]
    for row, (step, end) in enumerate(zip(traced, ends, strict=True)):
        y = _BARS + _BAR * row
        colour: tuple[Colour, str] = (ORANGE, "/") if row < padding else (GREEN, "")
        write_small(drawing, _LEFT - 10, y + _BAR / 2, f"byte {BLOCK_SIZE - 1 - row}", "end")
        with drawing.group(**{"data-bar": str(row)}):
            drawing.hatched(_LEFT + scale * step.start, y + 2, max(scale * (end - step.start), 1),
                            _BAR - 4, *colour)  # fmt: skip
        with drawing.group(**{"data-name": str(row)}):
            drawing.text(_LEFT + scale * end + 6, y + _BAR / 2, name_byte(step.text), mono=True,
                         size=SMALL)  # fmt: skip
    y = _BARS + _BAR * BLOCK_SIZE
    for queries in range(0, total + 1, 500):
        write_small(drawing, _LEFT + scale * queries, y + 14, f"{queries:,}")
    drawing.text(_LEFT, y + 36, f"queries to the receiver, {total:,} in total", size=13)
    drawing.legend([("padding", ORANGE, "/"), ("text", GREEN, "")], 620, _BARS - 14)


def name_byte(byte: int) -> str:
    """Return a byte as its character, or as two hexadecimal digits."""
    character = chr(byte)
    return f"'{character}'" if character.isascii() and character.isprintable() else f"{byte:02x}"


def _say(traced: Sequence[Step], total: int, stolen: bytes) -> str:
    found = and_then(name_byte(step.text) for step in traced)
    ends = [*(step.start for step in traced[1:]), total]
    counts = [end - step.start for step, end in zip(traced, ends, strict=True)]
    return (
        "A padding oracle attack. Above, the last query: what Mallory sends, what the receiver "
        f"sees, and the block of {len(stolen[CHUNK])} bytes as she knows it in the end. Below, a "
        "bar for each byte, from byte 15 to byte 0; its length is the number of queries for this "
        f"byte, {min(counts)} to {max(counts)}, {total:,} in total. She finds, in order, {found}."
    )
