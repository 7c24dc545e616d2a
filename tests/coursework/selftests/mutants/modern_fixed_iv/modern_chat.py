"""The IV is always zero."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal


def seal(message, keys):
    return right(message, keys, random_bytes=bytes)


protocol.seal = seal
