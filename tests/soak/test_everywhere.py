"""Long runs that need nothing of POSIX: a pair of each chat talks, carries much, loses its peer.

The other long runs look into `/proc`, or send signals. These run on Windows, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.programs import (
    Program,
    hardened_pair,
    legacy_pair,
    modern_client,
    modern_pair,
    modern_port,
    modern_server,
)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

MEBIBYTE = 1 << 20
PAIRS: dict[str, Callable[[], AbstractContextManager[tuple[Program, Program]]]] = {
    "legacy": legacy_pair,
    "modern": modern_pair,
    "third chat": hardened_pair,
}
WORDS = ("naïve", "☃", "see you at 8", "a b", "🔑", "so", "I think that", "no")


class Talk:
    """A pair of programs that take turns, and what each side said."""

    def __init__(self, name: str, server: Program, client: Program) -> None:
        self.name = name
        self.sides = (server, client)
        self.said: tuple[list[str], list[str]] = ([], [])
        self.slowest = 0.0

    def take_turns(self, dice: random.Random) -> None:
        """Let each side say a line, and wait until the other side shows it."""
        for side in (0, 1):
            line = f"{len(self.said[side])} {' '.join(dice.choices(WORDS, k=dice.randrange(4)))}."
            self.said[side].append(line)
            begin = time.monotonic()
            self.sides[side].type(f"{line}\n")
            before = "^Received : " if self.name == "legacy" else "^"
            self.sides[1 - side].wait_for(before + re.escape(line))
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def end(self) -> None:
        """Let both leave; hold that each ended well and showed all that the other said, once."""
        for side in self.sides:
            if self.name == "legacy":
                side.type("quit()\n")
                break
            side.end_input()
        assert [side.wait() for side in self.sides] == [0, 0]
        for side in (0, 1):
            assert self._shown(1 - side) == self.said[side]

    def _shown(self, side: int) -> list[str]:
        text = self.sides[side].stdout
        if self.name == "legacy":
            return re.findall(r"^Received : (.*\.) +☑ ", text, re.MULTILINE)
        return text.splitlines()


def memory_of(program: Program) -> int:
    """Return how many bytes of memory a program has now (elsewhere than on these systems: 0)."""
    if sys.platform == "linux":
        status = Path(f"/proc/{program.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024
    if sys.platform == "win32":
        return _working_set(program.process._handle)  # type: ignore[attr-defined]
    return 0


def _working_set(process: int) -> int:
    import ctypes  # noqa: PLC0415 - only Windows has these functions

    counters = (ctypes.c_size_t * 9)()  # the size and a count, the most bytes, the bytes now, …
    size = ctypes.sizeof(counters)
    get = ctypes.WinDLL("kernel32").K32GetProcessMemoryInfo  # type: ignore[attr-defined]
    assert get(ctypes.c_void_p(int(process)), ctypes.byref(counters), size)
    return counters[2]


def test_a_pair_of_each_chat_talks_for_ten_minutes(figures, scaled):
    seconds = scaled(600)
    dice = random.Random(13)
    with ExitStack() as stack:
        talks = [Talk(name, *stack.enter_context(start())) for name, start in PAIRS.items()]
        programs = [side for talk in talks for side in talk.sides]
        begin = time.monotonic()
        before: list[int] = []
        while (passed := time.monotonic() - begin) < seconds:
            for talk in talks:
                talk.take_turns(dice)
            if not before and passed > seconds / 5:  # everything has been used once
                before = [memory_of(program) for program in programs]
        after = [memory_of(program) for program in programs]
        for talk in talks:
            talk.end()
    growth = max(now - then for now, then in zip(after, before, strict=True))
    assert growth < 4 * MEBIBYTE, f"a program grew by {growth} bytes"
    for talk in talks:
        lines = len(talk.said[0]) + len(talk.said[1])
        figures(
            f"{talk.name}: lines of a pair in {seconds} s, each shown once; the slowest",
            f"{lines:,}; {talk.slowest * 1000:.0f} ms",
        )
    figures("… most that any of the six programs grew", f"{growth / MEBIBYTE:.1f} MiB")


def test_a_hundred_megabytes_through_a_modern_pair(figures, scaled):
    dice = random.Random(13)
    lines = ["".join(dice.choices("abc ~é☃🔑", k=dice.randrange(120))) + "\n" for _ in range(5000)]
    block = "".join(lines).encode()
    blocks = scaled(100_000_000 / len(block))
    sent = hashlib.sha256()
    with modern_server() as server, modern_client(modern_port(server)) as client:
        server.end_input()
        begin = time.monotonic()
        for _ in range(blocks):
            client.type(block)
            sent.update(block)
        memory = memory_of(server), memory_of(client)
        client.end_input()
        assert (client.wait(), server.wait()) == (0, 0)
        seconds = time.monotonic() - begin
    assert hashlib.sha256(server.stdout_bytes).digest() == sent.digest()
    size = blocks * len(block)
    figures("modern: bytes through a pair, sums equal", size)
    figures("… seconds for that", f"{seconds:.0f} ({size / seconds / 1e6:.2f} MB/s)")
    figures("… memory of each program at its end", f"{max(memory) >> 20} MiB")


@contextlib.contextmanager
def that_has_talked(name: str) -> Iterator[tuple[Program, Program]]:
    """Give a pair of programs that have said a line each."""
    with PAIRS[name]() as pair:
        Talk(name, *pair).take_turns(random.Random(1))
        yield pair


@pytest.mark.parametrize("name", PAIRS)
def test_a_peer_that_is_killed(name, figures, scaled):
    """How a system tells of it differs: Linux ends the connection, Windows resets it."""
    slowest, statuses = 0.0, set()
    for number in range(scaled(20)):
        with that_has_talked(name) as pair:
            victim, survivor = pair if number % 2 else pair[::-1]
            victim.process.kill()
            begin = time.monotonic()
            survivor.end_input()
            statuses.add(survivor.wait())
            slowest = max(slowest, time.monotonic() - begin)
        assert "Traceback" not in survivor.stderr
        assert survivor.stderr.count("\n") < 5, survivor.stderr
    assert statuses <= {"legacy": {0}, "modern": {0, 1}, "third chat": {1}}[name]
    figures(
        f"{name}: killed peers; exit status of the other side; longest time to its end",
        f"{scaled(20)}; {statuses}; {slowest:.1f} s",
    )
