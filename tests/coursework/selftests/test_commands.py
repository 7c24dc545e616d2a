"""What teachers and students type: the front door, `check` and `list`, and pytest's own options."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from tests import rarely
from tests.coursework import __main__ as front_door
from tests.coursework import grade_one, list_checks, plugin
from tests.coursework.grading import PROTOCOLS, ROLES, Assignment
from tests.coursework.model import Check, Outcome, Result
from tests.coursework.places import MUTANTS, REPOSITORY, STARTER
from tests.coursework.selftests.commands import check_here, grade, grade_here, run

MUTANT = MUTANTS / "legacy_no_padding"
LEGACY_CHECKS = Assignment(("legacy",)).checks


# The front door --------------------------------------------------------------------------------


def test_the_front_door_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main([]) == 0
    shown = capsys.readouterr().out
    for name, command in front_door.COMMANDS.items():
        assert re.search(rf"^  {name} .*{command.purpose}$", shown, re.M)
    assert "next:     python -m tests.coursework handout " in shown


@pytest.mark.parametrize("name", front_door.COMMANDS)
def test_a_command_calls_itself_by_the_name_it_was_called_by(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        front_door.main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m tests.coursework {name}")


def test_an_unknown_command_is_used_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    assert front_door.main(["mark"]) == 2
    assert capsys.readouterr().err.startswith("there is no command 'mark'")


def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "tests.coursework.grade_one")
    monkeypatch.setitem(sys.modules, "pytest", None)
    assert front_door.main(["check", str(MUTANT)]) == 1
    line = capsys.readouterr().err
    assert line.startswith("import of pytest halted; None in sys.modules for ")
    assert f'type "{sys.executable} -m pip install pytest pytest-timeout"' in line


def test_a_file_for_another_chat_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(STARTER / "hardened_chat.py", tmp_path)
    with pytest.raises(SystemExit) as ended:
        front_door.main(["check", str(tmp_path)])
    assert ended.value.code == 2
    _, said = capsys.readouterr().err.splitlines()
    assert said.endswith(f"{tmp_path.name} has only hardened_chat.py: add --protocol hardened")
    shutil.copy(STARTER / "modern_chat.py", tmp_path)
    assert grade_one.pytest_arguments([str(tmp_path)], "check")


@pytest.mark.parametrize("name", ["check", "class", "handout", "gradescope"])
def test_what_is_used_wrongly_is_two_lines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        front_door.main([name])
    usage, said = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage: ")
    assert ": error: " in said


# Grading one submission ------------------------------------------------------------------------

OPTIONS = ("--protocol", "legacy", "--visibility", "after_published")


@rarely.each("way", ["check", "pytest"], daily=["check"])
def test_grading_a_folder_writes_the_score_the_xml_and_gradescopes_file(
    way: str, tmp_path: Path
) -> None:
    xml, file = tmp_path / "results.xml", tmp_path / "results.json"
    options = (*OPTIONS, "--junitxml", xml, "--gradescope", file)
    if way == "check":
        done = run("tests.coursework", "check", MUTANT, *options, "-pno:cacheprovider")
    else:
        done = grade(f"--submission={MUTANT}", *options)
    assert done.returncode == 1
    _expect_score(done.stdout)
    assert "Traceback" not in done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    _expect_xml(xml)
    _expect_gradescope(file, "after_published")


def _expect_score(shown: str) -> None:
    lines = shown.splitlines()
    assert "35 of 40 points: legacy_no_padding" in lines
    assert any(line.startswith("next: legacy-padding: ") for line in lines)
    assert any(line.split()[:5] == ["failed", "0", "of", "2", "legacy-padding"] for line in lines)
    assert any(line.startswith("not reached") and "legacy-seal" in line for line in lines)
    assert "first difference: byte 20" in shown


def _expect_xml(file: Path) -> None:
    (suite,) = ET.parse(file).getroot()
    assert suite.attrib["tests"] == str(len(LEGACY_CHECKS))
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "1")
    named = [{p.attrib["name"]: p.attrib["value"] for p in case.iter("property")} for case in suite]
    assert [case["check"] for case in named] == [check.id for check in LEGACY_CHECKS]
    assert sum([int(case["points"]) for case in named]) == 35


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


def test_check_grades_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Students type it in the folder that they were given."""
    shutil.copytree(STARTER, tmp_path / "mywork")
    monkeypatch.chdir(tmp_path)
    done = check_here("mywork", "--protocol", "legacy", "-k", "loads or key")
    assert done.returncode == 1
    assert "0 of 3 points: mywork" in done.stdout


