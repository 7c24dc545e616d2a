"""The seat in the middle: segments in, segments out, no sockets.

This file applies the rules of tampering.py to the messages or frames of one side. relay.py carries
what comes out. Bytes that cannot be cut into messages or frames pass unchanged. Then `news` says so
once, and `undone` says which rules could not be followed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from compat.wiretap.doubts import AllDoubts, Doubt
from compat.wiretap.tampering import Passage, Rule
from compat.wiretap.wires import (
    UNCUT,
    Place,
    Segment,
    WireProtocol,
    doubt_all,
    guess_protocol,
)

MOST_HELD = 1 << 16
"""The most bytes that wait for a rule until the sender stops at the end of a frame. If more bytes
wait, all of them pass unchanged, and the rule is not followed."""


class Direction(ABC):
    """What one peer sends, on its way to the other."""

    def __init__(self, sender: Place, protocol: WireProtocol, doubt: Doubt | AllDoubts):
        self._sender, self._protocol = sender, protocol
        self.doubt = doubt

    @abstractmethod
    def feed(self, data: bytes) -> list[Segment]:
        """Take the next segment that came; return it and all that is to be sent."""

    def pause(self) -> list[Segment]:
        """Take note that nothing comes for a while; return the segments that can now go on."""
        self.doubt.paused()
        return []

    def finish(self) -> list[Segment]:
        """Take the end of the stream; return what is still to be sent."""
        self.doubt.ended()
        return []

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        return []

    def undone(self) -> list[tuple[Rule, str]]:
        """Return the rules whose message or frame came but could not be cut, and why."""
        return []

    def _uncut(self, data: bytes) -> Segment:
        return Segment(self._protocol, self._sender, self._sender.peer, data, tampering=UNCUT)


class WatchedDirection(Direction):
    """Passes on bytes as they come, also parts of a frame; only counts messages or frames."""

    def __init__(self, sender: Place, protocol: WireProtocol, doubt: Doubt | AllDoubts):
        super().__init__(sender, protocol, doubt)
        self._splitter = protocol.make_splitter()

    def feed(self, data: bytes) -> list[Segment]:
        """Return the segment as it came."""
        self.doubt.came(data)
        if self.doubt.reason:
            return [self._uncut(data)]
        numbers, offset = self._splitter.number(data)
        return [Segment(self._protocol, self._sender, self._sender.peer, data, numbers, offset)]


class RuledDirection(Direction):
    """Messages or frames that rules are applied to; each waits here until it is whole.

    A rule also waits until the sender stops where a frame ends. Otherwise, the wiretap could cut
    bytes that are no frames.
    """

    def __init__(
        self,
        sender: Place,
        protocol: WireProtocol,
        doubt: Doubt | AllDoubts,
        rules: Iterable[Rule],
    ):
        super().__init__(sender, protocol, doubt)
        self._rules = tuple(rules)
        self._seen: dict[int, bytes] = {}
        self._splitter, self._counter = protocol.make_splitter(), protocol.make_splitter()
        self._whole: list[bytes] = []  # messages or frames that wait
        self._count = 0
        self._skipped = 0  # bytes to come of a frame whose beginning could not wait
        self._undone: list[tuple[Rule, str]] = []

    def feed(self, data: bytes) -> list[Segment]:
        """Return what came, and what is sent for it. Unchanged neighbours stay in one segment."""
        self.doubt.came(data)
        if self.doubt.reason:
            return self._give_up(data)
        rest, data = data[: self._skipped], data[self._skipped :]
        self._skipped -= len(rest)
        out = [self._came(rest)] if rest else []
        self._whole += self._splitter.split(data) if data else []
        if not self._must_wait():
            out += self._pass_all()
        elif sum(map(len, self._whole)) > MOST_HELD and self._splitter.missing is not None:
            out += self._release(f"no {self._unit} ended where the {self._sender.value} stopped")
        return list(_join_untouched(out))

    def pause(self) -> list[Segment]:
        """Return what waited, as it came: it may be no frame at all."""
        self.doubt.paused()
        if self.doubt.reason:
            return self._give_up(b"")
        if self._splitter.missing is None:  # nobody would know where the next one begins
            return []
        return self._release(f"the {self._sender.value} stopped inside a {self._unit}")

    def finish(self) -> list[Segment]:
        """Return the message or frame that `--swap` still holds back, and the rest of a cut one."""
        self.doubt.ended()
        if self._whole:
            return self._release(f"the {self._sender.value}'s bytes end inside a {self._unit}")
        held, partial = self._let_go(), self._splitter.finish()
        return [*held, self._came(partial)] if partial else held

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        return [
            rule for rule in self._rules if rule.number > self._count and not self._is_left(rule)
        ]

    def undone(self) -> list[tuple[Rule, str]]:
        """Return the rules whose message or frame came but could not be cut, and why."""
        return self._undone

    def _came(self, data: bytes) -> Segment:
        numbers, offset = self._counter.number(data)
        return Segment(self._protocol, self._sender, self._sender.peer, data, numbers, offset)

    @property
    def _unit(self) -> str:
        return self._protocol.unit

    # What waits ------------------------------------------------------------------------------

    def _must_wait(self) -> bool:
        """Whether a rule is for a unit that waits, and the sender stopped inside a later one."""
        return self._splitter.kept > 0 and bool(self._wanting(len(self._whole) + 1))

    def _wanting(self, count: int) -> list[Rule]:
        """Return the rules that want one of the next `count`, and can still be followed."""
        numbers = range(self._count + 1, self._count + count + 1)
        return [
            rule
            for rule in self._rules
            if not self._is_left(rule)
            and any(rule.concerns(number) or rule.needs(number) for number in numbers)
        ]

    def _release(self, why: str) -> list[Segment]:
        """Return what waits, as it came; the rules that wanted it are not followed."""
        count = len(self._whole) + (self._splitter.kept > 0)
        if not count:
            return []
        self._skipped = self._splitter.missing or 0
        data, self._whole = b"".join([*self._whole, self._splitter.finish()]), []
        return self._pass_uncut(data, count, why)

    def _pass_uncut(self, data: bytes, count: int, why: str) -> list[Segment]:
        """Return `count` units as they came, after what was held back for the first of them."""
        left, held = self._wanting(count), self._let_go()
        self._count += count
        return [*held, replace(self._came(data), tampering=self._leave(left, why))]

    def _leave(self, rules: Iterable[Rule], why: str) -> str:
        """Take note that rules are not followed; return it in words."""
        left = [rule for rule in rules if not self._is_left(rule)]
        self._undone += [(rule, why) for rule in left]
        words = ", ".join(dict.fromkeys(f"not {rule.done}" for rule in left))
        return f"{words}: {why}" if words else ""

    def _is_left(self, rule: Rule) -> bool:
        return any(left is rule for left, _ in self._undone)

    def _give_up(self, data: bytes) -> list[Segment]:
        """Return everything that waits, and the data, as they came. From now on, nothing waits."""
        self._leave(self.idle_rules(), f"what the {self._sender.value} sends is no {self._unit}s")
        held, waiting = self._let_go(), [*self._whole, self._splitter.finish(), data]
        self._whole = []
        uncut = b"".join(waiting)
        return [*held, self._uncut(uncut)] if uncut else held

    def _let_go(self) -> list[Segment]:
        """Return what was held back for a next one that does not come, or cannot be cut."""
        held = {rule.number: rule.finish(self._seen, self._count) for rule in self._rules}
        self._seen = {n: data for n, data in self._seen.items() if not held.get(n)}
        return [self._make(number, data) for number, data in held.items() if data]

    def _make(self, number: int, data: bytes) -> Segment:
        what = f"{self._unit} {number} sent on late"
        return Segment(self._protocol, Place.WIRETAP, self._sender.peer, data, tampering=what)

    # What passes -----------------------------------------------------------------------------

    def _pass_all(self) -> list[Segment]:
        parts, self._whole = self._whole, []
        return [segment for part in parts for segment in self._pass(part)]

    def _pass(self, data: bytes) -> list[Segment]:
        why = self._protocol.explain_uncut(data)
        wanting = self._wanting(1)
        if wanting and why:
            return self._pass_uncut(data, 1, why)
        self._count += 1
        came = self._came(data)
        if not wanting:
            return [came]
        passage = Passage(came)
        for rule in wanting:
            if rule.concerns(self._count):
                rule.tamper(passage, self._seen)
        if any(rule.needs(self._count) for rule in wanting):
            self._seen[self._count] = passage.data
        return passage.segments()


def _join_untouched(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the segments. Neighbours that are passed on unchanged are joined to one."""
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
        self._is_guessed = protocol is None
        self._rules, self._target = tuple(rules), target
        self._directions: dict[Place, Direction] = {}
        self._told: set[Place] = set()

    def feed(self, sender: Place, data: bytes) -> list[Segment]:
        """Take a segment; return it, and what is to be sent because of it, in order."""
        self.protocol = self.protocol or guess_protocol(data)
        if sender not in self._directions:
            self._directions[sender] = self._make_direction(sender, self.protocol)
        return self._directions[sender].feed(data)

    def pause(self, sender: Place) -> list[Segment]:
        """Take note that one side sends nothing for a while; return what is to be sent now."""
        return self._directions[sender].pause() if sender in self._directions else []

    def finish(self, sender: Place) -> list[Segment]:
        """Take the end of what one side sends; return what is still to be sent."""
        return self._directions[sender].finish() if sender in self._directions else []

    def news(self) -> list[str]:
        """Return what was found out since the last call: whose bytes are no frames of ours."""
        found = {
            place: direction.doubt
            for place, direction in self._directions.items()
            if direction.doubt.reason and place not in self._told
        }
        self._told |= set(found)
        return [
            f"the {place.value}'s bytes are no {doubt.what}: {doubt.reason}; they pass as they "
            "come. What are they? Record them, and ask python -m compat.identify"
            for place, doubt in found.items()
        ]

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        target = self._directions.get(self._target)
        return target.idle_rules() if target else list(self._rules)

    def undone(self) -> list[tuple[Rule, str]]:
        """Return the rules whose message or frame could not be cut, and why."""
        target = self._directions.get(self._target)
        return target.undone() if target else []

    def _make_direction(self, sender: Place, protocol: WireProtocol) -> Direction:
        doubt = doubt_all() if self._is_guessed else protocol.make_doubt()
        if self._rules and sender is self._target:
            return RuledDirection(sender, protocol, doubt, self._rules)
        return WatchedDirection(sender, protocol, doubt)
