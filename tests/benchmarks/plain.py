"""The plain way: frames as public programs make them, with new objects for each one.

A cipher object of pycryptodome for each frame, an HMAC object of pycryptodome for each tag. It is
what the benchmarks compare with; it also stands in for `modern.bulk` in `plain_chat.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from Crypto.Cipher import AES
from Crypto.Hash import HMAC, SHA256
from Crypto.Random import get_random_bytes
from Crypto.Util.Padding import pad, unpad

from modern import protocol
from modern.dialects import INDEPENDENT, Dialect
from modern.errors import AuthenticationError
from modern.protocol import FRAME_SIZE, Keys


def seal_frame(chunk: bytes, keys: Keys) -> bytes:
    iv = get_random_bytes(16)
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    header = iv + cipher.encrypt(pad(str(len(chunk)).encode(), 16))
    header_tag = HMAC.new(keys.authentication, header, digestmod=SHA256).digest()
    body = cipher.encrypt(pad(chunk, 16))
    body_tag = HMAC.new(keys.authentication, body, digestmod=SHA256).digest()
    return header + header_tag + body + body_tag


def open_frame(frame: bytes, keys: Keys) -> bytes:
    try:
        HMAC.new(keys.authentication, frame[:32], digestmod=SHA256).verify(frame[32:64])
        HMAC.new(keys.authentication, frame[64:80], digestmod=SHA256).verify(frame[80:])
    except ValueError:
        raise AuthenticationError from None
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, frame[:16])
    length = int(unpad(cipher.decrypt(frame[16:32]), 16))
    chunk = unpad(cipher.decrypt(frame[64:80]), 16)
    assert length >= len(chunk.decode())
    return chunk


def seal(message: str, keys: Keys) -> bytes:
    return b"".join(seal_frame(chunk, keys) for chunk in protocol.split_chunks(message))


def open_frames(frames: bytes, keys: Keys) -> bytes:
    return b"".join(
        open_frame(frames[start : start + FRAME_SIZE], keys)
        for start in range(0, len(frames), FRAME_SIZE)
    )


class Sealer:
    """In the place of `bulk.Sealer`."""

    def __init__(self, keys: Keys, count_lengths: protocol.CountLengths):
        assert count_lengths is protocol.count_chunks
        self._keys = keys

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        return (seal(message, self._keys) for message in messages)


class Decoder(protocol.Decoder):
    """In the place of `bulk.Decoder`."""

    in_doubt = False

    def __init__(self, keys: Keys, dialect: Dialect):
        assert dialect is INDEPENDENT
        super().__init__(keys)

    def give_up(self) -> None:
        """Nothing is in doubt: each frame has 112 bytes."""

    def _open_complete_frames(self) -> Iterator[bytes]:
        while len(self._pending) >= FRAME_SIZE:
            chunk = open_frame(bytes(self._pending[:FRAME_SIZE]), self._keys)
            del self._pending[:FRAME_SIZE]
            yield chunk
