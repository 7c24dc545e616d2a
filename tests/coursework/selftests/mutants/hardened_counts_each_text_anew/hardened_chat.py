"""The counter begins again with each text."""

from tests.coursework.selftests.reference import hardened_chat as reference
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Sealer(reference.Sealer):
    def seal(self, text):
        self.direction.counter = 0
        return super().seal(text)
