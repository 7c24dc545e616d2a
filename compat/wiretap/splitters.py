"""Where messages and frames begin in what one side sends, found without any key.

A legacy message is found by its first block. This block contains only one digit of the time, the
tens digit of the hour, so it changes only at 10:00, 20:00 and midnight. A frame of the modern chat
is found by its size, a frame of `size-in-the-clear` by the size that it says. Where only an
encrypted length says how long a frame is, the segments of TCP are counted instead.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable

import legacy.protocol
from compat.wiretap.shapes import PLAIN, FrameShape

BLOCK_SIZE = legacy.protocol.BLOCK_SIZE
LEAST_MESSAGE = 8 * BLOCK_SIZE
"""Bytes of a legacy message without any text."""

ENOUGH_SILENCES = 3
"""After three silences, three messages have come. Their first blocks change only at 10:00, 20:00
and midnight, so two of these are equal."""

MOST_FIRST_BLOCKS = 64
"""How many different first blocks are remembered per sender. A day needs three; noise can add more.
"""


class Splitter(ABC):
    """Finds the messages or frames in what one side sends.

    Each side has one splitter. The wiretap calls either only its `number`, or only its `split`.
    """

    stops_needed = 2
    """Silences at wrong places, in a row: the network may be slow once, in one frame."""
    is_lost = False
    """Whether what was numbered is certainly no frame."""

    @abstractmethod
    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers, from 1, of the messages or frames that a segment has parts of.

        Also return at which byte of the first of them the segment begins.
        """

    @property
    @abstractmethod
    def inside(self) -> int:
        """How many bytes given to `number` belong to a message or frame that is not whole yet."""

    @property
    @abstractmethod
    def index(self) -> int:
        """The index of the message or frame that `inside` belongs to; a guess for some wires."""

    @property
    def fits(self) -> bool:
        """Whether the bytes given to `number` end where a sender would stop."""
        return not self.inside

    def stop(self) -> None:  # noqa: B027 - most look only at sizes
        """Take note that the sender is silent."""

    @property
    def can_end(self) -> bool:
        """Whether a stream can end after the bytes given to `number`."""
        return not self.inside

    @abstractmethod
    def split(self, segment: bytes) -> list[bytes]:
        """Return the messages or frames that are complete with this segment."""

    @property
    def kept(self) -> int:
        """How many bytes `finish` would return."""
        return 0

    @property
    def missing(self) -> int | None:
        """How many bytes the kept beginning of a frame still lacks; None if nobody knows."""
        return 0

    def finish(self) -> bytes:
        """Return what was kept for later: the stream ends, or nothing more comes for now."""
        return b""


class MessageSplitter(Splitter):
    """Cuts the segments of legacy senders into messages, at the blocks that begin one.

    The first block is `{"timestamp": "` and the tens digit of the hour. It is equal for all
    messages of ten hours, in both directions. No other block is equal to it: if a message contains
    these words, JSON escapes the quotation marks. So joined messages can be cut without the key.
    """

    stops_needed = 3  # a message whose digit is new may be the one in which the network is slow

    def __init__(self) -> None:
        self._first_blocks: set[bytes] = set()
        self._count = 0
        self._size = 0
        self._is_known = True  # since the last silence, bytes came that may follow it
        self._silences, self._has_known = 0, False

    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers of the messages, which begin where the segment begins."""
        first = self._count + 1
        starts, known = self._find_starts(segment)
        self._has_known = self._has_known or known
        self._is_known = self._is_known or known
        self._size += len(segment)
        self._count += len(starts)
        return range(first, self._count + 1), 0

    @property
    def inside(self) -> int:
        """How many bytes given to `number` are not whole blocks, or too few for a message."""
        return self._size if self._size < LEAST_MESSAGE else self._size % BLOCK_SIZE

    @property
    def index(self) -> int:
        """Which message these bytes would be in if every message had the least size."""
        return self._size // LEAST_MESSAGE

    @property
    def fits(self) -> bool:
        """Whether all blocks are whole and, since the last silence, one of them began a message."""
        return self._is_known and not self.inside

    def stop(self) -> None:
        """Expect that the next bytes begin a message, or are the rest of one that TCP cut."""
        self._is_known = self.inside > 0
        self._silences += not self._size % BLOCK_SIZE

    @property
    def can_end(self) -> bool:
        """Whether the blocks are whole. After many silences, one must also begin a message."""
        return not self.inside and (self._has_known or self._silences < ENOUGH_SILENCES)

    def split(self, segment: bytes) -> list[bytes]:
        """Return the messages of one segment; its first block always begins one."""
        starts, _ = self._find_starts(segment)
        ends = [*starts[1:], len(segment)]
        return [segment[start:end] for start, end in zip(starts, ends, strict=True)]

    def _find_starts(self, segment: bytes) -> tuple[list[int], bool]:
        """Return where messages begin, and whether any block was known before as a first one."""
        blocks, first = _cut_blocks(segment), segment[:BLOCK_SIZE]
        known = not self._first_blocks.isdisjoint(blocks)
        if len(self._first_blocks) < MOST_FIRST_BLOCKS:
            self._first_blocks.add(first)
        if not known and blocks.count(first) <= 1:
            return [0], False
        later = [place for place, block in enumerate(blocks) if block in self._first_blocks]
        return [0, *(place * BLOCK_SIZE for place in later if place)], known


def _cut_blocks(segment: bytes) -> tuple[bytes, ...]:
    """Return all blocks; the last may be shorter. Quickly: long modern texts pass here as well."""
    whole = len(segment) - len(segment) % BLOCK_SIZE
    blocks = struct.unpack(f"{BLOCK_SIZE}s" * (whole // BLOCK_SIZE), segment[:whole])
    return blocks if whole == len(segment) else (*blocks, segment[whole:])


class FrameSplitter(Splitter):
    """Cuts the stream of a modern sender into frames; keeps the beginning of the next."""

    def __init__(self, size: int = PLAIN.least) -> None:
        """Take the bytes of every frame."""
        self._frame_size = size
        self._partial = b""
        self._position = 0

    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers of the frames, and where in the first of them the segment begins."""
        first, offset = divmod(self._position, self._frame_size)
        self._position += len(segment)
        last = (self._position - 1) // self._frame_size
        return range(first + 1, last + 2), offset

    @property
    def inside(self) -> int:
        """How many bytes given to `number` belong to the next frame."""
        return self._position % self._frame_size

    @property
    def index(self) -> int:
        """The number of the frame to which the `inside` bytes belong."""
        return self._position // self._frame_size

    def split(self, segment: bytes) -> list[bytes]:
        """Return the frames that are complete with this segment."""
        data = self._partial + segment
        whole = len(data) - len(data) % self._frame_size
        self._partial = data[whole:]
        starts = range(0, whole, self._frame_size)
        return [data[start : start + self._frame_size] for start in starts]

    @property
    def kept(self) -> int:
        """How many bytes were not split yet."""
        return len(self._partial)

    @property
    def missing(self) -> int | None:
        """How many bytes the next frame lacks."""
        return -len(self._partial) % self._frame_size

    def finish(self) -> bytes:
        """Return the beginning of the next frame."""
        partial, self._partial = self._partial, b""
        return partial


