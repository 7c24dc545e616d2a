"""The points find their way into the list that a learning platform exported."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.coursework import grade_class
from tests.coursework.course.graded import Graded
from tests.coursework.course.roster import Roster

MOODLE = """\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,\
Last modified (grade),Feedback comments
Participant 101,Alice Example,alice.example@example.org,Submitted,,100.00,-,
Participant 102,Älice Übung,au17@example.org,Submitted,,100.00,-,
Participant 103,Bob Example,bob@example.org,No submission,,100.00,-,
Participant 104,Bob Twice,bob2@example.org,Submitted,,100.00,-,
Participant 105,Bob Twice,bob3@example.org,Submitted,,100.00,-,
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Essay (4710),Chat (4711)
    Points Possible,,,,,10,40
"Example, Alice",101,s1,aexample,A,7,
"Übung, Älice",102,s2,au17,A,8,
"""


def graded(name: str, number: str = "") -> Graded:
    return Graded(name, (), 0.0, number=number)


@pytest.mark.parametrize(
    ("name", "number", "place"),
    [
        ("whoever", "101", 0),
        ("au17", "", 1),
        ("Bob", "", 2),
        ("ubung_alice", "", 1),
        ("Example, Alice", "", 0),
        ("ALICE EXAMPLE", "", 0),
        ("Bob Twice", "105", 4),
        ("Bob Twice", "", None),
        ("mallory", "", None),
        ("mallory", "999", None),
    ],
)
def test_whose_row_it_is(name: str, number: str, place: int | None, tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_text(MOODLE, "utf-8")
    found, nobody = Roster(tmp_path / "moodle.csv").match([graded(name, number)])
    assert list(found) == ([] if place is None else [place])
    assert nobody == ([name] if place is None else [])


def test_no_row_is_filled_twice(tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_text(MOODLE, "utf-8")
    found, nobody = Roster(tmp_path / "moodle.csv").match([graded("au17"), graded("Älice Übung")])
    assert ([each.name for each in found.values()], nobody) == (["au17"], ["Älice Übung"])


def grade(folder: Path, *options: str) -> int:
    for name in ("au17", "mallory", "aexample"):
        (folder / "class" / name).mkdir(parents=True)
        (folder / "class" / name / "legacy_chat.py").write_text(
            "import hashlib\ndef derive_key(t): return hashlib.sha256(t.encode()).digest()\n"
        )
    common = ("--protocol=legacy", "--executor=threads", f"--csv={folder / 'points.csv'}")
    return grade_class.main([str(folder / "class"), *common, *options])


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_moodles_worksheet_is_filled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list_file, filled = tmp_path / "list.csv", tmp_path / "filled.csv"
    list_file.write_text(MOODLE, "utf-8")
    assert grade(tmp_path, f"--roster={list_file}", f"--moodle={filled}") == 0
    before, after = rows(list_file), rows(filled)
    assert list(after[0]) == list(before[0])
    assert [row["Grade"] for row in after] == ["", "3", "", "", ""]
    assert after[1]["Feedback comments"].startswith("3 of 40 points. next: legacy-envelope")
    assert [row["Email address"] for row in after] == [row["Email address"] for row in before]
    said = capsys.readouterr().err
    assert "mallory is not in list.csv, so has no points there" in said
    assert "au17 is not" not in said
    assert "in list.csv the maximum is 100.00: set it to 40 there" in said
    assert {row["Last modified (grade)"] for row in after} == {"-"}


def test_the_gradebook_of_canvas_is_filled(tmp_path: Path) -> None:
    list_file, filled = tmp_path / "list.csv", tmp_path / "filled.csv"
    list_file.write_text(CANVAS, "utf-8")
    options = (f"--roster={list_file}", f"--canvas={filled}", "--canvas-title=Chat (4711)")
    assert grade(tmp_path, *options) == 0
    assert [row["Chat (4711)"] for row in rows(filled)] == ["40", "3", "3"]
    assert [row["Essay (4710)"] for row in rows(filled)] == ["10", "7", "8"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (CANVAS, "has no column 'Coursework'; it has: Student, ID, "),
        ("name,points\nalice,3\n", "has no column Identifier or ID"),
        ("", "has no column Identifier or ID"),
    ],
)
def test_a_list_without_a_place_for_the_points(
    text: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.csv").write_text(text, "utf-8")
    options = (f"--roster={tmp_path / 'list.csv'}", f"--canvas={tmp_path / 'filled.csv'}")
    assert grade(tmp_path, *options) == 1
    assert why in capsys.readouterr().err
    assert not (tmp_path / "filled.csv").exists()
