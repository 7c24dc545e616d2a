"""The third chat as somebody without keys sees it: two messages of the agreement, then records.

Each record says its own size, so all of them can be cut however TCP cuts the stream.
"""

from __future__ import annotations

from itertools import accumulate

from compat.wiretap.shapes import WireField
from modern.errors import AuthenticationError
from modern.hardened.records import LENGTH_SIZE, measure
from modern.hardened.sizes import CONFIRMATION_SIZE, HELLO_SIZE, SHARE_SIZE, VERSION
from modern.protocol import BLOCK_SIZE, TAG_SIZE

HELLO_START = bytes([VERSION, 4])
"""The version, and the first byte of a share. No record begins so: as a length, these two bytes say
that 260 bytes follow, but what follows is always a multiple of 16 bytes."""
CIPHERTEXT_START = LENGTH_SIZE + BLOCK_SIZE
_HELLO, _CONFIRMATION = 0, 1


def read_size(index: int, start: bytes) -> int | None:
    """Return the size of the message or record number `index`, from 0, which begins with `start`.

    Return None if `start` is too short, or if no message or record begins like this.
    """
    if len(start) < LENGTH_SIZE:
        return None
    if index == _HELLO:
        return HELLO_SIZE if start == HELLO_START else None
    if index == _CONFIRMATION:
        return CONFIRMATION_SIZE
    try:
        return measure(start)
    except AuthenticationError:
        return None


def cut_records(data: bytes, offset: int = 0, number: int = 0) -> list[list[WireField]]:
    """Cut bytes into fields. The bytes begin at byte `offset` of the record with that number.

    `number` is 0 for what the wiretap itself sends, such as a replay. Then its kind is guessed from
    its first bytes and its size.
    """
    units = []
    start, index = -offset, number - 1 if number else _guess_index(data)
    while start < len(data):
        size = _find_size(data, start, index)
        units.append(_lay_out(data, start, size, index))
        start, index = start + size, index + 1
    return units


def _guess_index(data: bytes) -> int:
    if data[:LENGTH_SIZE] == HELLO_START:
        return _HELLO
    return _CONFIRMATION if len(data) == CONFIRMATION_SIZE else _CONFIRMATION + 1


def _find_size(data: bytes, start: int, index: int) -> int:
    """Return the size of the unit that begins at `start`; if it is unknown, that of the rest."""
    if start >= 0:
        return read_size(index, data[start : start + LENGTH_SIZE]) or len(data) - start
    if index <= _CONFIRMATION:
        return (HELLO_SIZE, CONFIRMATION_SIZE)[index]
    for end in range(1, len(data)):  # its length came earlier: it ends where the next one begins
        if (start - end) % BLOCK_SIZE == -LENGTH_SIZE % BLOCK_SIZE and read_size(
            index + 1, data[end : end + LENGTH_SIZE]
        ):
            return end - start
    return len(data) - start


def _lay_out(data: bytes, start: int, size: int, index: int) -> list[WireField]:
    if index == _HELLO:
        sizes = {"version": 1, "share": SHARE_SIZE}
    elif index == _CONFIRMATION:
        sizes = {"confirmation": CONFIRMATION_SIZE}
    else:
        text = max(size - CIPHERTEXT_START - TAG_SIZE, 0)
        sizes = {"length": LENGTH_SIZE, "IV": BLOCK_SIZE, "E(text)": text, "tag": TAG_SIZE}
    ends = [max(start + end, 0) for end in accumulate(sizes.values(), initial=0)]
    fields = [
        WireField(name, data[begin:end])
        for name, begin, end in zip(sizes, ends, ends[1:], strict=False)
    ]
    return [field for field in fields if field.data]


def rewrite_length(record: bytes) -> bytes:
    """Correct the length that a record says. Return a message of the agreement as it is."""
    if record[:LENGTH_SIZE] == HELLO_START or len(record) <= HELLO_SIZE:
        return record
    return (len(record) - LENGTH_SIZE).to_bytes(LENGTH_SIZE, "big") + record[LENGTH_SIZE:]
