"""Grades many submissions at the same time: here in processes, or on a Dask cluster.

Whatever runs is an executor of `concurrent.futures`. A submission travels as bytes, and nothing of
its results is a path. A worker can be lost: its computer fails, or a submission ends it. Then every
submission that ran at that time is graded again, alone. So only one that always ends its worker
gets no points, and a line that says so.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import tempfile
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from pathlib import Path
from typing import Any, NamedTuple

from tests.coursework.finding import Opened
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome, Result
from tests.coursework.packing import Budget, PackingError, Parcel, unpack

PROCESSES, THREADS = "processes", "threads"
LOST = "it ended the process that graded it, twice"
_MOST_CODE = 200_000
_LOOK_SECONDS = 1.0
_NO_WORKER_SECONDS = 60.0


Sender = Callable[[], Parcel]
"""Packs a submission when its turn has come. Raises PackingError."""


class PoolError(Exception):
    """There is nowhere to grade; the text says why."""


class Report(NamedTuple):
    """What comes back of a submission: names and texts, which any process can read."""

    name: str
    outcomes: tuple[tuple[str, str, str, str], ...] = ()
    """For each check its id, outcome, detail and reason."""
    seconds: float = 0.0
    problem: str = ""
    notes: tuple[str, ...] = ()
    code: str = ""

    def results(self, assignment: Assignment) -> list[Result]:
        """Return the results with the checks that belong to them."""
        checks = {check.id: check for check in assignment.checks}
        return [
            Result(checks[name], Outcome(outcome), detail, reason)
            for name, outcome, detail, reason in self.outcomes
        ]


def grade_parcel(assignment: Assignment, parcel: Parcel) -> Report:
    """Grade one submission in a new folder, which is removed afterwards. Never raises."""
    began = time.monotonic()
    try:
        with _unpacked(parcel) as folder:
            return _grade(assignment, parcel, folder, began)
    except PackingError as error:
        return Report(parcel.name, seconds=time.monotonic() - began, problem=str(error))
    except Exception as error:  # the other submissions must still be graded
        problem = f"the grader stumbled: {type(error).__name__}: {ascii(str(error))[1:-1][:200]}"
        return Report(parcel.name, seconds=time.monotonic() - began, problem=problem)


def _grade(assignment: Assignment, parcel: Parcel, folder: Path, began: float) -> Report:
    grader = assignment.grader(folder, parcel.notes)
    try:
        results = grader.results()
        notes = tuple(grader.notes)
    finally:
        grader.close()
    outcomes = tuple((r.check.id, r.outcome.value, r.detail, r.reason) for r in results)
    code = code_of(folder, assignment)
    return Report(parcel.name, outcomes, time.monotonic() - began, "", notes, code)


@contextlib.contextmanager
def _unpacked(parcel: Parcel) -> Iterator[Path]:
    with _new_folder() as place:
        folder = Path(place) / "submission"
        unpack(io.BytesIO(parcel.data), folder, Budget())
        yield folder


def code_of(folder: Path, assignment: Assignment) -> str:
    """Return the text of all Python files of a submission, joined, the graded ones first."""
    opened = Opened(folder)
    try:
        files = opened.own_code(assignment.files)
        return "\n\n".join(file.read_text("utf-8", "replace") for file in files)[:_MOST_CODE]
    finally:
        opened.close()


def code_of_entry(assignment: Assignment, sender: Sender) -> str:
    """Return the text of the files of a submission that is not graded now."""
    try:
        with _unpacked(sender()) as folder:
            return code_of(folder, assignment)
    except PackingError:
        return ""


# Executors ---------------------------------------------------------------------------------------


class Pool:
    """An executor that can be made anew after it broke."""

    def __init__(self, kind: str, jobs: int):
        self._kind, self.jobs = kind, jobs
        self._client: Any = None
        if kind not in (PROCESSES, THREADS):
            self._client = _connect(kind)
            self.jobs = max(1, sum(self._client.nthreads().values()))
        self._place = _new_folder()
        self.executor = self._make()

    def renew(self) -> None:
        """Give up an executor that broke."""
        if not self._client:
            self.executor.shutdown(wait=False, cancel_futures=True)
            self.executor = self._make()

    def has_workers(self) -> bool:
        """Return whether anything could still be graded."""
        return not self._client or bool(self._client.scheduler_info()["workers"])

    def close(self) -> None:
        if self._client:  # what it has not graded yet is forgotten with it
            self._client.close()
        else:
            self.executor.shutdown(wait=False, cancel_futures=True)
        self._place.cleanup()

    def _make(self) -> Executor:
        if self._kind == THREADS:
            return ThreadPoolExecutor(self.jobs)
        if self._client:
            executor: Executor = self._client.get_executor(pure=False)
            return executor
        # A forked process would have the parent's threads in the middle of whatever they do.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.jobs, context, _work_in, (self._place.name,))


def _new_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="coursework-", ignore_cleanup_errors=True)


def _work_in(folder: str) -> None:
    """Put all temporary files of this process there: a process that is lost removes nothing."""
    tempfile.tempdir = folder


def _connect(address: str) -> Any:
    """Return a client of the Dask cluster at this address. Raises PoolError."""
    try:
        from distributed import Client  # noqa: PLC0415 - only a cluster needs it
    except ImportError:
        install = "python -m pip install --editable '.[cluster]'"
        raise PoolError(f"a cluster needs Dask: {install}") from None
    try:
        return Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise PoolError(f"no cluster answers at {address}: {error or 'no answer'}") from None


class _Course:
    """All submissions of a class, on their way through a pool."""

    def __init__(self, assignment: Assignment, senders: Sequence[Sender], pool: Pool):
        self._assignment, self._senders, self._pool = assignment, senders, pool
        self._queue = deque(range(len(senders)))
        self._running: dict[Future[Report], int] = {}
        self._ready: list[tuple[int, Report]] = []
        self._suspects: list[int] = []
        self._broken = False

    def run(self) -> Iterator[tuple[int, Report]]:
        while self._queue or self._running or self._ready:
            self._fill()
            if self._running and not self._ready:
                self._wait()
            yield from self._ready
            self._ready.clear()
        self._pool.renew()
        for place in self._suspects:
            yield place, self._grade_alone(place)

    def _fill(self) -> None:
        if self._broken and not self._running:
            self._pool.renew()
            self._broken = False
        while self._queue and not self._broken and len(self._running) < 2 * self._pool.jobs:
            self._start(self._queue.popleft())

    def _start(self, place: int) -> None:
        try:
            parcel = self._senders[place]()
            future = self._pool.executor.submit(grade_parcel, self._assignment, parcel)
        except PackingError as error:
            self._ready.append((place, Report("", problem=str(error))))
        except BrokenExecutor:
            self._queue.appendleft(place)
            self._broken = True
        else:
            self._running[future] = place

    def _wait(self) -> None:
        """Wait until a submission is ready, or until its worker is lost."""
        for future in _first_of(self._running, self._pool):
            place = self._running.pop(future)
            try:
                self._ready.append((place, future.result()))
            except Exception:  # `grade_parcel` raises nothing: the worker was lost
                self._broken = True
                self._suspects.append(place)

    def _grade_alone(self, place: int) -> Report:
        future = self._pool.executor.submit(grade_parcel, self._assignment, self._senders[place]())
        try:
            _first_of([future], self._pool)
            return future.result(0)
        except Exception as error:
            self._pool.renew()
            return Report("", problem=str(error) if isinstance(error, PoolError) else LOST)


def _first_of(running: Collection[Future[Report]], pool: Pool) -> Collection[Future[Report]]:
    """Return the futures that are ready, at least one. Raises PoolError if no worker is left."""
    deadline = time.monotonic() + _NO_WORKER_SECONDS
    while True:
        done, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
        if done:
            return done
        if pool.has_workers():
            deadline = time.monotonic() + _NO_WORKER_SECONDS
        elif time.monotonic() > deadline:
            raise PoolError("the cluster has no worker left")


def grade_all(
    assignment: Assignment, senders: Sequence[Sender], pool: Pool
) -> Iterator[tuple[int, Report]]:
    """Yield the place and the report of each submission, in the order in which they are ready.

    Raises PoolError if there is no worker left.
    """
    return _Course(assignment, senders, pool).run()
