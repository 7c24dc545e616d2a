"""A short last block gets no padding."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def process_text(text):
    return [list(map(ord, text[start : start + 16])) for start in range(0, len(text), 16)]


protocol.process_text = process_text
