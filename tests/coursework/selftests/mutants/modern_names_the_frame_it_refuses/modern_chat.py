"""The text of an error differs from frame to frame."""

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.open_frame


def open_frame(frame, keys):
    try:
        return right(frame, keys)
    except protocol.AuthenticationError as error:
        error.args = (f"frame {frame[:4].hex()} rejected",)
        raise


protocol.open_frame = open_frame
