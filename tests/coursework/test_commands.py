"""What teachers and students type: options, score table, Gradescope, a class, the starters."""

from __future__ import annotations

import csv
import doctest
import json
import os
import re
import shutil
import subprocess
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import legacy.protocol
import modern.protocol
from tests.coursework import grade_class, gradescope, plugin
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome, Result
from tests.coursework.submission import HERE, REPOSITORY

MUTANT = HERE / "mutants" / "legacy_no_padding"
LEGACY_CHECKS = Assignment(("legacy",)).checks
TIMEOUT = 100


def run(*arguments: object, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONUTF8": "1", "COLUMNS": "120"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=cwd,
        timeout=TIMEOUT,
        check=False,
    )


def grade(*options: object, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    return run("pytest", "-p", "no:cacheprovider", "tests/coursework", *options, cwd=cwd)


def test_grading_a_folder_writes_the_score_the_xml_and_gradescopes_file(tmp_path):
    xml, file = tmp_path / "results.xml", tmp_path / "results.json"
    options = ("--protocol", "legacy", "--junitxml", xml, "--gradescope", file)
    done = grade("--submission", MUTANT, "--visibility", "after_published", *options)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "35 of 40 points: legacy_no_padding" in lines
    assert any(line.startswith("next: legacy-padding: ") for line in lines)
    assert any(line.split()[:5] == ["failed", "0", "of", "2", "legacy-padding"] for line in lines)
    assert any(line.startswith("not reached") and "legacy-seal" in line for line in lines)
    assert "first difference: byte 20" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    _expect_xml(xml)
    _expect_gradescope(file, "after_published")


def _expect_xml(file: Path) -> None:
    (suite,) = ET.parse(file).getroot()
    assert suite.attrib["tests"] == str(len(LEGACY_CHECKS))
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "1")
    named = [{p.get("name"): p.get("value") for p in case.iter("property")} for case in suite]
    assert [case["check"] for case in named] == [check.id for check in LEGACY_CHECKS]
    assert sum(int(case["points"]) for case in named) == 35


def _expect_gradescope(file: Path, visibility: str) -> None:
    results = json.loads(file.read_text("utf-8"))
    tests = results["tests"]
    assert results["visibility"] == visibility
    assert len(tests) == len(LEGACY_CHECKS)
    assert sum(test["score"] for test in tests) == 35
    assert sum(test["max_score"] for test in tests) == 40
    failed = {t["name"].split(":")[0]: t["output"] for t in tests if t["status"] == "failed"}
    assert set(failed) == {"legacy-padding", "legacy-seal"}
    assert "hint" in failed["legacy-padding"]
    assert "not reached: legacy-padding comes first" in failed["legacy-seal"]


def test_the_table_of_checks(pytestconfig, monkeypatch, capsys):
    monkeypatch.setattr(pytestconfig.option, "list_checks", True)
    assert plugin.pytest_cmdline_main(pytestconfig) == 0
    table = capsys.readouterr().out
    for check in Assignment().checks:
        assert f"{check.id:32} {check.points:2}  {check.title}" in table
    assert "modern-client-rejects" in table


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("submission", Path("no/such/folder"), "there is no folder"),
        ("server_command", "true {port}", "needs --protocol"),
        ("time_limit", 0, "more than 0"),
        ("gradescope", Path("no/such/folder/results.json"), "for results.json"),
    ],
)
def test_options_that_cannot_be_are_refused(pytestconfig, monkeypatch, option, value, words):
    monkeypatch.setattr(pytestconfig.option, option, value)
    with pytest.raises(pytest.UsageError, match=words):
        plugin.pytest_configure(pytestconfig)


def test_a_conftest_in_the_submission_is_not_run(tmp_path):
    shutil.copy(HERE / "starter" / "legacy_chat.py", tmp_path)
    (tmp_path / "conftest.py").write_text("print('conftest was run')")
    done = grade("--protocol", "legacy", f"--submission={tmp_path}", "-k", "loads")
    assert "0 of 0 points" in done.stdout
    assert "conftest was run" not in done.stdout
    done = grade("--protocol", "legacy", "--submission", tmp_path)
    assert done.returncode == 4
    assert "with the equals sign" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.soak
