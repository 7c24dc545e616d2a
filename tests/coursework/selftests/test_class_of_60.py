"""A class of 60 who hand in as students do: everybody has a row, and the page about it is sound."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.coursework import grade_class
from tests.coursework.course.graded import UNWRITTEN
from tests.coursework.course.pool import PROCESSES, THREADS
from tests.coursework.grading import Assignment
from tests.coursework.selftests import a_class
from tests.coursework.selftests.a_class import BROKEN, HOSTILE, IMAGE, PACKED, SIZE

POINTS = {
    "alice": 40, "bob": 40, "mallory": 40, "one zip": 40, "archive": 40, "twice": 23, "zipped": 11,
    "loose": 3, "A File": 20, "starter": 20, "Mac zip": 11,
    "clutter": 16, "helper": 3,
}  # fmt: skip
PROBLEMS = {
    "empty": "there is no legacy_chat.py: nothing was handed in",
    "capitals": "found Legacy_Chat.py; name it legacy_chat.py",
    "hyphen in a zip": "found w.zip/legacy-chat.py; name it legacy_chat.py",
    "notebook": "found legacy_chat.ipynb, a notebook",
    "rar": "found legacy.rar, which cannot be unpacked here",
    "no zip": "work.zip: it is no sound zip archive",
    "bomb": "work.zip: more than 50 MiB",
    "way out": "leads out of the folder",
    "locked": "work.zip: it is locked with a password",
    "two files": "there are 2 files legacy_chat.py: a/legacy_chat.py, b/legacy_chat.py",
    "syntax": "SyntaxError",
    "encoding": "encoding declaration",
    "never ends": "it did not come back within 3 seconds",
    "exits": "it ended the program",
    "other name": "found solution.py",
    "null bytes": "null bytes",
    "misnamed": "found legacychat.py; name it legacy_chat.py",
    "archive of another kind": "found archive of another kind.7z, which cannot be unpacked here",
    "formula in words": "=HYPERLINK(1)",
    **dict.fromkeys(("-2", "@SUM(A1)", "student07"), "nothing is written yet"),
}
if os.name == "posix":
    PROBLEMS |= {
        "linker": "'legacy_chat.py' is a link that leaves the folder",
        "killer": "its process ended during the call",
    }
else:  # no links for everybody, and no such signal
    PROBLEMS |= {
        "linker": "there is no legacy_chat.py: nothing was handed in",
        "killer": "module 'signal' has no attribute 'SIGKILL'",
    }


ENDS_ITSELF = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"


class Written(NamedTuple):
    """What was written about the class, and what was said."""

    status: int
    folder: Path

    def rows(self, name: str = "points.csv") -> list[dict[str, str]]:
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    @property
    def page(self) -> str:
        return (self.folder / "page.html").read_text("utf-8")


@pytest.fixture(scope="module", params=[THREADS, pytest.param(PROCESSES, marks=pytest.mark.soak)])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    """Grade the class. To load the grader in more processes takes longer than this class."""
    folder = tmp_path_factory.mktemp("sixty")
    a_class.write(folder / "class")
    if os.name == "posix":  # to start all workers again takes long: `test_pool.py` does it
        (folder / "class" / "killer" / a_class.NAME).write_text(ENDS_ITSELF)
    (folder / "times.csv").write_text("alice,2026-11-20 12:00\nbob,2026-11-21 13:00\n")
    files = {
        name: f"--{name}={folder / file}"
        for name, file in {
            "csv": "points.csv", "page": "page.html", "json": "all.json", "reports": "reports",
            "moodle": "moodle.csv", "canvas": "canvas.csv", "times": "times.csv",
        }.items()
    }  # fmt: skip
    late = ("--deadline=2026-11-21 12:00", "--late=2h:25 later:100")
    options = ("--protocol=legacy", "--time-limit=3", "--jobs=2", "--canvas-title=Chat (4711)")
    where = f"--executor={request.param}"
    status = grade_class.main([str(folder / "class"), *options, where, *late, *files.values()])
    yield Written(status, folder)
    shutil.rmtree(folder, ignore_errors=True)


def plain(name: str) -> str:
    """Return a name as it was before a table made it harmless."""
    return name[1:] if name[0] == "'" else name


def test_everybody_has_a_row(written: Written) -> None:
    assert written.status == 0
    names = [plain(row["submission"]) for row in written.rows()]
    assert len(set(names)) == len(names) == SIZE
    assert names == sorted(names)
    assert {*PACKED, *BROKEN, *HOSTILE} <= set(names)


def test_what_was_packed_oddly_has_its_points(written: Written) -> None:
    points = {row["submission"]: int(row["points"]) for row in written.rows()}
    assert {name: points[name] for name in POINTS} == POINTS


def test_what_could_not_be_graded_says_why(written: Written) -> None:
    problems = {plain(row["submission"]): row["problem"] for row in written.rows()}
    assert {name for name, problem in problems.items() if problem} == set(PROBLEMS)
    for name, words in PROBLEMS.items():
        assert words in problems[name]


def test_everybody_has_a_text_without_our_places(written: Written) -> None:
    reports = {
        path.stem: path.read_text("utf-8") for path in (written.folder / "reports").iterdir()
    }
    assert len(reports) == SIZE
    for place in (written.folder, Path.home(), Path(grade_class.__file__).parent):
        assert not [name for name, text in reports.items() if str(place) in text]
    assert "skipped linker" not in reports["linker"]
    assert "hint      Rename Legacy_Chat.py to legacy_chat.py" in reports["capitals"]
    assert "not graded: old/legacy_chat.py (legacy_chat.py counts)" in reports["old copy"]
    assert "(twice_101_9002_legacy_chat-1.py is newer)" in reports["twice"]


def test_copies_are_seen(written: Written) -> None:
    same = {row["submission"]: row["same as"] for row in written.rows()}
    assert same["mallory"].endswith("(100%)")
    assert same["bob"] == same["empty"] == ""
    assert same["one zip"] == "two files (100%)"  # who has two files, one of them like this


def test_late_points_count_less(written: Written) -> None:
    rows = {row["submission"]: row for row in written.rows()}
    assert (rows["alice"]["late"], rows["alice"]["counts"]) == ("", "40")
    assert (rows["bob"]["late"], rows["bob"]["counts"]) == ("1 h, 25 % off", "30")
    assert rows["one zip"]["late"] == "no time in the list"
    assert rows["late"]["late"] == "no time in the list; the platform says: late"
    assert (
        (written.folder / "reports" / "bob.txt")
        .read_text("utf-8")
        .startswith("40 of 40 points\nlate: 1 h, 25 % off; 30 points are left\n")
    )


# The other tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["points.csv", "moodle.csv", "canvas.csv"])
def test_no_cell_is_a_formula(name: str, written: Written) -> None:
    content = (written.folder / name).read_bytes()
    assert content.startswith("\ufeff".encode())  # for Excel: a name is not ASCII
    cells = [cell for row in written.rows(name) for cell in row.values()]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell and cell[0] in "=+-@\t\r"]


def test_the_worksheet_for_moodle(written: Written) -> None:
    rows = {row["Full name"]: row for row in written.rows("moodle.csv")}
    assert list(rows["alice"]) == [
        "Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)",
        "Feedback comments",
    ]  # fmt: skip
    assert len(rows) == SIZE
    assert rows["A File"]["Identifier"] == "Participant 106"
    assert (rows["bob"]["Grade"], rows["bob"]["Maximum Grade"]) == ("30", "40")
    assert "next: legacy-" in rows["A File"]["Feedback comments"]
    assert "name it legacy_chat.py" in rows["misnamed"]["Feedback comments"]


def test_the_gradebook_for_canvas(written: Written) -> None:
    first, *rows = written.rows("canvas.csv")
    assert list(first) == [
        "Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Chat (4711)",
    ]  # fmt: skip
    assert (first["Student"].strip(), first["Chat (4711)"]) == ("Points Possible", "40")
    assert len(rows) == SIZE
    found = {row["Student"]: row for row in rows}
    assert (found["twice"]["ID"], found["twice"]["Chat (4711)"]) == ("101", "23")
    assert (found["alice"]["ID"], found["alice"]["SIS Login ID"]) == ("", "alice")


def test_the_record_has_everything(written: Written) -> None:
    record = json.loads((written.folder / "all.json").read_text("utf-8"))
    assert record["points"] == 40
    assert len(record["submissions"]) == SIZE
    bob = next(each for each in record["submissions"] if each["name"] == "bob")
    assert (bob["points"], bob["counts"], bob["late_percent"]) == (40, 30, 25)
    assert [check["id"] for check in record["checks"]] == list(bob["checks"])
    assert {"left", "right", "share"} == set(record["same"][0])


# The page ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Reads a page as a browser does; keeps its tags, its ids, its links and its text."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        self.handlers += [name for name in found if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_holds_nothing_but_text_of_the_students(written: Written) -> None:
    page = Page(written.page)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(page.tags)
    assert not page.handlers
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert IMAGE in page.text
    assert "</pre><script>alert(1)</script>" in page.text
    assert "url(" not in written.page
    assert "\u202e" not in written.page
    assert "default-src &#x27;none&#x27;" in written.page or "default-src 'none'" in written.page


def test_the_page_tells_all(written: Written) -> None:
    page = Page(written.page)
    assert page.tags.count("details") == page.tags.count("pre") == SIZE
    for title in ("Points", "Checks that fail most", "Problems", "Same as", "Students"):
        assert title in page.text
    words = " ".join(page.text.split())
    left_out = sum(1 for problem in PROBLEMS.values() if not problem.endswith(UNWRITTEN))
    assert f"the mean of the {SIZE - left_out} who could be graded is" in words
    assert f"{left_out} students could not be graded." in words
    assert "other checks failed, none more often than these." in words
    for problem in PROBLEMS.values():
        assert problem in words
    for title in (check.title for check in Assignment(("legacy",)).checks):
        assert title in words


def test_the_bars_count_everybody_once(written: Written) -> None:
    section = written.page.split('id="points"')[1].split("</section>")[0]
    counts = re.findall(r'<td class="number">(\d+)</td>', section)
    ranges = re.findall(r"(\d+) to (\d+)", section)
    assert sum(map(int, counts)) == SIZE
    assert (ranges[0][0], ranges[-1][1]) == ("0", "40")
    assert all(int(a[1]) + 1 == int(b[0]) for a, b in pairwise(ranges))


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.soak
@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.parametrize("width", [360, 1200])
def test_a_browser_shows_the_page_without_a_sideways_scroll(
    width: int, written: Written, tmp_path: Path
) -> None:
    """A frame can be as narrow as a telephone, which a window without a screen cannot."""
    shown = written.page.replace("<details", "<details open")
    (tmp_path / "page.html").write_text(shown, "utf-8")
    (tmp_path / "frame.html").write_text(
        f'<iframe src="page.html" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>onload = () => { const d = document.querySelector('iframe').contentDocument; "
        "const e = d.documentElement; document.title = e.scrollWidth - e.clientWidth; }</script>"
    )
    assert CHROMIUM
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         (tmp_path / "frame.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )  # fmt: skip
    assert "<title>0</title>" in done.stdout, done.stdout[:500]
