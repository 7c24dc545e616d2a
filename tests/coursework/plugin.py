"""The glue to pytest: options, one test for each check, the score table, Gradescope's file.

Registered by `tests/conftest.py`. pytest-grader and pytest-gradescope were weighed: both give
points to decorated functions, so that all checks, which are data behind one function, would get
the same; the first cannot end a submission that waits for input, and the second writes its file
on every run, leaves out what was skipped, and breaks on failures without a traceback.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.coursework import gradescope
from tests.coursework.compare import visible
from tests.coursework.grading import PROTOCOLS, REFERENCE, ROLES, TIME_LIMIT, Assignment
from tests.coursework.model import Check, Outcome

GRADING_FILE = Path(__file__).with_name("test_submission.py")
_MARKUP = {
    Outcome.PASSED: {"green": True},
    Outcome.FAILED: {"red": True, "bold": True},
    Outcome.NOT_REACHED: {"yellow": True},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("coursework", "grading coursework")
    add = group.addoption
    add("--submission", type=Path, metavar="FOLDER", help="grade the submission in this folder")
    add("--protocol", choices=PROTOCOLS, help="grade this chat only (default: both)")
    for role in ROLES:
        add(
            f"--{role}-command",
            metavar="COMMAND",
            help=f"grade a program from outside: how to start it as a {role}; {{host}}, {{port}}, "
            "{confkey}, {authkey} and {submission} are filled in",
        )
    add(
        "--time-limit",
        type=float,
        default=TIME_LIMIT,
        metavar="SECONDS",
        help="for each call or wait (default %(default)g)",
    )
    add("--gradescope", type=Path, metavar="FILE", help="write Gradescope's results.json here")
    add(
        "--visibility",
        choices=gradescope.VISIBILITIES,
        default="visible",
        help="when Gradescope shows the checks to students (default %(default)s)",
    )
    add("--list-checks", action="store_true", help="print the table of checks and end")


def is_grading(config: pytest.Config) -> bool:
    """Whether a submission is graded, as opposed to this repository tested."""
    option = config.option
    return bool(option.submission or option.server_command or option.client_command)


def assignment_of(config: pytest.Config) -> Assignment:
    """Return what the options ask for."""
    option = config.option
    commands = {"server": option.server_command, "client": option.client_command}
    return Assignment(
        protocols=(option.protocol,) if option.protocol else PROTOCOLS,
        commands={role: command for role, command in commands.items() if command},
        time_limit=option.time_limit,
    )


def submission_of(config: pytest.Config) -> Path:
    """Return the folder that is graded."""
    return (config.option.submission or REFERENCE).resolve()


def name_of_subject(config: pytest.Config) -> str:
    """Return what the points are said to be for."""
    if commands := assignment_of(config).commands:
        return ", ".join(commands.values())
    return visible(submission_of(config).name) if is_grading(config) else "this repository's chats"


def pytest_configure(config: pytest.Config) -> None:
    if assignment_of(config).commands and not config.option.protocol:
        raise pytest.UsageError("a command needs --protocol legacy or --protocol modern")
    if not submission_of(config).is_dir():
        raise pytest.UsageError(f"there is no folder {submission_of(config)}")
    _refuse_foreign_conftest(config)
    file = config.option.gradescope
    if file and not file.resolve().parent.is_dir():
        raise pytest.UsageError(f"there is no folder {file.resolve().parent} for {file.name}")
    if config.option.time_limit <= 0:
        raise pytest.UsageError("--time-limit must be more than 0 seconds")
    if is_grading(config):
        config.option.reportchars = ""  # the score table says the same, and more
    if not hasattr(
        config, "workerinput"
    ):  # with pytest-xdist: the process that the others report to
        config.pluginmanager.register(ScoreBoard(config), "coursework-score")


def _refuse_foreign_conftest(config: pytest.Config) -> None:
    """Refuse to go on where pytest has run a conftest.py of the submission in this process.

    Before it knows our options, pytest takes the folder in `--submission FOLDER` for one with
    tests. It does not with `--submission=FOLDER`.
    """
    folder = submission_of(config)
    for plugin in config.pluginmanager.get_plugins():
        file = Path(getattr(plugin, "__file__", None) or "")
        if file.name == "conftest.py" and file.is_relative_to(folder):
            raise pytest.UsageError(
                f"pytest has run {file}, which is part of the submission: "
                f"write --submission={config.option.submission}, with the equals sign"
            )


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if not config.option.list_checks:
        return None
    print("\n".join(table_of_checks(config)))
    return 0


def table_of_checks(config: pytest.Config) -> Iterable[str]:
    """Return the lines of the table: functions, and programs where none in particular is asked."""
    chosen = assignment_of(config)
    programs = Assignment(chosen.protocols, dict.fromkeys(ROLES, ""))
    listed = [chosen] if chosen.commands else [chosen, programs]
    for assignment in listed:
        for check in assignment.checks:
            rule = " ".join(check.rule.split(":")[0].split())
            yield f"{check.id:32} {check.points:2}  {check.title} [{rule}]"
        yield f"{'':32} {sum(check.points for check in assignment.checks):2}  points in all\n"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if is_grading(config) and collection_path.is_file() and collection_path != GRADING_FILE:
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave time limits to the grader, whose own words name the submission's mistake."""
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            if GRADING_FILE.parent in item.path.parents:
                item.add_marker(pytest.mark.timeout(600))


