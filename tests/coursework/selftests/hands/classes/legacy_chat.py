"""A right legacy chat in classes: an envelope, a cipher, a screen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import islice

import pyaes


class UnrecognisedData(Exception):
    """The other side did not send an envelope."""


@dataclass
class Letter:
    timestamp: str
    message: str
    hash: str = ""

    FIELDS = ("timestamp", "message", "hash")

    def fingerprint(self) -> str:
        return hashlib.new("sha256", bytes(self.message, "utf8")).hexdigest()

    def sign(self) -> Letter:
        self.hash = self.fingerprint()
        return self

    def is_sound(self) -> bool:
        return self.hash == self.fingerprint()

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Letter:
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise UnrecognisedData from error
        if not isinstance(found, dict) or any(name not in found for name in cls.FIELDS):
            raise UnrecognisedData
        return cls(*(found[name] for name in cls.FIELDS))


class BlockCipher:
    SIZE = 16

    def __init__(self, key: bytes):
        self._ecb = pyaes.AESModeOfOperationECB(key)

    def encrypt(self, blocks) -> bytes:
        out = bytearray()
        for each in blocks:
            out.extend(self._ecb.encrypt(bytes(each)))
        return bytes(out)

    def decrypt(self, data: bytes):
        stream = iter(data)
        while len(piece := bytes(islice(stream, self.SIZE))) == self.SIZE:
            yield self._ecb.decrypt(piece)


class Screen:
    WIDTH = 80
    HEAD = "Received : "

    @classmethod
    def render(cls, letter: Letter) -> str | None:
        gap = cls.WIDTH - len(letter.message) - len(cls.HEAD) - 1
        if gap <= 0:
            return None
        mark = {True: "\N{BALLOT BOX WITH CHECK}", False: "\N{BALLOT BOX WITH X}"}
        parts = [cls.HEAD, letter.message, " " * gap, mark[letter.is_sound()], "  "]
        return "".join([*parts, letter.timestamp])


def derive_key(passphrase: str) -> bytes:
    return hashlib.new("sha256", bytes(passphrase, "utf8")).digest()


def build_envelope(message: str, timestamp: str) -> str:
    return Letter(timestamp, message).sign().to_text()


def process_text(text: str) -> list[list[int]]:
    rows = [text[at : at + 16] for at in range(0, len(text), 16)]
    return [[ord(letter) for letter in row.ljust(16, "~")] for row in rows]


def encrypt_blocks(blocks: list[list[int]], key: bytes) -> bytes:
    return BlockCipher(key).encrypt(blocks)


def seal(message: str, timestamp: str, key: bytes) -> bytes:
    return BlockCipher(key).encrypt(process_text(build_envelope(message, timestamp)))


def process_bytes(received: bytes, key: bytes) -> str:
    plain = b"".join(BlockCipher(key).decrypt(received))
    return "".join(chr(number) for number in plain if number != ord("~"))


def verify_and_display(text: str) -> str | None:
    return Screen.render(Letter.from_text(text))
