"""What students get: the starters, and the folder that is written for them."""

from __future__ import annotations

import ast
import doctest
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import legacy.protocol
import modern.protocol
from tests import rarely
from tests.coursework import handout, student_grader
from tests.coursework.grading import PROTOCOLS, total
from tests.coursework.model import Grader, Outcome, Result
from tests.coursework.places import HANDS, HERE, MUTANTS, OWN_FILES, REFERENCE, REPOSITORY, STARTER
from tests.coursework.recording import record
from tests.coursework.rules import page_of
from tests.coursework.selftests import in_process
from tests.coursework.selftests.reference import hardened_chat
from tests.coursework.selftests.test_mutants import (
    NOT_SEEN,
    PRINTING,
    TABLE,
    one_for_each_check,
)
from tests.coursework.similarity import compare
from tests.coursework.submission import Submission
from tests.in_process import run_main

OWN = {"legacy": legacy.protocol, "modern": modern.protocol, "hardened": hardened_chat}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_examples_in_the_starter_are_true(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run each example with our own function in place of the unwritten one."""
    code = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
    starter = types.ModuleType("starter")
    monkeypatch.setitem(sys.modules, "starter", starter)
    exec(compile(code, "starter", "exec"), starter.__dict__)
    names = vars(OWN[protocol])
    examples = doctest.DocTestFinder().find(starter, "starter", globs=dict(names))
    assert sum(len(each.examples) for each in examples) >= 6
    for each in examples:
        each.globs.update(names)
        assert doctest.DocTestRunner().run(each).failed == 0


def test_the_starter_asks_for_what_the_checks_call() -> None:
    for protocol in PROTOCOLS:
        starter = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
        reference = (REFERENCE / f"{protocol}_chat.py").read_text("utf-8")
        names = reference.split("__all__ = [")[1].replace('"', "").replace("]", "").split(",")
        for name in filter(None, map(str.strip, names)):
            assert f"def {name}(" in starter or f"class {name}" in starter


def without_docstrings(path: Path) -> ast.Module:
    """Return the statements of a file except those that are only text."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            node.body = [each for each in node.body if not _is_text(each)]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@cache
def recorded(protocol: str) -> list[dict[str, Any]]:
    """Return the cases of one chat. To record them is to grade our own chat."""
    return record(protocol)


@pytest.fixture(scope="module", autouse=True)
def recorded_once() -> Iterator[None]:
    with mock.patch.object(handout, "record", recorded):
        yield


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for all chats."""
    folder = tmp_path_factory.mktemp("handout") / "for students"
    handout.write(folder, PROTOCOLS)
    return folder


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_handout_has_a_page_a_starter_and_a_grader(protocol: str, tmp_path: Path) -> None:
    folder = tmp_path / "for-students"
    handout.write(folder, (protocol,))
    grader = "grader/tests/coursework/"
    assert {name for name in names_in(folder) if not name.startswith("grader/")} == {
        "README.md", "grade.py", page_of(protocol), f"mywork/{protocol}_chat.py",
    }  # fmt: skip
    assert {name for name in names_in(folder) if name.startswith("grader/")} == {
        "grader/tests/__init__.py", f"{grader}starter/{protocol}_chat.py",
        *(f"{grader}{name}.py" for name in (*handout.machinery(), "__init__")),
        f"{grader}cases.json",
    }  # fmt: skip
    readme = (folder / "README.md").read_text("utf-8")
    assert "\n    python grade.py\n" in readme
    assert "tilde-to-tag" not in readme  # nobody needs the repository


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_page_has_the_rules_and_leads_nowhere_else(protocol: str, tmp_path: Path) -> None:
    handout.write(tmp_path / "for-students", (protocol,))
    page = (tmp_path / "for-students" / page_of(protocol)).read_text("utf-8")
    original = (REPOSITORY / page_of(protocol)).read_text("utf-8")
    rules = re.findall(r"^(\| \d[\d.]* [^|].*\|) ([^|]*)\|$", original, re.M)
    assert len(rules) > 9
    assert protocol == "legacy" or re.search(r"\| [02] \| 16 \| IV \|", page)
    starter = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
    for rule, names in rules:
        (cell,) = re.findall(rf"(?m)^{re.escape(rule)} ([^|]*)\|$", page)
        known = {
            name
            for name in re.findall(r"(?:\w+\.)?(\w+)", names)
            if re.search(rf"\b{name}\b", starter)
        }
        assert set(re.findall(r"\w+", cell)) == known
    links = re.findall(r"\]\(([^)]*)\)", page)
    assert all(link.startswith(("#", "https:")) for link in links)
    assert "For learning only" in page
    for ours in ("protocol.py", "attacks.py", "p2p_encryption", "hash_message", "dialects", "bulk"):
        assert ours not in page.split("## The c")[0]


def test_the_handout_has_no_solution(handed_out: Path) -> None:
    """Its code is that of the starters, and a function of a starter does nothing but raise."""
    chats = [path for path in files_in(handed_out) if path.name.endswith("_chat.py")]
    assert len(chats) == 6
    for path in chats:
        assert path.read_bytes() == (STARTER / path.name).read_bytes()
        functions = [
            node for node in ast.walk(without_docstrings(path)) if isinstance(node, ast.FunctionDef)
        ]
        assert functions
        bodies = {"\n".join(map(ast.unparse, each.body)) for each in functions}
        assert bodies == {"raise NotImplementedError"}
    for protocol in PROTOCOLS:
        assert total(in_process.grade(handed_out / handout.WORK, protocol))[0] == 0


def test_the_handout_neither_encrypts_nor_hashes(handed_out: Path) -> None:
    """Its grader compares with recordings. Nothing in it could be copied into a chat."""
    for path in files_in(handed_out):
        if path.suffix == ".py":
            modules = {
                name.split(".")[0]
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for name in [getattr(node, "module", None) or node.names[0].name]
            }
            assert not modules & {
                "Crypto",
                "pyaes",
                "hashlib",
                "hmac",
                "legacy",
                "modern",
                "compat",
            }


def test_no_line_of_our_own_chats_is_in_the_handout(handed_out: Path) -> None:
    texts = [path.read_text("utf-8") for path in files_in(handed_out)]
    ours = [REPOSITORY / OWN_FILES[protocol] for protocol in PROTOCOLS]
    for source in (*ours, HERE / "expected.py", *HANDS.rglob("*.py")):
        code = ast.unparse(without_docstrings(source)).splitlines()
        secrets = [line.strip() for line in code if re.match(r" +(return|if|while) .{20}", line)]
        assert secrets
        assert not [line for line in secrets if any(line in text for text in texts)]


def test_no_submission_in_the_handout_is_like_ours(handed_out: Path) -> None:
    """The search for copies finds none either."""
    code = {
        str(path): path.read_text("utf-8") for path in files_in(handed_out) if path.suffix == ".py"
    }
    assert not [pair for pair in compare(code, 0.3) if pair.right.startswith("ours")]


# The student's grader ----------------------------------------------------------------------------


def grade(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Type `python grade.py` where nothing of this repository can be imported."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-X", "utf8", "grade.py", *options],
        cwd=folder,
        env=outside | {"PYTHONSAFEPATH": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


CALLED_HERE = partial(Submission, start=in_process.Apart)
"""A submission whose functions are called in this process."""


def grade_here(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Do in this process what `grade.py` does, with the recorded cases of that folder."""
    cases = folder / handout.GRADER / "tests" / "coursework" / student_grader.CASES.name
    with mock.patch.multiple(student_grader, CASES=cases, Submission=CALLED_HERE):
        return run_main(partial(student_grader.main, folder / handout.WORK), *options)


@pytest.fixture
def calls_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(student_grader, "Submission", CALLED_HERE)


def test_a_student_begins_with_no_points(handed_out: Path) -> None:
    done = grade(handed_out)
    assert (done.returncode, done.stderr) == (1, "")
    table, mistake = done.stdout.split("\n\n", 1)
    assert {row[:11] for row in table.splitlines()} == {"passed     ", "not written", "not reached"}
    assert mistake.startswith("legacy-key: A passphrase becomes a 32-byte key (0 of 2 points)")
    assert "this is not written yet (legacy_chat.py, line " in done.stdout
    assert (
        "\n0 of 140 points in the recorded cases\nnext: write derive_key (step 1)\n" in done.stdout
    )
    assert done.stdout.count("rule      ") == 1
    assert grade_here(handed_out, "--all").stdout.count("rule      ") > 5


@rarely.each("hand", ["classes", "compact", "plain"], daily=["plain"])
def test_a_right_chat_of_any_hand_has_all_points(
    hand: str, handed_out: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "for-students"
    shutil.copytree(handed_out, folder)
    shutil.copytree(HANDS / hand, folder / handout.WORK, dirs_exist_ok=True)
    done = grade(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n140 of 140 points in the recorded cases\n")
    alone = grade_here(folder, "modern")
    assert alone.stdout.endswith("\n60 of 60 points in the recorded cases\n")
    assert not list(folder.rglob("__pycache__"))


OTHER_WORDS = {
    "which tag": ('"ERROR: HMAC verification failed"', '"first" if not first_ok else "second"', 60),
    "which frame": ('"ERROR: HMAC verification failed"', "frame.hex()", 60),
    "which padding": ('"ERROR: HMAC verification failed"', "pad_of(frame, keys)", 56),
}
PAD_OF = """

def pad_of(frame, keys):
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=frame[:16])
    return str([cipher.decrypt(frame[at:at + 16])[-1] < 17 for at in (16, 64)])
"""


@pytest.mark.usefixtures("calls_in_process")
@pytest.mark.parametrize(("old", "new", "points"), OTHER_WORDS.values(), ids=OTHER_WORDS)
def test_an_error_may_say_much_but_not_about_the_padding(
    old: str, new: str, points: int, tmp_path: Path
) -> None:
    code = (HANDS / "plain" / "modern_chat.py").read_text("utf-8").replace(old, new) + PAD_OF
    (tmp_path / "modern_chat.py").write_text(code, "utf-8")
    results = student_grader.grade(cases(), tmp_path, ["modern"])
    assert total(results)[0] == points


@pytest.mark.usefixtures("calls_in_process")
def test_a_question_says_what_is_in_the_frame(tmp_path: Path) -> None:
    code = (HANDS / "plain" / "modern_chat.py").read_text("utf-8")
    (tmp_path / "modern_chat.py").write_text(code + "\ndef open_frame(frame, keys): return b''\n")
    results = student_grader.grade(cases(), tmp_path, ["modern"])
    (report,) = (each.report for each in results if each.check.id == "modern-open")
    assert "(the tags are right, the length is b'" in report


@pytest.mark.usefixtures("calls_in_process")
def test_chunks_of_characters_are_told_to_count_bytes(tmp_path: Path) -> None:
    (tmp_path / "modern_chat.py").write_text(
        "def split_chunks(text):\n"
        "    return [text[at:at + 15].encode() for at in range(0, len(text), 15)]\n"
    )
    results = student_grader.grade(cases(), tmp_path, ["modern"])
    (report,) = (each.report for each in results if each.check.id == "modern-characters")
    assert "Count bytes: a character can have up to four of them" in report


def test_a_near_miss_is_named_here_as_well(handed_out: Path, tmp_path: Path) -> None:
    folder = tmp_path / "for-students"
    shutil.copytree(handed_out, folder)
    work = folder / handout.WORK
    aside = (work / "legacy_chat.py").rename(work / "aside")  # Wine keeps a name but for its case
    aside.rename(work / "Legacy_Chat.py")
    done = grade_here(folder, "legacy")
    assert "found Legacy_Chat.py; name it legacy_chat.py" in done.stdout
    assert str(tmp_path) not in done.stdout


def cases() -> dict[str, list[dict[str, Any]]]:
    return {protocol: recorded(protocol) for protocol in PROTOCOLS}


UNSEEN = {"modern_tells_the_right_tag", "hardened_tells_the_right_tag"}
"""The student's grader does not see these; the teacher's does."""

SLIGHT = ["legacy_always_ticked", "modern_cut_goes_unnoticed", "hardened_goes_on_after_the_end"]
"""One of each chat, behind which all other checks are reached."""

IN_PART = {
    "modern_ecb_for_cbc",
    "modern_zero_padding",
    "hardened_counter_not_tagged",
    "hardened_counter_of_one_byte",
}
"""Here it names only the first of these checks: in it, the others need the first."""


def graded(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """Grade a mutant with the student's grader."""
    if name not in PRINTING:
        monkeypatch.setattr(student_grader, "Submission", CALLED_HERE)
    return student_grader.grade(cases(), MUTANTS / name, [name.split("_", maxsplit=1)[0]])


def expect_what_the_teachers_finds(name: str, results: list[Result]) -> None:
    failed = {each.check.id for each in results if each.outcome is Outcome.FAILED}
    if name in IN_PART:
        assert failed < TABLE[name]
        assert failed
    else:
        assert failed == (set() if name in UNSEEN else TABLE[name])


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("name", one_for_each_check())
def test_each_check_of_the_students_grader_finds_its_mistake(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all checks only those run that must find this one, and those that they need."""

    class Chosen(Grader):
        def results(self) -> list[Result]:
            return [self.result(each) for each in self.checks if each in TABLE[name]]

    monkeypatch.setattr(student_grader, "Grader", Chosen)
    expect_what_the_teachers_finds(name, graded(name, monkeypatch))


@pytest.mark.usefixtures("alone")
@rarely.each("name", list(TABLE), daily=[one_for_each_check()[0], *SLIGHT])
def test_the_students_grader_finds_what_the_teachers_finds(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a mutant does, no other check loses its points."""
    results = graded(name, monkeypatch)
    expect_what_the_teachers_finds(name, results)
    if name.startswith("legacy"):  # here both look past a mistake in the same way
        unseen = {r.check.id[7:] for r in results if r.outcome is Outcome.NOT_REACHED}
        assert unseen == NOT_SEEN.get(name, set())


def test_a_handout_does_not_overwrite_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert handout.main([str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
