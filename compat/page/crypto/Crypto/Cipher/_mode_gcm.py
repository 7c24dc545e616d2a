"""GCM: CTR, with a tag over what is encrypted and over what is not (NIST SP 800-38D)."""

from __future__ import annotations

import hmac
import os

from ._block import BLOCK_SIZE, BlockCipher, OneWay, split_blocks, xor

_REDUCTION = 0xE1 << 120
"""1 + x + x^2 + x^7 + x^128, without the last term; bits are counted from the left (6.3)."""
_SHORTEST_TAG, _USUAL_NONCE = 4, 12


def multiply(x: int, y: int) -> int:
    """Return the product of two blocks (6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (_REDUCTION if y & 1 else 0)
    return product


def _fill(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK_SIZE)


class GcmMode(OneWay):
    """AES in GCM mode, for one message. It decrypts nothing whose tag does not fit."""

    block_size = BLOCK_SIZE

    def __init__(self, cipher: BlockCipher, nonce: bytes | None = None, mac_len: int = BLOCK_SIZE):
        self.nonce = os.urandom(BLOCK_SIZE) if nonce is None else bytes(memoryview(nonce))
        if not self.nonce:
            raise ValueError("Nonce cannot be empty")
        if not _SHORTEST_TAG <= mac_len <= BLOCK_SIZE:
            raise ValueError("Parameter 'mac_len' must be in the range 4..16")
        self._cipher, self._tag_size, self._covered = cipher, mac_len, b""
        self._hash_key = int.from_bytes(cipher.encrypt(bytes(BLOCK_SIZE)), "big")
        self._first = self._first_counter()

    def update(self, data: bytes) -> GcmMode:
        """Let the tag cover these bytes, too. They are not encrypted."""
        if self._direction:
            raise TypeError("update() can only be called before the text")
        self._covered += bytes(memoryview(data))
        return self

    def encrypt_and_digest(self, plaintext: bytes) -> tuple[bytes, bytes]:
        """Encrypt a message; return its ciphertext and tag."""
        self._begin("encrypt_and_digest")
        ciphertext = self._mix(plaintext)
        return ciphertext, self._tag(ciphertext)

    def decrypt_and_verify(self, ciphertext: bytes, received_mac_tag: bytes) -> bytes:
        """Decrypt a message. Raises ValueError unless the tag fits."""
        self._begin("decrypt_and_verify")
        sealed = bytes(memoryview(ciphertext))
        if not hmac.compare_digest(self._tag(sealed), bytes(memoryview(received_mac_tag))):
            raise ValueError("MAC check failed")
        return self._mix(sealed)

    def _begin(self, direction: str) -> None:
        if self._direction:
            raise TypeError(f"{direction}() cannot be called after {self._direction}()")
        self._go(direction)

    def _first_counter(self) -> int:
        """Return J0 (7.1, step 2)."""
        if len(self.nonce) == _USUAL_NONCE:
            return int.from_bytes(self.nonce + b"\0\0\0\1", "big")
        return self._hash(_fill(self.nonce) + (8 * len(self.nonce)).to_bytes(BLOCK_SIZE, "big"))

    def _hash(self, data: bytes) -> int:
        """Return GHASH of complete blocks (6.4)."""
        state = 0
        for block in split_blocks(data):
            state = multiply(state ^ int.from_bytes(block, "big"), self._hash_key)
        return state

    def _tag(self, ciphertext: bytes) -> bytes:
        sizes = b"".join((8 * len(part)).to_bytes(8, "big") for part in (self._covered, ciphertext))
        hashed = self._hash(_fill(self._covered) + _fill(ciphertext) + sizes)
        mask = self._cipher.encrypt(self._first.to_bytes(BLOCK_SIZE, "big"))
        return xor(mask, hashed.to_bytes(BLOCK_SIZE, "big"))[: self._tag_size]

    def _mix(self, data: bytes) -> bytes:
        """XOR with the encrypted counters after the first; of a counter, 32 bits count (6.5)."""
        blocks, fixed = split_blocks(data), self._first >> 32 << 32
        counters = (
            (fixed | (self._first + 1 + n) % (1 << 32)).to_bytes(BLOCK_SIZE, "big")
            for n in range(len(blocks))
        )
        return b"".join(
            xor(block, self._cipher.encrypt(counter))
            for block, counter in zip(blocks, counters, strict=True)
        )
