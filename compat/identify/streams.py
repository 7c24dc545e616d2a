"""The search for stream modes: CTR, OFB, CFB with 8-bit segments, and GCM and EAX with their tags.

In these modes, the ciphertext is as long as the text: the text is XORed with a *keystream*. It is
made from the key and an IV (or nonce), which is sent directly before the ciphertext. There is
usually no padding that could be recognised. So a short text proves nothing, unless the mode has its
own tag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from Crypto.Cipher import AES
from Crypto.Cipher._mode_ecb import EcbMode
from Crypto.Util.strxor import strxor

from compat.identify.ciphers import BLOCK, Deciphered
from compat.identify.keys import CandidateKey

_MOST_BLOCKS = 8
"""So many blocks of keystream are compared: of a long text, only the beginning."""
_STEP = _MOST_BLOCKS * BLOCK
_LEAST_TYPED = 7
"""So many bytes of the typed line cannot be chance."""
_LEAST_PRINTABLE = 40
_PRINTABLE = re.compile(rb"[\t\n\r\x20-\x7e]{40,}")
_TAG_SIZE = 16


def _beginnings(
    data: bytes, size: int, stream: bytes, forms: Sequence[bytes]
) -> Iterator[tuple[int, bytes]]:
    """Yield each place of a nonce if the text behind it cannot be chance, and the text.

    `stream` is the keystream of all places, joined. All places are compared at once.
    """
    places = range(max(len(data) - size, 0))
    bodies = b"".join(data[at + size : at + size + _STEP].ljust(_STEP, b"\0") for at in places)
    plain = strxor(bodies, stream) if bodies else b""
    for at in places:
        start = at * _STEP
        end = start + min(_STEP, len(data) - size - at)
        if length := _known(plain, start, end, forms):
            yield at, plain[start : start + length]


def _known(plain: bytes, start: int, end: int, forms: Sequence[bytes]) -> int:
    """Return how many bytes at `start` cannot be chance."""
    for form in forms:
        size = min(len(form), end - start)
        if size >= _LEAST_TYPED and plain.startswith(form[:size], start):
            return size
    printable = _PRINTABLE.match(plain, start, end)
    return printable.end() - start if printable else 0


def _full_counters(iv: bytes) -> list[bytes]:
    first = int.from_bytes(iv, "big")
    return [((first + n) % (1 << 128)).to_bytes(BLOCK, "big") for n in range(_MOST_BLOCKS)]


def _nonce_counters(nonce: bytes, first: int) -> list[bytes]:
    width = BLOCK - len(nonce)
    return [nonce + (first + n).to_bytes(width, "big") for n in range(_MOST_BLOCKS)]


_COUNTERS: dict[str, tuple[int, Callable[[bytes], list[bytes]]]] = {
    "AES-CTR, counting from the 16 bytes before them": (BLOCK, _full_counters),
    "AES-CTR with a nonce of 8 bytes": (8, lambda nonce: _nonce_counters(nonce, 0)),
    "AES-GCM with a nonce of 12 bytes": (12, lambda nonce: _nonce_counters(nonce, 2)),
}
"""For each mode: the size of the nonce, and the blocks whose encryption is the keystream."""


def find_streams(
    data: bytes, keys: Sequence[CandidateKey], forms: Sequence[bytes]
) -> Iterator[Deciphered]:
    """Yield the texts that a stream mode gives. The nonce is directly before each text."""
    counters = {
        mode: b"".join(
            b"".join(count(data[at : at + size])) for at in range(max(len(data) - size, 0))
        )
        for mode, (size, count) in _COUNTERS.items()
    }
    for key in keys:
        cipher = AES.new(key.value, AES.MODE_ECB)
        for mode, (size, _) in _COUNTERS.items():
            stream = cipher.encrypt(counters[mode])
            for at, plain in _beginnings(data, size, stream, forms):
                yield _found(at, size, mode, key, plain)
        if len(data) > BLOCK:
            yield from _feed_back(data, cipher, key, forms)


def _feed_back(
    data: bytes, cipher: EcbMode, key: CandidateKey, forms: Sequence[bytes]
) -> Iterator[Deciphered]:
    """Try CFB with 8-bit segments at all places at once, and OFB at each."""
    places = range(len(data) - BLOCK)
    windows = b"".join(data[at : at + BLOCK] for at in places)
    streams = [cipher.encrypt(windows)]
    plain = strxor(streams[0][::BLOCK], data[BLOCK:])
    for form in forms:
        at = plain.find(form) if len(form) >= _LEAST_TYPED else -1
        if at >= 0:
            yield _found(at, BLOCK, "AES-CFB with segments of 8 bits", key, form)
    text = _PRINTABLE.search(plain)
    if text and not any(form in text[0] for form in forms):
        starts = range(text.start(), text.end())
        if len({data[at : at + BLOCK] for at in starts}) >= _LEAST_PRINTABLE:
            yield _found(text.start(), BLOCK, "AES-CFB with segments of 8 bits", key, text[0])
    while len(streams) < _MOST_BLOCKS:
        streams.append(cipher.encrypt(streams[-1]))
    stream = b"".join(each[at * BLOCK : (at + 1) * BLOCK] for at in places for each in streams)
    for at, plain in _beginnings(data, BLOCK, stream, forms):
        yield _found(at, BLOCK, "AES-OFB", key, plain)


def _found(at: int, size: int, mode: str, key: CandidateKey, plain: bytes) -> Deciphered:
    start = at + size
    words = f"the {size} bytes before them are the nonce"
    return Deciphered(start, start + len(plain), mode, key, plain, at, words)


def merge_equal_modes(found: Sequence[Deciphered]) -> list[Deciphered]:
    """Keep one result for each place: in the first block, CTR, CFB and OFB are the same."""
    kept: dict[int, Deciphered] = {}
    for each in found:
        other = kept.get(each.start)
        if not other or each.end > other.end:
            kept[each.start] = each
        elif other.end == each.end and other.mode != each.mode:
            mode = "AES-CTR, AES-CFB or AES-OFB (so few bytes are equal in all three)"
            kept[each.start] = Deciphered(
                each.start, each.end, mode, each.key, each.plaintext, each.iv, each.iv_words
            )
    return list(kept.values())


# Modes with a tag ----------------------------------------------------------------------------


def find_sealed(data: bytes, keys: Sequence[CandidateKey]) -> tuple[Deciphered, int] | None:
    """Find GCM or EAX over all of the data; return it and the offset of the tag."""
    for name, mode, sizes in (
        ("AES-GCM", AES.MODE_GCM, (12, 16)),
        ("AES-EAX", AES.MODE_EAX, (16,)),
    ):
        for size in sizes:
            for layout in _layouts(len(data), size):
                for key in keys:
                    if plain := _open(data, key, mode, layout):
                        nonce, body, tag = layout
                        words = f"bytes {nonce.start}–{nonce.stop - 1} are the nonce"
                        found = Deciphered(
                            body.start, body.stop, name, key, plain, nonce.start, words
                        )
                        return found, tag.start
    return None


def _layouts(size: int, nonce: int) -> Iterator[tuple[slice, slice, slice]]:
    """Yield the possible places of nonce, ciphertext and tag."""
    end = size - _TAG_SIZE
    if size > nonce + _TAG_SIZE:
        yield slice(0, nonce), slice(nonce, end), slice(end, size)
        yield slice(0, nonce), slice(nonce + _TAG_SIZE, size), slice(nonce, nonce + _TAG_SIZE)
        behind = _TAG_SIZE + nonce
        yield slice(_TAG_SIZE, behind), slice(behind, size), slice(0, _TAG_SIZE)
        yield slice(end - nonce, end), slice(0, end - nonce), slice(end, size)


def _open(data: bytes, key: CandidateKey, mode: Any, layout: tuple[slice, slice, slice]) -> bytes:
    nonce, body, tag = (data[part] for part in layout)
    try:
        cipher: Any = AES.new(key.value, mode, nonce=nonce)
        plain: bytes = cipher.decrypt_and_verify(body, tag)
    except ValueError:
        return b""
    return plain
