"""An incomplete block is decrypted, too, which raises an error."""

from Crypto.Cipher import AES

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def process_bytes(received, key):
    cipher = AES.new(key, AES.MODE_ECB)
    return cipher.decrypt(received).decode("latin-1").replace("~", "")


protocol.process_bytes = process_bytes
