"""ECB: each block by itself (NIST SP 800-38A, 6.1)."""

from __future__ import annotations

from ._block import BlockCipher, split_full_blocks


class EcbMode:
    """AES in ECB mode, on complete blocks."""

    block_size = 16

    def __init__(self, cipher: BlockCipher):
        self._cipher = cipher

    def encrypt(self, plaintext: bytes) -> bytes:
        """Encrypt each block."""
        return b"".join(map(self._cipher.encrypt, split_full_blocks(plaintext, "ECB")))

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Decrypt each block."""
        return b"".join(map(self._cipher.decrypt, split_full_blocks(ciphertext, "ECB")))
