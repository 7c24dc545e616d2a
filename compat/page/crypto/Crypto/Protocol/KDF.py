"""HKDF (RFC 5869) and scrypt (RFC 7914)."""

from __future__ import annotations

import hmac
from typing import Any

from ..Hash import SHA256
from .romix import romix

_PIECE = SHA256.digest_size


def HKDF(
    master: bytes,
    key_len: int,
    salt: bytes | None,
    hashmod: Any,
    num_keys: int = 1,
    context: bytes | None = None,
) -> bytes | tuple[bytes, ...]:
    """Return a key, or several ones as a tuple, from a secret that is hard to guess."""
    if hashmod is not SHA256:
        raise ValueError("in a browser, HKDF works with SHA256 only")
    size = key_len * num_keys
    if size > 255 * _PIECE:
        raise ValueError("Too much secret data to derive")
    pseudorandom = hmac.digest(salt or bytes(_PIECE), master, "sha256")
    pieces = [b""]
    for number in range(1, -(-size // _PIECE) + 1):
        message = pieces[-1] + (context or b"") + bytes([number])
        pieces.append(hmac.digest(pseudorandom, message, "sha256"))
    return _split(b"".join(pieces), key_len, num_keys)


def scrypt(
    password: str | bytes,
    salt: str | bytes,
    key_len: int,
    N: int,
    r: int,
    p: int,
    num_keys: int = 1,
) -> bytes | tuple[bytes, ...]:
    """Return a key, or several ones, from a passphrase: slowly, and with 128 * N * r bytes."""
    if N < 2 or N & (N - 1):  # noqa: PLR2004 - two is where powers of 2 begin
        raise ValueError("N must be a power of 2")
    secret, salted = _to_bytes(password), _to_bytes(salt)
    size = 128 * r
    blocks = _pbkdf2(secret, salted, p * size)
    mixed = b"".join(romix(blocks[at : at + size], N, r) for at in range(0, p * size, size))
    return _split(_pbkdf2(secret, mixed, key_len * num_keys), key_len, num_keys)


def hashlib_scrypt(
    password: bytes, *, salt: bytes, n: int, r: int, p: int, maxmem: int = 0, dklen: int = 64
) -> bytes:
    """Do what `hashlib.scrypt` does. `maxmem` is not needed: nothing is limited here."""
    key = scrypt(bytes(memoryview(password)), bytes(memoryview(salt)), dklen, n, r, p)
    return key if isinstance(key, bytes) else b"".join(key)


def _pbkdf2(password: bytes, salt: bytes, size: int) -> bytes:
    """Return PBKDF2-HMAC-SHA256 with one round (RFC 8018, 5.2)."""
    numbers = range(1, -(-size // _PIECE) + 1)
    pieces = (hmac.digest(password, salt + n.to_bytes(4, "big"), "sha256") for n in numbers)
    return b"".join(pieces)[:size]


def _to_bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else bytes(memoryview(text))


def _split(keys: bytes, key_len: int, num_keys: int) -> bytes | tuple[bytes, ...]:
    each = tuple(keys[key_len * n : key_len * (n + 1)] for n in range(num_keys))
    return each[0] if num_keys == 1 else each
