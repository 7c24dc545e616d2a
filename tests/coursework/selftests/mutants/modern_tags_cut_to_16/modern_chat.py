"""The tags are cut to 16 bytes."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal_frame


def seal_frame(chunk, length, keys, iv):
    frame = right(chunk, length, keys, iv)
    return frame[:48] + frame[64:96]


protocol.seal_frame = seal_frame
