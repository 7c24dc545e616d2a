"""Zeros and one byte are cut off, whatever that byte is."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def read_plaintext(plaintext):
    try:
        content = plaintext.rstrip(b"\0")[:-1]
        kind, text = records.Kind(content[:1]), content[1:]
        text.decode()
    except ValueError:
        raise records.RecordError("wrong") from None
    if text and kind is not records.Kind.TEXT:
        raise records.RecordError("text where there is none")
    return kind, text


records.read_plaintext = read_plaintext
