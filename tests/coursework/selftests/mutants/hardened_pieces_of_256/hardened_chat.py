"""A piece has up to two bytes too many."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.split_text


def split_text(text, size):
    return right(text, size + 2)


records.split_text = split_text
