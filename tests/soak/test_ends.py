"""Thousands of chats to which anything happens, in any order, at any moment."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.ends import MACHINES

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", MACHINES)
def test_many_ends(name, figures, scaled):
    count = scaled(500)
    run_state_machine_as_test(
        MACHINES[name],
        settings=settings(
            max_examples=count,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # real processes: a run is not the same twice
        ),
    )
    figures(f"{name}: ends in any order, as the table says", count)
