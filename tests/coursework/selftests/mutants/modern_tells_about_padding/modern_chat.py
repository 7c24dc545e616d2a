"""A bad tag is refused, and the error says something about the padding."""

import pyaes

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.open_frame
decrypt_block = pyaes.AES.decrypt
"""Taken before the grader watches it, and so like that of a library that it does not know."""


def open_frame(frame, keys):
    block = decrypt_block(pyaes.AES(keys.confidentiality), frame[64:80])
    block = [byte ^ before for byte, before in zip(block, frame[16:32], strict=True)]
    try:
        return right(frame, keys)
    except protocol.AuthenticationError as error:
        error.args = ("bad tag" if block[-1] <= 16 else "bad tag and bad padding",)
        raise


protocol.open_frame = open_frame
