"""The right file is found, however it was packed; nothing is skipped without a line."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests import rarely
from tests.coursework import packing
from tests.coursework.finding import Opened, Problem, names_in_commands, root_of
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome, Result
from tests.coursework.packing import Budget, PackingError, pack, unpack
from tests.coursework.places import REPOSITORY, STARTER

NAME = "legacy_chat.py"
SOUND = "import hashlib\ndef derive_key(text): return hashlib.sha256(text.encode()).digest()\n"


def zipped(files: dict[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    submission = Opened(folder)
    try:
        yield submission
    finally:
        submission.close()


INNER = zipped({f"chat/{NAME}": SOUND})
PACKED: dict[str, dict[str, str | bytes]] = {
    "as it should be": {NAME: SOUND},
    "three folders deep": {f"a/b/c/{NAME}": SOUND},
    "beside other things": {f"src/{NAME}": SOUND, "report.pdf": b"%PDF", "notes/todo.txt": "x"},
    "with system clutter": {
        f"chat/{NAME}": SOUND, f"__MACOSX/chat/{NAME}": b"\0", ".DS_Store": b"\0",
        f".vscode/{NAME}": "1/0", "__pycache__/legacy_chat.cpython-311.pyc": b"\0",
        f"chat/._{NAME}": b"\0", f"env/{NAME}": "1/0", "env/pyvenv.cfg": "home = /usr",
    },
    "in a zip archive": {"work.zip": INNER},
    "in an archive in an archive": {"upload.ZIP": zipped({"deep/work.zip": INNER})},
    "in an archive from a Mac": {
        "work.zip": zipped({f"chat/{NAME}": SOUND, f"__MACOSX/chat/._{NAME}": b"\0"})
    },
    "in an archive made on Windows": {"work.zip": zipped({f"chat\\{NAME}": SOUND})},
    "twice the same": {f"a/{NAME}": SOUND, f"b/{NAME}": SOUND},
    "with the untouched starter": {
        f"handout/mywork/{NAME}": SOUND,
        f"starter/{NAME}": (STARTER / NAME).read_bytes(),
    },
    "twice the same, one saved on Windows": {
        f"a/{NAME}": SOUND, f"b/{NAME}": SOUND.replace("\n", "\r\n").encode(),
    },
    "with the untouched starter, saved on Windows": {
        f"handout/mywork/{NAME}": SOUND,
        f"starter/{NAME}": (STARTER / NAME).read_bytes().replace(b"\n", b"\r\n"),
    },
    "with an older one deeper": {NAME: SOUND, f"old/{NAME}": "1/0"},
}  # fmt: skip


@pytest.mark.parametrize("files", PACKED.values(), ids=PACKED)
def test_the_right_file_is_found(files: dict[str, str | bytes], tmp_path: Path) -> None:
    with opened(write(tmp_path, files)) as submission:
        found = submission.find(NAME)
        assert isinstance(found, Path), found
        assert found.read_text("utf-8") == SOUND


@pytest.mark.parametrize("files", PACKED.values(), ids=PACKED)
def test_it_gets_its_points(files: dict[str, str | bytes], tmp_path: Path) -> None:
    grader = Assignment(("legacy",)).grader(write(tmp_path, files))
    assert grader.result("legacy-key").outcome is Outcome.PASSED
    grader.close()


def test_nothing_that_was_unpacked_stays(tmp_path: Path) -> None:
    with opened(write(tmp_path, {"work.zip": INNER})) as submission:
        found = submission.find(NAME)
        assert isinstance(found, Path)
    assert not found.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["work.zip"]


def test_what_is_not_taken_is_said(tmp_path: Path) -> None:
    files = {**PACKED["with system clutter"], f"chat/old/{NAME}": "1/0", "bad.zip": b"PK"}
    with opened(write(tmp_path, files)) as submission:
        submission.find(NAME)
        said = "\n".join(submission.notes)
    for words in ("__MACOSX", ".DS_Store", ".vscode", "__pycache__", f"chat/._{NAME}", "env"):
        assert f"skipped {words}: a system or an editor made it" in said
    assert f"not graded: chat/old/{NAME} (chat/{NAME} counts)" in said
    assert "skipped bad.zip: it is no sound zip archive" in said


def test_two_that_count_the_same_are_a_question(tmp_path: Path) -> None:
    with opened(write(tmp_path, {f"a/{NAME}": SOUND, f"b/{NAME}": "1/0"})) as submission:
        found = submission.find(NAME)
    assert isinstance(found, Problem)
    assert found.text == f"there are 2 files {NAME}: a/{NAME}, b/{NAME}"


MISSED = {
    "Legacy_Chat.py": "found Legacy_Chat.py; name it legacy_chat.py",
    "src/legacy-chat.py": "found src/legacy-chat.py; name it legacy_chat.py",
    "legacychat.py": "found legacychat.py; name it",
    "chat_legacy.py": "found chat_legacy.py; name it",
    "legacy_chat (1).py": "found legacy_chat (1).py; name it",
    "legacy_chat-2.py": "found legacy_chat-2.py; name it",
    "legacy_chat_final.py": "found legacy_chat_final.py; name it",
    "legacy_chat.py.txt": "found legacy_chat.py.txt; name it",
    "legacy_chat": "found legacy_chat; name it",
    "legacy_chat.ipynb": "found legacy_chat.ipynb, a notebook",
    "work.rar": "found work.rar, which cannot be unpacked here",
    "work.zip": "work.zip: it is no sound zip archive",
    "solution.py": "found solution.py",
    "modern_chat.py": "found modern_chat.py",
}


@pytest.mark.parametrize(("name", "words"), MISSED.items(), ids=MISSED)
def test_a_near_miss_is_named(name: str, words: str, tmp_path: Path) -> None:
    report = first_report(write(tmp_path, {name: "x"}))
    assert words in report
    assert "there is no legacy_chat.py" in report
    assert "Run `python" not in report


def first_report(folder: Path) -> str:
    """Return what the student reads, in one line, and see that no place of ours is in it."""
    (first, *_) = graded(folder)
    assert str(folder) not in first.report
    return " ".join(first.report.split())


def graded(folder: Path) -> list[Result]:
    return Assignment(("legacy",)).grade(folder)


def test_a_notebook_is_to_be_exported(tmp_path: Path) -> None:
    assert "hint Export it as .py (" in first_report(write(tmp_path, {"legacy_chat.ipynb": "{}"}))


def test_no_hint_is_about_a_file_that_there_is_not(tmp_path: Path) -> None:
    report = first_report(tmp_path)
    assert "there is no legacy_chat.py: nothing was handed in" in report
    assert "hint Hand in legacy_chat.py" in report


def test_the_places_of_this_computer_are_not_shown(tmp_path: Path) -> None:
    code = "import os, sys\nraise ValueError(f'{os.getcwd()} {__file__} {sys.prefix}')"
    report = first_report(write(tmp_path, {f"chat/{NAME}": code}))
    assert f"ValueError: chat chat{os.sep}legacy_chat.py python/" in report
    for place in (tmp_path, REPOSITORY, Path.home()):
        assert str(place) not in report


@pytest.mark.skipif(os.name != "posix", reason="links need no rights on POSIX only")
def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {NAME: SOUND})
    inside = write(tmp_path / "inside", {"real/kept.py": SOUND})
    (inside / NAME).symlink_to(outside / NAME)
    (inside / "folder").symlink_to(outside)
    packed = pack("mallory", (("", inside),))
    assert f"skipped {NAME}: {packing.LEAVES}" in packed.notes
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        assert archive.namelist() == ["real/kept.py"]
    report = first_report(inside)
    assert "'legacy_chat.py' is a link that leaves the folder" in report
    (inside / NAME).unlink()
    (inside / NAME).symlink_to(inside / "real" / "kept.py")
    with opened(inside) as submission:
        assert isinstance(submission.find(NAME), Path)
        assert "skipped folder: it is a link that leaves the folder" in submission.notes


# Archives that mean harm -------------------------------------------------------------------------


def bomb() -> bytes:
    return zipped({"zeros": bytes(packing.MOST_BYTES + 1)})


def liar() -> bytes:
    """Say in both headers that the file is short, although it is long."""
    content = bytearray(zipped({"zeros": bytes(1000)}))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + place
        content[start : start + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def locked() -> bytes:
    content = bytearray(zipped({"secret": "x"}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    return bytes(content)


def linked() -> bytes:
    stream = io.BytesIO()
    info = zipfile.ZipInfo(NAME)
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


HARMFUL = {
    "a bomb": (bomb, "more than 50 MiB"),
    "too many files": (
        lambda: zipped({str(n): "" for n in range(packing.MOST_FILES + 1)}),
        "more than 5,000 files",
    ),
    "a way out": (lambda: zipped({"../../out.py": "x"}), "leads out of the folder"),
    "a way out on Windows": (lambda: zipped({"..\\out.py": "x"}), "leads out of the folder"),
    "from the root": (lambda: zipped({"/tmp/out.py": "x"}), "leads out of the folder"),
    "another drive": (lambda: zipped({"C:out.py": "x"}), "leads out of the folder"),
    "too deep": (lambda: zipped({"a/" * 30 + "x": "x"}), "too long a path"),
    "a long name": (lambda: zipped({"a" * 300: "x"}), "too long a path"),
    "a link": (linked, "is a link: hand in the file itself"),
    "a password": (locked, "locked with a password"),
    "no archive": (lambda: b"PK\x03\x04 nothing", "no sound zip archive"),
    "a wrong size": (liar, "no sound zip archive"),
    "cut in the middle": (lambda: INNER[: len(INNER) // 2], "no sound zip archive"),
}


@rarely.each(("make", "words"), HARMFUL, daily=HARMFUL.keys() - {"too many files"})
def test_a_harmful_archive_is_refused(make, words: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PackingError, match=words):
        unpack(io.BytesIO(make()), tmp_path / "into", Budget())
    assert [path.name for path in tmp_path.iterdir()] == ["into"]


def test_files_of_several_archives_are_counted_together(tmp_path: Path) -> None:
    budget = Budget()
    ten: dict[str, str | bytes] = {str(number): "" for number in range(10)}
    budget.files = packing.MOST_FILES - 15
    unpack(io.BytesIO(zipped(ten)), tmp_path / "first", budget)
    with pytest.raises(PackingError, match="more than 5,000 files"):
        unpack(io.BytesIO(zipped(ten)), tmp_path / "second", budget)


def test_an_archive_full_of_archives_is_counted_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 5 << 20)
    part = zipped({"zeros": bytes(packing.MOST_BYTES // 2 - (1 << 16))})
    outer = zipped({f"{number}.zip": part for number in range(4)})
    with opened(write(tmp_path, {"all.zip": outer})) as submission:
        refused = [note for note in submission.notes if "more than 5 MiB" in note]
    assert len(refused) == 2


# Parcels and programs ----------------------------------------------------------------------------


def test_a_parcel_arrives_as_it_was_sent(tmp_path: Path) -> None:
    source = write(tmp_path / "alice", {f"src/{NAME}": SOUND, "run": "#!/bin/sh", ".git/x": "x"})
    (source / "run").chmod(0o755)
    parcel = pack("alice", (("", source), ("extra.txt", source / "run")))
    assert str(tmp_path).encode() not in parcel.data
    assert parcel.notes == ("skipped .git: a system or an editor made it",)
    unpack(io.BytesIO(parcel.data), tmp_path / "arrived", Budget())
    names = {p.relative_to(tmp_path / "arrived").as_posix() for p in walked(tmp_path / "arrived")}
    assert names == {f"src/{NAME}", "run", "extra.txt"}
    if os.name == "posix":
        assert (tmp_path / "arrived" / "run").stat().st_mode & 0o777 == 0o755


def walked(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_program_is_found_where_its_command_says(tmp_path: Path) -> None:
    names = names_in_commands(["node {submission}/src/chat.mjs --port {port}", "x {port}"])
    assert names == ["src/chat.mjs"]
    write(tmp_path, {"deep/er/src/chat.mjs": "", "chat.mjs": ""})
    with opened(tmp_path) as submission:
        assert root_of(submission, names) == tmp_path / "deep" / "er"
        assert isinstance(root_of(submission, ["src/other.mjs"]), Problem)


def test_a_program_without_a_name_lies_in_the_innermost_folder(tmp_path: Path) -> None:
    write(tmp_path, {"outer/chat/Main.java": "", "outer/chat/lib/Aes.java": "", ".DS_Store": ""})
    with opened(tmp_path) as submission:
        assert submission.top() == tmp_path / "outer" / "chat"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_is_damaged_anywhere_is_one_line(tmp_path: Path, method: int) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as packed:
        packed.writestr("legacy_chat.py", "x = 1\n" * 20)
    whole = stream.getvalue()
    for place in range(len(whole)):
        damaged = bytes([*whole[:place], whole[place] ^ 0x55, *whole[place + 1 :]])
        (tmp_path / "old.zip").write_bytes(damaged)
        with suppress(PackingError):
            unpack(tmp_path / "old.zip", tmp_path / f"to{place}", Budget())
