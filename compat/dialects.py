"""The dialects of the modern wire as they are met: whose habits they are, and how to tell them.

What a chat needs to speak a dialect, the keys and the lengths, is data in `modern.dialects`, which
also recognises the first frame of a peer (`modern-chat --server --dialect auto`). Here is what
somebody needs who meets a program that cannot be changed: how each dialect came about, what a
program that speaks it expects, and which one a capture is in, also one that begins mid-frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from modern.dialects import CHAINED, INDEPENDENT, Dialect, recognise
from modern.errors import AuthenticationError
from modern.protocol import FRAME_SIZE


@dataclass(frozen=True)
class Habits:
    """How programs of one dialect behave, in words for people."""

    dialect: Dialect
    authentication_key: str
    """What is hashed to make it; the confidentiality key is SHA-256(confkey) in every dialect."""
    length: str
    """What the length field of a frame counts."""
    reason: str
    """How a program comes to speak like this."""


INDEPENDENT_HABITS = Habits(
    INDEPENDENT,
    authentication_key="SHA-256(authkey)",
    length="the bytes of this chunk",
    reason="each key has a hash object of its own",
)
CHAINED_HABITS = Habits(
    CHAINED,
    authentication_key="SHA-256(confkey followed by authkey)",
    length="the characters of the message that are still to be sent, this chunk included",
    reason="one hash object is updated with confkey and then, without a new start, with authkey; "
    "the length is taken before the message is cut",
)
CATALOGUE = {habits.dialect.name: habits for habits in (INDEPENDENT_HABITS, CHAINED_HABITS)}
"""By the dialect's name, as `--dialect` takes it."""

READING = (
    "A frame is what one recv(112) gives: a frame that TCP delivers in two pieces fails its tag, "
    "so frames go out whole, and as few as fit a segment (modern.chat.SEGMENT_FRAMES). "
    "Each chunk is decoded by itself, so none ends inside a character. "
    "Lengths are read, and nothing is done with them."
)
"""What programs of every dialect have in common."""


class Finding(NamedTuple):
    """Where the first whole frame of a capture starts, in bytes, and its dialect."""

    offset: int
    dialect: Dialect


def detect(capture: bytes, confkey: str, authkey: str) -> Finding:
    """Find the first frame in what one side was seen to send, wherever the capture begins.

    Raises AuthenticationError where no dialect's tags fit anywhere: other keys, or no whole frame.
    """
    for offset in range(len(capture) - FRAME_SIZE + 1):
        try:
            frame = capture[offset : offset + FRAME_SIZE]
            return Finding(offset, recognise(frame, confkey, authkey))
        except AuthenticationError:
            continue
    raise AuthenticationError
