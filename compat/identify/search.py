"""Identify a capture: the order of the search, from the dialects to the unexplained bytes.

The work is limited, so a few hundred bytes take less than two seconds. Nothing here has a
socket, a clock or a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compat.identify.clear import covered, find_equal_blocks, is_all_clear
from compat.identify.dialects import find_dialect
from compat.identify.findings import (
    Coated,
    EqualBlocks,
    NothingEncrypted,
    Report,
    Span,
    Statement,
    uncovered,
)
from compat.identify.layers import Layer, peel
from compat.identify.legacy_wire import find_envelopes
from compat.identify.wires import Secrets, search_layer

MOST_BYTES = 512
"""So many bytes are searched if they are in no dialect."""
MOST_OF_FRAMES = 1 << 16
"""So many bytes are read if they are frames of a dialect."""


def identify(  # noqa: PLR0917 - in the order of the command line
    data: bytes,
    confkey: str | None,
    authkey: str | None,
    typed: str | None = None,
    passphrase: str | None = None,
    cuts: Sequence[int] = (),
) -> Report:
    """Say what the bytes of one side are.

    `typed` is a line that was typed at that side. `cuts` are offsets at which a message is known
    to begin, for example because its bytes arrived together. Without both keys, the search only
    looks for the legacy protocol with this passphrase.
    """
    statements = list(_find_legacy(data, passphrase))
    searched = data
    if not statements and confkey is not None and authkey is not None:
        searched = data[:MOST_OF_FRAMES]
        statements = list(_find_dialect(searched, confkey, authkey))
        if not statements:
            searched = data[:MOST_BYTES]
            statements = list(_search_openly(searched, Secrets(confkey, authkey, typed), cuts))
    rest = tuple(_unexplained(searched, statements))
    return Report(len(data), tuple(statements), rest, len(data) - len(searched))


def _find_legacy(data: bytes, passphrase: str | None) -> Iterator[Statement]:
    """Yield the envelopes that the passphrase decrypts, and their equal blocks."""
    envelopes = list(find_envelopes(data, passphrase)) if passphrase is not None else []
    yield from envelopes
    if envelopes:
        yield from find_equal_blocks(data)


def _find_dialect(data: bytes, confkey: str, authkey: str) -> Iterator[Statement]:
    if dialect := find_dialect(data, confkey, authkey):
        yield dialect


def _search_openly(data: bytes, secrets: Secrets, cuts: Sequence[int]) -> Iterator[Statement]:
    coats = list(peel(data))
    spans = [coated.span for coated, _ in coats]
    whole = [span for span in spans if span == Span(0, len(data.rstrip()))]
    found = [] if whole else list(search_layer(Layer(data), secrets, cuts, spans))
    for coated, layer in coats:
        if not _explains(found, coated.span):
            inside = list(search_layer(layer, secrets))
            if any(not isinstance(each, EqualBlocks) for each in inside):
                found = [coated, *inside, *found]
    if whole and not found:
        found = list(search_layer(Layer(data), secrets, cuts, spans))
    yield from found
    if is_all_clear(data, found):
        yield NothingEncrypted()


def _explains(statements: Sequence[Statement], span: Span) -> bool:
    return any(
        each.start < span.end and span.start < each.end
        for each in covered(statements)
        if not each.of
    )


# What is left --------------------------------------------------------------------------------


def _unexplained(data: bytes, statements: Sequence[Statement]) -> Iterator[Span]:
    """Yield the unexplained bytes: of the capture, and of the bytes that are decoded from it."""
    coats = [each for each in statements if isinstance(each, Coated)]
    spans = covered(statements)
    yield from uncovered(len(data), [*spans, *(coat.span for coat in coats)])
    for coat in coats:
        yield from uncovered(coat.size, spans, coat.inside)
