"""What somebody in the middle does to a conversation: segments in, segments out, no sockets.

Nothing here knows a key. A legacy message is found by its first block, which is the same in all
messages of ten hours; a modern frame by its size. relay.py carries what comes out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby
from typing import ClassVar

import legacy.protocol
import modern.protocol

BLOCK_SIZE = legacy.protocol.BLOCK_SIZE
FRAME_SIZE = modern.protocol.FRAME_SIZE

MOST_FIRST_BLOCKS = 64
"""That are remembered of one sender; a day has three, unless somebody sends noise."""


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


class WireProtocol(str, Enum):
    """Which of the two chats is spoken, so where a message or frame begins."""

    LEGACY = "legacy"
    MODERN = "modern"

    @property
    def unit(self) -> str:
        """What is counted and tampered with: a message of legacy, a frame of modern."""
        return "message" if self is WireProtocol.LEGACY else "frame"


def guess_protocol(first_segment: bytes) -> WireProtocol:
    """Return the protocol that a conversation seems to speak.

    Whole frames of 112 bytes look modern. A legacy message can be as long by chance (93 to 108
    characters of plain text make 224 bytes), which is why tampering wants to be told.
    """
    whole_frames = len(first_segment) % FRAME_SIZE == 0
    return WireProtocol.MODERN if whole_frames else WireProtocol.LEGACY


@dataclass(frozen=True)
class Segment:
    """Bytes that travel together from one place to another: one `recv`, or one `send`."""

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


# Where messages and frames begin -------------------------------------------------------------


class MessageSplitter:
    """Cuts the segments of legacy senders into messages, at the blocks that begin one.

    The first block is `{"timestamp": "` and the tens digit of the hour: equal for all messages
    of ten hours, in both directions, and found nowhere else, since a message that holds the same
    words has its quotation marks escaped. So joined messages can be told apart without the key.
    """

    unit = WireProtocol.LEGACY.unit

    def __init__(self) -> None:
        self._first_blocks: set[bytes] = set()

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

    def finish(self) -> bytes:
        """Return what was kept for later: nothing, since every segment ends a message."""
        return b""


class FrameSplitter:
    """Cuts the stream of a modern sender into frames; keeps the beginning of the next."""

    unit = WireProtocol.MODERN.unit

    def __init__(self) -> None:
        self._partial = b""

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


# What can be done ----------------------------------------------------------------------------


class Passage:
    """One message or frame on its way through the wiretap, and what becomes of it."""

    def __init__(self, came: Segment, unit: str):
        """Begin with what came, which goes on as it is unless a rule wills otherwise."""
        self.unit = unit
        """Whether it is a message or a frame."""
        self.number = came.numbers.start
        self.data = came.data
        """What goes on."""
        self._came = came
        self._done: list[str] = []
        self._withheld = False
        self._followers: list[Segment] = []
        self._copies: list[tuple[Place, str]] = []

    def change(self, data: bytes, what: str) -> None:
        """Let `data` go on instead."""
        self.data = data
        self._done.append(what)

    def note(self, what: str) -> None:
        """Say why a rule did nothing."""
        self._done.append(what)

    def withhold(self, what: str) -> None:
        """Let nothing go on."""
        self._withheld = True
        self._done.append(what)

    def follow(self, data: bytes, what: str) -> None:
        """Send `data` to the receiver as well, afterwards."""
        self._followers.append(Segment(Place.WIRETAP, self._came.receiver, data, tampering=what))

    def repeat(self, what: str) -> None:
        """Send what goes on once more."""
        self._copies.append((self._came.receiver, what))

    def reflect(self, what: str) -> None:
        """Send what goes on back to where it came from."""
        self._copies.append((self._came.sender, what))

    def segments(self) -> list[Segment]:
        """Return everything that came and that is to be sent, in order."""
        copies = [
            Segment(Place.WIRETAP, to, self.data, tampering=what) for to, what in self._copies
        ]
        return [*self._original(), *self._followers, *copies]

    def _original(self) -> list[Segment]:
        done = ", ".join(self._done)
        stopped = replace(self._came, receiver=Place.WIRETAP, tampering=done)
        if self._withheld:
            return [stopped]
        if self.data == self._came.data:
            return [replace(self._came, tampering=done)]
        changed = Segment(Place.WIRETAP, self._came.receiver, self.data, tampering=done)
        return [replace(stopped, tampering="stopped"), changed]


@dataclass(frozen=True)
class Rule(ABC):
    """Something to do when the message or frame with this number, counted from 1, passes."""

    done: ClassVar[str]
    """What the rule did, in one word."""

    number: int

    def concerns(self, number: int) -> bool:
        """Whether there is something to do when that number passes."""
        return number == self.number

    def needs(self, number: int) -> bool:
        """Whether what passes with that number is needed later."""
        return False

    @abstractmethod
    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Do it; `seen` has what went on earlier, by number, as far as it was needed."""

    def finish(self, seen: Mapping[int, bytes], count: int) -> bytes:
        """Return what is still held back when the sender ends after `count`."""
        return b""


