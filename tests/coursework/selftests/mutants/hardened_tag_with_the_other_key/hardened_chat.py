"""The tag is made with the key that encrypts."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.seal_record


def seal_record(kind, text, counter, keys, iv):
    sealed = right(kind, text, counter, keys, iv)[:-32]
    other = records.Keys(keys.authentication, keys.confidentiality)
    return sealed + records.tag(counter, sealed, other)


records.seal_record = seal_record
