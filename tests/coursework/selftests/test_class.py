"""A whole class is graded into one table, whatever one submission does."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import pytest

from tests.coursework import grade_class
from tests.coursework.grading import Assignment
from tests.coursework.places import STARTER
from tests.coursework.selftests.commands import run


@pytest.mark.parametrize("way", [("tests.coursework", "class"), ("tests.coursework.grade_class",)])
def test_a_class_is_graded_into_one_file(way: tuple[str, ...], tmp_path: Path) -> None:
    """One submission was unpacked a folder too deep, one is empty, one never ends."""
    classroom, file, reports = tmp_path / "class", tmp_path / "points.csv", tmp_path / "reports"
    (classroom / "bob").mkdir(parents=True)
    (classroom / "mallory").mkdir()
    (classroom / "mallory" / "legacy_chat.py").write_text("__import__('time').sleep(600)")
    (classroom / "notes.txt").write_text("not a submission")
    shutil.copytree(STARTER, classroom / "alice" / "chat")
    options = ("--protocol", "legacy", "--time-limit", "2", "--reports", reports)
    done = run(*way, classroom, "--csv", file, *options)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["submission"] for row in rows] == ["alice", "bob", "mallory"]
    assert {row["points"] for row in rows} == {"0"}
    assert [row["legacy-key"] for row in rows] == ["0", "", ""]
    assert "did not come back within 2 seconds" in (reports / "mallory.txt").read_text("utf-8")
    assert "not written yet" in (reports / "alice.txt").read_text("utf-8")
    assert "there is no legacy_chat.py" in (reports / "bob.txt").read_text("utf-8")
    assert done.stdout.startswith("3 submissions in ")


def grade_class_here(*arguments: object) -> int:
    """Run the command in this process and return its exit status."""
    try:
        return grade_class.main([str(word) for word in arguments])
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
    assignment = Assignment(("legacy",))
    row = grade_class.Graded("caf\udce9", assignment.grade(tmp_path / "caf\udce9"), 1.0)
    assert r"caf\udce9" in grade_class.report_of(row).encode().decode()
    with grade_class.open_table(tmp_path / "points.csv", assignment) as (table, _):
        grade_class.write_row(table, row, assignment)
    assert r"caf\udce9,0,40,1.0,,0," in (tmp_path / "points.csv").read_text("utf-8")


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
