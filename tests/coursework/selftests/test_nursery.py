"""Copies of a process that is loaded already: as good as a new interpreter, and each alone."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from tests.coursework import nursery, worker_process
from tests.coursework.grading import Assignment, total
from tests.coursework.model import Failure, Outcome
from tests.coursework.places import HANDS
from tests.coursework.submission import Submission

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it"),
    pytest.mark.usefixtures("alone"),  # all submissions have the nursery that these tests stop
]


def load(folder: Path, code: str) -> Submission:
    (folder / "legacy_chat.py").write_text(code, "utf-8")
    return Submission(folder / "legacy_chat.py")


def assert_the_next_is_graded() -> None:
    grader = Assignment(("legacy",)).grader(HANDS / "plain")
    assert grader.result("legacy-key").outcome is Outcome.PASSED
    grader.close()


def test_whoever_ends_the_nursery_ends_nobody_else(tmp_path: Path) -> None:
    code = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    mallory = load(tmp_path, code)
    try:
        mallory.load()
    finally:
        mallory.close()
    assert_the_next_is_graded()


@pytest.mark.timeout(60)
def test_whoever_stops_the_nursery_stops_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reports no end and copies nothing, until the next submission has another."""
    monkeypatch.setattr(worker_process, "_END_SECONDS", 0.2)
    nursery._close()
    code = "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP); os._exit(0)\n"
    first = load(tmp_path, "x = 1")
    first.load()
    first.close()
    stopped = nursery._running[0]._process
    mallory = load(tmp_path, code)
    with pytest.raises(Failure):
        mallory.load()
    mallory.close()
    nursery._running[0]._socket.settimeout(0.1)  # nobody will answer
    assert_the_next_is_graded()
    assert stopped.returncode == -signal.SIGKILL


def test_a_copy_knows_nothing_of_another(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, code in ((first, "import os, sys\nsys.leaked = 1\nos.environ['LEAK'] = '1'\n"),
                         (second, "import os, sys\n")):  # fmt: skip
        folder.mkdir()
        looks = "def derive_key(text): return [hasattr(sys, 'leaked'), 'LEAK' in os.environ]\n"
        (folder / "legacy_chat.py").write_text(code + looks, "utf-8")
    subjects = [Submission(folder / "legacy_chat.py") for folder in (first, second)]
    answers = [subject.call("derive_key", "x") for subject in subjects]
    for subject in subjects:
        subject.close()
    assert answers == [[True, True], [False, False]]


def test_a_copy_has_no_way_into_another(tmp_path: Path) -> None:
    """It holds its own pipes, and nothing of the nursery or of a copy that still runs."""
    other = load(tmp_path, "x = 1")
    other.load()
    looks = (
        "import os\ndef derive_key(text): return sorted(map(int, os.listdir('/proc/self/fd')))\n"
    )
    looks_folder = tmp_path / "looks"
    looks_folder.mkdir()
    subject = load(looks_folder, looks)
    listed = subject.call("derive_key", "x")
    for each in (subject, other):
        each.close()
    assert len(listed) == 7  # three of the console, its null device, two of the grader, the list


def test_random_numbers_are_not_copied(tmp_path: Path) -> None:
    code = "import random\ndef derive_key(text): return random.random().hex()\n"
    seen = set()
    for _ in range(3):
        subject = load(tmp_path, code)
        seen.add(subject.call("derive_key", "x"))
        subject.close()
    assert len(seen) == 3


def test_how_a_copy_ended_is_known(tmp_path: Path) -> None:
    subject = load(tmp_path, "import os\ndef derive_key(text): os._exit(7)\n")
    grader = Assignment(("legacy",)).grader(tmp_path)
    result = grader.result("legacy-key")
    grader.close()
    subject.close()
    assert result.outcome is Outcome.FAILED
    assert "ended during the call (exit status 7)" in result.detail


ROUNDS = 15


@pytest.mark.benchmark
@pytest.mark.timeout(300)
def test_grading_with_copies_and_with_new_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alternately, all functions of both chats, as a class has them."""
    took: dict[str, float] = {"copies": 0, "interpreters": 0}
    for number in range(ROUNDS):
        folder = HANDS / ("plain", "compact", "classes")[number % 3]
        for way in took:
            with monkeypatch.context() as patched:
                if way == "interpreters":
                    patched.setattr(nursery, "start", lambda file: None)
                began = time.monotonic()
                assert total(Assignment().grade(folder)) == (100, 100)
                took[way] += time.monotonic() - began
    now, before = (took[way] / ROUNDS for way in ("copies", "interpreters"))
    print(f"\na submission: {now * 1000:.0f} ms, before {before * 1000:.0f} ms, {before / now:.1f}")
    assert now < before
