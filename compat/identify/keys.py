"""The keys that programs make of two secrets: all keys that the search tries, each with its name.

`confkey` and `authkey`, alone or joined, are taken raw, hashed, or as the hex digits of a hash.
Then the result is cut or filled up to the size of a key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from Crypto.Util.Padding import pad

HASHES = {
    "sha256": "SHA-256",
    "sha1": "SHA-1",
    "md5": "MD5",
    "sha512": "SHA-512",
    "sha384": "SHA-384",
    "sha224": "SHA-224",
}
"""Every hash that is tried, and its name in sentences. Frequent hashes come first."""

_KEY_HASHES = ("sha256", "sha1", "md5", "sha512")
_FILLINGS = {"zero bytes": b"\0", "`a`": b"a", "`0`": b"0", "spaces": b" ", "`x`": b"x"}


class CandidateKey(NamedTuple):
    """A key, and how it is made."""

    name: str
    value: bytes


def _encode(secret: str) -> bytes:
    return secret.encode(errors="surrogateescape")


def _whole(confkey: str, authkey: str) -> Iterator[CandidateKey]:
    conf, auth = _encode(confkey), _encode(authkey)
    sources = {
        "confkey": conf,
        "authkey": auth,
        "confkey followed by authkey": conf + auth,
        "authkey followed by confkey": auth + conf,
    }
    for name, source in sources.items():
        yield CandidateKey(f"{name}, not hashed", source)
        for algorithm in _KEY_HASHES:
            hashed = hashlib.new(algorithm, source)
            made = f"{HASHES[algorithm]}({name})"
            yield CandidateKey(made, hashed.digest())
            yield CandidateKey(f"the hex digits of {made}", hashed.hexdigest().encode())


def _first_of_each(keys: Iterable[CandidateKey]) -> list[CandidateKey]:
    first: dict[bytes, CandidateKey] = {}
    for key in keys:
        first.setdefault(key.value, key)
    return list(first.values())


def _cut(key: CandidateKey, size: int) -> CandidateKey:
    name = key.name.removeprefix("the hex digits of ")
    what = "hex digits" if name != key.name else "bytes"
    return CandidateKey(f"the first {size} {what} of {name}", key.value[:size])


def mac_keys(confkey: str, authkey: str) -> list[CandidateKey]:
    """Return the possible keys of a tag."""
    whole = list(_whole(confkey, authkey))
    hashed = [key for key in whole if "not hashed" not in key.name]
    cut = [_cut(key, 16) for key in hashed if key.value[16:]]
    cut += [_cut(key, 32) for key in hashed if key.value[32:] and "digits" in key.name]
    return _first_of_each([*whole, *cut])


def aes_keys(confkey: str, authkey: str) -> list[CandidateKey]:
    """Return the possible keys of AES: 16, 24 or 32 bytes."""
    return _first_of_each(_aes_keys(confkey, authkey))


def _aes_keys(confkey: str, authkey: str) -> Iterator[CandidateKey]:
    whole = list(_whole(confkey, authkey))
    sizes = (32, 16, 24)
    yield from (key for key in whole if len(key.value) in sizes)
    for key in whole:
        for size in sizes:
            if len(key.value) > size:
                yield _cut(key, size)
            elif len(key.value) < size and "not hashed" in key.name:
                yield from _fill(key, size)


def _fill(key: CandidateKey, size: int) -> Iterator[CandidateKey]:
    for name, byte in _FILLINGS.items():
        yield CandidateKey(
            f"{key.name}, filled up with {name} to {size}", key.value.ljust(size, byte)
        )
    yield CandidateKey(f"{key.name}, PKCS#7-padded to {size}", pad(key.value, size)[:size])
