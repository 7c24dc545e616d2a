"""SHA-256 (FIPS 180-4), from Python's own hashlib."""

from __future__ import annotations

import hashlib

digest_size, block_size = 32, 64


class SHA256Hash:
    """The hash of everything that was given to it."""

    digest_size, block_size = digest_size, block_size

    def __init__(self, data: bytes | None = None):
        self._hash = hashlib.sha256(data or b"")

    def update(self, data: bytes) -> SHA256Hash:
        """Hash these bytes as well."""
        self._hash.update(data)
        return self

    def digest(self) -> bytes:
        """Return the hash, 32 bytes."""
        return self._hash.digest()

    def hexdigest(self) -> str:
        """Return the hash, in hexadecimal."""
        return self._hash.hexdigest()

    def copy(self) -> SHA256Hash:
        """Return one that goes on by itself."""
        other = SHA256Hash()
        other._hash = self._hash.copy()
        return other

    def new(self, data: bytes | None = None) -> SHA256Hash:
        """Return a fresh one."""
        return SHA256Hash(data)


def new(data: bytes | None = None) -> SHA256Hash:
    """Return a hash that has begun with some bytes."""
    return SHA256Hash(data)
