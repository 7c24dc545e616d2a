"""The keys that follow come from one key only."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.renew


def renew(keys):
    return right(records.Keys(keys.confidentiality, b""))


records.renew = renew
