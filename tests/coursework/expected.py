"""The right answers to what is drawn: both protocols once more, as short as they can be.

They use the standard library and pycryptodome, and nothing of our own chats, which are graded like
any other submission. A test compares them with the recordings of the original programs.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from tests.coursework.answers import Keys

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
