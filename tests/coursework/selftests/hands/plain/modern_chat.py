"""A right modern chat, written step by step, as a beginner would."""

import hashlib
import hmac
import os

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad


class AuthenticationError(Exception):
    """A tag is wrong."""


class FrameError(Exception):
    """The content is wrong."""


class TruncationError(Exception):
    """The end came too early."""


class Keys:
    def __init__(self, confidentiality, authentication):
        self.confidentiality = confidentiality
        self.authentication = authentication


def derive_keys(confkey, authkey):
    first = hashlib.sha256(confkey.encode("utf-8")).digest()
    second = hashlib.sha256(authkey.encode("utf-8")).digest()
    return Keys(first, second)


def split_chunks(message):
    chunks = []
    current = b""
    for character in message:
        encoded = character.encode("utf-8")
        if len(current) + len(encoded) > 15:
            chunks.append(current)
            current = b""
        current = current + encoded
    if current != b"":
        chunks.append(current)
    return chunks


def tag(data, keys):
    return hmac.new(keys.authentication, data, hashlib.sha256).digest()


def seal_frame(chunk, length, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    encrypted_length = cipher.encrypt(pad(str(length).encode(), 16))
    encrypted_chunk = cipher.encrypt(pad(chunk, 16))
    first_tag = tag(iv + encrypted_length, keys)
    second_tag = tag(encrypted_chunk, keys)
    return iv + encrypted_length + first_tag + encrypted_chunk + second_tag


def seal(message, keys):
    result = b""
    for chunk in split_chunks(message):
        iv = os.urandom(16)
        result = result + seal_frame(chunk, len(chunk), keys, iv)
    return result


def open_frame(frame, keys):
    iv = frame[0:16]
    encrypted_length = frame[16:32]
    first_tag = frame[32:64]
    encrypted_chunk = frame[64:80]
    second_tag = frame[80:112]
    first_ok = hmac.compare_digest(first_tag, tag(iv + encrypted_length, keys))
    second_ok = hmac.compare_digest(second_tag, tag(encrypted_chunk, keys))
    if not first_ok or not second_ok:
        raise AuthenticationError("ERROR: HMAC verification failed")
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv)
    try:
        length = unpad(cipher.decrypt(encrypted_length), 16)
        chunk = unpad(cipher.decrypt(encrypted_chunk), 16)
        text = chunk.decode("utf-8")
    except ValueError:
        raise FrameError("bad padding or bad text")
    if not length.isdigit():
        raise FrameError("the length is not a number")
    if int(length) < len(text):
        raise FrameError("the length is too small")
    return chunk


class Decoder:
    def __init__(self, keys):
        self.keys = keys
        self.buffer = b""

    def feed(self, data):
        self.buffer = self.buffer + data
        while len(self.buffer) >= 112:
            chunk = open_frame(self.buffer[:112], self.keys)
            self.buffer = self.buffer[112:]
            yield chunk

    def close(self):
        if len(self.buffer) > 0:
            raise TruncationError("the stream ended inside a frame")
