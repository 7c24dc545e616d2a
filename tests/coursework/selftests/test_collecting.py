"""Whose is what in the folder of a class."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.coursework.course.collecting import Entry, collect

NAME = "legacy_chat.py"


def entries(folder: Path, *names: str) -> dict[str, Entry]:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return {entry.name: entry for entry in collect(folder, [NAME]).entries}


OWNERS = {
    "name_123_legacy_chat-1.py": ("name", "123", NAME),
    "examplealice_123_456_legacy_chat.py": ("examplealice", "123", NAME),
    "examplealice_LATE_123_456_legacy_chat-12.py": ("examplealice", "123", NAME),
    "anon_Ab3dE_456_legacy_chat.py": ("anon", "Ab3dE", NAME),
    "anon_LATE_Ab3dE_456_legacy_chat.py": ("anon", "Ab3dE", NAME),
    "exämplebob_9_8_helper-1.py": ("exämplebob", "9", "helper-1.py"),
    "Alice Example_123_assignsubmission_file_legacy_chat.py": ("Alice Example", "123", NAME),
    "Alice_Example_123_assignsubmission_file_a_1_b.py": ("Alice_Example", "123", "a_1_b.py"),
    "examplealice_123_456_my work.zip": ("examplealice", "123", "my work.zip"),
    "alice.zip": ("alice", "", "alice.zip"),
    "alice.tar.gz": ("alice.tar", "", "alice.tar.gz"),
}


@pytest.mark.parametrize(("file", "owner"), OWNERS.items(), ids=OWNERS)
def test_a_loose_file_says_whose_it_is(
    file: str, owner: tuple[str, str, str], tmp_path: Path
) -> None:
    (entry,) = entries(tmp_path, file).values()
    ((inside, path),) = entry.sources
    assert (entry.name, entry.number, inside) == owner
    assert path.name == file
    assert entry.late == ("LATE" in file)


def test_a_folder_of_moodle_is_named_as_its_student(tmp_path: Path) -> None:
    found = entries(tmp_path, f"Alice Example_123_assignsubmission_file_/{NAME}")
    assert found["Alice Example"].number == "123"


def test_a_folder_that_only_looks_like_a_platform_keeps_its_name(tmp_path: Path) -> None:
    assert list(entries(tmp_path, f"team_12_blue/{NAME}")) == ["team_12_blue"]


def test_all_files_of_a_student_are_one_entry(tmp_path: Path) -> None:
    files = ("alice_1_7_legacy_chat.py", "alice_1_8_helper.py", "alice_1_9_modern_chat.py")
    (entry,) = entries(tmp_path, *files).values()
    assert {inside for inside, _ in entry.sources} == {NAME, "helper.py", "modern_chat.py"}


def test_what_was_handed_in_last_counts(tmp_path: Path) -> None:
    names = [f"alice_1_{7 + n}_legacy_chat{'-' * (n > 0)}{n or ''}.py" for n in (0, 2, 10)]
    (entry,) = entries(tmp_path, *names).values()
    assert [path.name for _, path in entry.sources] == ["alice_1_17_legacy_chat-10.py"]
    assert len(entry.notes) == 2
    assert "not graded: alice_1_7_legacy_chat.py (alice_1_17_legacy_chat-10.py is newer)" in (
        entry.notes
    )
    assert entry.pack().notes == entry.notes


def test_two_students_of_one_name_stay_two(tmp_path: Path) -> None:
    names = (f"bob_1_7_{NAME}", f"bob_2_8_{NAME}", "alice/x.py", "alice.zip")
    assert list(entries(tmp_path, *names)) == ["alice", "alice alice.zip", "bob 1", "bob 2"]


def test_what_is_nobodys_is_said(tmp_path: Path) -> None:
    entries(tmp_path, ".DS_Store", "__MACOSX/x", "notes.txt", NAME, "alice/x.py")
    if os.name == "posix":  # elsewhere, links need rights
        (tmp_path / "link").symlink_to(tmp_path / "alice")
    collected = collect(tmp_path, [NAME])
    assert [entry.name for entry in collected.entries] == ["alice"]
    assert collected.skipped == [
        "skipped .DS_Store: a system or an editor made it",
        "skipped __MACOSX: a system or an editor made it",
        "skipped legacy_chat.py: whose is it? put it into a folder with the student's name",
        *["skipped link: a link is no submission: put the files themselves there"]
        * (os.name == "posix"),
        "skipped notes.txt: it is no submission",
    ]
