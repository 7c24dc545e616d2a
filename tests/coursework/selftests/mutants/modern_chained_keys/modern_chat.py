"""One hash object gets both secrets."""

import hashlib

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def derive_keys(confkey, authkey):
    digest = hashlib.sha256(confkey.encode())
    confidentiality = digest.digest()
    digest.update(authkey.encode())
    return protocol.Keys(confidentiality, digest.digest())


protocol.derive_keys = derive_keys
