"""Right records of the third chat, made of small classes."""

import codecs
import hashlib
import secrets
from enum import Enum

from Crypto.Cipher import AES
from Crypto.Hash import HMAC, SHA256
from Crypto.Protocol import KDF
from Crypto.Util.Padding import pad, unpad


class ProtocolError(Exception):
    pass


class AuthenticationError(ProtocolError):
    pass


class RecordError(ProtocolError):
    pass


class TruncationError(ProtocolError):
    pass


class Kind(Enum):
    TEXT = b"\x00"
    PADDING = b"\x01"
    END = b"\x02"


class Keys:
    __slots__ = ("authentication", "confidentiality")

    def __init__(self, confidentiality, authentication):
        self.confidentiality, self.authentication = confidentiality, authentication

    @classmethod
    def of_secret(cls, secret, info):
        """Make as many pairs as the info's label is good for."""
        long = KDF.HKDF(secret, 128 if b"keys" in info else 64, b"", SHA256, context=info)
        return [cls(long[at : at + 32], long[at + 32 : at + 64]) for at in range(0, len(long), 64)]


class Mac:
    def __init__(self, counter, keys):
        self._hash = HMAC.new(keys.authentication, digestmod=SHA256)
        self._hash.update(counter.to_bytes(8, "big"))

    def of(self, record):
        return self._hash.update(record).digest()

    def check(self, record, received):
        try:
            self._hash.update(record).verify(received)
        except ValueError:
            raise AuthenticationError("a tag does not fit") from None


class Content:
    """A kind and a text, and how both are written as blocks."""

    def __init__(self, kind, text=b""):
        self.kind, self.text = kind, text

    def blocks(self):
        return pad(self.kind.value + self.text, 256, style="iso7816")

    @classmethod
    def read(cls, blocks):
        try:
            first, *others = unpad(blocks, len(blocks), style="iso7816")
            content = cls(Kind(bytes([first])), bytes(others))
            codecs.decode(content.text, "utf-8", "strict")
        except ValueError as error:
            raise RecordError(type(error).__name__) from None
        if content.kind is Kind.TEXT or not content.text:
            return content
        raise RecordError("a text of another kind")


class Cutter:
    def __init__(self, size):
        self.size = size

    def cut(self, text):
        while text:
            end = min(self.size, len(text))
            while end < len(text) and text[end] >> 6 == 0b10:
                end -= 1
            yield text[:end]
            text = text[end:]


def derive_keys(agreed_key, transcript):
    hashed = hashlib.new("sha256", transcript).digest()
    return tuple(Keys.of_secret(agreed_key, b"tilde-to-tag hardened keys" + hashed))


def renew(keys):
    both = b"".join([keys.confidentiality, keys.authentication])
    return Keys.of_secret(both, b"tilde-to-tag hardened renewal")[0]


def split_text(text, size):
    return list(Cutter(size).cut(text))


def fill_up(kind, text):
    return Content(kind, text).blocks()


def tag(counter, record, keys):
    return Mac(counter, keys).of(record)


def seal_record(kind, text, counter, keys, iv):
    parts = [
        b"\x01\x30",
        iv,
        AES.new(keys.confidentiality, AES.MODE_CBC, iv).encrypt(fill_up(kind, text)),
    ]
    parts.append(tag(counter, b"".join(parts), keys))
    return b"".join(parts)


def read_plaintext(plaintext):
    content = Content.read(plaintext)
    return content.kind, content.text


def open_record(record, counter, keys):
    Mac(counter, keys).check(record[:-32], record[-32:])
    decrypt = AES.new(keys.confidentiality, AES.MODE_CBC, record[2:18]).decrypt
    return read_plaintext(decrypt(record[18:-32]))


def measure(start):
    match bytes(start[:2]):
        case b"":
            return 0
        case length if len(length) == 1:
            return 0
        case length:
            blocks, over = divmod(int.from_bytes(length, "big") - 48, 16)
            if over or not 1 <= blocks <= 64:
                raise AuthenticationError("a length out of bounds")
            return 50 + 16 * blocks


class Direction:
    LIFETIME = 1 << 20

    def __init__(self, keys, counter=0):
        self.keys = keys
        self.counter = counter

    def advance(self):
        self.counter += 1
        if not self.counter % self.LIFETIME:
            self.keys = renew(self.keys)


class Sealer:
    def __init__(self, direction):
        self._direction = direction

    def seal(self, text):
        for piece in Cutter(254).cut(text.encode()):
            yield self._next(Content(Kind.TEXT, piece))

    def seal_empty(self, kind):
        return self._next(Content(kind))

    def _next(self, content):
        at, keys = self._direction.counter, self._direction.keys
        self._direction.advance()
        return seal_record(content.kind, content.text, at, keys, secrets.token_bytes(16))


class Decoder:
    def __init__(self, direction):
        self._direction = direction
        self._received = bytearray()
        self._end_said = False

    def feed(self, data):
        self._received.extend(data)
        for record in iter(self._whole_record, None):
            kind, text = open_record(record, self._direction.counter, self._direction.keys)
            self._accept(kind, len(record))
            if kind is Kind.TEXT:
                yield text

    def close(self):
        if not self._end_said or self._received:
            raise TruncationError("cut")

    def _whole_record(self):
        size = measure(self._received)
        return bytes(self._received[:size]) if size and len(self._received) >= size else None

    def _accept(self, kind, size):
        if self._end_said:
            raise RecordError("the end was said before")
        self._end_said = kind is Kind.END
        self._received[:size] = b""
        self._direction.advance()
