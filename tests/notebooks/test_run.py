"""The notebooks run: every claim holds, outputs are as committed, exercises can be solved.

Each runs once, in one kernel: as committed, with the solution tried after every check, and at
the end with one change of a package after the other, under which a claim is no longer true.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import pytest
from nbformat import NotebookNode

from tests import rarely
from tests.notebooks import books
from tests.notebooks.books import NAMES, read, says, tagged, tags
from tests.notebooks.claims import MENDED, Mended

DAILY = ["1_the_legacy_chat", "3_the_modern_chat"]
"""The others take most of the time of all tests together; `.ci/run` and the long runs have them."""
each_notebook = rarely.each("name", NAMES, daily=DAILY)
pytestmark = pytest.mark.timeout(600)
"""Whichever test comes first waits for the runs; so this is no time that a test may take."""

SIDE_BY_SIDE = 2

Run = Callable[[str], NotebookNode]


def prepare(name: str) -> NotebookNode:
    """Return a notebook with the solution behind each check, and broken claims at its end."""
    notebook = books.solve(read(name))
    cells = {cell.id: cell.source for cell in notebook.cells}
    for mended in MENDED.get(name, ()):
        notebook.cells.extend(break_claim(mended, cells))
    return notebook


def break_claim(mended: Mended, sources: dict[str, str]) -> Iterator[NotebookNode]:
    row = mended.row.lower()
    yield books.new_code(
        f"{row}-patch",
        f"import os\nreal = {mended.patched}\n{mended.patched} = (lambda real: {mended.by})(real)",
    )
    for cell_id in mended.cells:
        cell = books.new_code(f"{row}-broken-{cell_id}", sources[cell_id])
        if cell_id == mended.cells[-1]:
            cell.metadata["tags"] = ["raises-exception"]
        yield cell
    yield books.new_code(f"{row}-undo", f"{mended.patched} = real")


@pytest.fixture(scope="session")
def ran(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Give the run of each notebook: all started at once, or, among workers, what is asked for."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

        @cache
        def start(name: str) -> Future[NotebookNode]:
            return pool.submit(books.run, prepare(name))

        if "PYTEST_XDIST_WORKER" not in os.environ:
            wanted = {
                item.callspec.params["name"]
                for item in request.session.items
                if isinstance(item, pytest.Function) and "ran" in item.fixturenames
            }
            for name in sorted(wanted, key=lambda name: -len(read(name).cells)):
                start(name)
        yield lambda name: start(name).result()


@each_notebook
def test_a_fresh_run_says_what_is_committed(name: str, ran: Run) -> None:
    fresh = {cell.id: cell for cell in ran(name).cells}
    for before in read(name).cells:
        if before.cell_type == "code" and "volatile" not in tags(before):
            assert says(fresh[before.id]) == says(before), before.id


@each_notebook
def test_every_exercise_fails_as_given(name: str) -> None:
    for cell in tagged(read(name), "check"):
        assert says(cell).startswith("✗ "), cell.id


@each_notebook
def test_every_exercise_passes_with_its_solution(name: str, ran: Run) -> None:
    solved = [cell for cell in ran(name).cells if cell.id.endswith("-solved")]
    assert len(solved) == len(tagged(read(name), "exercise"))
    for cell in solved:
        assert says(cell).startswith("✓ "), (cell.id, says(cell))


@pytest.mark.parametrize(
    ("name", "mended"),
    [
        pytest.param(name, mended, id=mended.row, marks=() if name in DAILY else pytest.mark.soak)
        for name, claims in MENDED.items()
        for mended in claims
    ],
)
def test_a_claim_that_no_longer_holds_stops_the_notebook(
    name: str, mended: Mended, ran: Run
) -> None:
    broken = f"{mended.row.lower()}-broken-{mended.cells[-1]}"
    (cell,) = [cell for cell in ran(name).cells if cell.id == broken]
    assert [o.ename for o in cell.outputs if o.output_type == "error"] == ["AssertionError"]


@pytest.mark.benchmark
def test_how_long_each_takes(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, each in a fresh kernel; on an idle machine with two cores."""
    seconds = {}
    for name in NAMES:
        start = time.perf_counter()
        books.run(read(name))
        seconds[name] = time.perf_counter() - start
    with capsys.disabled():
        print("", *(f"{name}: {spent:.1f} s" for name, spent in seconds.items()), sep="\n")
        print(f"together: {sum(seconds.values()):.1f} s")