@dataclass(frozen=True)
class Splice(Rule):
    """A part of an earlier one takes the place of the same part."""

    done = "spliced"

    donor: int
    """The number of the earlier one."""
    part: slice
    name: str
    """What the part is called."""

    @classmethod
    def block(cls, number: int, donor: int, index: int = 1) -> Splice:
        """Return the rule that takes over a 16-byte block; block 1 of legacy has the clock."""
        start = index * BLOCK_SIZE
        return cls(number, donor, slice(start, start + BLOCK_SIZE), f"block {index}")

    @classmethod
    def body(cls, number: int, donor: int) -> Splice:
        """Return the rule that takes over the chunk of a modern frame, with the tag that fits."""
        return cls(number, donor, slice(modern.protocol.CHUNK.start, FRAME_SIZE), "body")

    def needs(self, number: int) -> bool:
        """Whether that is the donor."""
        return number == self.donor

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Put the part in its place, where both have it."""
        data, donor = passage.data, seen[self.donor]
        if min(len(data), len(donor)) < self.part.stop:
            return passage.note(f"not spliced: no {self.name}")
        spliced = data[: self.part.start] + donor[self.part] + data[self.part.stop :]
        return passage.change(spliced, f"{self.name} of {passage.unit} {self.donor} spliced in")


@dataclass(frozen=True)
class Flip(Rule):
    """One bit becomes its opposite."""

    done = "flipped"

    offset: int
    """Of its byte, from 0."""
    bit: int
    """0 is the lowest bit of the byte, 7 the highest."""

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Flip it, where there is such a byte."""
        data = bytearray(passage.data)
        if self.offset >= len(data):
            return passage.note(f"not flipped: no byte {self.offset}")
        data[self.offset] ^= 1 << self.bit
        return passage.change(bytes(data), f"bit {self.bit} of byte {self.offset} flipped")


@dataclass(frozen=True)
class Drop(Rule):
    """It never arrives."""

    done = "dropped"

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Keep it."""
        passage.withhold("dropped")


@dataclass(frozen=True)
class Swap(Rule):
    """It arrives after the next one."""

    done = "swapped"

    def concerns(self, number: int) -> bool:
        """Whether that is the one to hold back, or the one to follow."""
        return number in (self.number, self.number + 1)

    def needs(self, number: int) -> bool:
        """Whether that is the one to hold back."""
        return number == self.number

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Hold it back, or let it follow the next one."""
        if passage.number == self.number:
            passage.withhold("held back")
        else:
            passage.follow(seen[self.number], f"{passage.unit} {self.number} let go")

    def finish(self, seen: Mapping[int, bytes], count: int) -> bytes:
        """Return what no next one ever came for."""
        return seen[self.number] if count == self.number else b""


@dataclass(frozen=True)
class Replay(Rule):
    """It arrives twice."""

    done = "replayed"

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Send it once more."""
        passage.repeat(f"{passage.unit} {self.number} replayed")


@dataclass(frozen=True)
class Reflect(Rule):
    """It arrives, and comes back to its sender too."""

    done = "reflected"

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Send it back."""
        passage.reflect(f"{passage.unit} {self.number} reflected")


# The seat in the middle ----------------------------------------------------------------------


class Direction(ABC):
    """What one peer sends, on its way to the other."""

    @abstractmethod
    def feed(self, data: bytes) -> list[Segment]:
        """Take the next segment that came; return it and all that is to be sent."""

    def finish(self) -> list[Segment]:
        """Take the end of the stream; return what is still to be sent."""
        return []

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        return []


class WatchedMessages(Direction):
    """Legacy messages that go on as they come, and are only counted."""

    def __init__(self, sender: Place):
        self._sender, self._splitter, self._count = sender, MessageSplitter(), 0

    def feed(self, data: bytes) -> list[Segment]:
        """Return the segment as it came."""
        first = self._count + 1
        self._count += len(self._splitter.split(data))
        return [Segment(self._sender, self._sender.peer, data, range(first, self._count + 1))]


