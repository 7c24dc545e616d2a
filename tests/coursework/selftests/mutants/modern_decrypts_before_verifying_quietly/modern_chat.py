"""Everything is decrypted before the tags are checked, and all errors look the same."""

from Crypto.Cipher import AES

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.open_frame


def open_frame(frame, keys):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[:16])
    cipher.decrypt(frame[16:32] + frame[64:80])
    return right(frame, keys)


protocol.open_frame = open_frame
