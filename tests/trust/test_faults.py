"""Peers that are killed, stopped or cut off: the other side ends, or goes on, as documented."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.programs import LEGACY_SERVER, Program, modern_port, modern_server
from tests.trust.bridge_faults import BridgeRun
from tests.trust.faults import KINDS, Legacy, Modern, Run, play_many
from tests.trust.proxy import RESET_ON_CLOSE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


def knock(port: str) -> None:
    """Connect and break off at once, as a port scanner does."""
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


class TestBeforeTheChat:
    """The server is stopped while somebody comes and goes, so that it finds a dead connection."""

    def test_modern(self):
        with modern_server() as server:
            port = modern_port(server)
            server.process.send_signal(signal.SIGSTOP)
            knock(port)
            server.process.send_signal(signal.SIGCONT)
            assert server.wait() == 1
        first, second, third = server.stderr.splitlines()
        assert "waiting for a peer" in first
        assert "connected by a peer that has left already" in second
        assert "the peer broke off the chat" in third

    def test_legacy(self):
        with Program(*LEGACY_SERVER, "0") as server:
            port = server.wait_for(r"PORT (\d+)")[1]
            server.process.send_signal(signal.SIGSTOP)
            knock(port)
            server.process.send_signal(signal.SIGCONT)
            server.type("secret\n")
            assert server.wait() == 0
        assert server.stdout.endswith("Unrecognised Data or Broken PIPE \n")
        assert server.stderr == ""


RUNS: dict[str, Callable[[int], Run | BridgeRun]] = {
    "legacy": lambda seed: Run(Legacy(), seed),
    "modern": lambda seed: Run(Modern(), seed),
    "bridge": BridgeRun,
}
COMMON_KINDS = ("kill", "stop", "reset", "half-close")
SLOW_KINDS = ("trickle",)


def open_descriptors() -> int | None:
    """Return how many descriptors this process holds, where that can be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else None


def children() -> set[str]:
    """Return the processes that this one started and that still are, where that can be told."""
    ours = str(os.getpid())
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if fields[1] == ours:
            found.add(status.parent.name)
    return found


def play_all(name: str, seeds: list[int], workers: int) -> dict[int, float]:
    """Play runs; hold that each went as documented and that nothing is left of any.

    Return how many seconds each took to end.
    """
    before = (open_descriptors(), children(), threading.active_count())
    seconds, failures = {}, []
    for seed, outcome in play_many(RUNS[name], seeds, workers):
        if isinstance(outcome, BaseException):
            failures.append(f"seed {seed}, {RUNS[name](seed).fault}: {outcome!r}")
        else:
            seconds[seed] = outcome
    assert not failures, f"{len(failures)} of {len(seeds)} runs:\n" + "\n".join(failures)
    assert (open_descriptors(), children(), threading.active_count()) == before
    return seconds


@pytest.mark.parametrize("name", RUNS)
def test_a_run_for_each_common_fault(name):
    seeds = [seed for seed, kind in enumerate(KINDS) if kind in COMMON_KINDS]
    assert len(play_all(name, seeds, workers=3)) == len(seeds)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", RUNS)
def test_five_hundred_runs(name, figures, scaled):
    seeds = range(1000, 1000 + scaled(500))
    seconds = play_all(name, list(seeds), workers=4)
    kinds = Counter(KINDS[seed % len(KINDS)] for seed in seconds)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    figures(f"{name}: faults survived", f"{len(seconds)} ({told})")
    quick = [seconds[seed] for seed in seconds if KINDS[seed % len(KINDS)] not in SLOW_KINDS]
    figures(f"{name}: longest time from fault to end", f"{max(quick, default=0):.1f} s")
