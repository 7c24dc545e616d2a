"""A message that leaves no space before the tag is shown."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def verify_and_display(text):
    envelope = protocol.parse_envelope(text)
    tag = "☑" if envelope.verified else "☒"
    return f"Received : {envelope.message:<68}{tag}  {envelope.timestamp}"


protocol.verify_and_display = verify_and_display
