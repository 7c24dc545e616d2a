r"""The legacy wire without lost messages: a reader that loses none, and a writer for old receivers.

Bytes in, bytes out, as in `legacy.protocol`, which also says what an envelope is.

**Reading.** TCP carries a stream of bytes, not messages: one `recv` may return half an envelope, or
three of them. So the reader decrypts block by block and follows the JSON text to its closing brace.
It does not matter how the stream was cut. An envelope is ASCII text, and JSON escapes the quotes in
it. So the reader notices at once when a block cannot continue the envelope, and no message can
contain text that looks like the start of another envelope.

After noise, the reader must find the next envelope. Here the weakness of ECB helps: under one key,
every envelope starts with one of only three blocks, `{"timestamp": "0`, `…1` or `…2`. The reader
searches for the ciphertext of these three at every byte, so the noise may have any length. (JSON
with other spaces or another order is read too. After noise, it is found again only if the length of
the noise is a multiple of 16.) Each byte is examined a fixed number of times, and the memory is
limited by the longest allowed envelope. So junk cannot make the reader slow or large.

**Writing for an original program.** The original treats one `recv` of at most 1024 bytes as one
message, removes every `~`, and does not show a message of 68 characters or more. Therefore:

- The writer sends `~` as `\u007e`, which contains no `~` to remove. The hash is still computed from
  the message with its `~`.
- A line is split into messages of at most 67 characters. Even with 67 characters that take two
  `\uXXXX` each, an envelope has only 920 bytes, so it always fits.
- The rest, up to exactly 1024 bytes, is padding, which an original removes anyway.

The last rule keeps messages apart. The sender cannot know when its peer calls `recv`: the peer may
be busy, or still asking for the passphrase while several messages wait. Pauses between messages
only make it less likely that two arrive in one `recv`. But if every message is exactly as long as
the `recv`, each `recv` returns exactly one message, however many are waiting.

This holds as long as each message arrives in one piece. The careful chat sends each message as one
TCP segment, and a segment can hold 1024 bytes on loopback, Ethernet, Wi-Fi and most tunnels. On
Linux, the kernel then keeps the messages apart, however many are waiting. Other systems do not
promise this. There, the chat allows only a few messages to be on the way at the same time, so that
the system has no reason to join them. On a network with smaller segments (IPv4 guarantees only 536
bytes), a message can arrive in two pieces. Then an original loses it, unless only padding was cut
off. If more messages are waiting, it may lose the following ones as well. The reader in this file
reads all of them.
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
"""The longest message that an original shows: 67 characters, then one space and the tag."""

MAX_ENVELOPE = 1 << 20
"""The longest envelope that is read, in bytes. A longer one is skipped."""

# Reading -------------------------------------------------------------------------------------

_MOST_AHEAD = 64
"""How many blocks are decrypted together at most: one message of our writer."""


@dataclass(frozen=True)
class Skipped:
    """A number of received bytes that are not part of any envelope."""

    size: int


_PRINTABLE = frozenset(range(0x20, 0x7F))
_SPACE = frozenset(b" \t\r\n")
_START, _BETWEEN, _INSIDE, _ESCAPED, _AFTER = range(5)
_QUOTE, _BACKSLASH, _TILDE = b'"\\' + PADDING.encode()

# For each state: the bytes that may follow, and the state after each. They describe an object of
# ASCII strings without nesting, then padding. The JSON parser checks the complete envelope later.
_NEXT: list[dict[int, int]] = [
    {ord("{"): _BETWEEN, _TILDE: _AFTER},
    {**dict.fromkeys([*_SPACE, *b":,"], _BETWEEN), _QUOTE: _INSIDE, ord("}"): _AFTER},
    {**dict.fromkeys(_PRINTABLE, _INSIDE), _QUOTE: _BETWEEN, _BACKSLASH: _ESCAPED},
    dict.fromkeys(_PRINTABLE, _INSIDE),
    dict.fromkeys([*_SPACE, _TILDE], _AFTER),
]


def _next_state(state: int, block: bytes) -> int | None:
    """Return the state after `block`, or None if no envelope can continue like this."""
    for byte in block:
        following = _NEXT[state].get(byte)
        if following is None:
            return None
        state = following
    return state


class Reader:
    """Reads a legacy stream in pieces of any size and gives its envelopes and the skipped bytes.

    The result does not depend on where the stream was cut. Only a long run of noise may be reported
    in several parts.
    """

    def __init__(self, cipher: BlockCipher, max_envelope: int = MAX_ENVELOPE):
        """Take the block function; an envelope of more than `max_envelope` bytes is skipped."""
        self._cipher, self._max_envelope = cipher, max_envelope
        self._pending = bytearray()  # received bytes that were not read yet
        self._ahead = b""  # the first of them, decrypted: one call for many blocks is far cheaper
        self._good = 0  # blocks that were read since the last noise
        self._text = bytearray()  # the decrypted part of the current envelope
        self._state = _START
        self._lost = False  # noise: the next block starts no envelope, so search for one
        self._skipped = 0  # skipped bytes that were not reported yet
        first_blocks = (b'{"timestamp": "%d' % digit for digit in range(3))  # HH: 00 to 23
        self._envelope_start = re.compile(
            b"|".join(re.escape(cipher.encrypt(block)) for block in first_blocks)
        )

    def feed(self, data: bytes) -> Iterator[Envelope | Skipped]:
        """Take the next piece and return an iterator over what is now complete."""
        self._pending += data
        while len(self._pending) >= BLOCK_SIZE:
            if not self._lost:
                yield from self._take_block()
            elif not self._search():
                break
        yield from self._report_skipped()

    def close(self) -> Iterator[Skipped]:
        """Report the end of the stream and return an iterator over the bytes skipped at the end."""
        self._skipped += len(self._text) + len(self._pending)
        self._text.clear()
        self._pending.clear()
        yield from self._report_skipped()

    def _take_block(self) -> Iterator[Envelope | Skipped]:
        if not self._ahead:
            # No more than was good since the last noise, so that noise costs at most twice as much.
            blocks = min(len(self._pending) // BLOCK_SIZE, max(self._good, 1), _MOST_AHEAD)
            self._ahead = self._cipher.decrypt(bytes(self._pending[: blocks * BLOCK_SIZE]))
        block = self._ahead[:BLOCK_SIZE]
        state = _next_state(self._state, block)
        if state is None or len(self._text) + BLOCK_SIZE > self._max_envelope:
            self._give_up()
            return
        del self._pending[:BLOCK_SIZE]
        self._ahead = self._ahead[BLOCK_SIZE:]
        self._good += 1
        self._text += block
        self._state = state
        if state == _AFTER:
            yield from self._finish()

    def _give_up(self) -> None:
        """Skip an envelope that cannot continue. This block may still start another one."""
        self._ahead, self._good = b"", 0  # after noise, blocks may begin elsewhere
        self._lost = not self._text
        self._skipped += len(self._text)
        self._text.clear()
        self._state = _START

    def _finish(self) -> Iterator[Envelope | Skipped]:
        text = self._text.decode("ascii")
        self._text.clear()
        self._state = _START
        if not text.strip(PADDING):  # only padding, as our writer sends it
            return
        try:
            envelope = parse_envelope(text.rstrip(f"{PADDING} \t\r\n"))
        except UnrecognisedData:
            self._skipped += len(text)
            return
        yield from self._report_skipped()
        yield envelope

    def _search(self) -> bool:
        """Skip to a possible start, or one block. Return False if it needs more bytes first."""
        window = 2 * BLOCK_SIZE - 1
        if len(self._pending) < window:
            return False
        start = self._envelope_start.search(self._pending, 1, window)
        distance = start.start() if start else BLOCK_SIZE
        del self._pending[:distance]
        self._skipped += distance
        self._lost = False
        return True

    def _report_skipped(self) -> Iterator[Skipped]:
        if self._skipped:
            yield Skipped(self._skipped)
            self._skipped = 0


# Writing -------------------------------------------------------------------------------------


def split_line(line: str) -> list[str]:
    """Split a line into messages of at most 67 characters, if possible after a space.

    Joined together, they give the line again. An empty line is one empty message.
    """
    messages = []
    start = 0
    while len(line) - start > MAX_CHARACTERS:
        end = _find_cut(line, start, start + MAX_CHARACTERS)
        messages.append(line[start:end])
        start = end
    return [*messages, line[start:]]


def _find_cut(line: str, start: int, latest: int) -> int:
    """Return where to cut: after the last space; without one, not inside a visible character."""
    space = line.rfind(" ", start, latest)
    if space >= 0:
        return space + 1
    cut = latest
    while cut > start and _joins(line, cut):
        cut -= 1
    return cut if cut > start else latest


def _joins(line: str, cut: int) -> bool:
    """Whether the characters before and after `cut` look like one, as in many emoji."""
    before, after = line[cut - 1], line[cut]
    joiner = "\u200d"
    is_skin_tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    return joiner in (before, after) or is_skin_tone or unicodedata.category(after)[0] == "M"


def seal(message: str, timestamp: str, cipher: BlockCipher) -> bytes:
    """Return the 1024 bytes of one message of at most 67 characters; `timestamp` is `HH:MM:SS`.

    Raises ValueError for a longer message, and for lone surrogates, which UTF-8 cannot encode.
    """
    if len(message) > MAX_CHARACTERS:
        raise ValueError(
            f"a message of {len(message)} characters is too long: split the line first"
        )
    envelope = build_envelope(message, timestamp).replace(PADDING, r"\u007e")
    return cipher.encrypt(envelope.ljust(RECV_SIZE, PADDING).encode("ascii"))


def seal_line(line: str, timestamp: str, cipher: BlockCipher) -> list[bytes]:
    """Return what to send so that an original shows a whole line: 1024 bytes per message."""
    return [seal(message, timestamp, cipher) for message in split_line(line)]
