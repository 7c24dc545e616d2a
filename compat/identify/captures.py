"""Read a file: raw bytes, hexadecimal text, a recording of the wiretap or a capture of tshark."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from compat.errors import CompatError
from compat.wiretap.capture import Conversation, read_capture
from compat.wiretap.files import Recording, RecordingError
from compat.wiretap.recording import FORMAT, read_recording
from compat.wiretap.wires import Place

MOST_BYTES = 1 << 20
"""A longer capture is cut: one message tells as much as a thousand messages."""
_HEX_SPACE = b" \t\r\n:"
_PACKETS = tuple(
    bytes.fromhex(magic) for magic in ("0a0d0d0a", "d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d")
)
"""How the files begin: pcapng, then pcap in both byte orders, in micro- and in nanoseconds."""


class CaptureError(CompatError):
    """A capture cannot be read, or has no bytes."""


class Capture(NamedTuple):
    """What one side sent."""

    who: str
    """The side; empty if the file does not say it."""
    data: bytes
    cuts: tuple[int, ...] = ()
    """The offsets at which a new piece, whose bytes arrived together, begins."""


def read_captures(name: str) -> list[Capture]:
    """Return what is in a file; if its name is `-`, what comes from standard input.

    Raises CaptureError, RecordingError.
    """
    content = _read(name)
    if name != "-" and content.startswith(_PACKETS):
        captures = list(_read_packets(Path(name)))
    elif name != "-" and _is_recording(content):
        captures = list(_split(read_recording(Path(name))))
    else:
        captures = [Capture("", from_text(content)[:MOST_BYTES])]
    if not any(capture.data for capture in captures):
        raise CaptureError(
            f"{'standard input' if name == '-' else name} contains no bytes that a chat has sent"
        )
    return captures


def _read(name: str) -> bytes:
    if name == "-" and sys.stdin is None:
        raise CaptureError("standard input is closed: name a file")
    if name == "-" and not isinstance(sys.stdin, io.TextIOWrapper):
        raise CaptureError("there are no bytes in this window: name a file instead of -")
    try:
        with sys.stdin.buffer if name == "-" else open(name, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise CaptureError(f"cannot read {name}: {getattr(error, 'strerror', error)}") from None


def _read_packets(path: Path) -> Iterator[Capture]:
    """Yield what each side of each connection sent. The file is a recording or any capture."""
    try:
        yield from _split(read_recording(path))
    except RecordingError:  # not written by the wiretap
        for conversation in read_capture(path):
            yield from _split_conversation(conversation)


def _split_conversation(conversation: Conversation) -> Iterator[Capture]:
    ends = ((Place.CLIENT, conversation.client), (Place.SERVER, conversation.server))
    for place, (host, port) in ends:
        pieces = [data for sender, data in conversation.segments if sender is place]
        if pieces:
            who = f"{place.value}, {host} port {port}"
            yield Capture(who, b"".join(pieces)[:MOST_BYTES], tuple(accumulate(map(len, pieces))))


def _is_recording(content: bytes) -> bool:
    return content.lstrip().startswith(b"{") and json.dumps(FORMAT).encode() in content[:200]


def from_text(content: bytes) -> bytes:
    """Decode hexadecimal text; return anything else unchanged."""
    digits = content.translate(None, _HEX_SPACE)
    is_text = not digits.translate(None, b"0123456789abcdefABCDEF")
    # A few digits are more likely what a program sent than hexadecimal text.
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
