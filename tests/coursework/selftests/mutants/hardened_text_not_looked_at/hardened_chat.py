"""A text is returned even if it is not UTF-8."""

from Crypto.Util.Padding import unpad

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def read_plaintext(plaintext):
    try:
        content = unpad(plaintext, len(plaintext), "iso7816")
        kind, text = records.Kind(content[:1]), content[1:]
    except ValueError:
        raise records.RecordError("wrong") from None
    if text and kind is not records.Kind.TEXT:
        raise records.RecordError("text where there is none")
    return kind, text


records.read_plaintext = read_plaintext
