"""A forgotten print shows the keys."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.open_record


def open_record(record, counter, keys):
    print("key", keys.authentication.hex())
    return right(record, counter, keys)


records.open_record = open_record
