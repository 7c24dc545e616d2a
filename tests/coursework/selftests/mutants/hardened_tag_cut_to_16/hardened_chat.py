"""The tag is cut to 16 bytes."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.seal_record


def seal_record(kind, text, counter, keys, iv):
    return right(kind, text, counter, keys, iv)[:-16]


records.seal_record = seal_record
