"""The dialects of the modern wire, as data: the same frames, other keys and other counting.

Programs that copied this protocol from one another differ in two places. Nothing in a frame says
which dialect it is in, but its tags do: each dialect has another authentication key.

`DIALECTS` is the only list of them. An entry there is all that the chat, the bridge and every
`--dialect` option need; README.md in `compat` has a line for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from modern import protocol
from modern.errors import AuthenticationError
from modern.protocol import FRAME_SIZE, Keys


@dataclass(frozen=True)
class Dialect:
    """One way of deriving keys and of counting lengths."""

    name: str
    """As `--dialect` takes it."""
    derive_keys: Callable[[str, str], Keys] = field(repr=False)
    """Takes confkey and authkey."""
    count_lengths: protocol.CountLengths = field(repr=False)
    authentication_key: str = field(repr=False)
    """In words: how the authentication key is made."""
    length: str = field(repr=False)
    """In words: what the length of a frame counts."""


def derive_chained_keys(confkey: str, authkey: str) -> Keys:
    """Return the keys of a program that updates one hash object twice.

    The authentication key then depends on both secrets: SHA-256 of confkey followed by authkey.
    """
    return protocol.derive_keys(confkey, confkey + authkey)


def count_rest(chunks: Sequence[bytes]) -> list[int]:
    """Return for each chunk how many characters are still to be sent, its own included."""
    characters = [len(chunk.decode()) for chunk in chunks]
    return list(accumulate(reversed(characters)))[::-1]


INDEPENDENT = Dialect(
    "independent",
    protocol.derive_keys,
    protocol.count_chunks,
    authentication_key="SHA-256(authkey)",
    length="the bytes of this chunk",
)
"""This project's own, and the default."""
CHAINED = Dialect(
    "chained",
    derive_chained_keys,
    count_rest,
    authentication_key="SHA-256(confkey followed by authkey): one hash object was updated twice",
    length="all characters of the message that are still to be sent",
)
DIALECTS = {dialect.name: dialect for dialect in (INDEPENDENT, CHAINED)}
"""All of them, by name."""

DialectKeys = Mapping[Dialect, Keys]
"""The dialects that a peer may speak, each with its keys."""


def derive_all_keys(confkey: str, authkey: str) -> DialectKeys:
    """Return the keys of every dialect: for a peer whose dialect is not known."""
    return {dialect: dialect.derive_keys(confkey, authkey) for dialect in DIALECTS.values()}


def recognise(frame: bytes, candidates: DialectKeys) -> Dialect:
    """Return the dialect of the first 112-byte frame that a peer sends.

    Raises AuthenticationError where the tags fit in none: other secrets, or a changed frame.
    """
    for dialect, keys in candidates.items():
        try:
            protocol.verify(frame, keys)
        except AuthenticationError:
            continue
        return dialect
    raise AuthenticationError


class Finding(NamedTuple):
    """Where the first whole frame of a capture starts, in bytes, and its dialect."""

    offset: int
    dialect: Dialect


def detect(capture: bytes, confkey: str, authkey: str) -> Finding:
    """Find the first frame in what one side was seen to send, wherever the capture begins.

    Raises AuthenticationError where no dialect's tags fit anywhere: other keys, or no whole frame.
    """
    candidates = derive_all_keys(confkey, authkey)
    for offset in range(len(capture) - FRAME_SIZE + 1):
        try:
            frame = capture[offset : offset + FRAME_SIZE]
            return Finding(offset, recognise(frame, candidates))
        except AuthenticationError:
            continue
    raise AuthenticationError
