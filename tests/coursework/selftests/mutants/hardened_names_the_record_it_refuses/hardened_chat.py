"""The text of an error differs from record to record."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.open_record


def open_record(record, counter, keys):
    try:
        return right(record, counter, keys)
    except records.AuthenticationError:
        raise records.AuthenticationError(record[:24].hex()) from None


records.open_record = open_record
