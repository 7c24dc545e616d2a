"""HMAC with SHA-256 (RFC 2104), from Python's own hmac."""

from __future__ import annotations

import hmac
from typing import Any

from . import SHA256

digest_size = SHA256.digest_size


class HMAC:
    """The tag of everything that was given to it, under one key."""

    digest_size = digest_size

    def __init__(self, key: bytes, msg: bytes = b"", digestmod: Any = SHA256):
        """Take SHA-256 as hash. pycryptodome would take MD5, which this project never uses."""
        if digestmod is not SHA256:
            raise ValueError("in a browser, HMAC works with SHA256 only")
        self._hmac = hmac.new(bytes(memoryview(key)), msg, "sha256")

    def update(self, msg: bytes) -> HMAC:
        """Let the tag cover these bytes as well."""
        self._hmac.update(msg)
        return self

    def digest(self) -> bytes:
        """Return the tag, 32 bytes."""
        return self._hmac.digest()

    def hexdigest(self) -> str:
        """Return the tag, in hexadecimal."""
        return self._hmac.hexdigest()

    def verify(self, mac_tag: bytes) -> None:
        """Compare in constant time. Raises ValueError unless the tag fits."""
        if not hmac.compare_digest(self.digest(), bytes(memoryview(mac_tag))):
            raise ValueError("MAC check failed")

    def hexverify(self, hex_mac_tag: str) -> None:
        """Compare a tag in hexadecimal. Raises ValueError unless it fits."""
        self.verify(bytes.fromhex(hex_mac_tag))


def new(key: bytes, msg: bytes = b"", digestmod: Any = None) -> HMAC:
    """Return an HMAC. `digestmod` must be given, and must be SHA256."""
    return HMAC(key, msg, digestmod)
