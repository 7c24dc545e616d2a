"""Captures: what a file holds that may be raw bytes, hexadecimal text or a wiretap's recording."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from compat.errors import CompatError
from compat.wiretap.files import Recording
from compat.wiretap.recording import CAPTURE_SUFFIX, FORMAT, read_recording
from compat.wiretap.wires import Place

MOST_BYTES = 1 << 20
"""A capture with more bytes is cut: one message says as much as a thousand."""
_HEX_SPACE = b" \t\r\n:"


class CaptureError(CompatError):
    """A capture cannot be read, or has no bytes."""


class Capture(NamedTuple):
    """What one side sent."""

    who: str
    """Empty if the file does not say it."""
    data: bytes
    cuts: tuple[int, ...] = ()
    """Where bytes began that arrived together."""


def read_captures(name: str) -> list[Capture]:
    """Return what is in a file, or comes from standard input if its name is `-`.

    Raises CaptureError, RecordingError.
    """
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if name == "-" else _read(Path(name))
    except OSError as error:
        raise CaptureError(f"cannot read {name}: {error.strerror}") from None
    if name != "-" and (name.endswith(CAPTURE_SUFFIX) or _is_recording(content)):
        captures = list(_split(read_recording(Path(name))))
    else:
        captures = [Capture("", from_text(content)[:MOST_BYTES])]
    if not any(capture.data for capture in captures):
        raise CaptureError(f"{'standard input' if name == '-' else name} has no bytes of a wire")
    return captures


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _is_recording(content: bytes) -> bool:
    return content.lstrip().startswith(b"{") and json.dumps(FORMAT).encode() in content[:200]


def from_text(content: bytes) -> bytes:
    """Return the bytes that hexadecimal text says; anything else is what it is."""
    digits = content.translate(None, _HEX_SPACE)
    is_text = not digits.translate(None, b"0123456789abcdefABCDEF")
    # Digits without any letter, or a single byte of them, are more likely what a program sent.
    if is_text and len(digits) >= 16 and len(digits) % 2 == 0:  # noqa: PLR2004 - one word of a dump
        return bytes.fromhex(digits.decode())
    return content


def _split(recording: Recording) -> Iterator[Capture]:
    """Yield what each side of a recorded conversation sent."""
    for place in (Place.CLIENT, Place.SERVER):
        pieces = recording.sent_by(place)
        if pieces:
            cuts = tuple(accumulate(map(len, pieces)))
            yield Capture(place.value, b"".join(pieces)[:MOST_BYTES], cuts)
