"""One test for each check: `pytest tests/coursework --submission=FOLDER` grades what is there.

Without an option that names a submission, this repository's own chats are graded, by their
functions; test_programs.py has them graded from outside, too.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.coursework.model import Grader, Outcome
from tests.coursework.plugin import assignment_of, submission_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "check_id" in metafunc.fixturenames:
        metafunc.parametrize("check_id", [c.id for c in assignment_of(metafunc.config).checks])


@pytest.fixture(scope="session")
def grader(pytestconfig: pytest.Config) -> Iterator[Grader]:
    made = assignment_of(pytestconfig).grader(submission_of(pytestconfig))
    yield made
    made.close()


def test_check(check_id: str, grader: Grader, request: pytest.FixtureRequest) -> None:
    properties = request.node.user_properties  # for the score table and JUnit's XML
    properties.append(("check", check_id))
    result = grader.result(check_id)
    properties.append(("outcome", result.outcome.value))
    properties.append(("points", result.points))
    properties.append(("max_points", result.check.points))
    if result.outcome is Outcome.FAILED:
        pytest.fail(result.report, pytrace=False)
    if result.outcome is Outcome.NOT_REACHED:
        pytest.skip(result.detail)
