"""The list of commands and events: all that the page and an engine say to each other.

A command says what a hand on the page did; an event says what happened. Both engines, the one in
the browser and the one with real programs, take these commands and give these events, and there are
no others. The page gets the same list as JSON (`wording.describe`), and refuses any other name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

MOST_TEXT = 400
"""The most characters of a typed line, a guess or an answer."""
MOST_BYTES = 2048
"""The most bytes that mallory may make up."""


def name_of(cls: type) -> str:
    """Return `flip_all` for FlipAll."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


# Commands ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """Something that a hand on the page did."""

    names: ClassVar[dict[str, type[Command]]] = {}

    def __init_subclass__(cls) -> None:
        """Put the command on the list."""
        Command.names[name_of(cls)] = cls


@dataclass(frozen=True)
class Open(Command):
    """Begin a scene, with a new chat. Steps that were solved before stay solved."""

    scene: str


@dataclass(frozen=True)
class Type(Command):
    """Type a line at alice's or bob's program."""

    who: str
    text: str


@dataclass(frozen=True)
class Leave(Command):
    """End alice's or bob's input, as Ctrl-D does."""

    who: str


@dataclass(frozen=True)
class Hold(Command):
    """Stop all that comes from now on (`on`), or let it pass."""

    on: bool


@dataclass(frozen=True)
class Pass(Command):
    """Let a message that was stopped go on."""

    message: int


@dataclass(frozen=True)
class Drop(Command):
    """Throw away a message that was stopped."""

    message: int


@dataclass(frozen=True)
class Replay(Command):
    """Send a message once more."""

    message: int


@dataclass(frozen=True)
class Reflect(Command):
    """Send a message back to who sent it."""

    message: int


@dataclass(frozen=True)
class Swap(Command):
    """Let a stopped message go on after the next one that was stopped."""

    message: int


@dataclass(frozen=True)
class Splice(Command):
    """Put bytes `start` to `stop` of one message, the donor, into the same place of another one."""

    message: int
    donor: int
    start: int
    stop: int


@dataclass(frozen=True)
class Flip(Command):
    """Flip one bit of a message: 0 is the lowest bit of the byte, 7 the highest."""

    message: int
    byte: int
    bit: int


@dataclass(frozen=True)
class Inject(Command):
    """Send bytes of mallory's own (hexadecimal) to alice or bob."""

    who: str
    bytes: str


@dataclass(frozen=True)
class Cut(Command):
    """Cut the wire: both sides see the end of what the other one sends."""


@dataclass(frozen=True)
class Look(Command):
    """Look at a message's field, the one that begins at byte `start`. Nothing is sent."""

    message: int
    start: int


@dataclass(frozen=True)
class Peek(Command):
    """Read a message with the keys of alice and bob, as a teacher may and mallory cannot."""

    message: int


@dataclass(frozen=True)
class Claim(Command):
    """Answer the question of a scene: with messages, or with a word."""

    messages: list[int]
    answer: str


@dataclass(frozen=True)
class Guess(Command):
    """Test one passphrase against a message: in the third chat, only against alice's own share."""

    message: int
    passphrase: str


@dataclass(frozen=True)
class Knock(Command):
    """Connect to bob's program of the third chat, with a guess for the passphrase."""

    passphrase: str


@dataclass(frozen=True)
class Search(Command):
    """Test the next passphrases of the word list against a message."""

    message: int


@dataclass(frozen=True)
class Forge(Command):
    """Write a message with the passphrase that was found, as if alice had typed it."""

    text: str


@dataclass(frozen=True)
class FlipAll(Command):
    """Flip the next bits of a frame, one at a time, each for a receiver with the same keys.

    With `checks` off, the receiver does not look at the tags.
    """

    message: int
    checks: bool


@dataclass(frozen=True)
class Ask(Command):
    """Ask the padding oracle for one more byte of a frame's chunk."""

    message: int
    checks: bool


@dataclass(frozen=True)
class Seek(Command):
    """Look among many recorded frames for two halves that bob's program will show."""


@dataclass(frozen=True)
class Record(Command):
    """Give the conversation so far as the wiretap's own file."""


# Events --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """Something that happened."""

    names: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        """Put the event on the list."""
        Event.names[name_of(cls)] = cls


@dataclass(frozen=True)
class Field:
    """One block or field of a message, with its letter and colours; equal ones look alike."""

    name: str
    start: int
    stop: int
    bytes: str
    letter: str
    text: str
    background: str
    seen: bool
    """Whether an equal one has arrived before."""


