"""How the time of `identify` grows when nothing in the bytes can be explained."""

from __future__ import annotations

import os

import pytest

from compat.identify.search import identify

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

SECRETS = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


def test_four_times_as_many_random_bytes(compare):
    """The time grows at most as the bytes do."""
    few, many = os.urandom(100), os.urandom(400)
    compare.costs(
        "identify 400 random bytes, against 100",
        lambda: identify(many, *SECRETS, typed="hi"),
        lambda: identify(few, *SECRETS, typed="hi"),
        rounds=5,
        goal="goal: ≤ 4 ×",
    )