class SizedSplitter(Splitter):
    """Cuts a stream whose frames say their own size, in the clear."""

    def __init__(self, prefix: int, read_size: Callable[[int, bytes], int | None]) -> None:
        """Take how many bytes at the beginning of a frame tell its size, and how to read them.

        `read_size` takes the index of the frame and these bytes, or fewer if no more have come. It
        returns the size of the whole frame, or None if no frame begins like this.
        """
        self._prefix, self._read_size = prefix, read_size
        self._partial = b""
        self._whole = 0

    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the numbers of the frames, and where in the first of them the segment begins."""
        first, offset = self._whole + 1, self.inside
        self.split(segment)
        return range(first, self._whole + 1 + bool(self._partial)), offset

    @property
    def inside(self) -> int:
        """How many bytes came of the next frame."""
        return len(self._partial)

    @property
    def index(self) -> int:
        """The number of the frame to which the `inside` bytes belong."""
        return self._whole

    def split(self, segment: bytes) -> list[bytes]:
        """Return the complete frames. After bytes that cannot be a size, there are none."""
        data, start, frames = self._partial + segment, 0, []
        while (size := self._size_at(data, start)) and start + size <= len(data):
            frames.append(data[start : start + size])
            start += size
            self._whole += 1
        self._partial = data[start:]
        self.is_lost = size is None and len(self._partial) >= self._prefix
        return frames

    def _size_at(self, data: bytes, start: int) -> int | None:
        return self._read_size(self._whole, data[start : start + self._prefix])

    @property
    def kept(self) -> int:
        """How many bytes were not split yet."""
        return len(self._partial)

    @property
    def missing(self) -> int | None:
        """How many bytes the next frame lacks; None while its size is not whole."""
        size = self._size_at(self._partial, 0)
        return size and size - len(self._partial)

    def finish(self) -> bytes:
        """Return the beginning of the next frame."""
        partial, self._partial = self._partial, b""
        return partial


class SegmentSplitter(Splitter):
    """Counts segments, where only an encrypted length says how long a frame is."""

    def __init__(self, shape: FrameShape) -> None:
        """Take the shape of the frames."""
        self._shape = shape
        self._partial = b""
        self._count = 0
        self._size = 0

    def number(self, segment: bytes) -> tuple[range, int]:
        """Return the number of the segment."""
        self._count += 1
        self._size += len(segment)
        return range(self._count, self._count + 1), 0

    @property
    def inside(self) -> int:
        """How many bytes came that are no whole blocks, or not enough for a frame."""
        return self._size if self._size < self._shape.least else self._size % BLOCK_SIZE

    @property
    def index(self) -> int:
        """Which frame these bytes would be in if every frame had the least size."""
        return self._size // self._shape.least

    def split(self, segment: bytes) -> list[bytes]:
        """Return the segment, joined with those before it that cannot be whole frames."""
        data = self._partial + segment
        self._partial = b"" if self._shape.can_have(len(data)) else data
        return [] if self._partial else [data]

    @property
    def kept(self) -> int:
        """How many bytes were not split yet."""
        return len(self._partial)

    def finish(self) -> bytes:
        """Return what cannot be whole frames."""
        partial, self._partial = self._partial, b""
        return partial
