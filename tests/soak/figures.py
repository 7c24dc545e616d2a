"""The figures of the long runs, gathered while they run and printed as one table at the end.

They travel with the report of their test, so they arrive also from the processes of `-n`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

SCALE = float(os.environ.get("SOAK_SCALE", "1"))
_PROPERTY = "figure"


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Return a function that puts a row into the table."""

    def record(what: str, figure: object) -> None:
        text = f"{figure:,}" if isinstance(figure, int) else str(figure)
        request.node.user_properties.append((_PROPERTY, [what, text]))

    return record


@pytest.fixture
def scaled() -> Callable[[float], int]:
    """Return a function that says how many of something to run: `SOAK_SCALE` times as many."""
    return lambda size: max(1, round(size * SCALE))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    rows = [
        row
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, row in report.user_properties
        if name == _PROPERTY
    ]
    if not rows:
        return
    terminalreporter.section("figures of the long runs")
    width = max(len(what) for what, _ in rows)
    for what, figure in [("what", "figure"), ("-" * width, "---"), *rows]:
        terminalreporter.write_line(f"| {what:<{width}} | {figure} |")
