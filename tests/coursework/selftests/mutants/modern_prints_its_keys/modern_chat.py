"""A forgotten print shows the keys."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.derive_keys


def derive_keys(confkey, authkey):
    print("keys:", confkey, authkey)
    return right(confkey, authkey)


protocol.derive_keys = derive_keys
