"""Only the first 8 bytes of each tag are compared."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def verify(frame, keys):
    header_fits = protocol.tag(frame[:32], keys).startswith(frame[32:40])
    body_fits = protocol.tag(frame[64:80], keys).startswith(frame[80:88])
    if not (header_fits and body_fits):
        raise protocol.AuthenticationError


protocol.verify = verify
