"""Hundreds of conversations, each with a peer or a network that fails at a place of its own."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.soak.faults import KINDS
from tests.soak.playing import RUNS, play_all

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")

SLOW_KINDS = ("trickle",)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", RUNS)
def test_five_hundred_runs(name, figures, scaled):
    seeds = range(1000, 1000 + scaled(500))
    seconds = play_all(name, list(seeds), workers=4)
    kinds = Counter(KINDS[seed % len(KINDS)] for seed in seconds)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    figures(f"{name}: faults survived", f"{len(seconds)} ({told})")
    quick = [seconds[seed] for seed in seconds if KINDS[seed % len(KINDS)] not in SLOW_KINDS]
    figures(f"{name}: longest time from fault to end", f"{max(quick, default=0):.1f} s")
