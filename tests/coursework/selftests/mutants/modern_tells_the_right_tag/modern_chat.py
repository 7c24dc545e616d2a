"""The error for a bad tag shows the right tag."""

import hmac

from modern import protocol
from tests.coursework.selftests.reference.modern_chat import *  # noqa: F403

right = protocol.open_frame


def open_frame(frame, keys):
    try:
        return right(frame, keys)
    except protocol.AuthenticationError as error:
        wanted = hmac.digest(keys.authentication, frame[protocol.HEADER], "sha256")
        error.args = (f"expected the tag {wanted.hex()}",)
        raise


protocol.open_frame = open_frame
