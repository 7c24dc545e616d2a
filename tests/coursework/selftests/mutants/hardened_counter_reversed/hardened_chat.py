"""The last byte of the counter counts most."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.tag


def tag(counter, record, keys):
    return right(int.from_bytes(counter.to_bytes(8, "little"), "big"), record, keys)


records.tag = tag