def test_check_takes_an_archive_and_says_what_it_skips(tmp_path: Path) -> None:
    archive = tmp_path / "alice.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(STARTER / "legacy_chat.py", "chat/legacy_chat.py")
        packed.writestr("__MACOSX/chat/._legacy_chat.py", "x")
    done = check_here(archive, "--protocol", "legacy", "-k", "loads or key")
    assert "0 of 3 points: alice.zip" in done.stdout
    lines = done.stdout.splitlines()
    assert "skipped alice.zip/__MACOSX: a system or an editor made it" in lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name the folder of the submission"),
        (("no/such/folder",), "there is no folder no"),
        ((MUTANT, "--submission", MUTANT), "say the same"),
        (("--server-command", "true {port}"), "needs --protocol"),
        ((MUTANT, "--protocol", "telnet"), "invalid choice"),
        ((MUTANT, "--maxfail", "1"), "what is '1'?"),
        ((STARTER, MUTANT), "what is "),
    ],
)
def test_check_refuses_what_cannot_be(
    arguments: tuple[object, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        grade_one.pytest_arguments([str(word) for word in arguments], "check")
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("submission", Path("no/such/folder"), "there is no folder"),
        ("server_command", "true {port}", "needs --protocol"),
        ("time_limit", 0, "more than 0"),
        ("gradescope", Path("no/such/folder/results.json"), "for results.json"),
    ],
)
def test_options_that_cannot_be_are_refused(
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: object,
    words: str,
) -> None:
    monkeypatch.setattr(pytestconfig.option, "protocol", None)  # whatever this run was given
    monkeypatch.setattr(pytestconfig.option, option, value)
    with pytest.raises(pytest.UsageError, match=words):
        plugin.pytest_configure(pytestconfig)


def test_a_conftest_in_the_submission_is_not_run(tmp_path: Path) -> None:
    shutil.copy(STARTER / "legacy_chat.py", tmp_path)
    conftest, trace = tmp_path / "conftest.py", tmp_path / "it-was-run"
    conftest.write_text(f"open({str(trace)!r}, 'w').close()")
    options = ("--protocol", "legacy", "-kloads")
    for done in (
        grade_here(f"--submission={tmp_path}", *options),
        check_here(tmp_path, *options),
    ):
        assert "0 of 0 points" in done.stdout
        assert not trace.exists()
    done = grade_here("--submission", tmp_path, *options)
    if trace.exists():  # releases of pytest before 9 do not run it
        assert done.returncode == 4
        assert "with the equals sign" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.soak
def test_the_grader_also_runs_as_a_part_of_all_tests() -> None:
    """It does so every day, as a part of these tests, with the release of pytest that is here.

    There pytest meets `conftest.py` only after it has read the command line.
    """
    others = [path for path in (REPOSITORY / "tests").iterdir() if path.name != "coursework"]
    ignored = [f"--ignore={path}" for path in others if path.name != "conftest.py"]
    done = run("pytest", "-p", "no:cacheprovider", "tests", *ignored, "-k", "grade_submission")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100 of 100 points: this repository's chats" in done.stdout


@pytest.mark.soak
def test_an_old_program_on_its_fixed_port() -> None:
    """If another program uses port 9999, the grader says so, which is right as well."""
    client = f'"{Path(sys.executable).as_posix()}" modern/p2p_encryption.py --client {{host}}'
    options = ("--protocol", "modern", "--client-command", client)
    done = grade(*options, "-k", "connects or shows", "--time-limit", "20")
    assert "4 of 4 points" in done.stdout or "taken by another program" in done.stdout


# What the checks say ---------------------------------------------------------------------------


def test_the_table_of_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert list_checks.main([]) == 0
    table = capsys.readouterr().out
    for check in (
        Assignment(PROTOCOLS).checks + Assignment(commands=dict.fromkeys(ROLES, "")).checks
    ):
        assert f"{check.id:32} {check.points:2}  {check.title}" in table
    assert grade_here("--list-checks").stdout == table


def spans_with_a_line_end(check: Check) -> list[str]:
    lines = Result(check, Outcome.FAILED, "").report.splitlines()
    spans = re.findall(r"`[^`]*`", f"{check.rule} {check.hint}")
    return [span for span in spans if not any(span in line for line in lines)]


def test_no_line_ends_inside_a_code_span() -> None:
    r"""In a rule about the separator `": "`, its space must not become the end of a line."""
    found = {check.id: spans_with_a_line_end(check) for check in Assignment(PROTOCOLS).checks}
    assert {name: spans for name, spans in found.items() if spans} == {}


@pytest.mark.skipif(sys.platform != "linux", reason="needs a full device")
@pytest.mark.parametrize("arguments", [[], ["list"]], ids=["alone", "list"])
def test_a_full_disk_under_the_output_is_one_line_and_status_1(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tests.coursework", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=REPOSITORY,
        )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot write to standard output" in done.stderr
