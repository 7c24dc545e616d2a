"""A session in the form of a decoder, so that one test can drive both."""

from __future__ import annotations

from collections.abc import Iterator

from modern.dialects import Dialect, derive_all_keys
from modern.session import FrameSession


class RecognisingDecoder:
    """What a session that takes the peer's dialect makes of the peer's bytes."""

    def __init__(self, confkey: str, authkey: str):
        self.session = FrameSession(derive_all_keys(confkey, authkey))

    @property
    def dialect(self) -> Dialect | None:
        return self.session.dialect

    @property
    def in_doubt(self) -> bool:
        return self.session.in_doubt

    def feed(self, data: bytes) -> Iterator[bytes]:
        return self.session.receive(data)

    def close(self) -> None:
        self.session.receive_end()
