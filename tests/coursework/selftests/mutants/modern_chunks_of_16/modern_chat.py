"""A chunk has 16 bytes."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def split_chunks(message):
    text = message.encode()
    return [text[start : start + 16] for start in range(0, len(text), 16)]


protocol.split_chunks = split_chunks
