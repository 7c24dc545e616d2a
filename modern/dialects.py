"""The dialects of the modern wire, as data: the same frames, other keys and other counting.

Programs that copied this protocol from one another differ in two places. Nothing in a frame says
which dialect it is in, but its tags do: each dialect has another authentication key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from modern import protocol
from modern.errors import AuthenticationError, TruncationError
from modern.protocol import Keys


@dataclass(frozen=True)
class Dialect:
    """One way of deriving keys and of counting lengths."""

    name: str
    derive_keys: Callable[[str, str], Keys] = field(repr=False)
    """Takes confkey and authkey."""
    count_lengths: protocol.CountLengths = field(repr=False)


def derive_chained_keys(confkey: str, authkey: str) -> Keys:
    """Return the keys of a program that updates one hash object twice.

    The authentication key then depends on both secrets: SHA-256 of confkey followed by authkey.
    """
    return protocol.derive_keys(confkey, confkey + authkey)


def count_rest(chunks: Sequence[bytes]) -> list[int]:
    """Return for each chunk how many characters are still to be sent, its own included."""
    characters = [len(chunk.decode()) for chunk in chunks]
    return list(accumulate(reversed(characters)))[::-1]


INDEPENDENT = Dialect("independent", protocol.derive_keys, protocol.count_chunks)
"""This project's own, and the default."""
CHAINED = Dialect("chained", derive_chained_keys, count_rest)
DIALECTS = {dialect.name: dialect for dialect in (INDEPENDENT, CHAINED)}


def recognise(frame: bytes, confkey: str, authkey: str) -> Dialect:
    """Return the dialect of the first 112-byte frame that a peer sends.

    Raises AuthenticationError where the tags fit in none: other secrets, or a changed frame.
    """
    for dialect in DIALECTS.values():
        try:
            protocol.verify(frame, dialect.derive_keys(confkey, authkey))
        except AuthenticationError:
            continue
        return dialect
    raise AuthenticationError


class RecognisingDecoder:
    """A decoder that takes the dialect from the first frame it hears."""

    def __init__(
        self,
        confkey: str,
        authkey: str,
        make_decoder: Callable[[Keys], protocol.Decoder] = protocol.Decoder,
    ):
        """Take both secrets; what comes after the first frame goes to a decoder made of its keys.

        `make_decoder` may be `bulk.Decoder`, for streams.
        """
        self._secrets = confkey, authkey
        self._make_decoder = make_decoder
        self._first = b""
        self._decoder: protocol.Decoder | None = None
        self.dialect: Dialect | None = None
        """None until the first frame was heard whole."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece of the stream, as `protocol.Decoder.feed` does."""
        if self._decoder:
            return self._decoder.feed(data)
        self._first += data
        if len(self._first) < protocol.FRAME_SIZE:
            return iter(())
        self.dialect = recognise(self._first[: protocol.FRAME_SIZE], *self._secrets)
        self._decoder = self._make_decoder(self.dialect.derive_keys(*self._secrets))
        return self._decoder.feed(self._first)

    def close(self) -> None:
        """Say that the stream has ended. Raises TruncationError inside a frame."""
        if self._decoder:
            self._decoder.close()
        elif self._first:
            raise TruncationError("the connection ended inside a frame")
