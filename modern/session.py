"""The seam between cryptography and everything else: one conversation, and no socket in it.

A session takes the bytes of the wire and gives text; it takes text and gives the bytes to send. It
knows no socket, no thread, no clock and no screen. The chat, the bridge and the graders talk to a
`Session` and to nothing behind it, so whatever fills this form is a chat: another wire, another
key agreement. `FrameSession` is the modern protocol in it.

A session keeps the keys and is never given the secrets that they were made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from modern import bulk
from modern.dialects import Dialect, DialectKeys, recognise
from modern.errors import TruncationError
from modern.protocol import FRAME_SIZE


class Session(Protocol):
    """One conversation. One thread may receive while another one seals, once it is `ready`."""

    frame_size: int
    """What `seal` gives may be sent in pieces of a multiple of this many bytes."""

    @property
    def ready(self) -> bool:
        """Whether text can be sealed. If not, the peer has to speak first."""

    @property
    def agreement(self) -> str:
        """What was agreed with the peer, in words for a person; empty if there is nothing to say.

        To be read once the session is ready.
        """

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece of the wire; iterate to get the text, as UTF-8, complete with it.

        Raises ProtocolError for bytes that cannot be believed, after the text before them.
        """

    def receive_end(self) -> None:
        """Take the end of what the peer sends. Raises TruncationError if it comes too early."""

    def replies(self) -> bytes:
        """Return what must be sent now: at the start, and after bytes were received."""

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield the bytes of messages, each a line with its newline. Needs `ready`."""

    def farewell(self) -> bytes | None:
        """Return the last bytes to send before our half of the connection is closed.

        None if the session must be ready first.
        """


class FrameSession:
    """The modern protocol: frames in one dialect, which the peer may be the one to choose.

    With the keys of one dialect, it is ready from the start. With those of several, the peer's
    first frame tells which one it is; a peer that ends without a word gets the first of them.
    """

    frame_size = FRAME_SIZE

    def __init__(self, candidates: DialectKeys):
        """Take the dialects that the peer may speak, one or more, with their keys."""
        self._candidates = candidates
        self._first = b""  # the beginning of the stream, until a dialect is known
        self._decoder: bulk.Decoder | None = None
        self._sealer: bulk.Sealer | None = None
        self.dialect: Dialect | None = None
        """None until it is known."""
        self.agreement = ""
        if len(candidates) == 1:
            self._speak(next(iter(candidates)))

    @property
    def ready(self) -> bool:
        """Whether the dialect is known."""
        return self._sealer is not None

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece of the wire, as `Session.receive` does."""
        if self._decoder:
            return self._decoder.feed(data)
        self._first += data
        if len(self._first) < FRAME_SIZE:
            return iter(())
        dialect = recognise(self._first[:FRAME_SIZE], self._candidates)
        self.agreement = f"the peer speaks the {dialect.name} dialect"
        return self._speak(dialect).feed(self._first)

    def receive_end(self) -> None:
        """Take the end of what the peer sends. Raises TruncationError inside a frame."""
        if self._decoder:
            self._decoder.close()
        elif self._first:
            raise TruncationError
        else:  # it never spoke: any dialect will do
            self._speak(next(iter(self._candidates)))

    def replies(self) -> bytes:
        """Return nothing: this protocol has no messages of its own."""
        return b""

    def seal(self, messages: Iterable[str]) -> Iterator[bytes]:
        """Yield frames, whole ones, a batch at a time."""
        if not self._sealer:
            raise RuntimeError("the dialect is not known yet")
        return self._sealer.seal(messages)

    def farewell(self) -> bytes:
        """Return nothing: this protocol has no end of its own (weakness M7)."""
        return b""

    def _speak(self, dialect: Dialect) -> bulk.Decoder:
        keys = self._candidates[dialect]
        self.dialect = dialect
        self._decoder = bulk.Decoder(keys)
        self._sealer = bulk.Sealer(keys, dialect.count_lengths)
        return self._decoder
