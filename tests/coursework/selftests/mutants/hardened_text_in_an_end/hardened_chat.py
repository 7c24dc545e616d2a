"""A text in a record of kind END is accepted."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.read_plaintext


def read_plaintext(plaintext):
    if plaintext[:1] == b"\2":
        return records.Kind.END, right(b"\0" + plaintext[1:])[1]
    return right(plaintext)


records.read_plaintext = read_plaintext