@dataclass(frozen=True)
class Opened(Event):
    """A scene has begun, and both programs have met."""

    scene: str
    chat: str
    holds: bool
    solved: list[int]
    """The steps of the scene that were solved earlier."""


@dataclass(frozen=True)
class Typed(Event):
    """A line was typed."""

    who: str
    text: str


@dataclass(frozen=True)
class Message(Event):
    """A message, frame or record is on the wire."""

    message: int
    sender: str
    receiver: str
    unit: str
    size: int
    state: str
    """`passed`, `held`, or `made` if mallory sent it."""
    words: str
    """What mallory did, in the words of the wiretap; empty for an untouched message."""
    origin: int
    """The message that it was made from, or 0."""
    fields: list[Field]


@dataclass(frozen=True)
class Stamped(Event):
    """The time that a program has written into the message that it has just sent."""

    who: str
    clock: str


@dataclass(frozen=True)
class Changed(Event):
    """Mallory changed a message that she holds."""

    message: int
    words: str
    fields: list[Field]


@dataclass(frozen=True)
class Gone(Event):
    """A message that was held has gone on (`passed`) or never will (`dropped`)."""

    message: int
    state: str


@dataclass(frozen=True)
class Holding(Event):
    """Mallory stops everything from now on, or lets it pass."""

    on: bool


@dataclass(frozen=True)
class Judged(Event):
    """What the check values of a tampered message say to somebody who has the keys."""

    message: int
    checks: list[tuple[str, bool]]
    """The name of each check value, and whether it fits."""


@dataclass(frozen=True)
class Shown(Event):
    """A program printed text. Only the first chat's lines have a tag and a clock."""

    who: str
    text: str
    tag: str
    clock: str


@dataclass(frozen=True)
class Silent(Event):
    """A program accepted a message and printed nothing."""

    who: str


@dataclass(frozen=True)
class Refused(Event):
    """A program refused what came, in its own words."""

    who: str
    reason: str
    decrypted: bool
    """Whether the program had already decrypted any part of it."""


@dataclass(frozen=True)
class Ended(Event):
    """A program has ended."""

    who: str
    status: int
    reason: str
    """Its last words, if it had any."""


@dataclass(frozen=True)
class Plain(Event):
    """What is inside a message, field by field; a field without text has an empty one."""

    message: int
    texts: list[str]


@dataclass(frozen=True)
class Guessed(Event):
    """How far the search for the passphrase has come."""

    tried: int
    total: int
    last: str
    """The last guess."""
    found: str
    """The passphrase, once it is known."""


@dataclass(frozen=True)
class Unmasked(Event):
    """Alice's share in the third chat minus w·M for the w of a guess: a point of the curve.

    The engine makes w as its programs do: with scrypt, or in the browser with one fast hash.
    """

    message: int
    passphrase: str
    point: str
    """The beginning of the point, in hexadecimal."""


@dataclass(frozen=True)
class Knocked(Event):
    """What bob's program said to somebody who connected with a guess."""

    tried: int
    passphrase: str
    refused: str
    """Its words; empty if the guess was right."""
    pause: int
    """The seconds until it lets anybody try again, if it does at all (`--tries`)."""


@dataclass(frozen=True)
class Probed(Event):
    """What a receiver said to the next flipped bits: a letter for each, in order.

    `1` the first tag does not fit, `2` the second does not, `3` neither. Without the checks:
    `p` wrong padding, `o` another error, `s` it showed a text, and nothing was noticed. Of the
    third chat's records: `t` the tag does not fit, `l` no record is so long.
    """

    message: int
    checks: bool
    start: int
    """The number of the first of these bits, from 0."""
    verdicts: str


@dataclass(frozen=True)
class Answered(Event):
    """What the padding oracle has given away so far."""

    message: int
    checks: bool
    known: str
    """The known end of the block, in hexadecimal."""
    text: str
    """The same as text, without the padding."""
    queries: int
    failed: bool
    """Whether the receiver gave the same answer to every frame: then it is no oracle."""


@dataclass(frozen=True)
class Sought(Event):
    """How far the search for two halves has come."""

    frames: int
    pairs: int
    message: int
    """The message that was made of two halves, and that mallory holds now; 0 for none yet."""


@dataclass(frozen=True)
class Verdict(Event):
    """Whether the answer to the question of a scene was right, and why."""

    right: bool
    words: str


@dataclass(frozen=True)
class Recorded(Event):
    """The conversation so far, as a file."""

    name: str
    content: str


@dataclass(frozen=True)
class Solved(Event):
    """A step of the scene's task is done."""

    step: int
    all: bool


@dataclass(frozen=True)
class Wrong(Event):
    """A command that cannot be done now, and why."""

    words: str
