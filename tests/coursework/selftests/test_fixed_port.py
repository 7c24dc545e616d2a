"""A program on a fixed port is graded without waiting until the system forgets old connections."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.coursework import programs
from tests.coursework.grading import Assignment, total
from tests.coursework.model import Outcome, Result
from tests.coursework.places import REPOSITORY

PROGRAM = f'"{sys.executable}" "{REPOSITORY.as_posix()}/modern/p2p_encryption.py"'


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make a free port the usual one of the modern chat."""
    with socket.create_server((programs.HOST, 0)) as probe:
        chosen: int = probe.getsockname()[1]
    monkeypatch.setitem(programs.FIXED_PORTS, "modern", chosen)
    return chosen


def assignment(port: int, *roles: str) -> Assignment:
    """Grade our program on this port; its command does not say `{port}`."""
    commands = {
        "server": f"{PROGRAM} --server --port {port}",
        "client": f"{PROGRAM} --client {{host}} --port {port}",
    }
    return Assignment(("modern",), {role: commands[role] for role in roles}, 20)


def leave_a_trace(port: int) -> None:
    """Use the port so that the system remembers it for a minute."""
    with socket.create_server((programs.HOST, port)) as listener:
        with socket.create_connection((programs.HOST, port)) as peer:
            server = listener.accept()[0]
            server.close()
            assert peer.recv(1) == b""
    assert not programs._is_free(port)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows forgets at once")
@pytest.mark.parametrize("role", ["server", "client"])
def test_a_port_that_is_remembered_is_no_reason_to_wait(role: str, port: int) -> None:
    leave_a_trace(port)
    began = time.monotonic()
    grader = assignment(port, role).grader(REPOSITORY)
    result = grader.result(f"modern-{role}-shows")
    assert result.outcome is Outcome.PASSED, result.report
    assert time.monotonic() - began < programs._PORT_FREE_SECONDS / 2


@pytest.mark.parametrize("role", ["server", "client"])
def test_a_port_that_another_program_uses_is_named(
    role: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((programs.HOST, port)):
        grader = Assignment(("modern",), assignment(port, role).commands, 1).grader(REPOSITORY)
        result = grader.result(f"modern-{role}-connects")
    assert f"port {port} is taken by another program" in result.detail


@contextmanager
def the_way_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait in both roles until any program could have the port, as the grader once did."""

    def listen(self: programs.ProgramUnderTest, port: int) -> socket.socket:
        programs._wait_until_free(port)
        return socket.create_server((programs.HOST, port), backlog=1)

    with monkeypatch.context() as patched:
        patched.setattr(programs.ProgramUnderTest, "_listen", listen)
        patched.setattr(programs.ProgramUnderTest, "_listens_at_once", lambda *_: False)
        yield


def timed(port: int) -> tuple[float, list[Result]]:
    began = time.monotonic()
    results = assignment(port, "server", "client").grade(REPOSITORY)
    return time.monotonic() - began, results


@pytest.mark.benchmark
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows forgets at once")
def test_both_roles_on_a_fixed_port(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now, results = timed(port)
    assert total(results) == (50, 50)
    with the_way_before(monkeypatch):
        before, results = timed(port)
    assert total(results) == (50, 50)
    print(f"\nboth roles: {now:.0f} s, before {before:.0f} s, {before / now:.1f} times as long")
    assert before > 2 * now
