"""The honest peer of the modern chat: the one place where the grader seals text and opens bytes.

A peer is honest if it follows the protocol. The checks also need forged frames, which no honest
peer sends; these are made in `checks/modern_frames.py`.
"""

from __future__ import annotations

from modern.dialects import INDEPENDENT
from modern.errors import ModernError
from modern.protocol import Keys as ModernKeys
from modern.session import FrameSession
from tests.coursework.answers import Keys
from tests.coursework.model import Failure


class HonestPeer:
    """One end of a modern chat: text in, frames out; bytes of the wire in, text out."""

    def __init__(self, keys: Keys):
        own = ModernKeys(keys.confidentiality, keys.authentication)
        self._session = FrameSession({INDEPENDENT: own})

    def seal(self, text: str) -> bytes:
        """Return the frames of one message."""
        return b"".join(self._session.seal([text]))

    def open(self, data: bytes) -> str:
        """Return the text of all frames that are complete with `data`.

        Raises Failure where the peer refuses a frame.
        """
        try:
            return b"".join(self._session.receive(data)).decode()
        except ModernError as error:
            raise Failure(f"  an honest peer refuses what it was sent: {error}") from None
