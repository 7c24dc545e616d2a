"""A record with the number before is opened as well."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.open_record


def open_record(record, counter, keys):
    try:
        return right(record, counter, keys)
    except records.AuthenticationError:
        return right(record, max(counter - 1, 0), keys)


records.open_record = open_record
