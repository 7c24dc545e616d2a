"""AES on whole blocks, behind one face, from two libraries that agree byte for byte.

- `ReadableAES` is pyaes: the block function in a page of Python, to be read and stepped through.
  It is what the legacy chat uses, at some 25 microseconds a block.
- `FastAES` is pycryptodome: the same function compiled, with the processor's own AES instructions
  where it has them. It is what everything here uses that meets more than a few blocks.

Both apply the block function of FIPS 197 to each block by itself, which is ECB (NIST SP 800-38A,
6.1): equal blocks encrypt equally. That is the legacy wire; for anything else it is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pyaes
from Crypto.Cipher import AES

BLOCK_SIZE = AES.block_size
KEY_SIZES = AES.key_size
"""Bytes of a key that both libraries take: AES-128, AES-192 and AES-256."""


class BlockCipher(Protocol):
    """AES under one key, block by block."""

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt any number of 16-byte blocks. Raises ValueError for a block that is cut."""

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt any number of 16-byte blocks. Raises ValueError for a block that is cut."""


class ReadableAES:
    """AES by pyaes. Raises ValueError unless the key has 16, 24 or 32 bytes."""

    def __init__(self, key: bytes):
        self._cipher = pyaes.AES(key)

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt each block, as BlockCipher says."""
        return _each_block(self._cipher.encrypt, blocks)

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt each block, as BlockCipher says."""
        return _each_block(self._cipher.decrypt, blocks)


def _each_block(transform: Callable[[bytes], list[int]], blocks: bytes) -> bytes:
    return b"".join(
        bytes(transform(blocks[start : start + BLOCK_SIZE]))
        for start in range(0, len(blocks), BLOCK_SIZE)
    )


class FastAES:
    """AES by pycryptodome. Raises ValueError unless the key has 16, 24 or 32 bytes."""

    def __init__(self, key: bytes):
        self._cipher = AES.new(key, AES.MODE_ECB)

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt each block, as BlockCipher says."""
        return self._cipher.encrypt(blocks)

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt each block, as BlockCipher says."""
        return self._cipher.decrypt(blocks)
