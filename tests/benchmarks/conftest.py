"""How two ways are compared: in one run, in turns, by the medians; and the table of ratios."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

import pytest

ROUNDS = 7
_lines = pytest.StashKey[list["Line"]]()
_notes = pytest.StashKey[list[str]]()


class Line(NamedTuple):
    """One line of the table: seconds of our way and of the other, and what their ratio is."""

    what: str
    ours: float
    other: float
    ratio: str
    goal: str


class Compare:
    """Times our way with pytest-benchmark, and before each round of it the other way."""

    def __init__(self, benchmark, lines: list[Line]):
        self._benchmark, self._lines = benchmark, lines

    def faster(self, what, ours, other, *, goal="", **options) -> Line:
        """Say how many times as fast our way is."""
        ours_time, other_time = self._measure(ours, other, **options)
        return self._report(
            what, ours_time, other_time, f"{other_time / ours_time:.1f} × as fast", goal
        )

    def costs(self, what, ours, other, *, goal="", **options) -> Line:
        """Say how many times as much time our way takes."""
        ours_time, other_time = self._measure(ours, other, **options)
        return self._report(
            what, ours_time, other_time, f"{ours_time / other_time:.2f} × the time", goal
        )

    def _measure(
        self,
        ours: Callable[..., object],
        other: Callable[[], object],
        *,
        rounds: int = ROUNDS,
        other_rounds: int | None = None,
        share: float = 1,
        loops: int = 1,
        prepare: Callable[[], object] | None = None,
    ) -> tuple[float, float]:
        """Return both medians in seconds.

        `other` may do only a `share` of the work, or fewer rounds; each round runs `loops` times.
        What `prepare` returns before each round, untimed, is given to `ours`.
        """
        other_times: list[float] = []

        def time_other() -> tuple[tuple[object, ...], dict[str, object]] | None:
            if len(other_times) < (other_rounds or rounds):
                start = perf_counter()
                for _ in range(loops):
                    other()
                other_times.append((perf_counter() - start) / loops / share)
            return ((prepare(),), {}) if prepare else None

        self._benchmark.pedantic(ours, setup=time_other, rounds=rounds)
        if self._benchmark.stats is None:
            pytest.skip("benchmarks are switched off, or run on several workers at once")
        return self._benchmark.stats.stats.median / loops, median(other_times)

    def _report(self, what: str, ours: float, other: float, ratio: str, goal: str) -> Line:
        self._benchmark.extra_info.update(other_median=other, ratio=ratio, goal=goal)
        line = Line(what, ours, other, ratio, goal)
        self._lines.append(line)
        return line


@pytest.fixture
def compare(benchmark, request) -> Compare:
    return Compare(benchmark, request.config.stash.setdefault(_lines, []))


@pytest.fixture
def note(request) -> Callable[[str], None]:
    """Print a line below the table."""
    return request.config.stash.setdefault(_notes, []).append


def pytest_terminal_summary(terminalreporter, config) -> None:
    lines, notes = config.stash.get(_lines, []), config.stash.get(_notes, [])
    if lines:
        terminalreporter.section("ratios of medians, each in one run")
        width = max(len(line.what) for line in lines)
        for line in lines:
            terminalreporter.line(
                f"{line.what:{width}}  {_seconds(line.ours):>9} against {_seconds(line.other):>9}"
                f"  {line.ratio:>16}  {line.goal}"
            )
    for text in notes:
        terminalreporter.line(text)


def _seconds(value: float) -> str:
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.{2 if value * factor < 10 else 1}f} {unit}"
    return f"{value * 1e9:.0f} ns"
