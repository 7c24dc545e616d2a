"""The padding is zero bytes."""

from Crypto.Cipher import AES

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def seal_frame(chunk, length, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv)
    header = iv + cipher.encrypt((b"%d" % length).ljust(16, b"\0"))
    body = cipher.encrypt(chunk.ljust(16, b"\0"))
    return header + protocol.tag(header, keys) + body + protocol.tag(body, keys)


protocol.seal_frame = seal_frame
