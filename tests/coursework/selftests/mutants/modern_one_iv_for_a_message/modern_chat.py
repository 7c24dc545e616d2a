"""All frames of a message have the same IV."""

import os

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal


def seal(message, keys):
    iv = os.urandom(16)
    return right(message, keys, random_bytes=lambda size: iv)


protocol.seal = seal
