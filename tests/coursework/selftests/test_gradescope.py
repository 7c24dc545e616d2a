"""The folder for Gradescope is built here, and run as Gradescope would run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.coursework import gradescope
from tests.coursework.grading import Assignment, assignment_of
from tests.coursework.model import Outcome, Result
from tests.coursework.places import REPOSITORY, STARTER
from tests.coursework.scoreboard import ScoreBoard
from tests.coursework.selftests.commands import TIMEOUT

LEGACY_CHECKS = Assignment(("legacy",)).checks


def test_the_gradescope_folder_grades_as_gradescope_runs_it(tmp_path: Path) -> None:
    built = tmp_path / "source"
    assert gradescope.main([str(built), "--protocol", "legacy"]) == 0
    assert {path.name for path in built.iterdir()} == {
        "setup.sh", "run_autograder", "requirements.txt", "grader",
    }  # fmt: skip
    shutil.copytree(STARTER, tmp_path / "submission" / "work")
    (tmp_path / "submission" / "__MACOSX").mkdir()
    _mark_the_copy(built)
    _run_autograder(tmp_path)
    results = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
    assert "skipped __MACOSX: a system or an editor made it" in results["output"].splitlines()
    tests = results["tests"]
    assert len(tests) == len(LEGACY_CHECKS)
    assert sum(test["score"] for test in tests) == 0
    assert "this is not written yet" in tests[1]["output"]
    assert tests[1]["name"] == "legacy-key: A passphrase of the copy"
    assert gradescope.main([str(built)]) == 2  # it is not empty any more


def _mark_the_copy(built: Path) -> None:
    """Change a title in the folder, so that the results show whether they come from there."""
    file = built / "grader" / "tests" / "coursework" / "checks" / "legacy_sending.py"
    text = file.read_text("utf-8")
    changed = text.replace("A passphrase becomes a 32-byte key", "A passphrase of the copy")
    assert changed != text
    file.write_text(changed, "utf-8")


def _run_autograder(folder: Path) -> None:
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("bash is not installed")
    python = Path(sys.executable).parent
    environment = os.environ | {"AUTOGRADER": str(folder), "PATH": f"{python}:{os.environ['PATH']}"}
    script = folder / "source" / "run_autograder"
    subprocess.run(
        [bash, script], env=environment, capture_output=True, timeout=TIMEOUT, check=True
    )


def test_its_requirements_are_those_of_the_project() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    for requirement in gradescope._REQUIREMENTS.split():
        assert f'"{requirement}"' in project


def test_the_visibilities_are_those_of_gradescope() -> None:
    assert gradescope.VISIBILITIES == ("visible", "hidden", "after_due_date", "after_published")


def test_gradescopes_file_holds_whatever_a_submission_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    file = tmp_path / "results.json"
    monkeypatch.setattr(pytestconfig.option, "gradescope", file)
    board = ScoreBoard(pytestconfig)
    check = assignment_of(pytestconfig.option).checks[0]
    board._results[check.id] = Result(check, Outcome.FAILED, "bad \udcff text")
    board.pytest_sessionfinish()
    assert json.loads(file.read_text("ascii"))["tests"][0]["output"] == "bad \udcff text"
