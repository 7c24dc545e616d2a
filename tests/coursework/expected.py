"""The right answers to what is drawn: all protocols once more, as short as they can be.

They use the standard library and pycryptodome, and nothing of our own chats, which are graded like
any other submission. A test compares them with the recordings of the original programs.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.Util.Padding import pad

from tests.coursework.answers import Keys, Kind

# The legacy chat -------------------------------------------------------------------------------


def hash_of(message: str) -> str:
    return hashlib.sha256(message.encode()).hexdigest()


def legacy_key(passphrase: str) -> bytes:
    return hashlib.sha256(passphrase.encode()).digest()


def envelope(message: str, timestamp: str, hashed: str | None = None) -> str:
    """Return an envelope; `hashed` is a text whose hash stands in it instead of the message's."""
    digest = hash_of(message if hashed is None else hashed)
    return json.dumps({"timestamp": timestamp, "message": message, "hash": digest})


def ecb(plain: bytes, key: bytes) -> bytes:
    """Return whole blocks, each encrypted by itself."""
    return AES.new(key, AES.MODE_ECB).encrypt(plain)


def legacy_sealed(message: str, timestamp: str, key: bytes) -> bytes:
    text = envelope(message, timestamp).encode()
    return ecb(text + b"~" * (-len(text) % 16), key)


def line(message: str, tag: str, timestamp: str) -> str:
    """Return the line that shows a message of at most 67 characters."""
    return f"Received : {message}{' ' * (68 - len(message))}{tag}  {timestamp}"


# The modern chat -------------------------------------------------------------------------------


def keys_of_secrets(confkey: str, authkey: str) -> Keys:
    """Return the keys that belong to two secrets (rule 1)."""
    conf, auth = (hashlib.sha256(secret.encode()).digest() for secret in (confkey, authkey))
    return Keys(conf, auth)


def hmac_of(data: bytes, keys: Keys) -> bytes:
    return hmac.digest(keys.authentication, data, "sha256")


def blocks(length: bytes, chunk: bytes, keys: Keys, iv: bytes) -> tuple[bytes, bytes]:
    """Return E(length) and E(chunk) of two blocks that are filled up already."""
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)
    return cipher.encrypt(length), cipher.encrypt(chunk)


def modern_frame(chunk: bytes, length: int, keys: Keys, iv: bytes) -> bytes:
    size, body = blocks(pad(b"%d" % length, 16), pad(chunk, 16), keys, iv)
    return iv + size + hmac_of(iv + size, keys) + body + hmac_of(body, keys)


# The third chat --------------------------------------------------------------------------------

RENEWED_AFTER = 1 << 20


def _hkdf(key: bytes, count: int, info: bytes) -> list[bytes]:
    """Return keys of 32 bytes (RFC 5869, without a salt)."""
    long = HKDF(key, 32 * count, b"", SHA256, context=info)
    assert isinstance(long, bytes)
    return [long[at : at + 32] for at in range(0, len(long), 32)]


def keys_of_directions(agreed_key: bytes, transcript: bytes) -> tuple[Keys, Keys]:
    """Return the keys of what the client sends, and of what the server sends (rule 4)."""
    info = b"tilde-to-tag hardened keys" + hashlib.sha256(transcript).digest()
    first, second, third, fourth = _hkdf(agreed_key, 4, info)
    return Keys(first, second), Keys(third, fourth)


def renewed(keys: Keys) -> Keys:
    both = keys.confidentiality + keys.authentication
    first, second = _hkdf(both, 2, b"tilde-to-tag hardened renewal")
    return Keys(first, second)


def filled(kind: bytes, text: bytes, size: int = 256) -> bytes:
    """Return what is encrypted (rule 5.1)."""
    return (kind + text + b"\x80").ljust(size, b"\0")


def numbered(counter: int, record: bytes) -> bytes:
    """Return the bytes that a tag covers (rule 5.2)."""
    return counter.to_bytes(8, "big") + record


def sealed(plain: bytes, keys: Keys, iv: bytes) -> bytes:
    """Return a record without its tag; `plain` is what is encrypted, right or wrong."""
    body = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(plain)
    return (48 + len(body)).to_bytes(2, "big") + iv + body


def hardened_record(kind: Kind, text: bytes, counter: int, keys: Keys, iv: bytes) -> bytes:
    record = sealed(filled(kind.value, text), keys, iv)
    return record + hmac_of(numbered(counter, record), keys)
