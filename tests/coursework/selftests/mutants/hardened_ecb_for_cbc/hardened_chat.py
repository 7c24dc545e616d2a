"""The blocks are encrypted in ECB."""

from Crypto.Cipher import AES

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def seal_record(kind, text, counter, keys, iv):
    cipher = AES.new(keys.confidentiality, AES.MODE_ECB)
    sealed = (304).to_bytes(2, "big") + iv + cipher.encrypt(records.fill_up(kind, text))
    return sealed + records.tag(counter, sealed, keys)


records.seal_record = seal_record
