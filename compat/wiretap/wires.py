"""The wires that the wiretap understands: where their messages or frames begin, and their fields.

Nothing here knows a key. A legacy message is found by its first block. This block contains
only one digit of the time, the tens digit of the hour, so it changes only at 10:00, 20:00 and
midnight. A modern frame is
found by its size. `WIRE_PROTOCOLS` is the only list of the wires; the screen, the recording, the
tampering and the relay ask a `WireProtocol` and know no other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import legacy.protocol
import modern.protocol

BLOCK_SIZE = legacy.protocol.BLOCK_SIZE
FRAME_SIZE = modern.protocol.FRAME_SIZE

MOST_FIRST_BLOCKS = 64
"""How many different first blocks are remembered per sender. A day needs three; noise can add more.
"""


class Place(str, Enum):
    """Where a segment comes from or goes to."""

    CLIENT = "client"
    """Who connected to the wiretap."""
    SERVER = "server"
    """Whom the wiretap connected to."""
    WIRETAP = "wiretap"
    """The seat between them."""

    @property
    def peer(self) -> Place:
        """The other end of the conversation."""
        return Place.SERVER if self is Place.CLIENT else Place.CLIENT


# Where messages and frames begin -------------------------------------------------------------


class Splitter(ABC):
    """Finds the messages or frames in what one side sends.

    For each side there is one splitter, of which either only `number` or only `split` is called.
    """

    @abstractmethod
    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers, from 1, of the messages or frames that a segment has parts of.

        And the offset in bytes at which it begins in the first of them.
        """

    @abstractmethod
    def split(self, segment: bytes) -> list[bytes]:
        """Return the messages or frames that are complete with this segment."""

    def finish(self) -> bytes:
        """Return what was kept for later when the stream ends."""
        return b""


class MessageSplitter(Splitter):
    """Cuts the segments of legacy senders into messages, at the blocks that begin one.

    The first block is `{"timestamp": "` and the tens digit of the hour: equal for all messages
    of ten hours, in both directions, and found nowhere else, since a message that holds the same
    words has its quotation marks escaped. So joined messages can be told apart without the key.
    """

    def __init__(self) -> None:
        self._first_blocks: set[bytes] = set()
        self._count = 0

    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers of the messages, which begin where the segment begins."""
        first = self._count + 1
        self._count += len(self.split(segment))
        return range(first, self._count + 1), 0

    def split(self, segment: bytes) -> list[bytes]:
        """Return the messages of one segment; a segment that begins unlike any is one too."""
        if len(self._first_blocks) < MOST_FIRST_BLOCKS:
            self._first_blocks.add(segment[:BLOCK_SIZE])
        starts = [0] + [
            start
            for start in range(BLOCK_SIZE, len(segment), BLOCK_SIZE)
            if segment[start : start + BLOCK_SIZE] in self._first_blocks
        ]
        ends = [*starts[1:], len(segment)]
        return [segment[start:end] for start, end in zip(starts, ends, strict=True)]


class FrameSplitter(Splitter):
    """Cuts the stream of a modern sender into frames; keeps the beginning of the next."""

    def __init__(self) -> None:
        self._partial = b""
        self._position = 0

    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers of the frames, and where in the first of them the segment begins."""
        first, offset = divmod(self._position, FRAME_SIZE)
        self._position += len(segment)
        last = (self._position - 1) // FRAME_SIZE
        return range(first + 1, last + 2), offset

    def split(self, segment: bytes) -> list[bytes]:
        """Return the frames that are complete with this segment."""
        data = self._partial + segment
        whole = len(data) - len(data) % FRAME_SIZE
        self._partial = data[whole:]
        return [data[start : start + FRAME_SIZE] for start in range(0, whole, FRAME_SIZE)]

    def finish(self) -> bytes:
        """Return the frame that the end of the stream cut."""
        partial, self._partial = self._partial, b""
        return partial