def test_an_old_program_on_its_fixed_port():
    """Where port 9999 is in use on this computer, the grader says so, which is right, too."""
    client = f'"{Path(sys.executable).as_posix()}" modern/p2p_encryption.py --client {{host}}'
    options = ("--protocol", "modern", "--client-command", client)
    done = grade(*options, "-k", "connects or shows", "--time-limit", "20")
    assert "4 of 4 points" in done.stdout or "taken by another program" in done.stdout


def test_the_gradescope_folder_grades_as_gradescope_runs_it(tmp_path, monkeypatch):
    built = tmp_path / "source"
    done = run("tests.coursework.gradescope", built, "--protocol", "legacy")
    assert done.returncode == 0
    assert {path.name for path in built.iterdir()} == {
        "setup.sh", "run_autograder", "requirements.txt", "grader",
    }  # fmt: skip
    shutil.copytree(HERE / "starter", tmp_path / "submission")
    _run_autograder(tmp_path)
    tests = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))["tests"]
    assert len(tests) == len(LEGACY_CHECKS)
    assert sum(test["score"] for test in tests) == 0
    assert "this is not written yet" in tests[1]["output"]
    monkeypatch.setattr(sys, "argv", ["gradescope", str(built)])
    assert gradescope.main() == 2  # not over what is there


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


def test_the_visibilities_are_those_of_gradescope():
    assert gradescope.VISIBILITIES == ("visible", "hidden", "after_due_date", "after_published")


def test_a_class_is_graded_into_one_file(tmp_path):
    """One submission was unpacked a folder too deep, one is empty, one never ends."""
    classroom, file, reports = tmp_path / "class", tmp_path / "points.csv", tmp_path / "reports"
    (classroom / "bob").mkdir(parents=True)
    (classroom / "mallory").mkdir()
    (classroom / "mallory" / "legacy_chat.py").write_text("__import__('time').sleep(600)")
    (classroom / "notes.txt").write_text("not a submission")
    shutil.copytree(HERE / "starter", classroom / "alice" / "chat")
    options = ("--protocol", "legacy", "--time-limit", "2", "--reports", reports)
    done = run("tests.coursework.grade_class", classroom, "--csv", file, *options)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["submission"] for row in rows] == ["alice", "bob", "mallory"]
    assert {row["points"] for row in rows} == {"0"}
    assert [row["legacy-key"] for row in rows] == ["0", "", ""]
    assert "did not come back within 2 seconds" in (reports / "mallory.txt").read_text("utf-8")
    assert "not written yet" in (reports / "alice.txt").read_text("utf-8")
    assert "there is no legacy_chat.py" in (reports / "bob.txt").read_text("utf-8")
    assert done.stdout.startswith("3 submissions in ")


