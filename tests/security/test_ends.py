"""Whatever happens, in any order: a chat ends as the tables in the READMEs say, or goes on."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.ends import MACHINES, PLAYED_ELSEWHERE, ROWS, rows_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@pytest.mark.parametrize("package", ROWS)
def test_each_row_of_the_table_is_played_once(package):
    for row in rows_of(package):
        begins = [*ROWS[package].values(), *PLAYED_ELSEWHERE]
        assert [begin for begin in begins if row.startswith(begin)], row


@pytest.mark.parametrize("begin", PLAYED_ELSEWHERE)
def test_a_row_that_is_played_elsewhere_is_still_there(begin):
    rows = [row for package in ROWS for row in rows_of(package)]
    assert [row for row in rows if row.startswith(begin)]


@pytest.mark.parametrize("name", MACHINES)
def test_some_ends(name):
    run_state_machine_as_test(
        MACHINES[name],
        settings=settings(
            max_examples=2,  # the long runs play hundreds
            stateful_step_count=6,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # real processes: a run is not the same twice
        ),
    )
