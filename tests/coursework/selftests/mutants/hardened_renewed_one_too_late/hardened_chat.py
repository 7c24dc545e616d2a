"""The keys are replaced one record too late."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def advance(self, number=1):
    self.counter += number
    if self.counter % records.RENEW_AFTER == 1 and self.counter > 1:
        self.keys = records.renew(self.keys)


records.Direction.advance = advance