def grade_class_here(monkeypatch, *arguments: object) -> int:
    """Run the command in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["grade_class", *map(str, arguments)])
    try:
        return grade_class.main()
    except SystemExit as used_wrongly:
        return int(used_wrongly.code or 0)


def test_a_class_that_cannot_be_graded_is_one_line(tmp_path, monkeypatch, capsys):
    file = tmp_path / "no" / "file.csv"
    assert grade_class_here(monkeypatch, tmp_path, "--csv", file) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("cannot write ")
    assert grade_class_here(monkeypatch, tmp_path / "no", "--csv", file) == 2


HOSTILE_WORDS = "def derive_key(passphrase): raise ValueError('bad \\udcff \\x1b[2J \\0 text')"


def test_words_that_no_file_can_hold_cost_nobody_a_row(tmp_path, monkeypatch, capsys):
    classroom, file, reports = tmp_path / "class", tmp_path / "points.csv", tmp_path / "reports"
    for name in ("alice", "bob", "mallory"):
        (classroom / name).mkdir(parents=True)
    (classroom / "alice" / "legacy_chat.py").write_text(HOSTILE_WORDS)
    (reports / "bob.txt").mkdir(parents=True)  # so that this report cannot be written
    options = ("--csv", file, "--reports", reports, "--protocol", "legacy")
    assert grade_class_here(monkeypatch, classroom, *options) == 1
    assert "cannot write the report of 'bob'" in capsys.readouterr().err
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["submission"] for row in rows] == ["alice", "bob", "mallory"]
    assert r"ValueError: bad \udcff \x1b[2J \x00 text" in (reports / "alice.txt").read_text("utf-8")
    assert "there is no legacy_chat.py" in (reports / "mallory.txt").read_text("utf-8")


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_folder_may_be_named_with_any_bytes(tmp_path):
    assignment = Assignment(("legacy",))
    row = grade_class.Graded("caf\udce9", assignment.grade(tmp_path / "caf\udce9"), 1.0)
    assert r"caf\udce9" in grade_class.report_of(row).encode().decode()
    with grade_class.open_table(tmp_path / "points.csv", assignment) as (table, _):
        grade_class.write_row(table, row, assignment)
    assert r"caf\udce9,0,40,1.0,,0," in (tmp_path / "points.csv").read_text("utf-8")


def test_gradescopes_file_holds_whatever_a_submission_says(tmp_path, monkeypatch, pytestconfig):
    file = tmp_path / "results.json"
    monkeypatch.setattr(pytestconfig.option, "gradescope", file)
    board = plugin.ScoreBoard(pytestconfig)
    check = plugin.assignment_of(pytestconfig).checks[0]
    board._scored[check.id] = plugin.Scored(check, Outcome.FAILED, "bad \udcff text")
    board.pytest_sessionfinish()
    assert json.loads(file.read_text("ascii"))["tests"][0]["output"] == "bad \udcff text"


@pytest.mark.parametrize("protocol", ["legacy", "modern"])
def test_the_examples_in_the_starter_are_true(protocol, monkeypatch):
    """Each docstring's example, run with this repository's function in the place of the stub."""
    code = (HERE / "starter" / f"{protocol}_chat.py").read_text("utf-8")
    starter = types.ModuleType("starter")
    monkeypatch.setitem(sys.modules, "starter", starter)
    exec(compile(code, "starter", "exec"), starter.__dict__)
    names = vars(legacy.protocol if protocol == "legacy" else modern.protocol)
    examples = doctest.DocTestFinder().find(starter, "starter", globs=dict(names))
    assert sum(len(each.examples) for each in examples) >= 6
    for each in examples:
        each.globs.update(names)
        assert doctest.DocTestRunner().run(each).failed == 0


def test_the_starter_asks_for_what_the_checks_call():
    for protocol in ("legacy", "modern"):
        starter = (HERE / "starter" / f"{protocol}_chat.py").read_text("utf-8")
        reference = (HERE / "reference" / f"{protocol}_chat.py").read_text("utf-8")
        names = reference.split("__all__ = [")[1].replace('"', "").replace("]", "").split(",")
        for name in filter(None, map(str.strip, names)):
            assert f"def {name}(" in starter or f"class {name}" in starter


def test_a_folder_may_be_named_from_where_one_is(tmp_path, monkeypatch):
    """As the README does: relative to the folder in which the command is typed."""
    (tmp_path / "class" / "alice").mkdir(parents=True)
    (tmp_path / "class" / "alice" / "legacy_chat.py").write_text(
        "import hashlib\ndef derive_key(text): return hashlib.sha256(text.encode()).digest()\n"
    )
    monkeypatch.chdir(tmp_path)
    options = ("--protocol", "legacy", "--csv", "points.csv")
    assert grade_class_here(monkeypatch, "class", *options) == 0
    with Path("points.csv").open(encoding="utf-8") as table:
        (row,) = csv.DictReader(table)
    assert int(row["legacy-key"]) > 0


@pytest.mark.parametrize("check", Assignment(("legacy", "modern")).checks, ids=lambda c: c.id)
def test_no_line_ends_inside_a_code_span(check):
    r"""A rule about the separator `": "` is none any more once its space is a line end."""
    lines = Result(check, Outcome.FAILED, "").report.splitlines()
    spans = re.findall(r"`[^`]*`", f"{check.rule} {check.hint}")
    assert all(any(span in line for line in lines) for span in spans)
