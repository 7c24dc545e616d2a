"""A piece may end inside a character."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def split_text(text, size):
    return [text[start : start + size] for start in range(0, len(text), size)]


records.split_text = split_text
