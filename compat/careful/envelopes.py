r"""The legacy wire without its losses: a reader that misses nothing, a writer that is never missed.

Bytes in, bytes out, as in `legacy.protocol`; what an envelope is, is said there.

**Reading.** TCP keeps bytes, not messages: one `recv` may give half an envelope or three. So the
reader decrypts block by block and follows the JSON to its closing brace, wherever the pieces were
cut. An envelope is ASCII and its quotes are escaped, so a block that cannot go on is noticed at
once, and nothing that a message contains can look like the start of another one. After noise, the
weakness that gives ECB away helps: under one key, every envelope starts with one of just three
blocks, `{"timestamp": "0`, `…1` or `…2`. Their ciphertext is looked for at every byte, also where
the noise was no multiple of 16 long. (JSON in another spelling, with other spacing or order, is
read too; after noise it is found again at a distance of whole blocks.) Each byte is looked at a
fixed number of times and memory ends at the longest envelope, whatever junk is sent.

**Writing for an original.** It takes one `recv` of at most 1024 bytes for one message, strips every
`~`, and shows no message of 68 characters or more. Hence:

- `~` is written `\u007e`, which no stripping touches; the hash is over the message as it was;
- a line is split into messages of at most 67 characters. The longest envelope, of 67 characters
  that are two `\uXXXX` each, then has 920 bytes: it always fits;
- the rest, up to exactly 1024 bytes, is filled with the padding that an original removes anyway.

The last rule is what keeps two messages apart. No sender can know when its peer calls `recv`: it
may be busy, or still asking for the passphrase while several messages wait. Pauses only make the
accident rare. When every message is as long as the `recv`, there is no accident: however many are
waiting, each `recv` takes exactly one.

How sure is that? As sure as each message arrives in one piece. `compat.chat` sends it as a TCP
segment of its own, and a segment holds 1024 bytes on loopback, Ethernet, Wi-Fi and the usual
tunnels. On Linux the kernel then keeps the messages apart, however many are waiting. Elsewhere
nothing promises that; few enough are under way at a time for it to have no reason to join them. On
a path with smaller segments (IPv4 guarantees no more than 536 bytes) a message can arrive in two
pieces: an original loses it, unless only filling was cut off, and while more are waiting, maybe
those behind it. The reader here reads them all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from compat.aes import BLOCK_SIZE, BlockCipher
from legacy.protocol import (
    LINE_WIDTH,
    PADDING,
    PREFIX,
    RECV_SIZE,
    Envelope,
    UnrecognisedData,
    build_envelope,
    parse_envelope,
)

MAX_CHARACTERS = LINE_WIDTH - len(PREFIX) - 2
"""The longest message that an original shows: 67, with one space before the tag."""

MAX_ENVELOPE = 1 << 20
"""The longest envelope that is read, in bytes; a longer one is skipped."""

# Reading -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Skipped:
    """So many bytes of the wire were no envelope."""

    size: int


_PRINTABLE = frozenset(range(0x20, 0x7F))
_SPACE = frozenset(b" \t\r\n")
_START, _BETWEEN, _INSIDE, _ESCAPED, _AFTER = range(5)
_QUOTE, _BACKSLASH, _TILDE = b'"\\' + PADDING.encode()

# Which byte may follow in an envelope, and what it leads to: a flat object of ASCII strings, then
# padding. Whether it is really JSON is for the parser to say, once it is whole.
_NEXT: list[dict[int, int]] = [
    {ord("{"): _BETWEEN, _TILDE: _AFTER},
    {**dict.fromkeys([*_SPACE, *b":,"], _BETWEEN), _QUOTE: _INSIDE, ord("}"): _AFTER},
    {**dict.fromkeys(_PRINTABLE, _INSIDE), _QUOTE: _BETWEEN, _BACKSLASH: _ESCAPED},
    dict.fromkeys(_PRINTABLE, _INSIDE),
    dict.fromkeys([*_SPACE, _TILDE], _AFTER),
]


def _follow(state: int, block: bytes) -> int | None:
    """Return the state after `block`, or None where no envelope goes on like this."""
    for byte in block:
        following = _NEXT[state].get(byte)
        if following is None:
            return None
        state = following
    return state


class Reader:
    """Takes the legacy wire in any pieces and gives its envelopes, and what was skipped.

    Where the pieces were cut changes nothing, except that a long stretch of noise is told about
    in several parts.
    """

    def __init__(self, cipher: BlockCipher, max_envelope: int = MAX_ENVELOPE):
        self._cipher, self._max_envelope = cipher, max_envelope
        self._pending = bytearray()  # received, and not yet taken as a block
        self._text = bytearray()  # decrypted blocks of the envelope that is being read
        self._state = _START
        self._lost = False  # the next block is no start: look for one behind it
        self._skipped = 0  # bytes not yet told about
        first_blocks = (b'{"timestamp": "%d' % digit for digit in range(3))  # HH: 00 to 23
        self._envelope_start = re.compile(
            b"|".join(re.escape(cipher.encrypt(block)) for block in first_blocks)
        )

    def feed(self, data: bytes) -> Iterator[Envelope | Skipped]:
        """Take the next piece; iterate to get what is complete with it."""
        self._pending += data
        while len(self._pending) >= BLOCK_SIZE:
            if not self._lost:
                yield from self._take_block()
            elif not self._search():
                break
        yield from self._tell_skipped()

    def close(self) -> Iterator[Skipped]:
        """Say that the stream has ended; iterate to hear about the bytes that made no envelope."""
        self._skipped += len(self._text) + len(self._pending)
        self._text.clear()
        self._pending.clear()
        yield from self._tell_skipped()

    def _take_block(self) -> Iterator[Envelope | Skipped]:
        block = self._cipher.decrypt(bytes(self._pending[:BLOCK_SIZE]))
        state = _follow(self._state, block)
        if state is None or len(self._text) + BLOCK_SIZE > self._max_envelope:
            self._give_up()
            return
        del self._pending[:BLOCK_SIZE]
        self._text += block
        self._state = state
        if state == _AFTER:
            yield from self._finish()

    def _give_up(self) -> None:
        """Drop the envelope that breaks off here; this block may still start another one."""
        self._lost = not self._text
        self._skipped += len(self._text)
        self._text.clear()
        self._state = _START

    def _finish(self) -> Iterator[Envelope | Skipped]:
        text = self._text.decode("ascii")
        self._text.clear()
        self._state = _START
        if not text.strip(PADDING):  # the writer's filling
            return
        try:
            envelope = parse_envelope(text.rstrip(f"{PADDING} \t\r\n"))
        except UnrecognisedData:
            self._skipped += len(text)
            return
        yield from self._tell_skipped()
        yield envelope

    def _search(self) -> bool:
        """Skip to a start inside the next two blocks, or one block; False if more must come."""
        window = 2 * BLOCK_SIZE - 1
        if len(self._pending) < window:
            return False
        start = self._envelope_start.search(self._pending, 1, window)
        distance = start.start() if start else BLOCK_SIZE
        del self._pending[:distance]
        self._skipped += distance
        self._lost = False
        return True

    def _tell_skipped(self) -> Iterator[Skipped]:
        if self._skipped:
            yield Skipped(self._skipped)
            self._skipped = 0


# Writing -------------------------------------------------------------------------------------


def split_line(line: str) -> list[str]:
    """Split a line into messages of at most 67 characters, after spaces where there are any.

    Joined, they are the line again; an empty line is one empty message.
    """
    messages = []
    start = 0
    while len(line) - start > MAX_CHARACTERS:
        end = _find_cut(line, start, start + MAX_CHARACTERS)
        messages.append(line[start:end])
        start = end
    return [*messages, line[start:]]


def _find_cut(line: str, start: int, latest: int) -> int:
    """Return where to cut: after the last space, else not inside what is seen as one character."""
    space = line.rfind(" ", start, latest)
    if space >= 0:
        return space + 1
    cut = latest
    while cut > start and _joins(line, cut):
        cut -= 1
    return cut if cut > start else latest


def _joins(line: str, cut: int) -> bool:
    """Whether the characters on both sides of `cut` are seen as one, as in many emoji."""
    before, after = line[cut - 1], line[cut]
    joiner = "\u200d"
    is_skin_tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    return joiner in (before, after) or is_skin_tone or unicodedata.category(after)[0] == "M"


def seal(message: str, timestamp: str, cipher: BlockCipher) -> bytes:
    """Return the 1024 bytes of one message of at most 67 characters, sent at `HH:MM:SS`.

    Raises ValueError for a longer one, and for lone surrogates (they are no text).
    """
    if len(message) > MAX_CHARACTERS:
        raise ValueError(f"a message of {len(message)} characters: split the line first")
    envelope = build_envelope(message, timestamp).replace(PADDING, r"\u007e")
    return cipher.encrypt(envelope.ljust(RECV_SIZE, PADDING).encode("ascii"))


def seal_line(line: str, timestamp: str, cipher: BlockCipher) -> list[bytes]:
    """Return what an original must be sent to show a whole line: 1024 bytes for each message."""
    return [seal(message, timestamp, cipher) for message in split_line(line)]
