"""A bad tag raises ValueError."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.verify


def verify(frame, keys):
    try:
        right(frame, keys)
    except protocol.AuthenticationError:
        raise ValueError("bad tag") from None


protocol.verify = verify
