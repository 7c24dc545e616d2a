"""The place of a wrong byte in a tag does not show in the time that its refusal takes."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable

import pytest

from modern import protocol
from modern.errors import AuthenticationError
from modern.hardened import bulk, pake, records
from modern.hardened.errors import AgreementError
from modern.protocol import CHUNK_TAG, LENGTH_TAG
from tests.programs import AUTHKEY, CONFKEY

KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)

REPEATS = 5
"""One of them may meet a busy moment of the machine."""


def wrong_tag(place: int) -> bytes:
    """Return a frame both of whose tags are right but for one byte."""
    frame = bytearray(protocol.seal("hello\n", KEYS, random_bytes=bytes))
    frame[LENGTH_TAG.start + place] ^= 0xFF
    frame[CHUNK_TAG.start + place] ^= 0xFF
    return bytes(frame)


def measure(
    refuse: Callable[[bytes], object], rounds: int, make: Callable[[int], bytes] = wrong_tag
) -> dict[int, list[int]]:
    """Time the refusal of frames wrong in the first, a middle and the last byte, interleaved."""
    frames = {place: make(place) for place in (0, 15, 31)}
    times: dict[int, list[int]] = {place: [] for place in frames}
    dice = random.Random(1)
    order = list(frames)
    for _ in range(rounds):
        dice.shuffle(order)
        for place in order:
            frame = bytes(bytearray(frames[place]))  # elsewhere in memory each time
            begin = time.perf_counter_ns()
            refuse(frame)
            times[place].append(time.perf_counter_ns() - begin)
    return times


def shift(one: list[int], other: list[int]) -> float:
    """Return by how much two samples differ: Mann-Whitney's z, both without their slow tails.

    Below 4 or so, nothing shows. Ranks, because times on a busy machine have no normal spread.
    """
    limit = statistics.quantiles(one + other, n=20)[-2]  # interruptions tell of the machine
    one, other = [t for t in one if t < limit], [t for t in other if t < limit]
    ranked = sorted([(t, 0) for t in one] + [(t, 1) for t in other])
    rank_sum, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end][0] == ranked[start][0]:
            end += 1
        middle = (start + 1 + end) / 2  # equal times share a rank
        rank_sum += middle * sum(1 for _, sample in ranked[start:end] if sample == 0)
        start = end
    expected = len(one) * (len(ranked) + 1) / 2
    deviation = math.sqrt(len(one) * len(other) * (len(ranked) + 1) / 12)
    return (rank_sum - expected) / deviation


def typical_shift(
    refuse: Callable[[bytes], object],
    place: int,
    rounds: int,
    make: Callable[[int], bytes] = wrong_tag,
) -> float:
    """Return how much a place differs from the first: the median of some measurements."""
    samples = [measure(refuse, rounds, make) for _ in range(REPEATS)]
    return statistics.median(abs(shift(times[0], times[place])) for times in samples)


def refuse_as_modern_does(frame: bytes) -> None:
    try:
        protocol.open_frame(frame, KEYS)
    except AuthenticationError:
        pass
    else:
        raise AssertionError


def refuse_byte_by_byte(frame: bytes) -> None:
    """Do as a careless receiver does: leave at the first byte that differs."""
    for one, other in zip(protocol.tag(frame[:32], KEYS), frame[LENGTH_TAG], strict=True):
        if one != other:
            return


# The third chat ------------------------------------------------------------------------------

AGREEMENT = pake.Agreement(bytes(16), bytes(32), bytes(range(32)))


def wrong_record(place: int) -> bytes:
    """Return a record whose tag is right but for one byte."""
    record = bytearray(records.seal_record(records.Kind.TEXT, b"hello\n", 0, KEYS, bytes(16)))
    record[place - 32] ^= 0xFF
    return bytes(record)


def wrong_confirmation(place: int) -> bytes:
    """Return a confirmation that is right but for one byte."""
    confirmation = bytearray(AGREEMENT.expected)
    confirmation[place] ^= 0xFF
    return bytes(confirmation)


def refuse_record(record: bytes) -> None:
    try:
        records.open_record(record, 0, KEYS)
    except AuthenticationError:
        pass
    else:
        raise AssertionError


def refuse_record_in_bulk(record: bytes) -> None:
    try:
        list(bulk.Decoder(records.Direction(KEYS)).feed(record))
    except AuthenticationError:
        pass
    else:
        raise AssertionError


def refuse_confirmation(confirmation: bytes) -> None:
    """Refuse it many times: one is so quick that the clock itself shows, also for equal bytes."""
    for _ in range(30):
        try:
            AGREEMENT.check(confirmation)
        except AgreementError:
            continue
        raise AssertionError


def refuse_byte_by_byte_here(record: bytes) -> None:
    """Do as a careless receiver does: leave at the first byte that differs."""
    for one, other in zip(records.tag(0, record[:-32], KEYS), record[-32:], strict=True):
        if one != other:
            return


HARDENED = {
    "tag": (refuse_record, wrong_record),
    "tag, in bulk": (refuse_record_in_bulk, wrong_record),
    "confirmation": (refuse_confirmation, wrong_confirmation),
}


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", HARDENED)
def test_nor_does_it_in_the_third_chat(name, figures, scaled):
    refuse, make = HARDENED[name]
    rounds = max(2000, scaled(10_000))
    careless = typical_shift(refuse_byte_by_byte_here, 31, rounds, wrong_record)
    ours = max(typical_shift(refuse, place, rounds, make) for place in (15, 31))
    assert careless > 20, f"this machine is too noisy to measure anything (z = {careless:.1f})"
    assert ours < min(careless / 5, 8)
    figures(
        f"hardened, {name}: difference by the place of a wrong byte (z), and careless",
        f"{ours:.1f}, {careless:.0f}",
    )


# The modern one ------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_the_place_of_a_wrong_byte_does_not_show_in_the_time(figures, scaled):
    """Held beside a careless comparison in the same run: what shows there must not show here."""
    rounds = max(2000, scaled(10_000))
    careless = typical_shift(refuse_byte_by_byte, 31, rounds)
    modern = max(typical_shift(refuse_as_modern_does, place, rounds) for place in (15, 31))
    assert careless > 20, f"this machine is too noisy to measure anything (z = {careless:.1f})"
    assert modern < careless / 5
    assert modern < 4
    figures("modern: place of a wrong byte in a tag, refusals timed", 9 * REPEATS * rounds)
    figures(
        "modern: typical difference (z), and of a careless compare", f"{modern:.1f}, {careless:.0f}"
    )
