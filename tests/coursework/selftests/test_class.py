"""A whole class is graded into one table, whatever one submission does."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests import programs, rarely
from tests.coursework import grade_class
from tests.coursework.places import STARTER
from tests.coursework.selftests.commands import front_door_here, run

WAYS = {
    "class": partial(front_door_here, "class", "--jobs=1", "--executor=threads"),
    "class, a process": partial(run, "tests.coursework", "class"),
    "grade_class, a process": partial(run, "tests.coursework.grade_class"),
}


@rarely.each("way", WAYS, daily=["class"])
def test_a_class_is_graded_into_one_file(
    way: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """One submission was unpacked a folder too deep, one is empty, one never ends."""
    classroom, file, reports = tmp_path / "class", tmp_path / "points.csv", tmp_path / "reports"
    (classroom / "bob").mkdir(parents=True)
    (classroom / "mallory").mkdir()
    (classroom / "mallory" / "legacy_chat.py").write_text("__import__('time').sleep(600)")
    (classroom / "notes.txt").write_text("not a submission")
    shutil.copytree(STARTER, classroom / "alice" / "chat")
    options = ("--protocol", "legacy", "--time-limit", "2", "--reports", reports)
    done = way(classroom, "--csv", file, *options)
    assert done.returncode == 0, done.stderr
    assert "skipped notes.txt: it is no submission" in done.stderr
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["submission"] for row in rows] == ["alice", "bob", "mallory"]
    assert {row["points"] for row in rows} == {"0"}
    assert [row["legacy-key"] for row in rows] == ["0", "", ""]
    assert "did not come back within 2 seconds" in (reports / "mallory.txt").read_text("utf-8")
    assert "not written yet" in (reports / "alice.txt").read_text("utf-8")
    assert "there is no legacy_chat.py" in (reports / "bob.txt").read_text("utf-8")
    assert done.stdout.startswith("3 submissions in ")
    assert [row["same as"] for row in rows] == ["", "", "too little code to compare"]
    problems = [row["problem"] for row in rows]
    assert problems[0] == "nothing is written yet"
    assert problems[1] == "there is no legacy_chat.py: nothing was handed in"
    assert problems[2] == "import legacy_chat: it did not come back within 2 seconds"
    assert "2 could not be graded" in done.stderr


def test_the_module_that_grades_a_class_is_a_command_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, grade_class.__name__)
    done = programs.run_here("-m", "tests.coursework.grade_class", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m tests.coursework.grade_class")


def test_one_submission_for_another_chat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "class" / "alice").mkdir(parents=True)
    shutil.copy(STARTER / "hardened_chat.py", tmp_path / "class" / "alice")
    table = tmp_path / "points.csv"
    grade_class_here(tmp_path / "class", "--csv", table)
    printed = capsys.readouterr()
    assert printed.out.startswith("1 submission in ")
    said = "some files are for another chat: grade them with --protocol hardened"
    assert printed.err.splitlines().count(said) == 1
    with table.open(encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert "found hardened_chat.py; to grade hardened_chat.py, add --protocol" in row["problem"]


def grade_class_here(*arguments: object) -> int:
    """Run the command in this process and return its exit status.

    It starts no processes that grade; `test_pool.py` does.
    """
    try:
        return grade_class.main(["--jobs=1", "--executor=threads", *map(str, arguments)])
    except SystemExit as used_wrongly:
        return int(used_wrongly.code or 0)


def test_a_class_that_cannot_be_graded_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "no" / "file.csv"
    assert grade_class_here(tmp_path, "--csv", file) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("cannot write ")
    assert grade_class_here(tmp_path / "no", "--csv", file) == 2


HOSTILE_WORDS = "def derive_key(passphrase): raise ValueError('bad \\udcff \\x1b[2J \\0 text')"


def test_words_that_no_file_can_hold_cost_nobody_a_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classroom, file, reports = tmp_path / "class", tmp_path / "points.csv", tmp_path / "reports"
    for name in ("alice", "bob", "mallory"):
        (classroom / name).mkdir(parents=True)
    (classroom / "alice" / "legacy_chat.py").write_text(HOSTILE_WORDS)
    (reports / "bob.txt").mkdir(parents=True)  # so that this report cannot be written
    options = ("--csv", file, "--reports", reports, "--protocol", "legacy")
    assert grade_class_here(classroom, *options) == 1
    assert "cannot write the report of 'bob'" in capsys.readouterr().err
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["submission"] for row in rows] == ["alice", "bob", "mallory"]
    assert r"ValueError: bad \udcff \x1b[2J \x00 text" in (reports / "alice.txt").read_text("utf-8")
    assert "there is no legacy_chat.py" in (reports / "mallory.txt").read_text("utf-8")


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_folder_may_be_named_with_any_bytes(tmp_path: Path) -> None:
    name = "caf\udce9"
    (tmp_path / "class" / name).mkdir(parents=True)
    (tmp_path / "class" / name / f"{name}.py").touch()
    (tmp_path / "class" / "alice").mkdir()
    (tmp_path / "class" / "alice" / "legacy_chat.py").touch()
    file, reports = tmp_path / "points.csv", tmp_path / "reports"
    options = ("--csv", file, "--reports", reports, "--protocol", "legacy")
    pages = ("--page", tmp_path / "page.html", "--json", tmp_path / "all.json")
    assert grade_class_here(tmp_path / "class", *options, *pages) == 0
    assert r"caf\udce9,0,40,0." in file.read_text("utf-8")
    assert "found caf?.py" in (reports / f"{name}.txt").read_text("utf-8")
    assert r"caf\udce9" in (tmp_path / "page.html").read_text("utf-8")


def test_a_folder_may_be_named_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README names it like this: relative to the folder in which the command is typed."""
    (tmp_path / "class" / "alice").mkdir(parents=True)
    (tmp_path / "class" / "alice" / "legacy_chat.py").write_text(
        "import hashlib\ndef derive_key(text): return hashlib.sha256(text.encode()).digest()\n"
    )
    monkeypatch.chdir(tmp_path)
    options = ("--protocol", "legacy", "--csv", "points.csv")
    assert grade_class_here("class", *options) == 0
    with Path("points.csv").open(encoding="utf-8") as table:
        (row,) = csv.DictReader(table)
    assert int(row["legacy-key"]) > 0


