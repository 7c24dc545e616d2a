"""No keys are ever replaced."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def advance(self, records=1):
    self.counter += records


records.Direction.advance = advance
