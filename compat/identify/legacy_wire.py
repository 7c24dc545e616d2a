"""The legacy protocol in a capture: envelopes, encrypted block by block."""

from __future__ import annotations

from collections.abc import Iterator

from compat.aes import BLOCK_SIZE, FastAES
from compat.identify.findings import LegacyMessage, Span
from legacy.protocol import PADDING, UnrecognisedData, derive_key, parse_envelope


def find_envelopes(data: bytes, passphrase: str) -> Iterator[LegacyMessage]:
    """Yield the messages that the passphrase decrypts, wherever they begin."""
    cipher = FastAES(derive_key(passphrase))
    firsts = {cipher.encrypt(b'{"timestamp": "%d' % digit) for digit in range(3)}  # HH: 00 to 23
    starts = [at for at in range(len(data)) if data[at : at + BLOCK_SIZE] in firsts]
    for start, limit in zip(starts, [*starts[1:], len(data)], strict=False):
        end = limit - (limit - start) % BLOCK_SIZE
        text = cipher.decrypt(data[start:end]).decode("latin-1").rstrip(PADDING)
        try:
            envelope = parse_envelope(text)
        except UnrecognisedData:
            continue
        span = Span(start, end)
        yield LegacyMessage(span, envelope.message, envelope.timestamp, envelope.verified)
