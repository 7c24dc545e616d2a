"""Characters outside ASCII are not escaped."""

import json

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def build_envelope(message, timestamp):
    fields = {"timestamp": timestamp, "message": message, "hash": protocol.hash_message(message)}
    return json.dumps(fields, ensure_ascii=False)


protocol.build_envelope = build_envelope
