"""Both ends of the third chat in one kernel, and Mallory between them: no sockets, no threads.

The two sessions are the real ones (`modern/hardened/session.py`). A `Meeting` keeps them to itself:
like Mallory, a cell sees what is sent and what a screen shows, and never a key. `try_attacks` runs
each attack against the modern chat and against the third one.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from modern import attacks, protocol
from modern.dialects import INDEPENDENT
from modern.errors import ProtocolError
from modern.hardened import pake
from modern.hardened.session import HardenedSession
from modern.session import FrameSession, Session
from notebooks.lab import size_for  # noqa: F401 - notebook 5 knows this file as its lab
from notebooks.second_chat import SCRIPT


class Screen(NamedTuple):
    """What a program has shown, and the error with which it would end."""

    shown: str
    error: str
    """Empty after a good end. Of "ERROR: HMAC verification failed (why)", only the why."""


def play(receiver: Session, pieces: Iterable[bytes]) -> Screen:
    """Let a program receive pieces, and then the end of the connection."""
    shown = b""
    try:
        for piece in pieces:
            for text in receiver.receive(piece):
                shown += text
        receiver.receive_end()
    except ProtocolError as error:
        return Screen(shown.decode(), re.sub(r"ERROR: .*?\((.*)\)", r"\1", str(error)))
    return Screen(shown.decode(), "")


def quick_w(passphrase: str) -> int:
    """Return a number for a passphrase with one fast hash, where `pake.derive_w` takes scrypt.

    It makes guesses free: whoever fails with it fails even more with scrypt.
    """
    return int.from_bytes(sha256(passphrase.encode()).digest(), "big") % pake.P


def agree(client: HardenedSession, server: HardenedSession) -> list[bytes]:
    """Pass messages on between two sides until both are ready; return the messages.

    Raises AgreementError, as the side does that refuses.
    """
    wire = []
    for receiver, sender in (server, client), (client, server), (server, client), (client, server):
        wire.append(sender.replies())
        list(receiver.receive(wire[-1]))
    return wire


class Meeting:
    """A conversation of alice, who is the client, and bob. Both know the passphrase."""

    def __init__(self, w: int, *, steady: bool = False):
        """Take the number of the passphrase. A `steady` alice seals "" as a record, too."""
        self._alice = HardenedSession(w, is_client=True, steady=steady)
        self._bob = HardenedSession(w, is_client=False)
        self.wire = agree(self._alice, self._bob)
        """The four messages of the agreement."""

    def alice_says(self, *lines: str) -> list[bytes]:
        """Return a record for each line, as alice's program sends them."""
        return [b"".join(self._alice.seal([line])) for line in lines]

    def alice_ends(self) -> bytes:
        """Return the record that says alice's end."""
        return self._alice.farewell() or b""

    def bob_sees(self, pieces: Iterable[bytes]) -> Screen:
        """Return what bob's program does with pieces. Each time it is as new as after meeting."""
        return play(copy.deepcopy(self._bob), pieces)

    def alice_sees(self, pieces: Iterable[bytes]) -> Screen:
        """Return what alice's program does with pieces."""
        return play(copy.deepcopy(self._alice), pieces)


# What an eavesdropper sees -------------------------------------------------------------------


class Sent(NamedTuple):
    """What an eavesdropper sees of one message."""

    time: float
    sender: str
    size: int


def eavesdrop() -> dict[str, list[Sent]]:
    """Return when and how much each side sends in one talk: modern, third, and third with ticks.

    The sizes are real. The times are a simple model of a person: two seconds to read, five
    characters a second to type.
    """
    talk, clock = [], 0.0
    for sender, hesitates, text in SCRIPT:
        clock += 2 + hesitates + len(text) / 5
        talk.append((clock, sender, text))
    ticks = [
        (float(tick), who, "") for tick in range(1, int(clock) + 2) for who in ("alice", "bob")
    ]
    meeting, steady = Meeting(quick_w("a word")), Meeting(quick_w("a word"), steady=True)
    return {
        "the modern chat": [Sent(when, who, attacks.wire_size(text)) for when, who, text in talk],
        "the third chat": [
            Sent(when, who, len(meeting.alice_says(text)[0])) for when, who, text in talk
        ],
        "the third chat with --steady 1": [
            Sent(when, who, len(steady.alice_says(text)[0])) for when, who, text in ticks
        ],
    }


