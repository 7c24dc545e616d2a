"""The records of the third chat: every door takes them, and their kinds of answers are judged."""

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

from tests import rarely
from tests.coursework import __main__ as front_door
from tests.coursework import gradescope
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome, Result
from tests.coursework.places import HANDS
from tests.coursework.rules import page_of
from tests.coursework.selftests import in_process
from tests.coursework.selftests.commands import TIMEOUT, check_here, front_door_here, grade_here

CHECKS = Assignment(("hardened",)).checks
PLAIN = (HANDS / "plain" / "hardened_chat.py").read_text("utf-8")


# The doors -------------------------------------------------------------------------------------


FOLDER = HANDS / "plain"
WAYS = {
    "check": partial(check_here, FOLDER),
    "pytest": partial(grade_here, f"--submission={FOLDER}"),
}


@rarely.each("way", WAYS, daily=["check"])
def test_one_submission_is_graded(way: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = way("--protocol=hardened")
    assert done.returncode == 0
    assert "40 of 40 points: plain" in done.stdout


def test_a_class_is_graded_and_copies_are_seen(tmp_path: Path) -> None:
    for name in ("alice", "bob"):
        (tmp_path / "class" / name).mkdir(parents=True)
        shutil.copy(HANDS / "plain" / "hardened_chat.py", tmp_path / "class" / name)
    files = (f"--csv={tmp_path / 'points.csv'}", f"--page={tmp_path / 'class.html'}")
    options = ("--protocol=hardened", "--jobs=1", "--executor=threads", *files)
    done = front_door_here("class", tmp_path / "class", *options)
    assert done.returncode == 0
    with (tmp_path / "points.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["hardened-verify-first"] for row in rows] == ["2", "2"]
    assert [row["points"] for row in rows] == ["40", "40"]
    assert [row["same as"] for row in rows] == ["bob (100%)", "alice (100%)"]
    assert "One tag covers the counter" in (tmp_path / "class.html").read_text("utf-8")


def test_gradescopes_folder_has_what_it_needs(tmp_path: Path) -> None:
    """Each module that grades is tried there every day with the legacy chat, as it loads all."""
    gradescope.build(tmp_path / "source", ["--protocol", "hardened"])
    assert "--protocol hardened" in (tmp_path / "source" / "run_autograder").read_text("utf-8")
    for name in (
        "tests/vectors/hardened.json",
        "tests/coursework/starter/hardened_chat.py",
        page_of("hardened"),
    ):
        assert (tmp_path / "source" / "grader" / name).is_file()


@pytest.mark.soak
def test_gradescope_grades_it(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("bash is not installed")
    gradescope.build(tmp_path / "source", ["--protocol", "hardened"])
    shutil.copytree(HANDS / "compact", tmp_path / "submission")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [bash, str(tmp_path / "source" / "run_autograder")],
        env=os.environ | {"AUTOGRADER": str(tmp_path), "PATH": path},
        timeout=TIMEOUT,
        check=True,
    )
    results = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
    assert sum(test["score"] for test in results["tests"]) == 40


@pytest.mark.parametrize("options", [(), ("--protocol", "hardened")])
def test_the_list_has_its_checks(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert front_door.main(["list", *options]) == 0
    shown = capsys.readouterr().out
    assert all(f"{check.id} " in shown for check in CHECKS)
    assert f"{sum(check.points for check in CHECKS) + (0 if options else 100)}  points" in shown
    assert ("legacy-key " in shown) == (not options)


DOORS = {
    "check": check_here,
    "class": partial(front_door_here, "class", HANDS, "--csv=points.csv"),
    "pytest": grade_here,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_there_are_no_checks_of_its_programs(
    door: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = door("--protocol=hardened", "--server-command=chat {port}")
    assert done.returncode in (2, 4)
    assert "a command needs --protocol legacy or --protocol modern" in done.stdout + done.stderr


# Its own kinds of answers ----------------------------------------------------------------------


def grade(folder: Path, code: str) -> dict[str, Result]:
    (folder / "hardened_chat.py").write_text(code, "utf-8")
    results = in_process.grade(folder, "hardened")
    return {result.check.id.removeprefix("hardened-"): result for result in results}


def failed(results: dict[str, Result]) -> set[str]:
    return {name for name, result in results.items() if result.outcome is Outcome.FAILED}


COMPARISONS = {
    "another name": ("hmac.compare_digest", "same", "from hmac import compare_digest as same\n"),
    "the secrets module": ("hmac.compare_digest", "secrets.compare_digest", "import secrets\n"),
    "the library": ("if not hmac.compare_digest(right_tag, received_tag):",
                    "if not verified(counter, record, keys):", """
from Crypto.Hash import HMAC, SHA256
def verified(counter, record, keys):
    made = HMAC.new(keys.authentication, counter.to_bytes(8, "big") + record[:-32], SHA256)
    try:
        made.verify(record[-32:])
    except ValueError:
        return False
    return True
"""),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "more"), COMPARISONS.values(), ids=COMPARISONS)
def test_each_comparison_in_constant_time_counts(
    old: str, new: str, more: str, tmp_path: Path
) -> None:
    assert old in PLAIN
    assert not failed(grade(tmp_path, more + PLAIN.replace(old, new)))


OF_A_LIBRARY = """
written = "def verify(left, right): return left == right"
exec(compile(written, "/usr/lib/PLACE/HMAC.py", "exec"))
"""
"""Some releases of pycryptodome compare in Python, in a way of their own."""


@pytest.mark.parametrize(("place", "lost"), [("Crypto", set()), ("alice", {"constant-time"})])
def test_only_a_library_may_compare_in_a_way_of_its_own(
    place: str, lost: set[str], tmp_path: Path
) -> None:
    code = OF_A_LIBRARY.replace("PLACE", place) + PLAIN.replace("hmac.compare_digest", "verify")
    assert failed(grade(tmp_path, code)) == lost


WRONG_TYPES = {
    "one pair of keys": ("return client, server", "return client", "client-keys"),
    "keys in one row": ("return client, server", "return [1, 2, 3, 4]", "client-keys"),
    "no kind": ("return kind, text", "return text", "plaintext"),
    "a kind that is bytes": ("return kind, text", "return kind.value, text", "plaintext"),
    "records that are text": ("return records", "return ['x']", "sealer"),
    "no records": ("return records", "return None", "sealer"),
}


@rarely.each(
    ("old", "new", "check"),
    WRONG_TYPES,
    daily=["keys in one row", "a kind that is bytes", "no records"],
)
def test_a_wrong_type_is_named(old: str, new: str, check: str, tmp_path: Path) -> None:
    assert old in PLAIN
    results = grade(tmp_path, PLAIN.replace(old, new))
    assert results[check].outcome is Outcome.FAILED
    assert "expected" in results[check].detail
    assert "the mistake is in the grader" not in " ".join(r.detail for r in results.values())
