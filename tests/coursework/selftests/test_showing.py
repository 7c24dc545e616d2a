"""What fits a window, what is not written yet, and the line that Python cannot read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.coursework import console, list_checks, plugin, student_grader
from tests.coursework.answers import read_answer
from tests.coursework.course import page
from tests.coursework.course.graded import UNWRITTEN, Graded, problem_of
from tests.coursework.grading import PROTOCOLS, Assignment
from tests.coursework.model import Failure, Outcome, Result, next_step
from tests.coursework.places import HANDS, STARTER
from tests.coursework.selftests import in_process
from tests.coursework.selftests.commands import check_here
from tests.coursework.steps import with_step
from tests.coursework.submission import Submission
from tests.coursework.worker import describe

LEGACY = (STARTER / "legacy_chat.py").read_text("utf-8")
PLAIN = (HANDS / "plain" / "legacy_chat.py").read_text("utf-8")


def grade(folder: Path, code: str) -> list[Result]:
    (folder / "legacy_chat.py").write_text(code, "utf-8")
    return in_process.grade(folder, "legacy")


@pytest.fixture(scope="module")
def started() -> list[Result]:
    """Return the results of a starter in which nothing is written."""
    return in_process.grade(STARTER, "legacy")


# The window ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "columns"), [(Terminal(), 60), (io.StringIO(), None), (None, None)]
)
def test_only_a_terminal_has_a_width(
    stream: io.StringIO | None, columns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout", stream)
    assert console.window() == columns


def words_of(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("columns", [80, 60, 50])
def test_a_window_breaks_no_word_of_the_students_report(
    columns: int, started: list[Result]
) -> None:
    shown, piped = (student_grader.report(started, False, each) for each in (columns, None))
    assert max(map(len, shown.splitlines())) < columns
    assert words_of(shown) == words_of(piped)
    assert "not reached   0 of  3  legacy-seal               A whole message becomes" in piped


def test_a_word_and_a_code_span_stay_whole_even_if_the_window_is_too_narrow() -> None:
    span = f"`{'x' * 20} {'y' * 20}`"
    assert console.fill(f"write {span} {'z' * 40}", 30).splitlines() == ["write", span, "z" * 40]


def test_a_window_of_24_rows_shows_the_first_mistake(started: list[Result]) -> None:
    rows = student_grader.report(started, False, 80).splitlines()[-23:]
    assert "legacy-key: A passphrase becomes a 32-byte key (0 of 2 points)" in rows
    assert rows[-2:] == [
        "next: write derive_key (step 1)",
        "11 more not written: python grade.py --all shows them",
    ]


def test_check_shows_the_first_mistake_below_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "window", lambda: 80)
    shown = check_here(STARTER, "--protocol=legacy").stdout
    table, below = re.split(r"= score =+\n", shown)[1].split("\n\n", 1)
    assert "not written   0 of  2  legacy-key               A passphrase" in table
    assert max(map(len, table.splitlines())) < 80
    assert below.startswith("legacy-key: A passphrase becomes a 32-byte key (0 of 2 points)\n\n")
    assert "\nnext: write derive_key (step 1)\n" in below


def test_the_list_fits_the_window(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(list_checks, "window", lambda: 80)
    list_checks.main([])
    narrow = capsys.readouterr().out
    monkeypatch.undo()
    list_checks.main([])
    assert max(map(len, narrow.splitlines())) < 80
    assert words_of(narrow) == words_of(capsys.readouterr().out)


# What is not written yet -------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_check_of_a_starter_names_what_to_write(protocol: str) -> None:
    failed = [r for r in in_process.grade(STARTER, protocol) if r.outcome is Outcome.FAILED]
    code = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
    for result in failed:
        name, step = result.unwritten.split(" (")
        assert result.status == "not written"
        assert f" {name.split('.')[-1]}(" in code
        assert step.startswith("step")
        assert result.hint.startswith(f"Write {result.unwritten}; the starter says")


@pytest.mark.parametrize(
    ("function", "named"),
    [
        ("legacy derive_key", "derive_key (step 1)"),
        ("legacy seal", "seal (steps 2 to 4)"),
        ("modern Decoder.feed", "Decoder.feed (step 5)"),
        ("hardened Direction.advance", "Direction.advance (steps 5.2 and 7)"),
        ("hardened read_plaintext", "read_plaintext (step 5.5)"),
        ("legacy my_helper", "my_helper"),
        ("other derive_key", "derive_key"),
    ],
)
def test_the_starter_says_which_step_a_function_is(function: str, named: str) -> None:
    protocol, _, name = function.partition(" ")
    assert with_step(name, STARTER / f"{protocol}_chat.py") == named


def test_a_method_is_named_with_its_class(tmp_path: Path) -> None:
    file = tmp_path / "modern_chat.py"
    file.write_text("class Decoder:\n def feed(self, data): raise NotImplementedError\n", "utf-8")
    student = Submission(file, start=in_process.InProcess)
    student.load()
    student.ask("new", {"name": "Decoder", "arguments": []}, "Decoder(keys)")
    with pytest.raises(Failure) as failed:
        student.method(0, "feed", b"")
    assert failed.value.unwritten == "Decoder.feed (step 5)"


def test_the_function_that_is_called_first_may_not_be_the_one_to_write(tmp_path: Path) -> None:
    """`seal` is written, and calls a function that is not: that one is named."""
    code = PLAIN + "\n\ndef process_text(text):\n    raise NotImplementedError\n"
    results = {result.check.id: result for result in grade(tmp_path, code)}
    assert results["legacy-blocks"].unwritten == "process_text (step 3)"
    assert next_step(results.values()) == "next: write process_text (step 3)"


def test_a_mistake_is_no_missing_function(tmp_path: Path) -> None:
    """Neither is a file that ends at its first line, nor an exception of another name."""
    for code in (PLAIN.replace("sha256", "md5"), "raise NotImplementedError"):
        failed = [r for r in grade(tmp_path, code) if r.outcome is Outcome.FAILED]
        assert {result.status for result in failed} == {"failed"}
        assert next_step(failed).startswith(f"next: {failed[0].check.id}: ")


def test_mistakes_and_missing_functions_are_counted_apart(tmp_path: Path) -> None:
    code = LEGACY.replace('key."""\n', "", 1) + (
        "\n\ndef derive_key(passphrase):\n    return b''\n\n\n"
        "def build_envelope(message, timestamp):\n    return '{}'\n"
    )
    shown = student_grader.report(grade(tmp_path, code), False)
    assert "\nfailed        0 of  2  legacy-key " in shown
    assert re.search(r"\n\d more failed, \d more not written: python grade.py --all", shown)


