"""What somebody in the middle can do to a message or frame: one class for each tampering.

A class says everything about its tampering: the option of the wiretap's command line, its help,
how its numbers are read, and what it does. `TAMPERINGS` is the list of them; the order there is the
order in which they are applied. seat.py applies them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from compat.wiretap.splitters import BLOCK_SIZE
from compat.wiretap.wires import Place, Segment, WireProtocol


class Passage:
    """One message or frame on its way through the wiretap, and what becomes of it."""

    def __init__(self, came: Segment):
        """Start with a segment as received; it is forwarded unchanged unless a rule changes it."""
        self.protocol = came.protocol
        self.unit = came.protocol.unit
        """Whether it is a message or a frame."""
        self.number = came.numbers.start
        self.data = came.data
        """What is passed on."""
        self._came = came
        self._done: list[str] = []
        self._withheld = False
        self._followers: list[Segment] = []
        self._copies: list[tuple[Place, str]] = []

    def change(self, data: bytes, what: str) -> None:
        """Pass on `data` instead."""
        self.data = data
        self._done.append(what)

    def note(self, what: str) -> None:
        """Say why a rule did nothing."""
        self._done.append(what)

    def withhold(self, what: str) -> None:
        """Pass on nothing."""
        self._withheld = True
        self._done.append(what)

    def send_after(self, data: bytes, what: str) -> None:
        """Send `data` to the receiver as well, afterwards."""
        self._followers.append(self._make(self._came.receiver, data, what))

    def repeat(self, what: str) -> None:
        """Send what is passed on once more."""
        self._copies.append((self._came.receiver, what))

    def reflect(self, what: str) -> None:
        """Send what is passed on back to its sender, too."""
        self._copies.append((self._came.sender, what))

    def segments(self) -> list[Segment]:
        """Return everything that came and that is to be sent, in order."""
        copies = [self._make(to, self.data, what) for to, what in self._copies]
        return [*self._original(), *self._followers, *copies]

    def _original(self) -> list[Segment]:
        done = ", ".join(self._done)
        stopped = replace(self._came, receiver=Place.WIRETAP, tampering=done)
        if self._withheld:
            return [stopped]
        if self.data == self._came.data:
            return [replace(self._came, tampering=done)]
        changed = self._make(self._came.receiver, self.data, done)
        return [replace(stopped, tampering="stopped"), changed]

    def _make(self, receiver: Place, data: bytes, what: str) -> Segment:
        return Segment(self._came.protocol, Place.WIRETAP, receiver, data, tampering=what)


@dataclass(frozen=True)
class Rule(ABC):
    """Something to do when the message or frame with this number, counted from 1, passes."""

    option: ClassVar[str]
    """The name of the option, without the dashes."""
    metavar: ClassVar[str] = "N"
    """The value of the option: numbers, with colons between them."""
    help: ClassVar[str]
    """What the option does, for `--help`."""
    done: ClassVar[str]
    """What the rule did, in one word."""

    number: int

    @classmethod
    def parse(cls, numbers: tuple[int, ...], protocol: WireProtocol) -> Rule:
        """Return the rule for the numbers of its option. Raises ValueError, which says why not."""
        if len(numbers) != 1:
            raise ValueError("it takes one number")
        return cls(numbers[0])

    def concerns(self, number: int) -> bool:
        """Whether the rule does something when this number passes."""
        return number == self.number

    def needs(self, number: int) -> bool:
        """Whether the message or frame with this number is needed later."""
        return False

    def excludes(self, other: Rule) -> bool:
        """Whether this rule and the other rule contradict each other."""
        return False

    @abstractmethod
    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Apply the rule.

        `seen` has the earlier messages or frames that a rule needs, by number, as
        the rules have changed them.
        """

    def finish(self, seen: Mapping[int, bytes], count: int) -> bytes:
        """Return what is still held back when the sender ends after `count`."""
        return b""


