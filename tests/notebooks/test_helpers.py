"""What stands behind the cells: the two ends of a chat, the handout."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from legacy import protocol
from modern.protocol import derive_keys
from notebooks import handout, lab
from tests.notebooks import books
from tests.notebooks.kernels import KERNELS, stand_in

KEY = protocol.derive_key("secret")

# Two ends of a chat ---------------------------------------------------------------------------


@pytest.fixture(params=KERNELS)
def _kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(request.param, monkeypatch)


@pytest.mark.usefixtures("_kernel")
def test_what_is_typed_at_one_end_is_shown_at_the_other() -> None:
    sent = lab.type_lines(["hello", "about ~5", "x" * 68, "bye"], KEY)
    assert [len(message) % 16 for message in sent] == [0, 0, 0, 0]
    screen = lab.deliver(sent, KEY)
    assert [line[11:79].rstrip() for line in screen] == ["hello", "about 5", "bye"]
    assert [line[79] for line in screen] == ["☑", "☒", "☑"]


@pytest.mark.usefixtures("_kernel")
def test_segments_arrive_as_they_were_given() -> None:
    one, two = (protocol.seal(text, "12:00:00", KEY) for text in ("one", "two"))
    assert len(lab.deliver([one, two, one], KEY)) == 3
    assert lab.deliver([one + two], KEY) == [protocol.UNRECOGNISED]
    assert lab.deliver([one[:48], one[48:]], KEY) == [protocol.UNRECOGNISED] * 2
    assert lab.deliver([], KEY) == []


@pytest.mark.usefixtures("_kernel")
def test_a_segment_may_be_larger_than_one_recv() -> None:
    large = protocol.seal("x" * 2000, "12:00:00", KEY)
    after = protocol.seal("after", "12:00:00", KEY)
    screen = lab.deliver([large, after], KEY)
    assert screen[:-1] == [protocol.UNRECOGNISED] * -(-len(large) // protocol.RECV_SIZE)
    assert "after" in screen[-1]


@pytest.mark.usefixtures("_kernel")
def test_a_modern_chat_sends_its_text_and_takes_the_answer() -> None:
    keys = derive_keys("c" * 32, "a" * 32)
    echoed = lab.converse(keys, "hello\nbob\n", lambda sent: sent)
    assert (len(echoed.sent), echoed.shown, echoed.error) == (224, "hello\nbob\n", "")
    refused = lab.converse(keys, "hello\n", lambda sent: sent[:-1] + bytes([sent[-1] ^ 1]))
    assert refused.shown == ""
    assert "HMAC verification failed" in refused.error


@pytest.mark.parametrize(("platform", "size"), [("linux", 436), ("emscripten", 40)])
def test_in_a_browser_a_cell_does_less(
    platform: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert lab.size_for(436, in_a_browser=40) == size


def test_a_screen_is_narrowed_only_where_there_is_room(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lab.show_screen(["Received : hi" + " " * 66 + "☑  12:00:00", "x" * 80])
    assert capsys.readouterr().out.split("\n") == [
        "Received : hi" + " " * 54 + "☑  12:00:00",
        "x" * 80,
        "",
    ]


# Handout --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("class") / "copies"
    done = subprocess.run(
        [sys.executable, "-m", "notebooks.handout", str(directory)],
        cwd=handout.CHECKOUT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [Path(line).stem for line in done.stdout.splitlines()] == books.NAMES
    return directory


@pytest.mark.parametrize("name", books.NAMES)
def test_a_copy_lacks_the_solutions_and_nothing_else(handed_out: Path, name: str) -> None:
    original = json.loads((books.FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    copy = json.loads((handed_out / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    missing = [cell for cell in original["cells"] if cell not in copy["cells"]]
    assert missing
    assert all(cell["metadata"]["tags"] == ["solution"] for cell in missing)
    assert len(copy["cells"]) + len(missing) == len(original["cells"])
    assert {**copy, "cells": []} == {**original, "cells": []}
    assert "<summary>Solution" not in json.dumps(copy)


@pytest.mark.timeout(300)
@pytest.mark.soak
@pytest.mark.parametrize("name", [books.NAMES[0], books.NAMES[-1]])
def test_a_copy_runs_where_it_lies_with_its_own_packages(handed_out: Path, name: str) -> None:
    path = handed_out / "notebooks" / f"{name}.ipynb"
    copy = books.nbformat.read(path, as_version=4)
    where = "import legacy.protocol\nprint(legacy.protocol.__file__)"
    copy.cells.append(books.nbformat.v4.new_code_cell(where))
    fresh = books.run(copy, path.parent)
    assert Path(books.says(fresh.cells[-1]).strip()).is_relative_to(handed_out)


def test_the_tests_stay_at_home(handed_out: Path) -> None:
    assert not (handed_out / "tests").exists()
    assert not list(handed_out.rglob("__pycache__"))


def give(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call the program with arguments; return its exit status."""
    monkeypatch.setattr(sys, "argv", ["handout", *arguments])
    return handout.main()


def test_a_directory_that_holds_something_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "marks.txt").write_text("mine")
    assert give(monkeypatch, str(tmp_path)) == 1
    assert capsys.readouterr().err == f"handout: {tmp_path} is not empty: give a new directory\n"
    assert [path.name for path in tmp_path.iterdir()] == ["marks.txt"]


def test_a_place_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert give(monkeypatch, str(tmp_path / "file" / "below")) == 1
    assert capsys.readouterr().err.startswith("handout: cannot write to ")


def test_where_there_are_no_notebooks_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(handout.HandoutError, match="not here"):
        handout.write_handout(tmp_path / "copies", checkout=tmp_path)


def test_wrong_use_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    assert give(monkeypatch) == 2


def pack(wheel: Path) -> None:
    """Lay out the packages, the notebooks and the project's files as a wheel does."""
    ignored = shutil.ignore_patterns("__pycache__", "*.svg", "README.md")
    for package in ("legacy", "modern", "compat"):
        shutil.copytree(handout.CHECKOUT / package, wheel / package)
    shutil.copytree(books.FOLDER, wheel / "notebooks", ignore=ignored)
    (wheel / handout.PACKED).mkdir()
    for name in handout.PROJECT_FILES:
        shutil.copy(handout.CHECKOUT / name, wheel / handout.PACKED)
        (wheel / name).write_text("left in site-packages by somebody else")


def test_an_installed_package_writes_the_same_as_a_checkout(
    handed_out: Path, tmp_path: Path
) -> None:
    pack(tmp_path / "site-packages")
    handout.write_handout(tmp_path / "copies", checkout=tmp_path / "site-packages")
    assert contents(tmp_path / "copies") == contents(handed_out)


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in each file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_third_chat_goes_along_with_what_its_notebook_imports(handed_out: Path) -> None:
    for name in ("modern/hardened/records.py", "notebooks/third_chat.py", "notebooks/checks"):
        assert (handed_out / name).exists()


def test_what_only_teachers_need_stays_at_home(handed_out: Path) -> None:
    names = {path.name for path in (handed_out / "notebooks").iterdir()}
    assert not names & {"README.md", "handout.py", "for_students.md", "project"}
    assert not [name for name in names if name.endswith(".svg")]
    assert (handed_out / "README.md").read_bytes() == (
        books.FOLDER / "for_students.md"
    ).read_bytes()
