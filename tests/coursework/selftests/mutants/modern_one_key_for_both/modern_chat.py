"""The tags are made with the confidentiality key."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal_frame


def seal_frame(chunk, length, keys, iv):
    one = protocol.Keys(keys.confidentiality, keys.confidentiality)
    return right(chunk, length, one, iv)


protocol.seal_frame = seal_frame
