"""No tag is checked."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def verify(frame, keys):
    pass


protocol.verify = verify