class WatchedFrames(Direction):
    """Modern frames that go on as they come, also in parts, and are only counted."""

    def __init__(self, sender: Place):
        self._sender, self._position = sender, 0

    def feed(self, data: bytes) -> list[Segment]:
        """Return the segment as it came."""
        first, offset = divmod(self._position, FRAME_SIZE)
        self._position += len(data)
        last = (self._position - 1) // FRAME_SIZE
        numbers = range(first + 1, last + 2)
        return [Segment(self._sender, self._sender.peer, data, numbers, offset)]


class Tampered(Direction):
    """Messages or frames that rules are applied to; each waits here until it is whole."""

    def __init__(
        self, sender: Place, splitter: MessageSplitter | FrameSplitter, rules: Iterable[Rule]
    ):
        self._sender, self._splitter, self._rules = sender, splitter, tuple(rules)
        self._seen: dict[int, bytes] = {}
        self._count = 0

    def feed(self, data: bytes) -> list[Segment]:
        """Return what came and what becomes of it; what is left alone stays in one segment."""
        parts = self._splitter.split(data)
        return list(_join_untouched(segment for part in parts for segment in self._pass(part)))

    def finish(self) -> list[Segment]:
        """Return what was held back for the next one, and what is left of a cut frame."""
        to_peer = self._sender.peer
        held = [
            Segment(
                Place.WIRETAP,
                to_peer,
                data,
                tampering=f"{self._splitter.unit} {rule.number} let go",
            )
            for rule in self._rules
            if (data := rule.finish(self._seen, self._count))
        ]
        partial = self._splitter.finish()
        if partial:
            held.append(Segment(self._sender, to_peer, partial, _only(self._count + 1)))
        return held

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        return [rule for rule in self._rules if rule.number > self._count]

    def _pass(self, data: bytes) -> list[Segment]:
        self._count += 1
        came = Segment(self._sender, self._sender.peer, data, _only(self._count))
        concerned = [rule for rule in self._rules if rule.concerns(self._count)]
        needed = any(rule.needs(self._count) for rule in self._rules)
        if not (concerned or needed):
            return [came]
        passage = Passage(came, self._splitter.unit)
        for rule in concerned:
            rule.tamper(passage, self._seen)
        if needed:
            self._seen[self._count] = passage.data
        return passage.segments()


def _only(number: int) -> range:
    return range(number, number + 1)


def _join_untouched(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the segments, neighbours that go on as they came in one."""
    for tampered, group in groupby(segments, key=lambda segment: bool(segment.tampering)):
        if tampered:
            yield from group
            continue
        parts = list(group)
        numbers = range(parts[0].numbers.start, parts[-1].numbers.stop)
        yield replace(parts[0], data=b"".join(part.data for part in parts), numbers=numbers)


class Tamperer:
    """The seat in the middle: takes what comes from either side, says what is sent to whom.

    Only what `target` sends is tampered with. All else goes on exactly as it came, at once.
    """

    def __init__(
        self,
        protocol: WireProtocol | None = None,
        rules: Iterable[Rule] = (),
        target: Place = Place.CLIENT,
    ):
        """Take the protocol, or None to guess it from the first segment."""
        self.protocol = protocol
        self._rules, self._target = tuple(rules), target
        self._directions: dict[Place, Direction] = {}

    def feed(self, sender: Place, data: bytes) -> list[Segment]:
        """Take a segment; return it, and what is to be sent because of it, in order."""
        self.protocol = self.protocol or guess_protocol(data)
        if sender not in self._directions:
            self._directions[sender] = self._make_direction(sender, self.protocol)
        return self._directions[sender].feed(data)

    def finish(self, sender: Place) -> list[Segment]:
        """Take the end of what one side sends; return what is still to be sent."""
        return self._directions[sender].finish() if sender in self._directions else []

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        target = self._directions.get(self._target)
        return target.idle_rules() if target else list(self._rules)

    def _make_direction(self, sender: Place, protocol: WireProtocol) -> Direction:
        is_legacy = protocol is WireProtocol.LEGACY
        if self._rules and sender is self._target:
            splitter = MessageSplitter() if is_legacy else FrameSplitter()
            return Tampered(sender, splitter, self._rules)
        return WatchedMessages(sender) if is_legacy else WatchedFrames(sender)
