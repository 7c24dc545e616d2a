"""A newline is sent after each message."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.seal


def seal(message, timestamp, key):
    return right(message, timestamp, key) + b"\n"


protocol.seal = seal
