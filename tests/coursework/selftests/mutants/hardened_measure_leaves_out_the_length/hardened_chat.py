"""What measure returns leaves out the two bytes of the length."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def measure(start):
    return max(records.measure(start) - 2, 0)
