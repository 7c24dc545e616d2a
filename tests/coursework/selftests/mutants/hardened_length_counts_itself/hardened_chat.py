"""The length counts its own two bytes as well."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.seal_record


def seal_record(kind, text, counter, keys, iv):
    sealed = (306).to_bytes(2, "big") + right(kind, text, counter, keys, iv)[2:-32]
    return sealed + records.tag(counter, sealed, keys)


records.seal_record = seal_record
