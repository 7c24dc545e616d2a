"""The keys do not depend on the transcript."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.derive_keys


def derive_keys(agreed_key, transcript):
    return right(agreed_key, b"")
