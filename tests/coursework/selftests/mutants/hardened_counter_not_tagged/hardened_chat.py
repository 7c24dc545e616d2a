"""The tag does not cover the counter."""

import hmac

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def tag(counter, record, keys):
    return hmac.digest(keys.authentication, record, "sha256")


records.tag = tag
