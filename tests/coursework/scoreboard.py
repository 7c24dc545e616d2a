"""Collects the results while pytest runs; shows the score, and writes Gradescope's file."""

from __future__ import annotations

import json

import pytest

from tests.coursework import gradescope
from tests.coursework.compare import visible
from tests.coursework.console import beside, fill
from tests.coursework.grading import assignment_of, total
from tests.coursework.model import Outcome, Result, next_step
from tests.coursework.places import REFERENCE

NOTES = pytest.StashKey[list[str]]()
"""What of the submission is not graded, a line each."""

COLUMNS = pytest.StashKey["int | None"]()
"""The width of the terminal; None if standard output is a file or a pipe."""

_MARKUP = {
    Outcome.PASSED: {"green": True},
    Outcome.FAILED: {"red": True, "bold": True},
    Outcome.NOT_REACHED: {"yellow": True},
}


def is_grading(config: pytest.Config) -> bool:
    """Return whether a submission is graded. If not, pytest tests this repository."""
    option = config.option
    return bool(option.submission or option.server_command or option.client_command)


def name_of_subject(config: pytest.Config) -> str:
    """Return the name that is shown beside the points."""
    if commands := assignment_of(config.option).commands:
        return ", ".join(commands.values())
    folder = (config.option.submission or REFERENCE).resolve()
    return visible(folder.name) if is_grading(config) else "this repository's chats"


class ScoreBoard:
    """A pytest plugin that keeps the results of one run."""

    def __init__(self, config: pytest.Config):
        self._config = config
        self._checks = {check.id: check for check in assignment_of(config.option).checks}
        self._results: dict[str, Result] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = {name: str(value) for name, value in report.user_properties}
        check = self._checks.get(properties.get("check", ""))
        if check and report.when == "call":
            outcome = Outcome(properties.get("outcome", "failed"))
            more = properties.get("hint", ""), properties.get("unwritten", "")
            self._results[check.id] = Result(check, outcome, _text_of(report), *more)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        results = [self._results[name] for name in self._checks if name in self._results]
        if not results:
            return
        if is_grading(self._config):
            _write_table(terminalreporter, results, self._config.stash[COLUMNS])
            for line in (*self._notes, self._remarks(results)):
                terminalreporter.write_line(line)
        points, most = total(results)
        subject = name_of_subject(self._config)
        terminalreporter.write_line(f"{points} of {most} points: {subject}", bold=True)
        if is_grading(self._config) and (step := next_step(results)):
            columns = self._config.stash[COLUMNS]
            terminalreporter.write_line(fill(step, columns - 1, "", " " * 6) if columns else step)

    def _remarks(self, results: list[Result]) -> str:
        """Say how to repeat the run, and whether points are missing because checks were not run."""
        seed = f"seed {self._config.option.seed}: --seed={self._config.option.seed} asks the same"
        missing = [check for name, check in self._checks.items() if name not in self._results]
        if not missing:
            return seed
        points = sum(check.points for check in missing)
        whole = sum(check.points for check in self._checks.values())
        return (
            f"{seed}\nnot run: {len(missing)} checks with {points} points, "
            f"which are missing from the maximum of {whole}"
        )

    def pytest_sessionfinish(self) -> None:
        file = self._config.option.gradescope
        if file and not self._config.option.collectonly:
            text = json.dumps(self._for_gradescope(), indent=2)
            file.write_text(text, encoding="utf-8")

    @property
    def _notes(self) -> list[str]:
        return [visible(note) for note in self._config.stash.get(NOTES, [])]

    def _for_gradescope(self) -> dict[str, object]:
        """Return Gradescope's results. A check that was not run has no points."""
        results = [
            self._results.get(check.id, Result(check, Outcome.NOT_REACHED, "it was not run"))
            for check in self._checks.values()
        ]
        said = [*self._notes, f"seed {self._config.option.seed}"]
        return gradescope.results(results, self._config.option.visibility, said)


def _write_table(
    terminal: pytest.TerminalReporter, results: list[Result], columns: int | None
) -> None:
    """Write the table. At a terminal, the first mistake follows, which has left the window."""
    terminal.section("score")
    longest = max(len(result.check.id) for result in results) if columns else 30
    for result in results:
        check = result.check
        head = f"{result.status:11}  {result.points:2} of {check.points:2}  {check.id:{longest}}  "
        row = beside(head, check.title, columns)
        markup = {"yellow": True} if result.unwritten else _MARKUP[result.outcome]
        terminal.write(row[:11], **markup)
        terminal.write_line(row[11:])
    first = next((result for result in results if result.outcome is Outcome.FAILED), None)
    if first and columns:
        terminal.write_line(f"\n{first.detail.rstrip()}\n")


def _text_of(report: pytest.TestReport) -> str:
    """Return what a test said: why it was skipped, or how it failed."""
    if report.skipped and isinstance(report.longrepr, (tuple, list)):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return report.longreprtext
