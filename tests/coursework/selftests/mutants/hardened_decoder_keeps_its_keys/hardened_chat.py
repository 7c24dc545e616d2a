"""The receiver never replaces its keys."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


class Decoder(records.Decoder):
    def __init__(self, direction):
        super().__init__(direction)
        direction.advance = self._count

    def _count(self):
        self._direction.counter += 1
