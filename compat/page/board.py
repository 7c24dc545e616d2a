"""Mallory's seat on the page: each message is a card on her board, and she may change it.

The wiretap's rules are made before a conversation, for messages that will come. Here a person
changes a message that is already there. But the wiretap's own code makes the change: the same
splitters cut, the same tamperings change, the same letters mark, the same recorder writes. Nothing
here has a key, a socket or a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from compat.page import events
from compat.page.events import Event
from compat.wiretap import tampering
from compat.wiretap.marks import Marker
from compat.wiretap.relay import Observer
from compat.wiretap.tampering import Passage, Rule
from compat.wiretap.wires import HARDENED, Place, Segment, WireProtocol

NAMES = {Place.CLIENT: "alice", Place.SERVER: "bob", Place.WIRETAP: "mallory"}
PLACES = {name: place for place, name in NAMES.items()}
MOST_CARDS = 400
"""The most messages of one chat: a page with more cannot be read."""
AGREEMENT_RECORDS = 2
"""So many messages of each side are the third chat's agreement, which nobody stops."""


class BoardError(Exception):
    """What the person wants cannot be done now; the text says why."""


@dataclass
class Card:
    """One message, frame or record on the board."""

    id: int
    segment: Segment
    """As it is now. Its sender is the wiretap if mallory made or changed it."""
    home: Place
    """Who sent the message; for a message that mallory made up, who could have sent it."""
    state: str
    origin: int = 0

    @property
    def data(self) -> bytes:
        """The bytes as they are now."""
        return self.segment.data


