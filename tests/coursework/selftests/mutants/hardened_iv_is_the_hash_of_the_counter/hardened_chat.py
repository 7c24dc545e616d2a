"""The IV is the hash of the counter."""

import hashlib
import itertools

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

counter = itertools.count()


class Sealer(reference.Sealer):
    def new_iv(self):
        self.number = next(counter)
        return hashlib.sha256(b"%d" % self.number).digest()[:16]
