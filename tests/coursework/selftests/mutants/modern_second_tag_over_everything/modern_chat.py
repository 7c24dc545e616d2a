"""The second tag covers the whole frame."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal_frame


def seal_frame(chunk, length, keys, iv):
    frame = right(chunk, length, keys, iv)
    return frame[:80] + protocol.tag(frame[:80], keys)


protocol.seal_frame = seal_frame
