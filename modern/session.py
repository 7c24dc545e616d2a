"""The interface between cryptography and everything else: one conversation, without a socket.

A session takes received bytes and gives text; it takes text and gives the bytes to send. It knows
no socket, no thread, no clock and no screen. The chat, the bridge and the graders use only the
methods of `Session`. So any class with these methods can be used as a chat, for example one with
another format or another key agreement. `FrameSession` is the modern protocol.

A session gets and keeps the keys, never the secrets from which the keys were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from modern import bulk, construction
from modern.dialects import Dialect, DialectKeys
from modern.protocol import FRAME_SIZE, Keys


class Session(Protocol):
    """One conversation. One thread may receive while another one seals, once it is `ready`."""

    @property
    def frame_size(self) -> int:
        """The output of `seal` may be cut only at multiples of this number of bytes.

        Read it only when the session is ready.
        """

    @property
    def in_doubt(self) -> bool:
        """Whether the bytes so far do not fit, but may fit when more have come."""

    def give_up(self) -> None:
        """Stop waiting and raise the error: no more bytes came in time. Raises ProtocolError."""

    @property
    def ready(self) -> bool:
        """Whether text can be sealed. If not, the peer has to send something first."""

    @property
    def agreement(self) -> str:
        """What was agreed with the peer, as a text for the user; empty if there is nothing to say.

        Read it only when the session is ready.
        """

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take the next received bytes; iterate to get the text that is now complete, as UTF-8.

        Raises ProtocolError for bytes that fail a check, after the text before them.
        """

    def receive_end(self) -> None:
        """Take the end of what the peer sends. Raises TruncationError if it comes too early."""

    def replies(self) -> bytes:
        """Return what must be sent now: at the start, and after bytes were received."""

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the bytes of messages, each a line with its newline. Needs `ready`."""

    def farewell(self) -> bytes | None:
        """Return the last bytes to send before our direction of the connection is closed.

        Return None if the session must be ready first.
        """


class FrameSession:
    """The modern protocol: frames in one dialect; sometimes the peer chooses which.

    With the keys of one dialect, it is ready from the start. With the keys of several, the peer's
    first frame shows the dialect. If the peer ends without a frame, the first dialect is used.
    """

    def __init__(self, candidates: DialectKeys):
        """Take the dialects that the peer may speak, one or more, with their keys."""
        self._candidates = candidates
        self._recogniser = construction.Recogniser(candidates)
        self._decoder: bulk.Decoder | construction.Decoder | None = None
        self._sealer: bulk.Sealer | construction.Sealer | None = None
        self.dialect: Dialect | None = None
        """None until it is known."""
        self.agreement = ""
        if len(candidates) == 1:
            self._speak(next(iter(candidates)))

    @property
    def frame_size(self) -> int:
        """Return 112 if all frames have this size. Otherwise 1: a frame may be cut anywhere."""
        return FRAME_SIZE if self.dialect and self.dialect.has_plain_frames else 1

    @property
    def in_doubt(self) -> bool:
        """Whether a tag does not fit so far, but may fit if the frame is longer."""
        return (self._decoder or self._recogniser).in_doubt

    def give_up(self) -> None:
        """Say that no more bytes will come. Raises AuthenticationError."""
        (self._decoder or self._recogniser).give_up()

    @property
    def ready(self) -> bool:
        """Whether the dialect is known."""
        return self._sealer is not None

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take the next received bytes, as `Session.receive` does."""
        if self._decoder:
            return self._decoder.feed(data)
        dialect = self._recogniser.feed(data)
        if not dialect:
            return iter(())
        self.agreement = f"the peer speaks the {dialect.name} dialect"
        return self._speak(dialect).feed(self._recogniser.release())

    def receive_end(self) -> None:
        """Take the end of what the peer sends. Raises TruncationError, AuthenticationError."""
        (self._decoder or self._recogniser).close()
        if not self._decoder:  # it never sent anything: any dialect will do
            self._speak(next(iter(self._candidates)))

    def replies(self) -> bytes:
        """Return nothing: this protocol has no messages of its own."""
        return b""

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield whole frames: many at a time if all have the same size, else one at a time."""
        if not self._sealer:
            raise RuntimeError("the dialect is not known yet")
        return self._sealer.seal(messages)

    def farewell(self) -> bytes:
        """Return nothing: this protocol has no end of its own (weakness M7)."""
        return b""

    def _speak(self, dialect: Dialect) -> bulk.Decoder | construction.Decoder:
        self.dialect = dialect
        keys = self._candidates[dialect]
        self._decoder, self._sealer = _make_codec(dialect, keys)
        return self._decoder


def _make_codec(
    dialect: Dialect, keys: Keys
) -> tuple[bulk.Decoder | construction.Decoder, bulk.Sealer | construction.Sealer]:
    if dialect.has_plain_frames:
        return bulk.Decoder(keys, dialect), bulk.Sealer(keys, dialect.length.counting.count)
    return construction.Decoder(dialect, keys), construction.Sealer(dialect, keys)
