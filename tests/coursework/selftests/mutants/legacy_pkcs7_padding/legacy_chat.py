"""The padding is PKCS#7."""

from Crypto.Util.Padding import pad

from legacy import protocol
from tests.coursework.selftests.reference.legacy_chat import *  # noqa: F403


def process_text(text):
    padded = pad(text.encode(), 16)
    return [list(padded[start : start + 16]) for start in range(0, len(padded), 16)]


protocol.process_text = process_text
