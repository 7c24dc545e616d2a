"""The length is the number of the frame."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal


def seal(message, keys):
    return right(message, keys, lambda chunks: list(range(len(chunks))))


protocol.seal = seal
