"""The length is always 9999."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal


def seal(message, keys):
    return right(message, keys, lambda chunks: [9999] * len(chunks))


protocol.seal = seal
