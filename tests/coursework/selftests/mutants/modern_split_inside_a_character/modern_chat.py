"""A chunk may end inside a character."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def split_chunks(message):
    text = message.encode()
    return [text[start : start + 15] for start in range(0, len(text), 15)]


protocol.split_chunks = split_chunks
