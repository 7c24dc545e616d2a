"""The layers of a capture: its bytes, and the decoded bytes of hexadecimal digits or base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from compat.identify.findings import Coated, Span

_HEX = re.compile(rb"[0-9a-f]{32,}|[0-9A-F]{32,}")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_URL_SAFE = re.compile(rb"(?:[A-Za-z0-9_-]{4}){6,}(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?")


@dataclass(frozen=True)
class Layer:
    """Bytes to look at."""

    data: bytes
    name: str = ""
    """The name in spans; empty for the capture itself."""


def peel(data: bytes) -> Iterator[tuple[Coated, Layer]]:
    """Yield each run of hexadecimal digits or of base64, and the decoded bytes."""
    taken: list[Span] = []
    for coating, pattern in (
        ("hexadecimal digits", _HEX),
        ("base64", _BASE64),
        ("base64 with - and _", _URL_SAFE),
    ):
        for match in pattern.finditer(data):
            span = Span(*match.span())
            if any(span.start < other.end and other.start < span.end for other in taken):
                continue
            inside = _decode(match[0], coating)
            if inside is not None:
                taken.append(span)
                is_all = match[0] == data.rstrip()
                name = "the decoded bytes" if is_all else f"the decoded {span}"
                yield Coated(span, coating, name, len(inside)), Layer(inside, name)


def _decode(text: bytes, coating: str) -> bytes | None:
    try:
        if coating == "hexadecimal digits":
            return bytes.fromhex(text.decode())
        alphabet = b"-_" if "with" in coating else None
        return base64.b64decode(text, altchars=alphabet, validate=True)
    except (ValueError, binascii.Error):
        return None
