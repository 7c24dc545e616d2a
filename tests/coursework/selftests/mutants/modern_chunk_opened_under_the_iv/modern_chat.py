"""The chunk is decrypted under the IV."""

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def open_frame(frame, keys):
    protocol.verify(frame, keys)
    try:
        length, chunk = (_decrypt(frame[field], frame, keys) for field in (FIRST, SECOND))
        characters = len(chunk.decode())
    except ValueError:
        raise protocol.FrameError("wrong padding") from None
    protocol.check_length(length, characters)
    return chunk


def _decrypt(block, frame, keys):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[:16])
    return unpad(cipher.decrypt(block), 16)


FIRST, SECOND = slice(16, 32), slice(64, 80)


protocol.open_frame = open_frame
