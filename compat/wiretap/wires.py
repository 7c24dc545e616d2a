"""The wires that the wiretap understands: what it counts on each, shows, and can tamper with.

Nothing here knows a key. splitters.py finds where messages and frames begin. shapes.py says which
fields the frames of a dialect have; hardened_wire.py says it for the records of the third chat.
`WIRE_PROTOCOLS` is the only list of the wires: the three chats, and each dialect of the modern one.
The screen, the recording, the tampering and the relay ask a `WireProtocol`, and
know nothing else about a chat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from compat.wiretap.doubts import AllDoubts, Doubt
from compat.wiretap.hardened_wire import (
    CIPHERTEXT_START,
    HELLO_START,
    cut_records,
    read_size,
    rewrite_length,
)
from compat.wiretap.shapes import PLAIN, FrameShape, WireField
from compat.wiretap.splitters import (
    BLOCK_SIZE,
    FrameSplitter,
    MessageSplitter,
    SegmentSplitter,
    SizedSplitter,
    Splitter,
)
from modern.dialects import DIALECTS, Dialect
from modern.hardened.records import LENGTH_SIZE
from modern.hardened.sizes import HELLO_SIZE

FRAME_SIZE = PLAIN.least
UNCUT = "not cut"
"""What is said of segments that are no messages or frames of ours."""


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


# Fields --------------------------------------------------------------------------------------


def cut_blocks(data: bytes, _offset: int = 0, _number: int = 0) -> list[list[WireField]]:
    """Cut bytes into blocks, all in one list; the last may be incomplete."""
    starts = range(0, len(data), BLOCK_SIZE)
    return [[WireField("", data[start : start + BLOCK_SIZE]) for start in starts]]


# The wires -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class WireProtocol:
    """What the wiretap must know about a chat."""

    name: str
    """As `--protocol` takes it."""
    unit: str
    """What is counted and tampered with: a message, or a frame."""
    unit_size: int | None
    """Bytes of a unit, where all have the same size. Then one send holds only whole ones."""
    make_splitter: Callable[[], Splitter] = field(repr=False)
    cut: Callable[[bytes, int, int], list[list[WireField]]] = field(repr=False)
    """Takes bytes, the offset of their beginning in a unit, and its number, from 1, or 0 if it has
    none; returns the fields of each unit."""
    has_named_fields: bool
    """Whether the fields have names. If not, they are blocks, and are shown side by side."""
    spliced: tuple[slice, str]
    """What a splice copies if no block is named: which bytes, and their name."""
    one_recv_each: bool
    """Whether a receiver treats the result of one `recv` as one unit. Then none may be joined."""
    explain_uncut: Callable[[bytes], str] = field(default=lambda unit: "", repr=False)
    """Takes bytes; returns why they are not certainly one whole unit, or an empty text."""
    first_block: int = 0
    """Where the blocks of a unit begin, in bytes."""
    mend: Callable[[bytes], bytes] = field(default=lambda unit: unit, repr=False)
    """Takes a spliced unit; returns it with its size in the clear, if it has one, corrected."""

    def find_block(self, index: int) -> tuple[slice, str]:
        """Return which bytes are the block of that index, from 0, and what it is called."""
        start = self.first_block + index * BLOCK_SIZE
        return slice(start, start + BLOCK_SIZE), f"block {index}"

    def make_doubt(self) -> Doubt:
        """Return an object that watches one side, and says if its bytes are not this protocol."""
        return Doubt(self.name, self.unit, self.make_splitter())


def _explain_message(unit: bytes) -> str:
    return f"{len(unit)} bytes are no whole blocks" if len(unit) % BLOCK_SIZE else ""


LEGACY = WireProtocol(
    "legacy",
    unit="message",
    unit_size=None,
    make_splitter=MessageSplitter,
    cut=cut_blocks,
    has_named_fields=False,
    spliced=(slice(BLOCK_SIZE, 2 * BLOCK_SIZE), "block 1"),  # the clock
    one_recv_each=True,
    explain_uncut=_explain_message,
)
MODERN = WireProtocol(
    "modern",
    unit="frame",
    unit_size=FRAME_SIZE,
    make_splitter=FrameSplitter,
    cut=PLAIN.cut_frames,
    has_named_fields=True,
    spliced=(slice(PLAIN.body_start, FRAME_SIZE), "body"),  # the chunk and its tag
    one_recv_each=False,
)

HARDENED = WireProtocol(
    "hardened",
    unit="record",
    unit_size=None,
    make_splitter=lambda: SizedSplitter(LENGTH_SIZE, read_size),
    cut=cut_records,
    has_named_fields=True,
    spliced=(slice(CIPHERTEXT_START, None), "body"),  # the text and the tag
    one_recv_each=False,
    first_block=LENGTH_SIZE,
    mend=rewrite_length,
)


def _of_dialect(dialect: Dialect) -> WireProtocol:
    """Return what can be seen of a dialect without keys."""
    shape = FrameShape.of(dialect)
    if shape.has_one_size:
        return replace(MODERN, name=dialect.name)
    return (_with_sizes if shape.prefix else _with_segments)(dialect.name, shape)


def _with_sizes(name: str, shape: FrameShape) -> WireProtocol:
    """Return a wire whose frames say their sizes."""
    return WireProtocol(
        name,
        unit="frame",
        unit_size=None,
        make_splitter=lambda: SizedSplitter(
            shape.prefix, lambda _, prefix: shape.read_size(prefix)
        ),
        cut=shape.cut_frames,
        has_named_fields=True,
        spliced=(slice(shape.body_start, None), "body"),
        one_recv_each=True,  # some of these programs read so
        first_block=shape.prefix,
        mend=shape.rewrite_size,
    )


def _with_segments(name: str, shape: FrameShape) -> WireProtocol:
    """Return a wire on which only an encrypted length says how long a frame is."""
    return replace(
        _with_sizes(name, shape),
        unit="segment",
        make_splitter=lambda: SegmentSplitter(shape),
        cut=shape.cut_segment,
        explain_uncut=shape.explain_segment,
    )


WIRE_PROTOCOLS = {
    protocol.name: protocol
    for protocol in (LEGACY, MODERN, HARDENED, *map(_of_dialect, DIALECTS.values()))
}
"""All of them, by name."""


def doubt_all() -> AllDoubts:
    """Return what watches one side when no `--protocol` was given."""
    return AllDoubts([LEGACY.make_doubt(), MODERN.make_doubt(), HARDENED.make_doubt()])


def guess_protocol(first_segment: bytes) -> WireProtocol:
    """Return the protocol that a conversation seems to speak.

    Whole frames of 112 bytes look modern. A legacy message can have such a size by chance (93 to
    108 characters of plain text make 224 bytes). So somebody who tampers must name the protocol.
    """
    if first_segment.startswith(HELLO_START) and len(first_segment) == HELLO_SIZE:
        return HARDENED
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

    @property
    def is_uncut(self) -> bool:
        """Whether these bytes are no message or frame of ours, and only pass."""
        return self.tampering == UNCUT