# One student again -------------------------------------------------------------------------------


def a_small_class(folder: Path) -> tuple[object, ...]:
    """Write two students; return the arguments that grade them."""
    for name, code in (("alice", UNDERIVED), ("bob", DERIVED)):
        (folder / "class" / name).mkdir(parents=True)
        (folder / "class" / name / "legacy_chat.py").write_text(code)
    files = ("--csv", folder / "points.csv", "--json", folder / "all.json")
    pages = ("--page", folder / "page.html", "--reports", folder / "reports")
    return (folder / "class", "--protocol", "legacy", *files, *pages)


UNDERIVED = "def derive_key(text): return text\n"
DERIVED = "import hashlib\ndef derive_key(text): return hashlib.sha256(text.encode()).digest()\n"


def rows_of(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8-sig") as stream:
        return {row["submission"]: row for row in csv.DictReader(stream)}


def test_one_student_is_graded_again_into_the_table(tmp_path: Path) -> None:
    arguments = a_small_class(tmp_path)
    assert grade_class_here(*arguments) == 0
    before = rows_of(tmp_path / "points.csv")
    assert before["alice"]["points"] == "0"
    (tmp_path / "class" / "alice" / "legacy_chat.py").write_text(DERIVED)
    (tmp_path / "class" / "bob" / "legacy_chat.py").write_text(UNDERIVED)  # nobody asks for him
    assert grade_class_here(*arguments, "--only", "alice") == 0
    after = rows_of(tmp_path / "points.csv")
    assert (after["alice"]["points"], after["bob"]) == ("3", before["bob"])
    record = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert {each["name"]: each["points"] for each in record["submissions"]} == {
        "alice": 3, "bob": 3,
    }  # fmt: skip
    assert (tmp_path / "page.html").read_text("utf-8").count("3 of 40") >= 2
    assert (tmp_path / "reports" / "alice.txt").read_text("utf-8").startswith("3 of 40 points")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--only", "mallory"), "there is no submission mallory"),
        (("--only", "alice", "--protocol", "modern"), "has other columns"),
    ],
)
def test_what_cannot_be_graded_again(
    words: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = a_small_class(tmp_path)[:5]
    assert grade_class_here(*arguments) == 0
    before = (tmp_path / "points.csv").read_bytes()
    assert grade_class_here(*arguments, *words) == 1
    assert why in capsys.readouterr().err
    assert (tmp_path / "points.csv").read_bytes() == before


# What cannot be graded ---------------------------------------------------------------------------


def test_grading_nothing_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "class" / "__MACOSX").mkdir(parents=True)
    (tmp_path / "class" / "legacy_chat.py").write_text(DERIVED)
    arguments = (tmp_path / "class", "--csv", tmp_path / "points.csv")
    assert grade_class_here(*arguments) == 1
    said = capsys.readouterr().err
    assert "skipped __MACOSX: a system or an editor made it" in said
    assert "skipped legacy_chat.py: whose is it?" in said
    assert f"there is no submission in {tmp_path / 'class'}" in said


def test_grading_nobody_with_success_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wrong protocol, for example."""
    arguments = a_small_class(tmp_path)
    assert grade_class_here(*arguments, "--protocol", "modern") == 1
    assert "nothing was graded" in capsys.readouterr().err
    problems = {row["problem"] for row in rows_of(tmp_path / "points.csv").values()}
    found = "there is no modern_chat.py: found legacy_chat.py"
    assert problems == {f"{found}; to grade legacy_chat.py, add --protocol legacy"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--times", "t.csv"), "--times and --deadline need each other"),
        (("--late", "later:10"), "--late needs --times"),
        (("--jobs", "0"), "must be more than 0"),
        (
            ("--protocol=modern", "--server-command=x", "--jobs=1", "--executor=tcp://192.0.2.1:1"),
            "graded here, one at a time",
        ),
        (("--only", "alice"), "which a run without --only writes"),
        (("--only", "alice", "--page", "p.html"), "add the --json FILE"),
    ],
)
def test_options_that_cannot_be(
    words: tuple[str, ...], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grade_class_here(tmp_path, "--csv", tmp_path / "points.csv", *words) == 2
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_archive_is_to_be_unpacked_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "class.zip").touch()
    assert grade_class_here(tmp_path / "class.zip", "--csv", tmp_path / "points.csv") == 2
    assert "unpack it, and name the folder" in capsys.readouterr().err
