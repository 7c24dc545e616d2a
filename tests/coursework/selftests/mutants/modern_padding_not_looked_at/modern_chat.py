"""The last byte says how many bytes are cut off, and nothing else is checked."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def unpad(block, size):
    return block[: -block[-1]] if block[-1] else block


protocol.unpad = unpad
