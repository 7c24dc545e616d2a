"""The hash is written in upper case."""

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403

right = protocol.build_envelope


def build_envelope(message, timestamp):
    digest = protocol.hash_message(message)
    return right(message, timestamp).replace(digest, digest.upper())


protocol.build_envelope = build_envelope
