"""Everything is decrypted before the tags are checked, with pyaes."""

import pyaes

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.open_frame


def open_frame(frame, keys):
    cipher = pyaes.AESModeOfOperationCBC(keys.confidentiality, frame[:16])
    for block in (frame[16:32], frame[64:80]):
        cipher.decrypt(block)
    return right(frame, keys)


protocol.open_frame = open_frame
