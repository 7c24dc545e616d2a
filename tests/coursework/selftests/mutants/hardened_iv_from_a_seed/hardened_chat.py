"""The IV comes from a random generator with a fixed seed."""

import random

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

generator = random.Random(1)


class Sealer(reference.Sealer):
    def new_iv(self):
        return generator.randbytes(16)
