"""A bad tag is refused, with another error if the padding is wrong."""

import pyaes

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.open_frame
decrypt_block = pyaes.AES.decrypt
"""Taken before the grader watches it, and so like that of a library that it does not know."""


class PaddingError(protocol.AuthenticationError):
    pass


def open_frame(frame, keys):
    block = decrypt_block(pyaes.AES(keys.confidentiality), frame[64:80])
    try:
        return right(frame, keys)
    except protocol.AuthenticationError:
        if block[-1] ^ frame[31] > 16:
            raise PaddingError from None
        raise


protocol.open_frame = open_frame
