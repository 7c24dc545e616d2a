"""Grades one submission: pytest runs one test for each check.

`plugin.py` makes pytest collect this file. If no option names a submission, our own chats are
graded.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.coursework.console import text_width
from tests.coursework.grading import assignment_of
from tests.coursework.model import Grader, Outcome
from tests.coursework.plugin import submission_of
from tests.coursework.scoreboard import COLUMNS, NOTES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "check_id" in metafunc.fixturenames:
        checks = assignment_of(metafunc.config.option).checks
        metafunc.parametrize("check_id", [check.id for check in checks])


@pytest.fixture(scope="session")
def grader(pytestconfig: pytest.Config) -> Iterator[Grader]:
    made = assignment_of(pytestconfig.option).grader(submission_of(pytestconfig))
    pytestconfig.stash[NOTES] = made.notes
    yield made
    made.close()


def test_check(check_id: str, grader: Grader, request: pytest.FixtureRequest) -> None:
    properties = request.node.user_properties  # for the score table and the JUnit file
    properties.append(("check", check_id))
    result = grader.result(check_id)
    properties.append(("outcome", result.outcome.value))
    properties.append(("points", result.points))
    properties.append(("max_points", result.check.points))
    properties.append(("hint", result.hint))
    if result.unwritten:
        properties.append(("unwritten", result.unwritten))
    if result.outcome is Outcome.FAILED:
        width = text_width(request.config.stash[COLUMNS])
        pytest.fail(result.report_in(width), pytrace=False)
    if result.outcome is Outcome.NOT_REACHED:
        pytest.skip(result.detail)