# The line that Python cannot read ----------------------------------------------------------------


def load(folder: Path, code: str) -> Result:
    return grade(folder, code)[0]


MARKED = """\
  import legacy_chat

  it raised SyntaxError: '(' was never closed (legacy_chat.py, line 2)

  code      return hash(text
                       ^"""


def test_a_mark_stands_below_the_place(tmp_path: Path) -> None:
    result = load(tmp_path, "def derive_key(text):\n    return hash(text\n")
    assert result.detail == MARKED
    assert MARKED[MARKED.index("  code") :] in result.report_in(40)
    said = "it raised SyntaxError: '(' was never closed (legacy_chat.py, line 2)"
    assert problem_of([result]) == f"import legacy_chat: {said}"


@pytest.mark.parametrize(
    ("code", "shown", "marked"),
    [
        ("x = '二重', 1 +* 2", "x = '二重', 1 +* 2", "x = '....', 1 +"),
        ("x\t= 1 +* 2", r"x\t= 1 +* 2", r"x\t= 1 +"),
        ("if x:\n\ty = 1 +* 2", "y = 1 +* 2", "y = 1 +"),
    ],
    ids=["two columns", "tab", "indented"],
)
def test_the_mark_is_right_in_any_line(code: str, shown: str, marked: str, tmp_path: Path) -> None:
    row, mark = load(tmp_path, code).detail.splitlines()[-2:]
    assert row == f"  code      {shown}"
    assert mark == f"{' ' * (12 + len(marked))}^"


def test_of_a_long_line_the_place_is_shown(tmp_path: Path) -> None:
    code = f"{'x + ' * 40}* 2 {'+ x' * 40}"
    row, mark = load(tmp_path, code).detail.splitlines()[-2:]
    assert len(row) <= 76
    assert row[len(mark) - 1] == "*"


HOSTILE: list[Callable[[], SyntaxError]] = [
    partial(SyntaxError, "no", ("f", 1, 10**30, "x" * 10**6)),
    partial(SyntaxError, "no", ("f", 1, -(10**30), "\x1b[2J\n" * 9)),
    partial(SyntaxError, "no", ("f", 1, "1", b"x")),
    partial(SyntaxError, "no", ("f", None, None, None)),
]


@pytest.mark.parametrize("make", HOSTILE)
def test_a_syntax_error_that_a_submission_raises_itself_does_no_harm(
    make: Callable[[], SyntaxError],
) -> None:
    line = json.dumps({"value": None, "raised": describe(make(), "f"), "decryptions": 0})
    raised = read_answer("load", line.encode()).raised
    assert raised
    assert len(raised.code) <= 64
    assert raised.code.isprintable()
    assert 0 <= raised.column <= len(raised.code)


# The page about a class --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "said"),
    [([0, 0], "Nobody got all."), ([40, 0], "1 student got all."), ([40, 40], "2 students got")],
)
def test_the_page_counts_who_has_all_points(points: list[int], said: str) -> None:
    checks = Assignment(("legacy",)).checks
    rows = [
        Graded(
            name,
            [Result(c, Outcome.PASSED if has else Outcome.FAILED, "") for c in checks],
            0,
            problem="" if has else UNWRITTEN,
        )
        for name, has in zip(("alice", "bob"), points, strict=True)
    ]
    text = page.text_of(rows, [], Assignment(("legacy",)))
    assert said in text
    assert "0 students" not in text
