"""Every parser that is fuzzed: over the corpus of its fuzz target, and over any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import rarely
from tests.soak.fuzz import CORPUS
from tests.soak.fuzz.targets import TARGETS

SEEDS = [(path.parent.name, path) for path in sorted(CORPUS.glob("*/*"))]


SLOW = [f"identified-{wire}" for wire in ("w03", "w11", "w16", "w19", "w22")]
"""Captures that take a second each. Every day, `compat/test_identify.py` reads such captures."""


@rarely.each(
    ("name", "path"),
    {f"{name}-{path.name}": (name, path) for name, path in SEEDS},
    daily=[seed for name, path in SEEDS if (seed := f"{name}-{path.name}") not in SLOW],
)
def test_seed(name, path):
    TARGETS[name](path.read_bytes())


def test_every_target_has_seeds():
    assert {name for name, _ in SEEDS} == set(TARGETS)


SHORT = {"identified": 40}
"""So many bytes at most, of 600: the time of this search grows with their square."""


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=15)
@given(data=st.binary(max_size=600))
def test_any_bytes(name, data):
    TARGETS[name](data[: SHORT.get(name)])
