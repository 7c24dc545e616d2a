"""A program that starts as a copy of a loaded one is as it would be if it started anew."""

from __future__ import annotations

import importlib.util
import json
import signal
import sys

import pytest

from tests import copies, programs
from tests.architecture.about_itself import ENDS
from tests.copies import Copies, Copy
from tests.programs import Program, environment, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")

ITSELF = ("-m", "tests.architecture.about_itself")


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(programs.COPIES, "wanted", True)
    return monkeypatch


@pytest.mark.parametrize("end", sorted(ENDS.keys() - {"at a terminal", "no echo"}))
def test_it_is_as_it_would_be_anew(end: str, copied: pytest.MonkeyPatch) -> None:
    env = environment(OF_THIS_TEST="bébé")
    del env["PATH"]
    copy = run(*ITSELF, end, typed="the last line\n", env=env)
    copied.setattr(programs.COPIES, "wanted", False)
    other = run(*ITSELF, end, typed="the last line\n", env=env)
    assert copy.returncode == other.returncode
    assert shown(copy.stdout) == shown(other.stdout)
    assert copy.stderr.splitlines()[-1:] == other.stderr.splitlines()[-1:]


def shown(output: str) -> object:
    return json.loads(output) if output.startswith("{") else output


def test_at_a_terminal_it_is_as_it_would_be_anew(copied: pytest.MonkeyPatch) -> None:
    from tests.terminals import at_terminal, ended  # noqa: PLC0415 - POSIX only

    found = []
    for wanted in (True, False):
        copied.setattr(programs.COPIES, "wanted", wanted)
        with at_terminal(*ITSELF, "at a terminal") as program:
            found.append(ended(program))
    (copy, status), (other, other_status) = found
    assert json.loads(copy) == json.loads(other)
    assert status == other_status == 0


@pytest.mark.parametrize(("key", "status"), [("c", 130), ("d", 2)])
def test_a_copy_leaves_its_terminal_as_it_was(
    key: str, status: int, copied: pytest.MonkeyPatch
) -> None:
    """Without a shell, the terminal itself is asked."""
    from tests.terminals import how_it_ended, in_shell  # noqa: PLC0415 - POSIX only

    with in_shell("-m", "modern", "--server") as program:
        program.expect("confkey: ")
        program.sendcontrol(key)
        assert how_it_ended(program) == (status, True)
    with in_shell(*ITSELF, "no echo") as program:
        assert how_it_ended(program) == (0, False)


def test_it_is_a_process_of_its_own(copied: pytest.MonkeyPatch) -> None:
    """Signals reach it, and its end is told once for all."""
    with (
        Program("-m", "modern", "--server", "--port", "0", *programs.KEYS) as first,
        Program("-m", "modern", "--server", "--port", "0", *programs.KEYS) as second,
    ):
        assert isinstance(first.process, Copy)
        programs.modern_port(first)
        programs.modern_port(second)
        assert first.process.poll() is None
        first.process.send_signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        assert first.process.poll() == first.wait() == first.process.returncode
        first.process.send_signal(signal.SIGKILL)  # nobody is hit
        assert second.process.poll() is None


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("-c", "print(1)"), {}),
        (("-X", "utf8", "-m", "modern"), {}),
        (("-m", "modern"), {"PYTHONIOENCODING": "ascii"}),
        (("-m", "modern"), {"PYTHONPATH": ""}),
        (("-m", "modern"), {"LONG": "x" * 70_000}),
    ],
)
def test_what_a_copy_cannot_be_starts_anew(
    arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    assert not programs.COPIES.serve(arguments, environment(**variables), programs.ROOT)


def test_in_another_folder_it_starts_anew(tmp_path) -> None:
    assert not programs.COPIES.serve(("-m", "modern"), environment(), tmp_path)


def test_what_python_reads_later_than_the_copied_process_starts_anew(
    copied: pytest.MonkeyPatch,
) -> None:
    assert run("-m", "modern", "--help").returncode == 0
    assert programs.COPIES.serve(("-m", "modern"), environment(), programs.ROOT)
    copied.setenv("PYTHONDEVMODE", "1")
    assert not programs.COPIES.serve(("-m", "modern"), environment(), programs.ROOT)


def test_whoever_does_not_answer_is_asked_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers later would be taken for the number of the next copy."""
    ended = []

    class Silent:
        def __init__(self, *_: object, **__: object) -> None:
            ended.append(False)

        def ask(self, *_: object) -> int:
            raise OSError("silent")

        def kill(self) -> None:
            ended[-1] = True

        close = kill

    monkeypatch.setattr(copies.nursery, "Nursery", Silent)
    mine = Copies(programs.ROOT, environment)
    for _ in range(2):
        with pytest.raises(OSError, match="silent"):
            mine._ask({}, [])
    assert ended == [True, True]


def test_a_signal_for_a_copy_that_has_just_ended_is_no_error(
    copied: pytest.MonkeyPatch,
) -> None:
    """Another process waits for it, so its number may be gone before its end is known here."""
    with Program("-m", "modern", "--help") as program:
        program.wait()
        copied.setattr(Copy, "poll", lambda copy: None)
        program.process.send_signal(signal.SIGTERM)


def test_all_that_is_to_be_loaded_is_there() -> None:
    """What is not there is left out, and each copy would load it again."""
    assert [name for name in copies.LOADED if not importlib.util.find_spec(name)] == []
