"""Mallory (tests/soak/mallory.py): finds what is open in the modern chat, and here nothing.

The same search finds each door of the third chat as soon as it is opened again.
"""

from __future__ import annotations

from unittest import mock

import pytest

from modern.hardened import bulk, records, session
from tests.soak.mallory import HARDENED, MODERN, Mallory, Outcome, search


def tell(what: str, outcome: Outcome) -> None:
    """Print what a search came to, for `pytest -s`."""
    found = str(outcome.found).splitlines()[0] if outcome.found else "nothing"
    print(f"\n{what}: {outcome.examples} examples, {outcome.steps} steps: {found[:110]}")


@pytest.mark.parametrize("door", ["M4", "M5", "M7"])
def test_it_finds_what_is_open_in_the_modern_chat(door):
    outcome = search(MODERN, frozenset({door}), examples=2000)
    assert outcome.found, outcome
    assert outcome.found.door == door
    tell(f"modern, {door}", outcome)


def test_it_finds_nothing_in_the_third_chat():
    outcome = search(HARDENED, examples=100)
    assert outcome.found is None
    assert outcome.steps > 500
    assert outcome.delivered > 50, "few steps may do nothing"
    tell("hardened", outcome)


@pytest.mark.parametrize("kind", [MODERN, HARDENED], ids=["modern", "hardened"])
def test_with_a_mallory_that_does_nothing_all_is_shown_and_both_ends_are_believed(kind):
    """Else a search that finds nothing would say nothing."""
    machine = type("Idle", (Mallory,), {"kind": kind})()
    machine.begin(is_agreement_honest=1)
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
    "no counter in the tag": (records, "tag", tag_without_a_counter, {"M4", "M5", "M7"}),
    "a tag over a part of the record": (records, "tag", tag_of_the_header_only, {"M4", "M5"}),
    "one pair of keys for both directions": (
        session, "derive_keys", one_pair_of_keys, {"M4", "M5", "M7"},
    ),
    "the same keys in each conversation": (
        session, "derive_keys", keys_of_the_passphrase_alone, {"M4", "M5", "M7"},
    ),
    "an end that nobody checks": (bulk.Decoder, "close", lambda self: None, {"M7"}),
}  # fmt: skip
"""The last of each is what may be found first: a record that comes again behind the end is M4."""


@pytest.mark.parametrize("opened", OPENED.values(), ids=OPENED)
@pytest.mark.timeout(600)
def test_it_finds_each_door_that_is_opened_again(opened):
    owner, name, replacement, doors = opened
    as_in_records = mock.patch.object(bulk, "_tag_all", tag_all)
    with mock.patch.object(owner, name, replacement), as_in_records:
        outcome = search(HARDENED, examples=2000)
    assert outcome.found, outcome
    assert outcome.found.door in doors
    tell(f"hardened with {name} replaced", outcome)
