"""The tag is compared over the length that the record really has."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.open_record


def open_record(record, counter, keys):
    real = (len(record) - 2).to_bytes(2, "big")
    return right(real + record[2:], counter, keys)


records.open_record = open_record