# What it costs -------------------------------------------------------------------------------


class Cost(NamedTuple):
    """What a text costs: its bytes on the wire, and the seconds to seal and to open them."""

    size: int
    seconds: float


def measure_costs(size: int) -> tuple[Cost, Cost]:
    """Send a text of so many bytes through a pair of the modern chat, and of the third."""
    text = "x" * (size - 1) + "\n"
    w = quick_w("a passphrase")
    alice, bob = (HardenedSession(w, is_client=each) for each in (True, False))
    agree(alice, bob)
    return _send(modern_session(), modern_session(), text), _send(alice, bob, text)


def measure_beginning(passphrase: str) -> tuple[float, float]:
    """Return how many seconds scrypt takes, and how many the agreement after it."""
    start = time.perf_counter()
    w = pake.derive_w(passphrase)
    middle = time.perf_counter()
    Meeting(w)
    return middle - start, time.perf_counter() - middle


def _send(sender: Session, receiver: Session, text: str) -> Cost:
    start = time.perf_counter()
    pieces = list(sender.seal([text]))
    for piece in pieces:
        for _ in receiver.receive(piece):
            pass
    return Cost(sum(map(len, pieces)), time.perf_counter() - start)


# Each attack, against both -------------------------------------------------------------------

LINES = ("pay mallory 10\n", "no, never pay!\n", "burn the paper\n")


def flip_bit(data: bytes, number: int) -> bytes:
    """Return data in which one bit is another one."""
    changed = bytearray(data)
    changed[number // 8] ^= 1 << number % 8
    return bytes(changed)


class Verdict(NamedTuple):
    """What became of an attack: whether the second and the third chat let it through."""

    row: str
    attack: str
    modern: bool
    third: bool


Change = Callable[[list[bytes]], Iterable[bytes]]
_CHANGES: dict[tuple[str, str], Change] = {
    ("M2", "one bit flipped"): lambda sent: [flip_bit(sent[0], 600), *sent[1:]],
    ("M5", "one sent twice"): lambda sent: [sent[0], *sent],
    ("M5", "one left out"): lambda sent: [sent[0], *sent[2:]],
    ("M5", "two exchanged"): lambda sent: [sent[1], sent[0], *sent[2:]],
    ("M7", "cut after the first"): lambda sent: sent[:1],
}


def try_attacks() -> list[Verdict]:
    """Run each attack on the wire against the real receivers of both chats."""
    found = [
        Verdict(*name, _fools_modern(change), _fools_third(change))
        for name, change in _CHANGES.items()
    ]
    found.insert(1, Verdict("M4", "two halves joined", _joins_frames(), _joins_records()))
    found.insert(5, Verdict("M5", "sent back to its sender", _reflects_modern(), _reflects_third()))
    return found


def modern_session() -> FrameSession:
    """Return one side of the modern chat. Both sides and all sessions have the same keys."""
    return FrameSession({INDEPENDENT: protocol.derive_keys("c" * 32, "a" * 32)})


def _modern_frames(lines: Iterable[str] = LINES) -> list[bytes]:
    return attacks.split_frames(b"".join(modern_session().seal(lines)))


def _fools_modern(change: Change) -> bool:
    return not play(modern_session(), change(_modern_frames())).error


def _fools_third(change: Change) -> bool:
    meeting = Meeting(quick_w("a passphrase"))
    return not meeting.bob_sees(change([*meeting.alice_says(*LINES), meeting.alice_ends()])).error


def _joins_frames() -> bool:
    """Whether some spliced frame passes both tags; find_splices tells which are shown as well."""
    first, second, _ = _modern_frames()
    try:
        protocol.verify(attacks.splice(first, second), protocol.derive_keys("c" * 32, "a" * 32))
    except ProtocolError:
        return False
    return True


def _joins_records() -> bool:
    meeting = Meeting(quick_w("a passphrase"))
    first, second = meeting.alice_says(*LINES[:2])
    cuts = range(2, len(first), 16)
    joined = [[first[:cut] + second[cut:]] for cut in cuts]
    return any("changed" not in meeting.bob_sees(pieces).error for pieces in joined)


def _reflects_modern() -> bool:
    return not play(modern_session(), _modern_frames()).error


def _reflects_third() -> bool:
    meeting = Meeting(quick_w("a passphrase"))
    return not meeting.alice_sees([*meeting.alice_says(*LINES), meeting.alice_ends()]).error
