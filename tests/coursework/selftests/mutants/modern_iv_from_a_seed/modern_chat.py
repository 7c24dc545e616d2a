"""The IV comes from a random generator with a fixed seed."""

import random

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.seal
generator = random.Random(2024)


def seal(message, keys):
    return right(message, keys, random_bytes=generator.randbytes)


protocol.seal = seal
