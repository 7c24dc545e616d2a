"""Grades many submissions side by side, each in its own process, while tests wait for theirs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.coursework.model import Result


class Job(NamedTuple):
    """A submission to be graded; `run` gets an empty folder to work in."""

    name: str
    run: Callable[[Path], list[Result]]

    def __str__(self) -> str:
        return self.name


@pytest.fixture(scope="session", autouse=True)
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Job], list[Result]]]:
    """Start the jobs of all tests at once; return a function that waits for the results of one."""
    selected = [
        item.callspec.params["job"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "job" in item.fixturenames
    ]
    futures: dict[str, Future[list[Result]]] = {}
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:

        def start(job: Job) -> Future[list[Result]]:
            if job.name not in futures:
                futures[job.name] = pool.submit(job.run, tmp_path_factory.mktemp("graded"))
            return futures[job.name]

        if not hasattr(request.config, "workerinput"):  # pytest-xdist spreads them itself
            for each in selected:
                start(each)
        yield lambda job: start(job).result()
        pool.shutdown(cancel_futures=True)
