"""What decrypted bytes contain: text, padding, the typed line, or several messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compat.identify.ciphers import BLOCK, PRINTABLE

_SURE = 4
"""So many equal bytes at the end are padding, whatever is before them."""
_LEAST_TYPED = 6


def split_messages(plain: bytes) -> Iterator[tuple[int, int]]:
    """Yield the messages of a run: a block that ends in PKCS#7 padding ends a message."""
    start = 0
    for end in (*range(BLOCK, len(plain), BLOCK), len(plain)):
        last = plain[end - 1]
        is_padded = _SURE <= last <= BLOCK and plain[:end].endswith(bytes([last]) * last)
        if is_padded or end == len(plain):
            yield start, end
            start = end


def describe_padding(plain: bytes, forms: Sequence[bytes]) -> tuple[bytes, str]:
    """Return the text without its padding, and the padding in words, if it is certain."""
    last = plain[-1]
    run = len(plain) - len(plain.rstrip(plain[-1:]))
    fits = last <= run if last <= BLOCK else last == run  # else it is a text of equal characters
    if last and fits and last < len(plain):
        text = plain[:-last]
        if last >= _SURE or is_typed(text, forms):
            to = f" to a multiple of {_block_size(len(plain), last)} bytes" if last > BLOCK else ""
            return text, f"PKCS#7 padding of {_bytes(last)}{to}"
    if not last and run < len(plain):
        text = plain[:-run]
        if run >= _SURE or is_typed(text, forms):
            return text, f"{run} zero bytes" if run > 1 else "1 zero byte"
    if run >= _SURE and last in PRINTABLE and is_typed(plain[:-run], forms):
        return plain[:-run], f"{run} times {chr(last)!r}"
    return plain, ""


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"


def _block_size(size: int, padding: int) -> int:
    """Return the smallest usual block size that explains a padding of more than 16 bytes."""
    return next((each for each in (32, 64, 128) if padding <= each and not size % each), size)


def is_typed(text: bytes, forms: Sequence[bytes]) -> bool:
    """Whether a text is the typed line."""
    return text in forms


def has_typed(text: bytes, forms: Sequence[bytes]) -> bool:
    """Whether the typed line is in a text. A short one must be a whole line of it."""
    if any(form in text for form in forms if len(form) >= _LEAST_TYPED):
        return True
    return any(line in forms for line in text.splitlines(keepends=True))
