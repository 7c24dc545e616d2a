"""A text is filled up to the next block of 16 bytes."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.fill_up


def fill_up(kind, text, fill=256):
    return right(kind, text, 16)


records.fill_up = fill_up
