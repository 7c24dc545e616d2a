"""The length is sent unencrypted."""

from Crypto.Util.Padding import pad

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal_frame


def seal_frame(chunk, length, keys, iv):
    header = iv + pad(b"%d" % length, 16)
    return header + protocol.tag(header, keys) + right(chunk, length, keys, iv)[64:]


protocol.seal_frame = seal_frame
