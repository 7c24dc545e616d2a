"""The timestamp is an ISO date and time."""

from datetime import datetime

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.build_envelope


def build_envelope(message, timestamp):
    return right(message, datetime.now().isoformat())


protocol.build_envelope = build_envelope
