"""Frames for the checks of the modern chat: recorded ones, honest ones and forged ones."""

from __future__ import annotations

import hashlib
import hmac

from Crypto.Cipher import AES

from modern import protocol
from tests.coursework import facts
from tests.coursework.answers import Keys

SIZE = protocol.FRAME_SIZE
FIELDS = {
    "iv": protocol.IV,
    "length": protocol.LENGTH,
    "length-tag": protocol.LENGTH_TAG,
    "chunk": protocol.CHUNK,
    "chunk-tag": protocol.CHUNK_TAG,
}
HEADER = protocol.HEADER
"""The bytes under the first tag: the IV and E(length)."""

HELLO = facts.modern_sent("hello\n")
FOX = facts.modern_sent("the quick brown fox jumps over the lazy dog\n")
KEYS = facts.keys_of(HELLO)
"""The keys of both recordings. They come from the secrets CONFKEY and AUTHKEY in `facts.py`."""

OTHER_KEYS = Keys(KEYS.confidentiality, hashlib.sha256(b"another authkey").digest())
"""The keys of an attacker, who does not know the right authentication key."""


def seal_frame(chunk: bytes, length: int, keys: Keys = KEYS, iv: bytes = bytes(16)) -> bytes:
    """Return a frame that is correct under these keys."""
    own = protocol.Keys(keys.confidentiality, keys.authentication)
    return protocol.seal_frame(chunk, length, own, iv)


def flip(frame: bytes, bit: int) -> bytes:
    """Return the frame with one bit changed, as an attacker on the wire may do."""
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def seal_nonsense(length_block: bytes, chunk_block: bytes) -> bytes:
    """Return a frame with right tags around these two blocks of plaintext, whatever they are."""
    cipher = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=bytes(16))
    header = bytes(16) + cipher.encrypt(length_block)
    body = cipher.encrypt(chunk_block)
    tags = [right_tag(part) for part in (header, body)]
    return header + tags[0] + body + tags[1]


def right_tag(data: bytes) -> bytes:
    """Return the tag that belongs to `data` under KEYS."""
    return hmac.digest(KEYS.authentication, data, "sha256")


def split_frames(stream: bytes) -> list[bytes]:
    """Cut a stream into pieces of a frame's size."""
    return [stream[start : start + SIZE] for start in range(0, len(stream), SIZE)]
