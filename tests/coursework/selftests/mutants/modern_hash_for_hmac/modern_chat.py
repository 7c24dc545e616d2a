"""A tag is a plain hash of key and data."""

import hashlib

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def tag(data, keys):
    return hashlib.sha256(keys.authentication + data).digest()


protocol.tag = tag
