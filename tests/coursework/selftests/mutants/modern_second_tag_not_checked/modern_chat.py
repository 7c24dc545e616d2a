"""Only the first tag is checked."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def verify(frame, keys):
    if protocol.tag(frame[:32], keys) != frame[32:64]:
        raise protocol.AuthenticationError


protocol.verify = verify
