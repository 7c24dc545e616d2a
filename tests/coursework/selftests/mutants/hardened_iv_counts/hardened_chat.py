"""The IV is a counter."""

import itertools

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

counter = itertools.count()


class Sealer(reference.Sealer):
    def new_iv(self):
        return next(counter).to_bytes(16, "big")
