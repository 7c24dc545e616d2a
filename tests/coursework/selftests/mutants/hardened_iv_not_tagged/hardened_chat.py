"""The tag does not cover the IV."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.seal_record


def seal_record(kind, text, counter, keys, iv):
    sealed = right(kind, text, counter, keys, iv)[:-32]
    return sealed + records.tag(counter, sealed[:2] + sealed[18:], keys)


records.seal_record = seal_record
