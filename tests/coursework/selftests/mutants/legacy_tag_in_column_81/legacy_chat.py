"""There is one space too many before the tag."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.verify_and_display


def verify_and_display(text):
    line = right(text)
    return line and line.replace("☑", " ☑").replace("☒", " ☒")


protocol.verify_and_display = verify_and_display
