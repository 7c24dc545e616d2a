"""The two keys are swapped."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.derive_keys


def derive_keys(confkey, authkey):
    return right(authkey, confkey)


protocol.derive_keys = derive_keys
