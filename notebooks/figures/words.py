"""Words for the alt texts."""

from __future__ import annotations

from collections.abc import Iterable

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def count(number: int, thing: str) -> str:
    """Return "three rows" or "112 bytes"."""
    word = _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"
    return f"{word} {thing}" if number == 1 else f"{word} {thing}s"


def listed(items: Iterable[str]) -> str:
    """Return "a, b, c"."""
    return ", ".join(items)


def and_then(items: Iterable[str]) -> str:
    """Return "a, b and c"."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def quoted(text: str) -> str:
    """Return text in quotation marks."""
    return f"“{text}”"


def sentence(text: str) -> str:
    """Return text with a capital letter at its start."""
    return text[:1].upper() + text[1:]


def printable(data: bytes) -> str:
    """Return bytes as text, with `·` for control characters and padding."""
    text = data.decode(errors="replace").replace("\n", "↵")
    return "".join(character if character.isprintable() else "·" for character in text)
