"""Compares an expected with an actual value and shows the first difference.

Bytes are shown in blocks of 16, text in rows of 64 characters. Only the block or the row with the
difference is shown; one line says that those before it are equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from tests.coursework.model import Failure

BLOCK = 16
ROW = 64
_LONGEST = 300


def expect(actual: object, expected: object, what: str) -> None:
    """Raise Failure, which shows both values, unless they are equal.

    `what` tells the student where `actual` came from.
    """
    if actual != expected:
        raise Failure(f"  {what}\n\n{difference(expected, actual)}")


def difference(expected: object, actual: object) -> str:
    """Return both values, one below the other, with a mark under the first difference."""
    if isinstance(expected, bytes) and isinstance(actual, bytes):
        return _rows_of_bytes(_cut(expected, BLOCK), _cut(actual, BLOCK))
    if isinstance(expected, str) and isinstance(actual, str):
        return _rows_of_text(expected, actual)
    if _are_blocks(expected) and _are_blocks(actual):
        return _rows_of_bytes([bytes(row) for row in expected], [bytes(row) for row in actual])  # type: ignore[attr-defined]
    return f"  expected  {shorten(expected)}\n  actual    {shorten(actual)}"


def shorten(value: object) -> str:
    """Return the `repr` of a value, cut to a few lines."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _are_blocks(value: object) -> bool:
    """Whether this is a list of lists of byte values, as `process_text` returns."""
    return isinstance(value, list) and all(
        isinstance(row, list)
        and all(isinstance(number, int) and 0 <= number <= 255 for number in row)
        for row in value
    )


def _cut(value: bytes, size: int) -> list[bytes]:
    return [value[start : start + size] for start in range(0, len(value), size)]


def _first_difference(expected: Sequence[object], actual: Sequence[object]) -> int:
    for index, (left, right) in enumerate(zip(expected, actual)):  # noqa: B905 - lengths differ
        if left != right:
            return index
    return min(len(expected), len(actual))


def _rows_of_bytes(expected: list[bytes], actual: list[bytes]) -> str:
    row = _first_difference(expected, actual)
    lines = [f"  block {row - 1}: equal in both"] if row else []
    left, right = (rows[row] if row < len(rows) else b"" for rows in (expected, actual))
    column = _first_difference(left, right)
    lines += [
        f"  block {row}",
        f"  expected  {left.hex(' ') or '(no such block)'}",
        f"  actual    {right.hex(' ') or '(no such block)'}",
        f"            {'   ' * column}^^ first difference: byte {BLOCK * row + column}",
        f"  in all    expected {_count(expected)}, got {_count(actual)}",
    ]
    return "\n".join(lines)


def _count(rows: list[bytes]) -> str:
    size = sum(map(len, rows))
    return f"{size} byte{'s'[: size != 1]} in {len(rows)} block{'s'[: len(rows) != 1]}"


def _rows_of_text(expected: str, actual: str) -> str:
    position = _first_difference(expected, actual)
    start = position - position % ROW
    left, right = (visible(text[start : start + ROW]) for text in (expected, actual))
    indent = " " * len(visible(expected[start:position]))
    return "\n".join(
        [
            *([f"  characters 0 to {start - 1}: equal in both"] if start else []),
            f"  expected  {left}",
            f"  actual    {right}",
            f"            {indent}^ first difference: character {position}",
            f"  in all    expected {len(expected)} characters, got {len(actual)}",
        ]
    )


def visible(text: str) -> str:
    r"""Return text that any terminal and any file can take.

    Newlines, control characters and lone surrogates become escapes such as `\x1b`.
    """
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )


def columns_of(text: str) -> int:
    """Return how many columns a terminal needs for a text: some characters take two."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)
