"""XOR of bytes."""

from __future__ import annotations

from ..Cipher._block import xor


def strxor(term1: bytes, term2: bytes) -> bytes:
    """Return the XOR of two texts of the same length."""
    if len(term1) != len(term2):
        raise ValueError("Only byte strings of equal length can be xored")
    return xor(bytes(memoryview(term1)), bytes(memoryview(term2)))
