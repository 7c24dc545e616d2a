"""The figures of the long runs, gathered while they run and printed as one table at the end."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

FIGURES: list[tuple[str, str]] = []
SCALE = float(os.environ.get("SOAK_SCALE", "1"))


@pytest.fixture
def figures() -> Callable[[str, object], None]:
    """Return a function that puts a row into the table."""

    def record(what: str, figure: object) -> None:
        FIGURES.append((what, f"{figure:,}" if isinstance(figure, int) else str(figure)))

    return record


@pytest.fixture
def scaled() -> Callable[[float], int]:
    """Return a function that says how many of something to run: `SOAK_SCALE` times as many."""
    return lambda size: max(1, round(size * SCALE))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not FIGURES:
        return
    terminalreporter.section("figures of the long runs")
    width = max(len(what) for what, _ in FIGURES)
    for what, figure in [("what", "figure"), ("-" * width, "---"), *FIGURES]:
        terminalreporter.write_line(f"| {what:<{width}} | {figure} |")
