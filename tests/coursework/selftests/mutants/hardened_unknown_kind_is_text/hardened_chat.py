"""An unknown kind is taken for text."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.read_plaintext


def read_plaintext(plaintext):
    if plaintext[:1] not in b"\0\1\2\x80":
        plaintext = b"\0" + plaintext[1:]
    return right(plaintext)


records.read_plaintext = read_plaintext