# Fields --------------------------------------------------------------------------------------


class WireField(NamedTuple):
    """A piece of a segment that is shown as one: a block, or a field of a frame."""

    name: str
    """Empty for a legacy block."""
    data: bytes


def cut_blocks(data: bytes, offset: int = 0) -> list[list[WireField]]:
    """Cut legacy bytes into blocks, all in one list; the last may be incomplete."""
    starts = range(0, len(data), BLOCK_SIZE)
    return [[WireField("", data[start : start + BLOCK_SIZE]) for start in starts]]


def cut_frames(data: bytes, offset: int = 0) -> list[list[WireField]]:
    """Cut modern bytes, which begin `offset` bytes into a frame, into the fields of each frame."""
    frames = []
    start = -offset
    while start < len(data):
        fields = [
            WireField(name, data[max(start + part.start, 0) : max(start + part.stop, 0)])
            for name, part in modern.protocol.FIELDS
        ]
        frames.append([field for field in fields if field.data])
        start += FRAME_SIZE
    return frames


# The wires -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class WireProtocol:
    """What the wiretap has to know of a chat that it sits on."""

    name: str
    """As `--protocol` takes it."""
    unit: str
    """What is counted and tampered with: a message, or a frame."""
    unit_size: int | None
    """Bytes of a unit, where all have the same size. Then one send holds only whole ones."""
    make_splitter: Callable[[], Splitter] = field(repr=False)
    cut: Callable[[bytes, int], list[list[WireField]]] = field(repr=False)
    """Takes bytes and the offset of their beginning in a unit; returns the fields of each unit."""
    has_named_fields: bool
    """Whether the fields have names; if not, they are blocks, which are shown side by side."""
    spliced: tuple[slice, str]
    """What a splice takes over unless a block is named: which bytes, and what they are called."""
    one_recv_each: bool
    """Whether a receiver takes what one `recv` gives for one unit, so that none may be joined."""

    def find_block(self, index: int) -> tuple[slice, str]:
        """Return which bytes are the block of that index, from 0, and what it is called."""
        return slice(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE), f"block {index}"


LEGACY = WireProtocol(
    "legacy",
    unit="message",
    unit_size=None,
    make_splitter=MessageSplitter,
    cut=cut_blocks,
    has_named_fields=False,
    spliced=(slice(BLOCK_SIZE, 2 * BLOCK_SIZE), "block 1"),  # the clock
    one_recv_each=True,
)
MODERN = WireProtocol(
    "modern",
    unit="frame",
    unit_size=FRAME_SIZE,
    make_splitter=FrameSplitter,
    cut=cut_frames,
    has_named_fields=True,
    spliced=(slice(modern.protocol.CHUNK.start, FRAME_SIZE), "body"),  # the chunk and its tag
    one_recv_each=False,
)
WIRE_PROTOCOLS = {protocol.name: protocol for protocol in (LEGACY, MODERN)}
"""All of them, by name."""


def guess_protocol(first_segment: bytes) -> WireProtocol:
    """Return the protocol that a conversation seems to speak.

    Whole frames of 112 bytes look modern. A legacy message can be as long by chance (93 to 108
    characters of plain text make 224 bytes), which is why tampering wants to be told.
    """
    whole_frames = len(first_segment) % FRAME_SIZE == 0
    return MODERN if whole_frames else LEGACY


@dataclass(frozen=True)
class Segment:
    """Bytes that travel together from one place to another: one `recv`, or one `send`."""

    protocol: WireProtocol
    sender: Place
    receiver: Place
    """WIRETAP for what did not go on."""
    data: bytes
    numbers: range = range(0)
    """Of its messages or frames, counted from 1 for each sender; none for what we made."""
    offset: int = 0
    """Where in that frame it begins, in bytes; more than 0 only where TCP has cut a frame."""
    tampering: str = ""
    """What was done, in a few words; empty for what goes on as it came."""
