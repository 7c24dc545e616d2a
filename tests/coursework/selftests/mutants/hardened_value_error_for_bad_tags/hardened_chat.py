"""A bad tag raises ValueError."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.open_record


def open_record(record, counter, keys):
    try:
        return right(record, counter, keys)
    except records.AuthenticationError:
        raise ValueError from None


records.open_record = open_record
