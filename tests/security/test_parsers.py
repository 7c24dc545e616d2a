"""Every parser that is fuzzed: over the corpus of its fuzz target, and over any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.soak.fuzz import CORPUS
from tests.soak.fuzz.targets import TARGETS

SEEDS = [(path.parent.name, path) for path in sorted(CORPUS.glob("*/*"))]


@pytest.mark.parametrize(
    ("name", "path"), SEEDS, ids=lambda value: str(getattr(value, "name", value))
)
def test_seed(name, path):
    TARGETS[name](path.read_bytes())


def test_every_target_has_seeds():
    assert {name for name, _ in SEEDS} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=15)
@given(data=st.binary(max_size=600))
def test_any_bytes(name, data):
    TARGETS[name](data)
