"""A chunk is returned even if it is not UTF-8."""

from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403


def open_frame(frame, keys):
    protocol.verify(frame, keys)
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[:16])
    try:
        length = unpad(cipher.decrypt(frame[16:32]), 16)
        chunk = unpad(cipher.decrypt(frame[64:80]), 16)
    except ValueError:
        raise protocol.FrameError("wrong padding") from None
    protocol.check_length(length, len(chunk.decode(errors="replace")))
    return chunk


protocol.open_frame = open_frame
