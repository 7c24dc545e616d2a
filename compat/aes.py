"""AES on complete blocks, from two libraries with the same interface and the same results.

- `ReadableAES` uses pyaes: the block function in one page of Python, which you can read and run
  step by step. The legacy chat uses it too. It takes about 25 microseconds per block.
- `FastAES` uses pycryptodome: the same function, compiled, with the AES instructions of the
  processor if it has them. Everything in this package that encrypts more than a few blocks uses it.

Both apply the block function of FIPS 197 to each block by itself. This is ECB mode (NIST
SP 800-38A, 6.1): equal blocks give equal ciphertext. The legacy chat works like this. For anything
else, ECB is a mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pyaes
from Crypto.Cipher import AES

BLOCK_SIZE = AES.block_size


class BlockCipher(Protocol):
    """AES with one key, on each block by itself."""

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt any number of 16-byte blocks. Raises ValueError for an incomplete block."""

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt any number of 16-byte blocks. Raises ValueError for an incomplete block."""


class ReadableAES:
    """AES from pyaes. Raises ValueError unless the key has 16, 24 or 32 bytes."""

    def __init__(self, key: bytes):
        self._cipher = pyaes.AES(key)

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt each block; see BlockCipher."""
        return _each_block(self._cipher.encrypt, blocks)

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt each block; see BlockCipher."""
        return _each_block(self._cipher.decrypt, blocks)


def _each_block(transform: Callable[[bytes], list[int]], blocks: bytes) -> bytes:
    return b"".join(
        bytes(transform(blocks[start : start + BLOCK_SIZE]))
        for start in range(0, len(blocks), BLOCK_SIZE)
    )


class FastAES:
    """AES from pycryptodome. Raises ValueError unless the key has 16, 24 or 32 bytes."""

    def __init__(self, key: bytes):
        self._cipher = AES.new(key, AES.MODE_ECB)

    def encrypt(self, blocks: bytes) -> bytes:
        """Encrypt each block; see BlockCipher."""
        return self._cipher.encrypt(blocks)

    def decrypt(self, blocks: bytes) -> bytes:
        """Decrypt each block; see BlockCipher."""
        return self._cipher.decrypt(blocks)
