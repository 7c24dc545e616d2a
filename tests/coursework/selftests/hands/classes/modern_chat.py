"""A right modern chat in classes: a frame that seals and opens itself."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyaes


class AuthenticationError(Exception):
    """Somebody changed the frame."""


class FrameError(Exception):
    """The frame is authentic and makes no sense."""


class TruncationError(Exception):
    """A part of a frame is left."""


@dataclass(frozen=True)
class Keys:
    confidentiality: bytes = field(repr=False)
    authentication: bytes = field(repr=False)

    @staticmethod
    def of(secret: str) -> bytes:
        return hashlib.sha256(secret.encode()).digest()

    def sign(self, data: bytes) -> bytes:
        machine = hmac.HMAC(self.authentication, digestmod="sha256")
        machine.update(data)
        return machine.digest()

    def fits(self, data: bytes, claimed: bytes) -> bool:
        return hmac.compare_digest(self.sign(data), claimed)


class Padding:
    @staticmethod
    def add(data: bytes) -> bytes:
        number = 16 - len(data) % 16
        return data + bytes(number * [number])

    @staticmethod
    def remove(block: bytes) -> bytes:
        number = block[15]
        if number not in range(1, 17):
            raise FrameError(f"{number} bytes of padding")
        if any(each != number for each in block[16 - number :]):
            raise FrameError("padding bytes differ")
        return block[: 16 - number]


@dataclass
class Frame:
    iv: bytes
    size: bytes
    body: bytes

    @classmethod
    def seal(cls, chunk: bytes, length: int, keys: Keys, iv: bytes) -> Frame:
        mode = pyaes.AESModeOfOperationCBC(keys.confidentiality, iv=iv)
        size = mode.encrypt(Padding.add(f"{length}".encode()))
        return cls(iv, size, mode.encrypt(Padding.add(chunk)))

    def to_wire(self, keys: Keys) -> bytes:
        head = self.iv + self.size
        return head + keys.sign(head) + self.body + keys.sign(self.body)

    @classmethod
    def from_wire(cls, wire: bytes, keys: Keys) -> Frame:
        head, body = wire[:32], wire[64:80]
        verdicts = [keys.fits(head, wire[32:64]), keys.fits(body, wire[80:])]
        if verdicts != [True, True]:
            raise AuthenticationError("HMAC verification failed")
        return cls(head[:16], head[16:], body)

    def open(self, keys: Keys) -> bytes:
        mode = pyaes.AESModeOfOperationCBC(keys.confidentiality, iv=self.iv)
        digits = Padding.remove(mode.decrypt(self.size))
        chunk = Padding.remove(mode.decrypt(self.body))
        try:
            characters = len(str(chunk, "utf-8"))
        except UnicodeDecodeError as error:
            raise FrameError("no UTF-8") from error
        if not digits.isdigit() or int(digits) < characters:
            raise FrameError(f"a length of {digits!r}")
        return chunk


def derive_keys(confkey: str, authkey: str) -> Keys:
    return Keys(confidentiality=Keys.of(confkey), authentication=Keys.of(authkey))


def split_chunks(message: str) -> list[bytes]:
    data, cuts = message.encode(), [0]
    while cuts[-1] < len(data):
        stop = cuts[-1] + 15
        while stop < len(data) and 128 <= data[stop] < 192:
            stop -= 1
        cuts.append(min(stop, len(data)))
    return [data[a:b] for a, b in zip(cuts, cuts[1:])]


def tag(data: bytes, keys: Keys) -> bytes:
    return keys.sign(data)


def seal_frame(chunk: bytes, length: int, keys: Keys, iv: bytes) -> bytes:
    return Frame.seal(chunk, length, keys, iv).to_wire(keys)


def seal(message: str, keys: Keys) -> bytes:
    frames = bytearray()
    for chunk in split_chunks(message):
        frames += Frame.seal(chunk, len(chunk), keys, os.urandom(16)).to_wire(keys)
    return bytes(frames)


def open_frame(frame: bytes, keys: Keys) -> bytes:
    return Frame.from_wire(frame, keys).open(keys)


class Decoder:
    def __init__(self, keys: Keys):
        self._keys = keys
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._rest += data
        return self._take()

    def _take(self) -> Iterator[bytes]:
        while len(self._rest) > 111:
            yield open_frame(self._rest[:112], self._keys)
            self._rest = self._rest[112:]

    def close(self) -> None:
        if self._rest:
            raise TruncationError(f"{len(self._rest)} bytes are left")
