"""The notebooks run: every claim holds, outputs are as committed, exercises can be solved."""

from __future__ import annotations

import time

import pytest
from nbclient.exceptions import CellExecutionError

from tests.notebooks import books
from tests.notebooks.books import NAMES, read, says, tagged, tags

each_notebook = pytest.mark.parametrize("name", NAMES)
slow_machine = pytest.mark.timeout(600)

MENDED = """\
import os
protocol.encrypt_blocks = lambda blocks, key: os.urandom(16 * len(blocks))
"""


@each_notebook
@slow_machine
def test_a_fresh_run_says_what_is_committed(name: str) -> None:
    committed = read(name)
    fresh = books.run(committed)
    for before, after in zip(committed.cells, fresh.cells, strict=True):
        if before.cell_type == "code" and "volatile" not in tags(before):
            assert says(after) == says(before), before.id


@each_notebook
def test_every_exercise_fails_as_given(name: str) -> None:
    for cell in tagged(read(name), "check"):
        assert says(cell).startswith("✗ "), cell.id


@each_notebook
@slow_machine
def test_every_exercise_passes_with_its_solution(name: str) -> None:
    solved = books.run(books.solve(read(name)))
    for cell in tagged(solved, "check"):
        assert says(cell).startswith("✓ "), (cell.id, says(cell))


@slow_machine
def test_a_claim_that_no_longer_holds_stops_the_notebook() -> None:
    """With blocks that are encrypted differently each time, L1 is no longer true."""
    notebook = read("2_breaking_it")
    cells = {cell.id: cell for cell in notebook.cells}
    cells["victims-code"].source = MENDED + cells["victims-code"].source
    wanted = ("setup", "imports", "victims-code", "l1-experiment")
    notebook.cells = [cells[cell_id] for cell_id in wanted]
    with pytest.raises(CellExecutionError, match="AssertionError"):
        books.run(notebook)


@pytest.mark.benchmark
@slow_machine
def test_all_run_within_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, each in a fresh kernel; on an idle machine with two cores."""
    seconds = {}
    for name in NAMES:
        start = time.perf_counter()
        books.run(read(name))
        seconds[name] = time.perf_counter() - start
    with capsys.disabled():
        print("", *(f"{name}: {spent:.1f} s" for name, spent in seconds.items()), sep="\n")
        print(f"together: {sum(seconds.values()):.1f} s")
    assert sum(seconds.values()) < 60
