"""Both blocks are encrypted in ECB."""

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def seal_frame(chunk, length, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_ECB)
    header = iv + cipher.encrypt(pad(b"%d" % length, 16))
    body = cipher.encrypt(pad(chunk, 16))
    return header + protocol.tag(header, keys) + body + protocol.tag(body, keys)


protocol.seal_frame = seal_frame
