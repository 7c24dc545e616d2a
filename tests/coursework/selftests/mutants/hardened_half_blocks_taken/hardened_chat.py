"""A length need not be whole blocks."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.measure


def measure(start):
    rest = int.from_bytes(start[:2], "big")
    if len(start) > 1 and 64 <= rest <= 1072:
        return rest + 2
    return right(start)


records.measure = measure