@dataclass(frozen=True)
class Splice(Rule):
    """A part of an earlier message or frame replaces the same part of this one."""

    option = "splice"
    metavar = "N:M[:BLOCK]"
    help = "give the N-th a part of the M-th, which came before it"
    done = "spliced"

    donor: int
    """The number of the earlier message or frame."""
    part: slice
    name: str
    """What the part is called."""

    @classmethod
    def parse(cls, numbers: tuple[int, ...], protocol: WireProtocol) -> Splice:
        """Return the rule for `N:M`, or for `N:M:BLOCK`. Raises ValueError."""
        match numbers:
            case (number, donor):
                part, name = protocol.spliced
            case (number, donor, block):
                part, name = protocol.find_block(block)
            case _:
                raise ValueError("give two numbers, and a block if need be")
        if not 0 < donor < number:
            raise ValueError("the second number must be one that came before the first")
        if protocol.unit_size and (part.stop or 0) > protocol.unit_size:
            last = protocol.unit_size // BLOCK_SIZE - 1
            raise ValueError(f"the blocks of a {protocol.unit} are 0 to {last}")
        return cls(number, donor, part, name)

    def excludes(self, other: Rule) -> bool:
        """Whether the other rule splices the same part of the same message or frame."""
        return isinstance(other, Splice) and (other.number, other.part) == (self.number, self.part)

    def needs(self, number: int) -> bool:
        """Whether this is the number of the donor."""
        return number == self.donor

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Replace the part, if both messages or frames have it."""
        data, donor = passage.data, seen[self.donor]
        start, stop = self.part.start, self.part.stop
        if min(len(data), len(donor)) < (stop or start + 1):
            return passage.note(f"not spliced: no {self.name}")
        rest = data[stop:] if stop else b""  # a body of any size goes to the end
        spliced = passage.protocol.mend(data[:start] + donor[self.part] + rest)
        return passage.change(spliced, f"{self.name} of {passage.unit} {self.donor} spliced in")


@dataclass(frozen=True)
class Flip(Rule):
    """One bit becomes its opposite."""

    option = "flip"
    metavar = "N:BYTE[:BIT]"
    help = "flip a bit of the N-th"
    done = "flipped"

    offset: int
    """The number of the byte, from 0."""
    bit: int = 0
    """The number of the bit: 0 is the lowest bit of the byte, 7 the highest."""

    @classmethod
    def parse(cls, numbers: tuple[int, ...], protocol: WireProtocol) -> Flip:
        """Return the rule for `N:BYTE`, or for `N:BYTE:BIT`. Raises ValueError."""
        match numbers:
            case (_, _) | (_, _, 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7):
                flip = cls(*numbers)
            case _:
                raise ValueError("give N:BYTE or N:BYTE:BIT, with a bit from 0 to 7")
        if protocol.unit_size and flip.offset >= protocol.unit_size:
            raise ValueError(f"the bytes of a {protocol.unit} are 0 to {protocol.unit_size - 1}")
        return flip

    def excludes(self, other: Rule) -> bool:
        """Whether the other rule flips the same bit, so that nothing is changed."""
        return other == self

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Flip the bit, if there is such a byte."""
        data = bytearray(passage.data)
        if self.offset >= len(data):
            return passage.note(f"not flipped: no byte {self.offset}")
        data[self.offset] ^= 1 << self.bit
        return passage.change(bytes(data), f"bit {self.bit} of byte {self.offset} flipped")


@dataclass(frozen=True)
class Drop(Rule):
    """The message or frame never arrives."""

    option = "drop"
    help = "let the N-th never arrive"
    done = "dropped"

    def excludes(self, other: Rule) -> bool:
        """Whether the other rule is for this message or frame, or swaps the one before it."""
        return other.number == self.number or other == Swap(self.number - 1)

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Pass on nothing."""
        passage.withhold("dropped")


@dataclass(frozen=True)
class Swap(Rule):
    """The message or frame arrives after the next one."""

    option = "swap"
    help = "hold the N-th back until the next has passed"
    done = "swapped"

    def concerns(self, number: int) -> bool:
        """Whether this number is held back, or is the one after it."""
        return number in (self.number, self.number + 1)

    def excludes(self, other: Rule) -> bool:
        """Whether the other rule replays this number, or also holds back a neighbour of it."""
        held_back = isinstance(other, Swap) and abs(other.number - self.number) <= 1
        return held_back or other == Replay(self.number)

    def needs(self, number: int) -> bool:
        """Whether this number is held back."""
        return number == self.number

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Hold it back, or send it after the next one."""
        if passage.number == self.number:
            passage.withhold("held back")
        else:
            passage.send_after(seen[self.number], f"{passage.unit} {self.number} sent on late")

    def finish(self, seen: Mapping[int, bytes], count: int) -> bytes:
        """Return what was held back, if the sender ended before the next one came."""
        return seen.get(self.number, b"") if count == self.number else b""


@dataclass(frozen=True)
class Replay(Rule):
    """The message or frame arrives twice."""

    option = "replay"
    help = "send the N-th again, right after it"
    done = "replayed"

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Send it once more."""
        passage.repeat(f"{passage.unit} {self.number} replayed")


@dataclass(frozen=True)
class Reflect(Rule):
    """The message or frame arrives, and is also sent back to its sender."""

    option = "reflect"
    help = "send the N-th back to its sender as well"
    done = "reflected"

    def tamper(self, passage: Passage, seen: Mapping[int, bytes]) -> None:
        """Send it back."""
        passage.reflect(f"{passage.unit} {self.number} reflected")


TAMPERINGS: tuple[type[Rule], ...] = (Splice, Flip, Drop, Swap, Replay, Reflect)
"""All tamperings, in the order in which they are applied: changes come first."""
