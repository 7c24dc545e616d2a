"""The first tag does not cover the IV."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal_frame


def seal_frame(chunk, length, keys, iv):
    frame = right(chunk, length, keys, iv)
    return frame[:32] + protocol.tag(frame[16:32], keys) + frame[64:]


protocol.seal_frame = seal_frame
