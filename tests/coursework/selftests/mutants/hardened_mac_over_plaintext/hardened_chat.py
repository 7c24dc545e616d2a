"""The tag covers the plaintext, not the ciphertext."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.seal_record


def seal_record(kind, text, counter, keys, iv):
    sealed = right(kind, text, counter, keys, iv)[:-32]
    return sealed + records.tag(counter, records.fill_up(kind, text), keys)


records.seal_record = seal_record
