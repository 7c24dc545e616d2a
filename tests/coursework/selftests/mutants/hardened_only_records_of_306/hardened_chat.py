"""A record of another size is refused."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.open_record


def open_record(record, counter, keys):
    if len(record) != 306:
        raise records.AuthenticationError
    return right(record, counter, keys)


records.open_record = open_record
