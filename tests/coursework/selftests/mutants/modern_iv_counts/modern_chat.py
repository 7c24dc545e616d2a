"""The IV is a counter."""

import itertools

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal
counter = itertools.count()


def seal(message, keys):
    return right(message, keys, random_bytes=lambda size: next(counter).to_bytes(size, "big"))


protocol.seal = seal
