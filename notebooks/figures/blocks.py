"""Figures of blocks: which are equal, what stands in them, where they differ."""

# ruff: noqa: PLR2004 - places and limits in a drawing are plain numbers

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Protocol

from legacy import attacks, protocol
from notebooks.figures.drawing import SMALL, WIDTH, Drawing, text_width, write_small
from notebooks.figures.page import show
from notebooks.figures.palette import FILLS, ORANGE, PLAIN, SKY, Colour
from notebooks.figures.words import and_then, count, listed, quoted, sentence

BLOCK = 16


class Message(Protocol):
    """A captured message."""

    @property
    def sender(self) -> str: ...  # noqa: D102
    @property
    def receiver(self) -> str: ...  # noqa: D102
    @property
    def ciphertext(self) -> bytes: ...  # noqa: D102


Row = tuple[str, bytes]
"""A label, and the bytes that are drawn behind it."""

Marks = Mapping[bytes, tuple[str, Colour]]
"""The letter and the colour of each block that a figure marks."""


def split_blocks(data: bytes, size: int = BLOCK) -> list[bytes]:
    """Cut bytes into blocks; the last block may be shorter."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def mark_equal_blocks(blocks: Sequence[bytes]) -> Marks:
    """Give a letter and a colour to each block that occurs more than once, in order."""
    repeated = [block for block, times in Counter(blocks).items() if times > 1]
    letters = [*string.ascii_uppercase, *(f"{a}{b}" for a in "ABCDEFGH" for b in "ABCDEFGH")]
    return dict(zip(repeated, zip(letters, cycle(FILLS), strict=False), strict=False))


# A map of blocks ------------------------------------------------------------------------------


def block_map(sent: Sequence[Row | Message], title: str, marked: bool = True) -> None:
    """Show messages as rows of blocks. A block that occurs again has a letter and a colour.

    Each message is a label with its bytes, or a captured message, which gets a number.
    """
    rows = [_as_row(number, each) for number, each in enumerate(sent)]
    blocks = [split_blocks(data) for _, data in rows]
    marks = mark_equal_blocks([block for row in blocks for block in row]) if marked else {}
    labels = [label for label, _ in rows]
    show(_draw_block_map(labels, blocks, marks, title), _say_block_map(labels, blocks, marks))


def _as_row(number: int, each: Row | Message) -> Row:
    if isinstance(each, tuple) and len(each) == 2:
        return each
    return f"{number}  {each.sender} → {each.receiver}", each.ciphertext


def _draw_block_map(
    labels: Sequence[str], blocks: Sequence[Sequence[bytes]], marks: Marks, title: str
) -> Drawing:
    drawing = Drawing(34 * len(labels) + 66, title=title)
    left = 24 + max(text_width("block of 16 bytes", SMALL), *map(text_width, labels))
    widest = max(len(row) for row in blocks)
    width = min((WIDTH - 12 - left) / widest, 70)
    for index, (label, row) in enumerate(zip(labels, blocks, strict=True)):
        y = 36 + 34 * index
        drawing.text(left - 10, y + 17, label, anchor="end")
        for column, block in enumerate(row):
            letter, colour = marks.get(block, ("", PLAIN))
            drawing.cell(left + column * width, y, width, 34, letter, colour)
    y = 48 + 34 * len(labels)
    write_small(drawing, left - 10, y, "block of 16 bytes", "end")
    for column in range(widest):
        write_small(drawing, left + (column + 0.5) * width, y, str(column))
    return drawing


def _say_block_map(labels: Sequence[str], blocks: Sequence[Sequence[bytes]], marks: Marks) -> str:
    rows = "; ".join(
        f"{' '.join(label.split())}: " + " ".join(marks.get(b, ("–",))[0] for b in row)
        for label, row in zip(labels, blocks, strict=True)
    )
    these = f"{sentence(count(len(labels), 'row'))} of blocks of 16 bytes"
    if not marks:
        sizes = "; ".join(f"{' '.join(label.split())}: {count(len(row), 'block')}"
                          for label, row in zip(labels, blocks, strict=True))  # fmt: skip
        return f"{these}. No block has a letter. {sizes}."
    return (
        f"{these}. Equal blocks have equal "
        f"letters, and a dash stands for a block that occurs once. {rows}."
    )


# Text in blocks -------------------------------------------------------------------------------


def text_blocks(rows: Sequence[tuple[str, str, int]], skip: int, title: str) -> None:
    """Show two blocks of some texts: rows of (label, text, how many characters are known).

    The first `skip` blocks are left out. Known characters are blue, the others are orange and have
    a line below them.
    """
    drawing = Drawing(40 * len(rows) + 66, title=title)
    left = 24 + max(text_width(label) for label, _, _ in rows)
    width = min((WIDTH - 12 - left - 16) / (2 * BLOCK), 30)
    for index, (label, text, known) in enumerate(rows):
        y = 38 + 40 * index
        drawing.text(left - 10, y + 15, label, anchor="end")
        for column, character in enumerate(text[BLOCK * skip : BLOCK * (skip + 2)]):
            x = left + column * width + (16 if column >= BLOCK else 0)
            is_known = BLOCK * skip + column < known
            drawing.cell(x, y, width, 30, character, SKY if is_known else ORANGE, mono=True)
            if not is_known:
                drawing.line([(x + 2, y + 33), (x + width - 2, y + 33)], width=2)
    for block in range(2):
        x = left + (block + 0.5) * BLOCK * width + 16 * block
        write_small(drawing, x, 48 + 40 * len(rows), f"block {skip + block}")
    show(drawing, _say_text_blocks(rows, skip))


def _say_text_blocks(rows: Sequence[tuple[str, str, int]], skip: int) -> str:
    parts = []
    for label, text, known in rows:
        one, two = (text[BLOCK * n : BLOCK * (n + 1)] for n in (skip, skip + 1))
        unknown = text[max(known, BLOCK * skip) : BLOCK * (skip + 2)]
        rest = f", of which {quoted(unknown)} is unknown" if unknown else ""
        parts.append(f"{label}: {quoted(one)} and {quoted(two)}{rest}")
    return (
        f"Blocks {skip} and {skip + 1} of {count(len(rows), 'text')}; what Mallory does not know "
        f"has another colour and a line below it. {'; '.join(parts)}."
    )


def guessed_blocks(secret: str, guesses: str) -> None:
    """Show how the first character of a secret is guessed: it is the last one of block 3.

    Before the secret stands a text of Mallory's, of 25 letters A, and after it her guess.
    """
    known = attacks.HEADER_SIZE + attacks.fill(0)
    fill = "A" * attacks.fill(0)
    texts = {"wanted": fill + secret, **{f"guess {c}": fill + c + secret for c in guesses}}
    rows = [
        (name, protocol.build_envelope(text, "20:00:00"), known + (name != "wanted"))
        for name, text in texts.items()
    ]
    text_blocks(rows, 2, "Which guess makes block 3 equal to the wanted one?")


# What changed ---------------------------------------------------------------------------------


def differences(rows: Sequence[tuple[str, bytes, bytes]], title: str) -> None:
    """Show byte strings before and after a change: rows of (label, before, after).

    A byte that is another one afterwards is orange and shows its new value.
    """
    drawing = Drawing(34 * len(rows) + 66, title=title)
    left = 24 + max(text_width(label) for label, _, _ in rows)
    longest = max(max(len(before), len(after)) for _, before, after in rows)
    gaps = 8 * ((longest - 1) // BLOCK)
    width = min((WIDTH - 12 - left - gaps) / longest, 30)
    for index, (label, before, after) in enumerate(rows):
        y = 38 + 34 * index
        drawing.text(left - 10, y + 13, label, anchor="end")
        for place, byte in enumerate(after):
            changed = before[place : place + 1] != bytes([byte])
            text = f"{byte:02x}" if changed and width >= text_width("00", 10, mono=True) else ""
            drawing.cell(left + place * width + 8 * (place // BLOCK), y, width, 26,
                         text or "•" * changed, ORANGE if changed else PLAIN,
                         mono=True, size=10)  # fmt: skip
    for block in range(-(-longest // BLOCK)):
        size = min(BLOCK, longest - block * BLOCK)
        x = left + (block * BLOCK + size / 2) * width + 8 * block
        write_small(drawing, x, 46 + 34 * len(rows), f"block {block}")
    show(drawing, _say_differences(rows))


def _say_differences(rows: Sequence[tuple[str, bytes, bytes]]) -> str:
    parts = []
    for label, before, after in rows:
        places = [n for n in range(len(after)) if before[n : n + 1] != after[n : n + 1]]
        parts.append(f"{label}: {_say_places(places, len(after))}")
    return f"Bytes before and after a change, and where they differ. {'; '.join(parts)}."


def _say_places(places: Sequence[int], size: int) -> str:
    if not places:
        return f"none of {size}"
    blocks = Counter(place // BLOCK for place in places)
    return and_then(f"{count(times, 'byte')} of block {block}" for block, times in blocks.items())


# Segments -------------------------------------------------------------------------------------

SegmentRow = tuple[str, Sequence[tuple[str, int]], str]
"""A label, the parts that one `recv` returns as (name, bytes), and what the screen shows."""

_LOST = "Unrecognised Data"
_SEGMENTS: tuple[SegmentRow, ...] = (
    ("one recv", [("yes", 128)], "yes ☑"),
    ("one recv", [("yes", 128), ("yes", 128)], _LOST),
    ("first recv", [("half", 64)], _LOST),
    ("second recv", [("half", 64)], _LOST),
)


def segments(
    rows: Sequence[SegmentRow] = _SEGMENTS,
    title: str = "What a recv gets, and what the screen shows",
) -> None:
    """Show what each `recv` of the legacy chat returns, and what the screen shows for it."""
    drawing = Drawing(46 * len(rows) + 50, title=title)
    left = 24 + max(text_width(label) for label, _, _ in rows)
    right = 24 + max(text_width(shown) for _, _, shown in rows)
    scale = (WIDTH - left - right - 10) / max(sum(n for _, n in parts) for _, parts, _ in rows)
    for index, (label, parts, shown) in enumerate(rows):
        x, y = left, 42.0 + 46 * index
        drawing.text(left - 10, y + 16, label, anchor="end")
        for (name, size), colour in zip(parts, cycle((SKY, ORANGE)), strict=False):
            text = f"{name}: {size} bytes"
            drawing.cell(x, y, size * scale, 32, text, colour, size=SMALL)
            x += size * scale
        drawing.text(x + 12, y + 16, shown)
    show(drawing, _say_segments(rows))


def _say_segments(rows: Iterable[SegmentRow]) -> str:
    said = [
        f"{label}: {listed(f'{name} ({size} bytes)' for name, size in parts)}; "
        f"on the screen: {shown}"
        for label, parts, shown in rows
    ]
    return f"What each recv gets, as boxes to scale. {'. '.join(said)}."
