"""CTR: the text, XOR a stream of encrypted counters (NIST SP 800-38A, 6.5)."""

from __future__ import annotations

import os

from ._block import BLOCK_SIZE, BlockCipher, OneWay, xor


class CtrMode(OneWay):
    """AES in CTR mode. A counter block is the nonce, then a number in the rest of the block."""

    block_size = BLOCK_SIZE

    def __init__(
        self, cipher: BlockCipher, nonce: bytes | None = None, initial_value: int | bytes = 0
    ):
        self.nonce = os.urandom(BLOCK_SIZE // 2) if nonce is None else bytes(memoryview(nonce))
        self._size = BLOCK_SIZE - len(self.nonce)
        if self._size < (1 if isinstance(initial_value, int) else 0):
            raise ValueError("Nonce is too long")
        if not isinstance(initial_value, int):
            if len(initial_value) != self._size:
                raise ValueError(f"Incorrect length for counter byte string ({self._size} bytes)")
            initial_value = int.from_bytes(initial_value, "big")
        if initial_value >> 8 * self._size:
            raise ValueError("Initial counter value is too large")
        self._cipher, self._counter, self._stream = cipher, initial_value, b""
        self._first, self._used = initial_value, False

    def encrypt(self, plaintext: bytes) -> bytes:
        """Encrypt any number of bytes."""
        self._go("encrypt")
        return self._mix(plaintext)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Decrypt any number of bytes."""
        self._go("decrypt")
        return self._mix(ciphertext)

    def _mix(self, data: bytes) -> bytes:
        whole = bytes(memoryview(data))
        stream = [self._stream]
        for _ in range((len(whole) - len(self._stream) + BLOCK_SIZE - 1) // BLOCK_SIZE):
            stream.append(self._next_block())
        joined = b"".join(stream)
        self._stream = joined[len(whole) :]
        return xor(whole, joined)

    def _next_block(self) -> bytes:
        if self._used and self._counter == self._first:
            raise OverflowError("The counter has wrapped around in CTR mode")
        block = self._cipher.encrypt(self.nonce + self._counter.to_bytes(self._size, "big"))
        self._counter, self._used = (self._counter + 1) % (1 << 8 * self._size), True
        return block
