"""The zeros at the end of the text are removed as well."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403

right = records.read_plaintext


def read_plaintext(plaintext):
    kind, text = right(plaintext)
    return kind, text.rstrip(b"\0")


records.read_plaintext = read_plaintext
