"""A length over 15 is refused."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.check_length


def check_length(length, characters):
    right(length, characters)
    if int(length) > 15:
        raise protocol.FrameError("too long")


protocol.check_length = check_length
