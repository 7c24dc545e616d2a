"""The tags cover the plaintext, not the ciphertext."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal_frame


def seal_frame(chunk, length, keys, iv):
    frame = right(chunk, length, keys, iv)
    tags = protocol.tag(iv + b"%d" % length, keys), protocol.tag(chunk, keys)
    return frame[:32] + tags[0] + frame[64:80] + tags[1]


protocol.seal_frame = seal_frame
