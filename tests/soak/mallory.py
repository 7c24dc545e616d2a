"""A model of an attacker: two honest sessions, and between them mallory, who may do anything.

Mallory holds all that both sides send, of this conversation and of earlier ones, and delivers what
it likes. Whatever it does, in any sequence, two things must be so at each step:

- what a side has shown is a prefix of what the other side said;
- an end is believed only when it was said, and when all that was said before has been shown.

And what passes the tags was sent: a side that refuses a content instead of a tag has decrypted
something that nobody made. The same machine runs on the modern chat, where it must find what is
open there by itself: M4, M5 and M7. So we know that it can find anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple
from unittest import mock

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from modern.dialects import INDEPENDENT, derive_all_keys
from modern.errors import AuthenticationError, ModernError, TruncationError
from modern.hardened import pake, records
from modern.hardened.errors import AgreementError
from modern.hardened.session import HardenedSession
from modern.protocol import FRAME_SIZE
from modern.session import FrameSession, Session
from tests.programs import AUTHKEY, CONFKEY

KEYS = {INDEPENDENT: derive_all_keys(CONFKEY, AUTHKEY)[INDEPENDENT]}
W = 0x5EC2E7
CLOSE = None
"""In the place of a message: the connection ends."""
REMEMBERED = 13
"""How many messages mallory remembers."""
UNBELIEVED = (AuthenticationError, TruncationError, AgreementError)
"""How a side refuses what was changed. All other refusals come after the tag has passed."""


class Found(AssertionError):  # noqa: N818 - an outcome, not a mistake
    """A door is open: its id, and what was seen."""

    def __init__(self, door: str, seen: str):
        super().__init__(f"{door}: {seen}")
        self.door = door


# The two chats as mallory sees them ----------------------------------------------------------


class Kind(NamedTuple):
    """A chat: how a pair of sessions is made, and how its stream is cut into messages."""

    make: Callable[[bool, Random], Session]
    split: Callable[[bytes], list[bytes]]


def split_frames(stream: bytes) -> list[bytes]:
    """Cut what a modern session sends."""
    return [stream[at : at + FRAME_SIZE] for at in range(0, len(stream), FRAME_SIZE)]


def split_records(stream: bytes) -> list[bytes]:
    """Cut what a hardened session sends, after the agreement."""
    found = []
    while stream:
        size = records.measure(stream)
        found.append(stream[:size])
        stream = stream[size:]
    return found


def make_hardened(is_client: bool, dice: Random) -> HardenedSession:
    """Return a session whose share is drawn with these dice."""
    with mock.patch.object(pake, "randbelow", dice.randrange):
        return HardenedSession(W, is_client=is_client)


MODERN = Kind(lambda is_client, dice: FrameSession(KEYS), split_frames)
HARDENED = Kind(make_hardened, split_records)


@dataclass
class Side:
    """One honest side: its session, and what a person there has said and been shown."""

    session: Session
    said: bytes = b""
    shown: bytes = b""
    has_ended: bool = False
    believes_the_end: bool = False
    error: ModernError | None = None
    arriving: list[bytes | None] = field(default_factory=list)
    """What is on its way to this side."""

    @property
    def is_over(self) -> bool:
        """Whether it reads no more."""
        return self.believes_the_end or self.error is not None


WHO = st.integers(0, 1)
PLACE = st.integers(0, 12)
BORDER = st.sampled_from(range(0, 128, 16)) | st.integers(0, 330)
SAYING = st.text("ab ☃\n", min_size=1, max_size=40) | st.just("a longer line " * 40)


def pick(possible: list[int], who: int) -> int:
    """Return one of the sides for which something is possible."""
    return possible[who % len(possible)]


class Mallory(RuleBasedStateMachine):
    """Everything that can be done to two sessions from outside."""

    kind = HARDENED
    looks_for = frozenset({"M4", "M5", "M7"})
    examples = steps = delivered = believed = 0
    found_after = 0
    """The number of the example that found something."""

    def __init__(self) -> None:
        super().__init__()
        type(self).examples += 1
        self.remembered: list[bytes] = []
        self.dice = Random(0)  # the same steps have the same outcome: hypothesis wants that

    @initialize(is_agreement_honest=st.integers(0, 7))
    def begin(self, is_agreement_honest: int) -> None:
        """Start a conversation; in one of eight, the agreement itself is open to tampering."""
        self.sides = [Side(self.kind.make(is_client, self.dice)) for is_client in (True, False)]
        for who in (0, 1):
            self._send(who, self.sides[who].session.replies())
        while is_agreement_honest and any(side.arriving for side in self.sides):
            for who in (0, 1):
                self._deliver(who, 1)

    # What honest people do

    @precondition(lambda self: self._who_can_speak())
    @rule(who=WHO, text=SAYING)
    def say(self, who: int, text: str) -> None:
        """Say something."""
        who = pick(self._who_can_speak(), who)
        session = self.sides[who].session
        self.sides[who].said += text.encode()
        self._seed(session)
        for message in self.kind.split(b"".join(session.seal([text]))):
            self._send(who, message)

    @precondition(lambda self: self._who_can_speak())
    @rule(who=WHO)
    def end(self, who: int) -> None:
        """End a direction."""
        who = pick(self._who_can_speak(), who)
        self.sides[who].has_ended = True
        self._seed(self.sides[who].session)
        self._send(who, self.sides[who].session.farewell() or b"")
        self.sides[1 - who].arriving.append(CLOSE)

    @precondition(lambda self: any(side.is_over for side in self.sides))
    @rule(is_agreement_honest=st.integers(0, 7))
    def begin_again(self, is_agreement_honest: int) -> None:
        """Talk anew, with the same secrets; mallory remembers what was sent before."""
        self.begin(is_agreement_honest)

    # What mallory does

    @precondition(lambda self: self._who_is_to_hear())
    @rule(who=WHO, count=st.integers(1, 4))
    def relay(self, who: int, count: int) -> None:
        """Deliver what comes next."""
        self._deliver(pick(self._who_is_to_hear(), who), count)

    @precondition(lambda self: self._who_is_to_hear())
    @rule(who=WHO, at=st.integers(1, 330))
    def deliver_a_part(self, who: int, at: int) -> None:
        """Deliver the next bytes, which may be a part of a message."""
        who = pick(self._who_is_to_hear(), who)
        arriving = self.sides[who].arriving
        if message := arriving[0]:
            arriving[:1] = [message[:at]] + [message[at:]] * (len(message) > at)
        self._deliver(who, 1)

    @precondition(lambda self: self._who_is_to_hear())
    @rule(who=WHO, place=PLACE)
    def drop(self, who: int, place: int) -> None:
        """Leave a message out."""
        arriving = self.sides[pick(self._who_is_to_hear(), who)].arriving
        del arriving[place % len(arriving)]

    @precondition(lambda self: self._who_is_to_hear())
    @rule(who=WHO, place=PLACE, to=PLACE)
    def move(self, who: int, place: int, to: int) -> None:
        """Let a message come earlier or later."""
        arriving = self.sides[pick(self._who_is_to_hear(), who)].arriving
        message = arriving.pop(place % len(arriving))
        arriving.insert(to % (len(arriving) + 1), message)

    @precondition(lambda self: self._who_is_to_hear())
    @rule(who=WHO, place=PLACE, bit=st.integers(0, 1 << 14))
    def flip(self, who: int, place: int, bit: int) -> None:
        """Change one bit."""
        arriving = self.sides[pick(self._who_is_to_hear(), who)].arriving
        place %= len(arriving)
        if message := arriving[place]:
            changed = bytearray(message)
            changed[bit // 8 % len(message)] ^= 1 << bit % 8
            arriving[place] = bytes(changed)

    @precondition(lambda self: self.remembered and self._who_listens())
    @rule(who=WHO, which=PLACE, place=PLACE)
    def repeat(self, who: int, which: int, place: int) -> None:
        """Send again what was sent before: by the peer, by this side, or another time."""
        self._insert(who, place, self.remembered[-1 - which % len(self.remembered)])

    @precondition(lambda self: self.remembered and self._who_listens())
    @rule(who=WHO, one=PLACE, other=PLACE, at=BORDER, place=PLACE)
    def splice(self, who: int, one: int, other: int, at: int, place: int) -> None:
        """Join the start of one message and the rest of another."""
        count = len(self.remembered)
        start, rest = (self.remembered[-1 - which % count] for which in (one, other))
        self._insert(who, place, start[:at] + rest[at:])

    @precondition(lambda self: self._who_listens())
    @rule(who=WHO, data=st.binary(min_size=1, max_size=400), place=PLACE)
    def inject(self, who: int, data: bytes, place: int) -> None:
        """Send bytes of one's own."""
        self._insert(who, place, data)

    @precondition(lambda self: self._who_listens())
    @rule(who=WHO, place=PLACE)
    def cut(self, who: int, place: int) -> None:
        """End the connection towards a side."""
        arriving = self.sides[pick(self._who_listens(), who)].arriving
        del arriving[place:]
        arriving.append(CLOSE)

    # What must be so

    @invariant()
    def only_what_was_said_is_shown(self) -> None:
        """In order, once, and from the beginning."""
        type(self).steps += 1
        for side, other in self._pairs():
            if not other.said.startswith(side.shown):
                self._find("M5", f"{side.shown!r} was shown, and {other.said!r} was said")

    @invariant()
    def an_end_is_believed_only_when_it_was_said(self) -> None:
        """And with all that was said before it."""
        for side, other in self._pairs():
            is_all_shown = side.shown == other.said or not other.said.startswith(side.shown)
            if side.believes_the_end and not (other.has_ended and is_all_shown):
                self._find("M7", f"an end after {side.shown!r} of {other.said!r}")

    @invariant()
    def what_passes_the_tags_was_sent(self) -> None:
        """Refuse, then, for a tag that does not fit. What else is wrong, is wrong after that."""
        for side, _ in self._pairs():
            if side.error and not isinstance(side.error, UNBELIEVED):
                self._find("M4", f"nobody sent this, and its tags fit: {side.error}")

    # The wire

    def _pairs(self) -> list[tuple[Side, Side]]:
        sides = getattr(self, "sides", [])
        return list(zip(sides, sides[::-1], strict=True))

    def _find(self, door: str, seen: str) -> None:
        if door in self.looks_for:
            type(self).found_after = type(self).found_after or self.examples
            raise Found(door, seen)

    def _seed(self, session: Session) -> None:
        """Let the next IVs be drawn with our dice."""
        session._sealer._random_bytes = self.dice.randbytes  # type: ignore[attr-defined]

    def _who_can_speak(self) -> list[int]:
        return [
            who
            for who, side in enumerate(self.sides)
            if side.session.ready and not side.has_ended and not side.error
        ]

    def _who_listens(self) -> list[int]:
        return [who for who, side in enumerate(self.sides) if not side.is_over]

    def _who_is_to_hear(self) -> list[int]:
        return [who for who in self._who_listens() if self.sides[who].arriving]

    def _send(self, who: int, message: bytes) -> None:
        if message:
            self.sides[1 - who].arriving.append(message)
            self.remembered = [*self.remembered, message][-REMEMBERED:]

    def _insert(self, who: int, place: int, message: bytes) -> None:
        if message:
            arriving = self.sides[pick(self._who_listens(), who)].arriving
            arriving.insert(place % (len(arriving) + 1), message)

    def _deliver(self, who: int, count: int) -> None:
        side = self.sides[who]
        messages, side.arriving = side.arriving[:count], side.arriving[count:]
        for message in messages:
            if not side.is_over:
                type(self).delivered += side.session.ready
                self._hand_over(who, side, message)

    def _hand_over(self, who: int, side: Side, message: bytes | None) -> None:
        try:
            if message is CLOSE:
                side.session.receive_end()
                side.believes_the_end = True
                type(self).believed += 1
                return
            for text in side.session.receive(message):
                side.shown += text
        except ModernError as error:
            side.error = error
        else:
            self._send(who, side.session.replies())


class Outcome(NamedTuple):
    """What a search came to."""

    found: Found | None
    examples: int
    """Until something was found, or all of them."""
    steps: int
    delivered: int
    believed: int


def search(
    kind: Kind,
    doors: frozenset[str] = Mallory.looks_for,
    *,
    examples: int,
    steps: int = 50,
    is_the_same_each_time: bool = True,
) -> Outcome:
    """Let mallory look for open doors, in so many conversations of so many steps."""
    machine = type("Mallory", (Mallory,), {"kind": kind, "looks_for": doors})
    found = None
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=is_the_same_each_time,
                report_multiple_bugs=False,
                print_blob=False,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            ),
        )
    except Found as door:
        found = door
    except Flaky as unsteady:  # it was found, and the same steps then found nothing
        found = next((each for each in _causes(unsteady) if isinstance(each, Found)), None)
        if not found:
            raise
    counts = machine.steps, machine.delivered, machine.believed
    return Outcome(found, machine.found_after or machine.examples, *counts)


def _causes(error: BaseException) -> tuple[BaseException, ...]:
    """Return what a group of errors holds."""
    causes: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return causes
