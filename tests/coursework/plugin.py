"""Connects the grader to pytest: the options, the file that runs the checks, the score.

`conftest.py` beside this file registers it. README.md says why no ready-made plugin is used.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.coursework import gradescope, grading
from tests.coursework.checks import PROGRAM_CHECKS
from tests.coursework.console import window, write_any_character
from tests.coursework.drawing import new_seed
from tests.coursework.places import HERE, REFERENCE
from tests.coursework.scoreboard import COLUMNS, ScoreBoard, is_grading

NAME = "coursework"
GRADING_FILE = HERE / "grade_submission.py"
_GRADING_SECONDS = 600
"""Far more than a check takes: the grader has time limits of its own, and says what was slow."""


def add_options(add: Callable[..., object]) -> None:
    """Add the grader's options; `add` is argparse's or pytest's method."""
    add("--submission", type=Path, metavar="FOLDER", help="grade the submission in this folder")
    grading.add_options(add)
    gradescope.add_options(add)


def pytest_addoption(parser: pytest.Parser) -> None:
    add = parser.getgroup(NAME, "grading coursework").addoption
    add_options(add)
    add("--list-checks", action="store_true", help="print the table of checks and end")


def pytest_configure(config: pytest.Config) -> None:
    write_any_character()
    config.stash[COLUMNS] = window()  # as long as pytest does not take standard output
    _set_missing_options(config)
    if config.option.seed is None:  # workers of pytest-xdist get the one that is drawn here
        config.option.seed = new_seed()
    _refuse_wrong_use(config)
    _refuse_foreign_conftest(config)
    if is_grading(config):
        config.option.reportchars = ""  # the score table says the same, and more
    if not hasattr(config, "workerinput"):  # a worker of pytest-xdist reports to another process
        config.pluginmanager.register(ScoreBoard(config), f"{NAME}-score")


def _set_missing_options(config: pytest.Config) -> None:
    """Give each option its default if pytest learns of the options too late.

    When all tests of the repository run, pytest reads the command line before it meets our
    `conftest.py`. Releases up to 9.0 then set no defaults.
    """
    parser = argparse.ArgumentParser()
    add_options(parser.add_argument)
    for name, default in vars(parser.parse_args([])).items():
        if not hasattr(config.option, name):
            setattr(config.option, name, default)


def _refuse_wrong_use(config: pytest.Config) -> None:
    option = config.option
    if grading.assignment_of(option).commands and option.protocol not in PROGRAM_CHECKS:
        raise pytest.UsageError(grading.NO_PROTOCOL)
    if not submission_of(config).exists():
        raise pytest.UsageError(f"there is no folder {submission_of(config)}")
    file = option.gradescope
    if file and not file.resolve().parent.is_dir():
        raise pytest.UsageError(f"there is no folder {file.resolve().parent} for {file.name}")
    if option.time_limit <= 0:
        raise pytest.UsageError("--time-limit must be more than 0 seconds")


def _refuse_foreign_conftest(config: pytest.Config) -> None:
    """Stop if pytest has run a conftest.py of the submission in this process.

    Before pytest knows our options, it takes the folder in `--submission FOLDER` for a folder with
    tests. It does not do so for `--submission=FOLDER`.
    """
    folder = submission_of(config)
    for plugin in config.pluginmanager.get_plugins():
        file = Path(getattr(plugin, "__file__", None) or "")
        if file.name == "conftest.py" and file.is_relative_to(folder):
            raise pytest.UsageError(
                f"pytest has run {file}, which is part of the submission: "
                f"write --submission={config.option.submission}, with the equals sign"
            )


def submission_of(config: pytest.Config) -> Path:
    """Return the folder that is graded: without the option, our own chats."""
    folder: Path = config.option.submission or REFERENCE
    return folder.resolve()


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if not config.option.list_checks:
        return None
    write_any_character()
    chosen = grading.assignment_of(config.option)
    if not config.option.protocol:  # then no command was given either
        chosen = grading.Assignment(grading.PROTOCOLS)
    print("\n".join(grading.table_of_checks(chosen, window())))
    return 0


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the file that runs the checks; its name does not begin with `test_`."""
    if file_path != GRADING_FILE or parent.session.isinitpath(file_path):
        return None  # pytest itself collects a file that the command line names
    return pytest.Module.from_parent(parent, path=file_path)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """While a submission is graded, collect nothing else."""
    wanted = (GRADING_FILE, *GRADING_FILE.parents)
    return True if is_grading(config) and collection_path not in wanted else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave time limits to the grader, which can tell the student what took too long."""
    if config.pluginmanager.hasplugin("timeout"):
        ours = {path for path in {item.path for item in items} if HERE in path.parents}
        for item in items:
            if item.path in ours:
                item.add_marker(pytest.mark.timeout(_GRADING_SECONDS))
