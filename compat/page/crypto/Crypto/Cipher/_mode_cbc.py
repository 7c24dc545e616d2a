"""CBC: each block is mixed with the ciphertext before it (NIST SP 800-38A, 6.2)."""

from __future__ import annotations

import os

from ._block import BLOCK_SIZE, BlockCipher, OneWay, split_full_blocks, xor


class CbcMode(OneWay):
    """AES in CBC mode, on complete blocks. It goes on where the last call ended."""

    block_size = BLOCK_SIZE

    def __init__(self, cipher: BlockCipher, iv: bytes | None = None, *, IV: bytes | None = None):
        given = iv if iv is not None else IV
        self.iv = os.urandom(BLOCK_SIZE) if given is None else bytes(memoryview(given))
        """The 16 bytes before the first block; random, unless they were given."""
        if len(self.iv) != BLOCK_SIZE:
            raise ValueError(f"Incorrect IV length (it must be {BLOCK_SIZE} bytes long)")
        self._cipher, self._before = cipher, self.iv

    @property
    def IV(self) -> bytes:
        """The same as `iv`."""
        return self.iv

    def encrypt(self, plaintext: bytes) -> bytes:
        """Encrypt complete blocks."""
        self._go("encrypt")
        sealed = []
        for block in split_full_blocks(plaintext, "CBC"):
            self._before = self._cipher.encrypt(xor(block, self._before))
            sealed.append(self._before)
        return b"".join(sealed)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Decrypt complete blocks."""
        self._go("decrypt")
        opened = []
        for block in split_full_blocks(ciphertext, "CBC"):
            opened.append(xor(self._cipher.decrypt(block), self._before))
            self._before = block
        return b"".join(opened)