class Board:
    """All messages of one chat, and what mallory does to them."""

    def __init__(
        self,
        protocol: WireProtocol,
        emit: Callable[[Event], None],
        deliver: Callable[[Card], None],
        recorder: Observer,
    ):
        """Take a function for events, and a function for each card that goes on to its receiver."""
        self.protocol = protocol
        self.holds = False
        self.cards: dict[int, Card] = {}
        self._emit, self._deliver, self._recorder = emit, deliver, recorder
        self._marker = Marker()
        self._splitters = {p: protocol.make_splitter() for p in (Place.CLIENT, Place.SERVER)}
        self._counts = dict.fromkeys(self._splitters, 0)

    # What comes ------------------------------------------------------------------------------

    def came(self, sender: Place, data: bytes) -> None:
        """Take bytes that a program sent; stop the messages in it, or let them pass."""
        for unit in self._splitters[sender].split(data):
            self._counts[sender] += 1
            number = self._counts[sender]
            segment = Segment(self.protocol, sender, sender.peer, unit, range(number, number + 1))
            in_agreement = self.protocol is HARDENED and number <= AGREEMENT_RECORDS
            if self.holds and not in_agreement:
                held = replace(segment, receiver=Place.WIRETAP, tampering="held back")
                self._recorder.saw(held)
                self._add(segment, sender, "held")
            else:
                self._recorder.saw(segment)
                self._deliver(self._add(segment, sender, "passed"))

    def hold(self, on: bool) -> None:
        """Stop everything from now on, or let it pass. What is held stays held."""
        self.holds = on
        self._emit(events.Holding(on))

    def held(self) -> list[Card]:
        """Return the cards that wait for mallory."""
        return [card for card in self.cards.values() if card.state == "held"]

    # What mallory does -----------------------------------------------------------------------

    def let_pass(self, number: int) -> None:
        """Send a held message on. Raises BoardError."""
        card = self._find_held(number)
        card.state = "passed"
        words = card.segment.tampering or f"{self.protocol.unit} {card.id} sent on late"
        sent = replace(card.segment, sender=Place.WIRETAP, numbers=range(0), tampering=words)
        self._recorder.saw(sent)
        self._mark(card)  # it arrives only now
        self._emit(events.Gone(card.id, "passed"))
        self._deliver(card)

    def drop(self, number: int) -> None:
        """Throw a held message away. Raises BoardError."""
        card = self._find_held(number)
        card.state = "dropped"
        self._emit(events.Gone(card.id, "dropped"))

    def swap(self, number: int) -> None:
        """Send the next held message of the same sender on, then this one. Raises BoardError."""
        first = self._find_held(number)
        later = [c for c in self.held() if c.home is first.home and c.id > first.id]
        if not later:
            raise BoardError(
                f"hold a second message of {NAMES[first.home]}: it takes two to change places"
            )
        self.let_pass(later[0].id)
        self.let_pass(number)

    def replay(self, number: int) -> Card:
        """Send a message once more. Raises BoardError."""
        return self._send_copy(tampering.Replay(number), self._find(number))

    def reflect(self, number: int) -> Card:
        """Send a message back to who sent it. Raises BoardError."""
        return self._send_copy(tampering.Reflect(number), self._find(number))

    def splice(self, number: int, donor: int, start: int, stop: int) -> None:
        """Put bytes of the donor into the same place of a message. Raises BoardError."""
        source = self._find(donor)
        if number == donor:
            raise BoardError("take a part of another message")
        if not 0 <= start < stop <= len(source.data):
            raise BoardError("the message has no such part")
        part = slice(start, stop)
        rule = tampering.Splice(number, donor, part, self._name_part(source, part))
        self._change(rule, number, {donor: source.data})

    def flip(self, number: int, byte: int, bit: int) -> None:
        """Flip one bit of a message. Raises BoardError."""
        if not (byte >= 0 and 0 <= bit <= 7):  # noqa: PLR2004 - the bits of a byte
            raise BoardError("there is no such bit")
        self._change(tampering.Flip(number, byte, bit), number, {})

    def inject(self, receiver: Place, data: bytes, words: str, *, held: bool = False) -> Card:
        """Send, or only prepare, bytes that mallory made up."""
        segment = Segment(self.protocol, Place.WIRETAP, receiver, data, tampering=words)
        if not held:
            self._recorder.saw(segment)
        card = self._add(segment, receiver.peer, "held" if held else "made")
        if not held:
            self._deliver(card)
        return card

    def fields(self, card: Card, *, arrives: bool = False) -> list[events.Field]:
        """Return the fields of a message, each with the mark of its bytes."""
        return list(self._cut(card, arrives=arrives))

    # How -------------------------------------------------------------------------------------

    def _change(self, rule: Rule, number: int, seen: Mapping[int, bytes]) -> None:
        """Change a held message, or send a changed copy of one that has gone."""
        card = self._find(number)
        passage = Passage(replace(card.segment, numbers=range(number, number + 1)))
        rule.tamper(passage, seen)
        last = passage.segments()[-1]
        if last.data == card.data:
            raise BoardError(last.tampering or "nothing was changed")
        if card.state != "held":
            self._send(replace(last, sender=Place.WIRETAP, receiver=card.home.peer), card)
            return
        words = ", ".join(filter(None, (card.segment.tampering, last.tampering)))
        card.segment = replace(card.segment, data=last.data, tampering=words)
        self._emit(events.Changed(card.id, words, self.fields(card)))

    def _send_copy(self, rule: Rule, card: Card) -> Card:
        came = replace(card.segment, sender=card.home, receiver=card.home.peer)
        passage = Passage(replace(came, tampering=""))
        rule.tamper(passage, {})
        return self._send(passage.segments()[-1], card)

    def _send(self, segment: Segment, origin: Card) -> Card:
        made = replace(segment, numbers=range(0))
        self._recorder.saw(made)
        card = self._add(made, origin.home, "made", origin.id)
        self._deliver(card)
        return card

    def _add(self, segment: Segment, home: Place, state: str, origin: int = 0) -> Card:
        if len(self.cards) >= MOST_CARDS:
            raise BoardError(f"{MOST_CARDS} messages are enough for one chat: start a new one")
        card = Card(len(self.cards) + 1, segment, home, state, origin)
        self.cards[card.id] = card
        self._emit(self._describe(card))
        return card

    def _describe(self, card: Card) -> events.Message:
        segment = card.segment
        return events.Message(
            card.id,
            NAMES[segment.sender],
            NAMES[segment.receiver],
            self.protocol.unit,
            len(segment.data),
            card.state,
            segment.tampering,
            card.origin,
            self.fields(card, arrives=card.state != "held"),
        )

    def _mark(self, card: Card) -> None:
        for _ in self._cut(card, arrives=True):
            pass

    def _cut(self, card: Card, *, arrives: bool) -> Iterator[events.Field]:
        start = 0
        numbers = card.segment.numbers
        units = self.protocol.cut(card.data, 0, numbers.start if numbers else 0)
        for index, field in enumerate(field for unit in units for field in unit):
            mark = self._marker.mark(field.data, arrives=arrives)
            stop = start + len(field.data)
            name = field.name or f"block {index}"
            yield events.Field(
                name, start, stop, field.data.hex(), mark.letters, *mark.colour, mark.seen
            )
            start = stop

    def _name_part(self, card: Card, part: slice) -> str:
        """Return what the bytes of a slice are called: `block 1`, `E(chunk) and tag`."""
        names = [
            field.name
            for field in self.fields(card)
            if part.start <= field.start and field.stop <= part.stop
        ]
        return " and ".join(names) or f"bytes {part.start} to {part.stop - 1}"

    def _find(self, number: int) -> Card:
        try:
            return self.cards[number]
        except KeyError:
            raise BoardError(f"there is no message {number}") from None

    def _find_held(self, number: int) -> Card:
        card = self._find(number)
        if card.state != "held":
            raise BoardError(f"message {number} has gone: you can send it again, or back")
        return card
