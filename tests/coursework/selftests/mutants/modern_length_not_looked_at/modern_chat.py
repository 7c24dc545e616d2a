"""The length is decrypted, but not checked."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def check_length(length, characters):
    pass


protocol.check_length = check_length
