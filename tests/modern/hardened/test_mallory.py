"""Mallory (tests/soak/mallory.py): finds what is open in the modern chat, and here nothing.

The same search finds each door of the third chat as soon as it is opened again. A search takes
long, so every day mallory does what somebody has written down for it; the long runs let it search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from unittest import mock

import pytest

from modern.hardened import bulk, records, session
from tests import rarely
from tests.soak.mallory import HARDENED, MODERN, Found, Kind, Mallory, Outcome, search


def tell(what: str, outcome: Outcome) -> None:
    """Print what a search came to, for `pytest -s`."""
    found = str(outcome.found).splitlines()[0] if outcome.found else "nothing"
    print(f"\n{what}: {outcome.examples} examples, {outcome.steps} steps: {found[:110]}")


@rarely.each("door", ["M4", "M5", "M7"], daily=["M7"])
def test_it_finds_what_is_open_in_the_modern_chat(door):
    outcome = search(MODERN, frozenset({door}), examples=2000)
    assert outcome.found, outcome
    assert outcome.found.door == door
    tell(f"modern, {door}", outcome)


def test_it_finds_nothing_in_the_third_chat():
    """In a short search; tests/soak/test_mallory.py has the long one."""
    outcome = search(HARDENED, examples=10)
    assert outcome.found is None
    assert outcome.steps > 50
    assert outcome.delivered > 5, "few steps may do nothing"
    tell("hardened", outcome)


def meet(kind: Kind) -> Mallory:
    """Return a mallory between two sides that have agreed."""
    machine: Mallory = type("Written", (Mallory,), {"kind": kind})()
    machine.begin(is_agreement_honest=1)
    return machine


@pytest.mark.parametrize("kind", [MODERN, HARDENED], ids=["modern", "hardened"])
def test_with_a_mallory_that_does_nothing_all_is_shown_and_both_ends_are_believed(kind):
    """Else a search that finds nothing would say nothing."""
    machine = meet(kind)
    for who, text in ((0, "hello bob ☃\n"), (1, "hello alice\n" * 50), (0, "bye\n")):
        machine.say(who, text)
    for who in (0, 1):
        machine.end(who)
        while machine.sides[1 - who].arriving:
            machine.relay(1 - who, 1)
    for side, other in zip(machine.sides, machine.sides[::-1], strict=True):
        assert (side.believes_the_end, side.error) == (True, None)
        assert side.shown == other.said != b""
    machine.only_what_was_said_is_shown()
    machine.an_end_is_believed_only_when_it_was_said()


TAG = records.tag


def tag_without_a_counter(counter, record, keys):
    return TAG(0, record, keys)


def tag_of_the_header_only(counter, record, keys):
    return TAG(counter, record[:34], keys)


def one_pair_of_keys(agreed_key, transcript):
    return (records.derive_keys(agreed_key, transcript)[0],) * 2


def keys_of_the_passphrase_alone(agreed_key, transcript):
    return records.derive_keys(bytes(16), b"")


def tag_all(sealed, direction):
    """Do as bulk.py does, with the tag of records.py."""
    numbered = enumerate(sealed, direction.counter)
    return [records.tag(number, record, direction.keys) for number, record in numbered]


OPENED = {
    "no counter in the tag": (records, "tag", tag_without_a_counter, {"M5", "M7"}),
    "a tag over a part of the record": (records, "tag", tag_of_the_header_only, {"M4", "M5"}),
    "one pair of keys for both directions": (
        session, "derive_keys", one_pair_of_keys, {"M5", "M7"},
    ),
    "the same keys in each conversation": (
        session, "derive_keys", keys_of_the_passphrase_alone, {"M5", "M7"},
    ),
    "an end that nobody checks": (bulk.Decoder, "close", lambda self: None, {"M7"}),
}  # fmt: skip


@contextmanager
def opened(door: str) -> Iterator[None]:
    """Open a door of the third chat."""
    owner, name, replacement, _ = OPENED[door]
    as_in_records = mock.patch.object(bulk, "_tag_all", tag_all)
    with mock.patch.object(owner, name, replacement), as_in_records:
        yield


@pytest.mark.soak
@pytest.mark.parametrize("door", OPENED)
@pytest.mark.timeout(600)
def test_a_search_finds_each_door_that_is_opened_again(door):
    with opened(door):
        outcome = search(HARDENED, examples=2000)
    assert outcome.found, outcome
    assert outcome.found.door in OPENED[door][-1]
    tell(f"hardened: {door}", outcome)


# What mallory does, as somebody wrote it down -------------------------------------------------

ALICE, BOB = 0, 1
Move = Callable[[Mallory], None]


def say(text: str) -> Move:
    """Let alice say something, which does not arrive yet."""
    return lambda mallory: mallory.say(ALICE, text)


def relay(mallory: Mallory) -> None:
    """Deliver what is on its way to bob."""
    mallory.relay(BOB, len(mallory.sides[BOB].arriving))


def repeat(to: int, which: int = 0) -> Move:
    """Send somebody a message again: the last one, or the one so many before it."""
    return lambda mallory: mallory.repeat(to, which, 0)


def splice(mallory: Mallory) -> None:
    """Send bob the header of the last message but one, and the rest of the last one."""
    mallory.splice(BOB, 1, 0, 64, 0)


def flip(mallory: Mallory) -> None:
    """Change a bit of the text that is on its way."""
    mallory.flip(BOB, 0, 40 * 8)


def cut(mallory: Mallory) -> None:
    """End the connection to bob."""
    mallory.cut(BOB, 0)


def begin_again(mallory: Mallory) -> None:
    """Let both talk anew."""
    mallory.begin(is_agreement_honest=1)


REPEATED = (say("pay 10\n"), relay, repeat(BOB), relay)
CUT = (say("pay 10\n"), relay, cut, relay)
WRITTEN: dict[str, tuple[Kind, str | None, str, tuple[Move, ...]]] = {
    "modern: halves of two frames": (
        MODERN, None, "M4", (say("a\n"), say("not as long\n"), relay, splice, relay),
    ),
    "modern: a frame again": (MODERN, None, "M5", REPEATED),
    "modern: a cut": (MODERN, None, "M7", CUT),
    "a record again": (HARDENED, "no counter in the tag", "M5", REPEATED),
    "a changed record": (
        HARDENED, "a tag over a part of the record", "M4", (say("pay 10\n"), flip, relay),
    ),
    "back to its sender": (
        HARDENED, "one pair of keys for both directions", "M5",
        (say("pay 10\n"), repeat(ALICE), lambda mallory: mallory.relay(ALICE, 1)),
    ),
    "from another conversation": (  # behind it are the four messages of the new agreement
        HARDENED, "the same keys in each conversation", "M5",
        (say("pay 10\n"), begin_again, repeat(BOB, 4), relay),
    ),
    "a cut": (HARDENED, "an end that nobody checks", "M7", CUT),
}  # fmt: skip
"""Which chat, which of its doors is open, what is found, and by what."""


def play(kind: Kind, moves: tuple[Move, ...]) -> Mallory:
    """Let mallory do this, and hold at each step what must be so."""
    mallory = meet(kind)
    for move in moves:
        move(mallory)
        mallory.only_what_was_said_is_shown()
        mallory.an_end_is_believed_only_when_it_was_said()
        mallory.what_passes_the_tags_was_sent()
    return mallory


@pytest.mark.parametrize(("kind", "door", "found", "moves"), WRITTEN.values(), ids=WRITTEN)
def test_through_each_open_door_somebody_comes(kind, door, found, moves):
    with opened(door) if door else nullcontext(), pytest.raises(Found) as caught:
        play(kind, moves)
    assert caught.value.door == found


@pytest.mark.parametrize("name", [name for name in WRITTEN if WRITTEN[name][0] is HARDENED])
def test_through_the_same_door_closed_nobody_does(name):
    kind, _, _, moves = WRITTEN[name]
    mallory = play(kind, moves)
    assert any(side.error for side in mallory.sides)
