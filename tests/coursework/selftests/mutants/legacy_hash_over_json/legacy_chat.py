"""The hash is made of the JSON, not of the message."""

import json

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.build_envelope


def build_envelope(message, timestamp):
    envelope = json.loads(right(message, timestamp))
    del envelope["hash"]
    digest = protocol.hash_message(json.dumps(envelope))
    return json.dumps({**envelope, "hash": digest})


protocol.build_envelope = build_envelope
