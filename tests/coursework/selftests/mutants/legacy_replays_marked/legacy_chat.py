"""A replayed message is marked as wrong: safer, but not this protocol."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.verify_and_display
seen = set()


def verify_and_display(text):
    line = right(text)
    replayed = text in seen
    seen.add(text)
    return line.replace("☑", "☒") if line and replayed else line


protocol.verify_and_display = verify_and_display
