"""Proof that the checks check: mutants lose the points they should, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.coursework.conftest import Job
from tests.coursework.grading import REFERENCE, Assignment, total
from tests.coursework.model import STUMBLED, Outcome, Result
from tests.coursework.submission import HERE

MUTANTS = HERE / "mutants"
TABLE = {
    name: set(re.findall(r"`([\w-]+)`", caught_by))
    for name, caught_by in re.findall(
        r"^\| `(\w+)` \| .* \| (.*) \|$", (MUTANTS / "README.md").read_text("utf-8"), re.M
    )
}
"""From each mutant to the checks that must catch it, as `mutants/README.md` has it."""


def grade(folder: Path, protocol: str, _: Path) -> list[Result]:
    return Assignment((protocol,)).grade(folder)


JOBS = [Job(name, partial(grade, MUTANTS / name, name.split("_")[0])) for name in TABLE]


def test_the_table_has_every_mutant():
    assert set(TABLE) == {path.name for path in MUTANTS.iterdir() if path.is_dir()}


def test_every_check_that_gives_points_is_proven_by_a_mutant():
    proven = set().union(*TABLE.values())
    assert proven == {check.id for check in Assignment().checks if check.points}


@pytest.mark.parametrize("job", JOBS, ids=str)
def test_exactly_the_intended_checks_catch_a_mutant(
    job: Job, graded: Callable[[Job], list[Result]]
):
    results = graded(job)
    failed = {result.check.id for result in results if result.outcome is Outcome.FAILED}
    assert failed == TABLE[job.name]
    for result in results:
        assert STUMBLED not in result.detail
        if result.outcome is Outcome.NOT_REACHED:
            assert result.detail.startswith("not reached: ")


def test_the_packages_get_all_points():
    points, most = total(Assignment().grade(REFERENCE))
    assert points == most == 100


def test_the_starter_gets_none_and_says_what_to_write():
    results = Assignment().grade(HERE / "starter")
    assert total(results)[0] == 0
    reasons = [r.detail for r in results if r.outcome is Outcome.FAILED]
    assert reasons
    assert all("this is not written yet" in reason for reason in reasons)


def test_points_add_up():
    for protocol, points in (("legacy", 40), ("modern", 60)):
        assert sum(check.points for check in Assignment((protocol,)).checks) == points
        programs = Assignment((protocol,), {"server": "", "client": ""}).checks
        assert sum(check.points for check in programs) == 50