class Scored(NamedTuple):
    """What became of a check, and what the learner is told."""

    check: Check
    outcome: Outcome
    text: str

    @property
    def points(self) -> int:
        return self.check.points if self.outcome is Outcome.PASSED else 0


class ScoreBoard:
    """Keeps what became of each check and says it: in the terminal, and to Gradescope."""

    def __init__(self, config: pytest.Config):
        self._config = config
        self._checks = {check.id: check for check in assignment_of(config).checks}
        self._scored: dict[str, Scored] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = {name: str(value) for name, value in report.user_properties}
        check = self._checks.get(properties.get("check", ""))
        if check and report.when == "call":
            outcome = Outcome(properties.get("outcome", "failed"))
            self._scored[check.id] = Scored(check, outcome, _words_of(report))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._scored:
            return
        scored = self._in_order()
        points, most = _sum(scored)
        if is_grading(self._config):
            self._write_table(terminalreporter, scored)
        subject = name_of_subject(self._config)
        terminalreporter.write_line(f"{points} of {most} points: {subject}", bold=True)
        first = next((row for row in scored if row.outcome is Outcome.FAILED), None)
        if first and is_grading(self._config):
            terminalreporter.write_line(f"next: {first.check.id}: {first.check.hint}")

    def pytest_sessionfinish(self) -> None:
        file = self._config.option.gradescope
        if file and not self._config.option.collectonly:
            text = json.dumps(self._gradescope(), indent=2)
            file.write_text(text, encoding="utf-8")

    def _in_order(self) -> list[Scored]:
        return [self._scored[check_id] for check_id in self._checks if check_id in self._scored]

    @staticmethod
    def _write_table(terminal: pytest.TerminalReporter, scored: list[Scored]) -> None:
        terminal.section("score")
        for check, outcome, _ in scored:
            earned = check.points if outcome is Outcome.PASSED else 0
            terminal.write(f"{outcome.value:11}", **_MARKUP[outcome])
            terminal.write_line(f"  {earned:2} of {check.points:2}  {check.id:30}  {check.title}")

    def _gradescope(self) -> dict[str, object]:
        """Return Gradescope's results; a check that did not run at all earned nothing."""
        rows = [
            self._scored.get(check.id, Scored(check, Outcome.NOT_REACHED, "it was not run"))
            for check in self._checks.values()
        ]
        return gradescope.results(rows, self._config.option.visibility)


def _words_of(report: pytest.TestReport) -> str:
    """Return what a check said: why it was skipped, or the failure."""
    if report.skipped and isinstance(report.longrepr, (tuple, list)):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return report.longreprtext


def _sum(scored: list[Scored]) -> tuple[int, int]:
    return sum(row.points for row in scored), sum(row.check.points for row in scored)
