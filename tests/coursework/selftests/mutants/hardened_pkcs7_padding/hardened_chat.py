"""The padding is PKCS#7."""

from modern.hardened import records
from tests.coursework.selftests.reference.hardened_chat import *  # noqa: F403


def fill_up(kind, text, fill=256):
    content = kind.value + text
    missing = fill - len(content)
    return content + bytes([missing]) * missing


records.fill_up = fill_up
