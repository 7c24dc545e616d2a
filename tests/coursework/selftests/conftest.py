"""Grades several submissions at the same time; each test waits for its own results."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from tests.coursework.model import Result
from tests.coursework.selftests.jobs import Graded, Job
from tests.systems import ON_WINE

Futures = dict[str, "Future[list[Result]]"]


@pytest.fixture(scope="session")
def futures() -> Futures:
    """Return all jobs that were started, by their names."""
    return {}


@pytest.fixture
def alone(futures: Futures) -> None:
    """Wait until no job runs beside this test, which changes our chats for a moment."""
    wait(list(futures.values()))


@pytest.fixture(scope="session", autouse=True)
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, futures: Futures
) -> Iterator[Graded]:
    """Start the jobs of all tests; return a function that waits for the results of one job."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    parameters = [item.callspec.params for item in tests if "job" in item.fixturenames]
    at_once = 1 if ON_WINE else 2  # there, a start of Python fills a core for seconds
    with ThreadPoolExecutor(at_once * (os.cpu_count() or 1)) as pool:

        def start(job: Job) -> Future[list[Result]]:
            if job.name not in futures:
                futures[job.name] = pool.submit(job.run, tmp_path_factory.mktemp("graded"))
            return futures[job.name]

        # A worker of pytest-xdist starts each job with its test: other workers run beside it.
        if not hasattr(request.config, "workerinput"):
            for each in parameters:
                job = each["job"]
                assert isinstance(job, Job)
                start(job)
        yield lambda job: start(job).result()
        pool.shutdown(cancel_futures=True)
