"""`--shuffle SEED` loses no test, keeps files together, and can be repeated."""

from __future__ import annotations

from itertools import groupby
from types import SimpleNamespace

from tests.order import shuffled

TESTS = [SimpleNamespace(path=f"test_{number // 8}.py", name=number) for number in range(64)]


def test_every_test_runs_once():
    assert sorted(test.name for test in shuffled(TESTS, "7")) == list(range(64))


def test_a_seed_gives_one_order_and_another_seed_another_one():
    assert shuffled(TESTS, "7") == shuffled(TESTS, "7") != shuffled(TESTS, "8")


def test_files_change_places_and_so_do_the_tests_in_a_file():
    order = shuffled(TESTS, "7")
    files = [(path, list(tests)) for path, tests in groupby(order, lambda test: test.path)]
    paths = [path for path, _ in files]
    assert sorted(paths) == sorted({test.path for test in TESTS}) != paths
    assert [tests for _, tests in files if tests != sorted(tests, key=TESTS.index)]
