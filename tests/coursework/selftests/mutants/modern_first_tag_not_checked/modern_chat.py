"""Only the second tag is checked."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def verify(frame, keys):
    if protocol.tag(frame[64:80], keys) != frame[80:112]:
        raise protocol.AuthenticationError


protocol.verify = verify
