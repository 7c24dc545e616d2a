"""Identify a capture: the order of the search, from the dialects to what stays unexplained.

Everything is bounded, so that a few hundred bytes take less than two seconds. Nothing here has a
socket, a clock or a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from compat.aes import FastAES
from compat.careful.envelopes import Reader
from compat.identify.clear import describe_clear, find_equal_blocks, is_all_clear
from compat.identify.dialects import find_dialect
from compat.identify.findings import (
    Coated,
    LegacyMessage,
    NothingEncrypted,
    Report,
    Span,
    Statement,
    uncovered,
)
from compat.identify.layers import Layer, peel
from compat.identify.wires import Secrets, search_layer
from legacy.protocol import Envelope, derive_key

MOST_BYTES = 512
"""Bytes that the open search looks at; whole frames of a dialect may be any number."""


def identify(
    data: bytes,
    confkey: str,
    authkey: str,
    typed: str | None = None,
    passphrase: str | None = None,
    cuts: Sequence[int] = (),
) -> Report:
    """Say what the bytes are that one side sent.

    `typed` is a line that was typed at that side. `cuts` are offsets at which a message is known
    to begin, for example because its bytes arrived together.
    """
    statements: list[Statement] = list(_find_legacy(data, passphrase))
    if not statements and (dialect := find_dialect(data, confkey, authkey)):
        statements = [dialect]
    not_searched = 0
    if not statements:
        searched = data[:MOST_BYTES]
        not_searched = len(data) - len(searched)
        statements = list(_search_openly(searched, Secrets(confkey, authkey, typed), cuts))
    size = len(data) - not_searched
    return Report(len(data), tuple(statements), tuple(_unexplained(size, statements)), not_searched)


def _find_legacy(data: bytes, passphrase: str | None) -> Iterator[Statement]:
    """Yield the envelopes that the passphrase opens."""
    if passphrase is None:
        return
    reader = Reader(FastAES(derive_key(passphrase)))
    position = 0
    for each in chain(reader.feed(data), reader.close()):
        if isinstance(each, Envelope):
            text = (each.message, each.timestamp)
            span = Span(position, _end_of_envelope(data, position))
            yield LegacyMessage(span, *text, each.verified)
            position = span.end
        else:
            position += each.size
    yield from find_equal_blocks(Layer(data))


def _search_openly(data: bytes, secrets: Secrets, cuts: Sequence[int]) -> Iterator[Statement]:
    wire = Layer(data)
    coats = list(peel(data))
    found = list(search_layer(wire, secrets, cuts))
    for coated, layer in coats:
        inner = [] if _explains(found, coated.span) else list(search_layer(layer, secrets, ()))
        if inner:
            yield coated
            yield from inner
    yield from found
