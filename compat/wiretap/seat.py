"""The seat in the middle: segments in, segments out, no sockets.

This file applies the rules of tampering.py to the messages or frames of one side. relay.py carries
what comes out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from compat.wiretap.tampering import Passage, Rule
from compat.wiretap.wires import Place, Segment, WireProtocol, guess_protocol


class Direction(ABC):
    """What one peer sends, on its way to the other."""

    def __init__(self, sender: Place, protocol: WireProtocol):
        self._sender, self._protocol = sender, protocol
        self._splitter = protocol.make_splitter()

    @abstractmethod
    def feed(self, data: bytes) -> list[Segment]:
        """Take the next segment that came; return it and all that is to be sent."""

    def finish(self) -> list[Segment]:
        """Take the end of the stream; return what is still to be sent."""
        return []

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        return []

    def _came(self, data: bytes, numbers: range, offset: int = 0) -> Segment:
        return Segment(self._protocol, self._sender, self._sender.peer, data, numbers, offset)


class WatchedDirection(Direction):
    """Passes on bytes as they come, also parts of a frame; only counts messages or frames."""

    def feed(self, data: bytes) -> list[Segment]:
        """Return the segment as it came."""
        return [self._came(data, *self._splitter.number(data))]


class RuledDirection(Direction):
    """Messages or frames that rules are applied to; each waits here until it is whole."""

    def __init__(self, sender: Place, protocol: WireProtocol, rules: Iterable[Rule]):
        super().__init__(sender, protocol)
        self._rules = tuple(rules)
        self._seen: dict[int, bytes] = {}
        self._count = 0

    def feed(self, data: bytes) -> list[Segment]:
        """Return what came and what becomes of it; what is left alone stays in one segment."""
        parts = self._splitter.split(data)
        return list(_join_untouched(segment for part in parts for segment in self._pass(part)))

    def finish(self) -> list[Segment]:
        """Return what was held back for the next one, and what is left of a cut frame."""
        held = [
            self._let_go(rule.number, data)
            for rule in self._rules
            if (data := rule.finish(self._seen, self._count))
        ]
        partial = self._splitter.finish()
        return [*held, self._came(partial, _only(self._count + 1))] if partial else held

    def idle_rules(self) -> list[Rule]:
        """Return the rules whose number never came."""
        return [rule for rule in self._rules if rule.number > self._count]

    def _let_go(self, number: int, data: bytes) -> Segment:
        what = f"{self._protocol.unit} {number} let go"
        return Segment(self._protocol, Place.WIRETAP, self._sender.peer, data, tampering=what)

    def _pass(self, data: bytes) -> list[Segment]:
        self._count += 1
        came = self._came(data, _only(self._count))
        concerned = [rule for rule in self._rules if rule.concerns(self._count)]
        needed = any(rule.needs(self._count) for rule in self._rules)
        if not (concerned or needed):
            return [came]
        passage = Passage(came)
        for rule in concerned:
            rule.tamper(passage, self._seen)
        if needed:
            self._seen[self._count] = passage.data
        return passage.segments()


def _only(number: int) -> range:
    return range(number, number + 1)


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
        if self._rules and sender is self._target:
            return RuledDirection(sender, protocol, self._rules)
        return WatchedDirection(sender, protocol)
