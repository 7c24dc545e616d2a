"""Submissions are graded in processes or on a cluster; a lost worker loses no student."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import rarely
from tests.coursework.course import pool as pools
from tests.coursework.course.pool import LOST, Pool, PoolError, Report, grade_all, grade_parcel
from tests.coursework.grading import Assignment
from tests.coursework.packing import PackingError, Parcel, pack
from tests.coursework.selftests.a_class import KILLER

LEGACY = Assignment(("legacy",), time_limit=5)
DERIVED = "import hashlib\ndef derive_key(text): return hashlib.sha256(text.encode()).digest()\n"


def parcels(folder: Path, codes: dict[str, str]) -> dict[str, Parcel]:
    for name, code in codes.items():
        (folder / name).mkdir()
        (folder / name / "legacy_chat.py").write_text(code)
    return {name: pack(name, (("", folder / name),)) for name in codes}


def points(report: Report) -> int:
    return sum(result.points for result in report.results(LEGACY))


def grade(pool: Pool, sent: dict[str, Parcel]) -> dict[str, Report]:
    names = list(sent)
    senders = [lambda name=name: sent[name] for name in names]
    return {names[place]: report for place, report in grade_all(LEGACY, senders, pool)}


def test_no_place_of_this_computer_travels(tmp_path: Path) -> None:
    (parcel,) = parcels(tmp_path, {"alice": DERIVED}).values()
    travels = pickle.dumps((grade_parcel, LEGACY, parcel))
    comes_back = pickle.dumps(grade_parcel(LEGACY, parcel))
    for place in (str(tmp_path), str(Path.home()) + os.sep):
        assert place.encode() not in travels
        assert place.encode() not in comes_back


@rarely.each("kind", [pools.PROCESSES, pools.THREADS], daily=[pools.THREADS])
def test_it_is_graded_in_processes_or_threads(kind: str, tmp_path: Path) -> None:
    """In processes every day, too: the class below. In threads: that of `test_class_of_60.py`."""
    sent = parcels(tmp_path, {"alice": DERIVED, "bob": "1 / 0", "mallory": DERIVED})
    pool = Pool(kind, 2)
    reports = grade(pool, sent)
    pool.close()
    assert {name: points(report) for name, report in reports.items()} == {
        "alice": 3, "bob": 0, "mallory": 3,
    }  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="a process can be killed like this on POSIX only")
def test_a_submission_that_kills_its_worker_costs_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = {f"student{number}": DERIVED for number in range(2)}
    sent = parcels(tmp_path, {"alice": DERIVED, "mallory": KILLER, **codes})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is asked for anew, here and in the workers
    pool = Pool(pools.PROCESSES, 2)
    reports = grade(pool, sent)
    pool.close()
    assert not list(temporary.iterdir()), "a lost worker left its files"
    assert reports.pop("mallory").problem == LOST
    assert len(reports) == 3
    assert {points(report) for report in reports.values()} == {3}


def test_a_submission_that_cannot_be_packed_has_its_reason(tmp_path: Path) -> None:
    def too_much() -> Parcel:
        raise PackingError("more than 50 MiB")

    (parcel,) = parcels(tmp_path, {"alice": DERIVED}).values()
    pool = Pool(pools.THREADS, 1)
    reports = dict(grade_all(LEGACY, [too_much, lambda: parcel], pool))
    pool.close()
    assert reports[0].problem == "more than 50 MiB"
    assert points(reports[1]) == 3


def test_a_mistake_of_the_grader_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (parcel,) = parcels(tmp_path, {"alice": DERIVED}).values()
    monkeypatch.setattr(Assignment, "grader", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in grade_parcel(LEGACY, parcel).problem


# A cluster ---------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two workers, each a process of its own, without a page and with ports from the system."""
    distributed = pytest.importorskip("distributed", reason="needs '.[cluster]'")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        scheduler_port=0,
        dashboard_address=None,
        silence_logs=50,
    ) as made:
        yield made


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_grades_and_a_lost_worker_loses_no_student(cluster: Any, tmp_path: Path) -> None:
    codes = {f"student{number}": DERIVED for number in range(8)}
    if os.name == "posix":
        codes |= {"mallory": KILLER}
    sent = parcels(tmp_path, codes)
    pool = Pool(cluster.scheduler_address, 1)
    assert pool.jobs == 2
    reports = grade(pool, sent)
    pool.close()
    if os.name == "posix":
        assert reports.pop("mallory").problem == LOST
    assert len(reports) == 8
    assert {points(report) for report in reports.values()} == {3}


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_without_workers_says_so(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "_NO_WORKER_SECONDS", 1)
    sent = parcels(tmp_path, {"alice": DERIVED})
    pool = Pool(cluster.scheduler_address, 1)
    cluster.scale(0)
    cluster.sync(cluster._correct_state)
    with pytest.raises(PoolError, match="no worker left"):
        grade(pool, sent)
    pool.close()


def test_no_cluster_is_one_line() -> None:
    pytest.importorskip("distributed", reason="needs '.[cluster]'")
    with pytest.raises(PoolError, match=r"no cluster answers at tcp://127\.0\.0\.1:1"):
        Pool("tcp://127.0.0.1:1", 1)
    with pytest.raises(PoolError, match="no cluster answers at nonsense"):
        Pool("nonsense", 1)


def test_a_cluster_needs_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(PoolError, match=r"\[cluster\]"):
        Pool("tcp://127.0.0.1:1", 1)
