"""The block function of AES, from pyaes; and what all modes need."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyaes

BLOCK_SIZE = 16


class BlockCipher:
    """AES with one key, on one block of 16 bytes."""

    def __init__(self, key: bytes):
        if len(key) not in (16, 24, 32):
            raise ValueError(f"Incorrect AES key length ({len(key)} bytes)")
        self._aes = pyaes.AES(key)

    def encrypt(self, block: bytes) -> bytes:
        """Encrypt one block."""
        return bytes(self._aes.encrypt(block))

    def decrypt(self, block: bytes) -> bytes:
        """Decrypt one block."""
        return bytes(self._aes.decrypt(block))


@lru_cache(8)
def new_block_cipher(key: bytes) -> BlockCipher:
    """Return the block function with a key. The last few are kept: making one takes long."""
    return BlockCipher(key)


def split_blocks(data: Any) -> list[bytes]:
    """Return blocks of 16 bytes; the last one may be shorter."""
    whole = bytes(memoryview(data))
    return [whole[start : start + BLOCK_SIZE] for start in range(0, len(whole), BLOCK_SIZE)]


def split_full_blocks(data: Any, mode: str) -> list[bytes]:
    """Return blocks of 16 bytes. Raises ValueError if the last one is shorter."""
    blocks = split_blocks(data)
    if blocks and len(blocks[-1]) < BLOCK_SIZE:
        raise ValueError(f"Data must be padded to {BLOCK_SIZE} byte boundary in {mode} mode")
    return blocks


def xor(left: bytes, right: bytes) -> bytes:
    """Return as many bytes as the shorter one has."""
    size = min(len(left), len(right))
    number = int.from_bytes(left[:size], "big") ^ int.from_bytes(right[:size], "big")
    return number.to_bytes(size, "big")


class OneWay:
    """A cipher that has begun in one direction stays in it."""

    _direction = ""

    def _go(self, direction: str) -> None:
        if self._direction not in ("", direction):
            raise TypeError(f"{direction}() cannot be called after {self._direction}()")
        self._direction = direction
