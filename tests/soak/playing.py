"""Plays many conversations with a fault side by side, and holds that nothing is left of any."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.programs import COPIES
from tests.soak.bridge_faults import BridgeRun
from tests.soak.chats import Hardened, Legacy, Modern
from tests.soak.faults import Run

RUNS: dict[str, Callable[[int], Run | BridgeRun]] = {
    "legacy": lambda seed: Run(Legacy(), seed),
    "modern": lambda seed: Run(Modern(), seed),
    "hardened": lambda seed: Run(Hardened(), seed),
    "bridge": BridgeRun,
}


def play_many(
    make_run: Callable[[int], Run | BridgeRun], seeds: Sequence[int], workers: int
) -> Iterator[tuple[int, float | BaseException]]:
    """Play runs side by side; yield for each seed the seconds to its end, or what went wrong."""
    waiting = iter(seeds)
    lock = threading.Lock()
    outcomes: list[tuple[int, float | BaseException]] = []

    def work() -> None:
        while True:
            with lock:
                seed = next(waiting, None)
            if seed is None:
                return
            try:
                outcome: float | BaseException = make_run(seed).play()
            except BaseException as error:  # told with its seed
                outcome = error
            with lock:
                outcomes.append((seed, outcome))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from sorted(outcomes, key=lambda pair: pair[0])


def open_descriptors() -> int:
    """Return how many descriptors this process holds, 0 where that cannot be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


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
    COPIES.prepare()
    gc.collect()  # what earlier tests have left is not to end in the meantime
    files, ours, threads = open_descriptors(), children(), threading.active_count()
    seconds, failures = {}, []
    for seed, outcome in play_many(RUNS[name], seeds, workers):
        if isinstance(outcome, BaseException):
            failures.append(f"seed {seed}, {RUNS[name](seed).fault}: {outcome!r}")
        else:
            seconds[seed] = outcome
    assert not failures, f"{len(failures)} of {len(seeds)} runs:\n" + "\n".join(failures)
    assert not children() - ours, "a program is left"
    left = (open_descriptors() - files, threading.active_count() - threads)
    assert max(left) <= 0, f"descriptors and threads more than before: {left}"
    return seconds
