"""What mallory finds in the modern chat, and that 100,000 steps find nothing in the third one."""

from __future__ import annotations

import pytest

from tests.soak.mallory import HARDENED, MODERN, search


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("door", ["M4", "M5", "M7"])
def test_what_it_finds_in_the_modern_chat(door, figures):
    outcome = search(MODERN, frozenset({door}), examples=20_000, is_the_same_each_time=False)
    assert outcome.found, outcome
    figures(f"modern: mallory finds {door}", f"in example {outcome.examples}")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_steps_find_nothing_in_the_third_chat(figures, scaled):
    steps = examples = delivered = believed = 0
    while steps < scaled(100_000):
        outcome = search(HARDENED, examples=500, is_the_same_each_time=False)
        assert outcome.found is None
        steps, examples = steps + outcome.steps, examples + outcome.examples
        delivered, believed = delivered + outcome.delivered, believed + outcome.believed
    figures("hardened: steps of mallory", f"{steps:,} in {examples:,} examples, nothing found")
    figures(
        "hardened: … of them messages delivered after the agreement, ends believed",
        f"{delivered:,}, {believed:,}",
    )
