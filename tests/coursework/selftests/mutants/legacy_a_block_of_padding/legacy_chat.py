"""A full last block is followed by a block of padding."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.process_text


def process_text(text):
    return right(text + "~" * (16 - len(text) % 16))


protocol.process_text = process_text
