"""Right records of the third chat, written step by step, as a beginner would."""

import hashlib
import hmac
import os
from enum import Enum

from Crypto.Cipher import AES


class AuthenticationError(Exception):
    """The tag is wrong."""


class RecordError(Exception):
    """The content is wrong."""


class TruncationError(Exception):
    """The end came too early."""


class Kind(Enum):
    TEXT = b"\x00"
    PADDING = b"\x01"
    END = b"\x02"


class Keys:
    def __init__(self, confidentiality, authentication):
        self.confidentiality = confidentiality
        self.authentication = authentication


def hkdf(secret, info, length):
    """RFC 5869: first extract, then expand."""
    zeros = bytes(32)
    extracted = hmac.new(zeros, secret, hashlib.sha256).digest()
    output = b""
    block = b""
    number = 1
    while len(output) < length:
        block = hmac.new(extracted, block + info + bytes([number]), hashlib.sha256).digest()
        output = output + block
        number = number + 1
    return output[:length]


def derive_keys(agreed_key, transcript):
    transcript_hash = hashlib.sha256(transcript).digest()
    info = b"tilde-to-tag hardened keys" + transcript_hash
    material = hkdf(agreed_key, info, 128)
    client = Keys(material[0:32], material[32:64])
    server = Keys(material[64:96], material[96:128])
    return client, server


def renew(keys):
    secret = keys.confidentiality + keys.authentication
    material = hkdf(secret, b"tilde-to-tag hardened renewal", 64)
    return Keys(material[0:32], material[32:64])


def split_text(text, size):
    pieces = []
    current = b""
    for character in text.decode("utf-8"):
        encoded = character.encode("utf-8")
        if len(current) + len(encoded) > size:
            pieces.append(current)
            current = b""
        current = current + encoded
    if current != b"":
        pieces.append(current)
    return pieces


def fill_up(kind, text):
    content = kind.value + text + b"\x80"
    while len(content) < 256:
        content = content + b"\x00"
    return content


def tag(counter, record, keys):
    number = counter.to_bytes(8, "big")
    return hmac.new(keys.authentication, number + record, hashlib.sha256).digest()


def seal_record(kind, text, counter, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    encrypted = cipher.encrypt(fill_up(kind, text))
    length = 16 + len(encrypted) + 32
    record = length.to_bytes(2, "big") + iv + encrypted
    return record + tag(counter, record, keys)


def read_plaintext(plaintext):
    end = len(plaintext) - 1
    while end > 0 and plaintext[end] == 0:
        end = end - 1
    if plaintext[end] != 0x80:
        raise RecordError("bad padding")
    if end == 0:
        raise RecordError("no kind")
    first = plaintext[0:1]
    text = plaintext[1:end]
    if first not in (b"\x00", b"\x01", b"\x02"):
        raise RecordError("no such kind")
    kind = Kind(first)
    if kind != Kind.TEXT and text != b"":
        raise RecordError("a text where there is none")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError("bad text")
    return kind, text


def open_record(record, counter, keys):
    length = record[0:2]
    iv = record[2:18]
    encrypted = record[18:-32]
    received_tag = record[-32:]
    right_tag = tag(counter, length + iv + encrypted, keys)
    if not hmac.compare_digest(right_tag, received_tag):
        raise AuthenticationError("ERROR: HMAC verification failed")
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    return read_plaintext(cipher.decrypt(encrypted))


def measure(start):
    if len(start) < 2:
        return 0
    length = start[0] * 256 + start[1]
    if length < 64 or length > 1072:
        raise AuthenticationError("the length is out of bounds")
    if length % 16 != 0:
        raise AuthenticationError("the length is no number of blocks")
    return 2 + length


class Direction:
    def __init__(self, keys, counter=0):
        self.keys = keys
        self.counter = counter

    def advance(self):
        self.counter = self.counter + 1
        if self.counter % 2**20 == 0:
            self.keys = renew(self.keys)


class Sealer:
    def __init__(self, direction):
        self.direction = direction

    def seal(self, text):
        records = []
        for piece in split_text(text.encode("utf-8"), 254):
            iv = os.urandom(16)
            counter = self.direction.counter
            records.append(seal_record(Kind.TEXT, piece, counter, self.direction.keys, iv))
            self.direction.advance()
        return records

    def seal_empty(self, kind):
        iv = os.urandom(16)
        record = seal_record(kind, b"", self.direction.counter, self.direction.keys, iv)
        self.direction.advance()
        return record


class Decoder:
    def __init__(self, direction):
        self.direction = direction
        self.buffer = b""
        self.ended = False

    def feed(self, data):
        self.buffer = self.buffer + data
        while True:
            size = measure(self.buffer)
            if size == 0 or len(self.buffer) < size:
                return
            record = self.buffer[:size]
            kind, text = open_record(record, self.direction.counter, self.direction.keys)
            if self.ended:
                raise RecordError("something came after the end")
            self.buffer = self.buffer[size:]
            self.direction.advance()
            if kind == Kind.END:
                self.ended = True
            if kind == Kind.TEXT:
                yield text

    def close(self):
        if len(self.buffer) > 0:
            raise TruncationError("the stream ended inside a record")
        if not self.ended:
            raise TruncationError("the peer did not say that it ended")
