"""Many chats at once, and much at once: sums are checked, memory and descriptors stay flat."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.programs import KEYS, MODERN, ROOT, environment, modern_port, modern_server
from tests.trust.load import Crowd, LegacyPair, ModernPair

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MEBIBYTE = 1 << 20


def start(modern: int, legacy: int) -> list[ModernPair | LegacyPair]:
    """Start so many pairs and wait until all of them can talk."""
    pairs: list[ModernPair | LegacyPair] = [ModernPair() for _ in range(modern)]
    pairs += [LegacyPair() for _ in range(legacy)]
    for pair in pairs:
        pair.join()
    for pair in pairs:
        pair.settle()
    return pairs


def end(crowd: Crowd) -> None:
    """Let all pairs leave, and hold that each program ended well."""
    for conversation in crowd.conversations:
        conversation.pair.leave()
    for talker in crowd.talkers:
        assert talker.process.wait(60) == 0, talker.process.stderr.read()


def run_crowd(modern: int, legacy: int, seconds: float) -> dict[str, object]:
    """Let pairs talk; hold that nothing was lost and nothing grew; return the figures."""
    pairs = start(modern, legacy)
    crowd = Crowd(pairs, seed=7)
    try:
        crowd.talk(seconds / 5)  # until everything has been used once
        before = [talker.resources() for talker in crowd.talkers]
        crowd.talk(seconds * 4 / 5)
        after = [talker.resources() for talker in crowd.talkers]
        end(crowd)
        for pair in pairs:
            assert pair.server.said.digest() == pair.client.shown.digest()
            assert pair.client.said.digest() == pair.server.shown.digest()
    finally:
        for talker in crowd.talkers:
            talker.stop()
    growth = [later.memory - earlier.memory for earlier, later in zip(before, after, strict=True)]
    assert max(growth) < 4 * MEBIBYTE, f"a program grew by {max(growth)} bytes"
    assert [(now.descriptors, now.threads) for now in after] == [
        (then.descriptors, then.threads) for then in before
    ]
    median, slow = crowd.latency()
    return {
        "programs": len(crowd.talkers),
        "lines": sum(one.number for one in crowd.conversations),
        "median": median,
        "slow": slow,
        "growth": max(growth),
        "memory": sum(now.memory for now in after),
    }


@pytest.mark.soak
def test_a_few_pairs_talk_at_once():
    figures = run_crowd(modern=2, legacy=2, seconds=1.5)
    assert figures["programs"] == 8
    assert figures["lines"] > 4


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_a_hundred_pairs_talk_at_once(figures, scaled):
    import resource  # noqa: PLC0415 - POSIX

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, limit[1]), limit[1]))
    seconds = scaled(600)
    result = run_crowd(modern=50, legacy=50, seconds=seconds)
    figures("load: programs at once (50 modern and 50 legacy pairs)", result["programs"])
    figures("load: seconds of conversation", seconds)
    figures("load: lines typed and shown, sums equal", result["lines"])
    figures(
        "load: from typed to shown, median and 99th percentile",
        f"{result['median'] * 1000:.1f} ms, {result['slow'] * 1000:.1f} ms",
    )
    figures("load: most that any program grew", f"{result['growth'] / MEBIBYTE:.1f} MiB")
    figures("load: memory of all programs", f"{result['memory'] / MEBIBYTE:.0f} MiB")
    figures("load: descriptors and threads more than before", 0)


# Much at once --------------------------------------------------------------------------------


def write_text(path: Path, size: int, seed: int) -> str:
    """Write about that many bytes of lines, and return their SHA-256."""
    dice = random.Random(seed)
    lines = ["".join(dice.choices("abc ~é☃🔑", k=dice.randrange(120))) + "\n" for _ in range(5000)]
    block = "".join(lines).encode()
    content = (block * (size // len(block) + 1))[:size].decode(errors="ignore").encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()


def exchange(folder: Path, size: int) -> tuple[float, int]:
    """Send so many bytes each way at once; return the seconds and the most memory of either."""
    sums = [write_text(folder / f"{number}.txt", size, number) for number in (0, 1)]
    peaks: list[int] = []
    done = threading.Event()
    with (
        (folder / "0.txt").open("rb") as ours,
        (folder / "1.txt").open("rb") as theirs,
        (folder / "0.out").open("wb") as our_copy,
        (folder / "1.out").open("wb") as their_copy,
        modern_server(stdin=ours, stdout=our_copy) as server,
    ):
        begin = time.monotonic()
        where = ("--client", "127.0.0.1", "--port", modern_port(server), *KEYS)
        client = subprocess.Popen(
            [sys.executable, *MODERN, *where],
            stdin=theirs, stdout=their_copy, env=environment(), cwd=ROOT,
        )  # fmt: skip
        processes = [server.process.pid, client.pid]
        watcher = threading.Thread(target=watch_memory, args=(processes, peaks, done))
        watcher.start()
        try:
            assert client.wait(1200) == 0
            assert server.process.wait(60) == 0
        finally:
            done.set()
            watcher.join()
            client.kill()
        seconds = time.monotonic() - begin
    assert (sum_of(folder / "0.out"), sum_of(folder / "1.out")) == (sums[1], sums[0])
    return seconds, max(peaks)


def watch_memory(processes: list[int], peaks: list[int], done: threading.Event) -> None:
    """Write down the most memory of each process, as long as it is there."""
    while not done.wait(0.05):
        for process in processes:
            try:
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            peaks += [
                int(line.split()[1]) * 1024 for line in status.splitlines() if "VmHWM" in line
            ]


def test_two_megabytes_each_way(tmp_path):
    _, memory = exchange(tmp_path, 2_000_000)
    assert memory < 64 * MEBIBYTE


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_a_hundred_megabytes_each_way(figures, scaled, tmp_path):
    _, little = exchange(tmp_path, 2_000_000)
    size = scaled(100_000_000)
    seconds, much = exchange(tmp_path, size)
    assert much < little + 8 * MEBIBYTE, f"memory grew with what was sent: {little} to {much}"
    figures("modern: bytes each way, both at once, sums equal", size)
    figures("modern: seconds for that", f"{seconds:.0f} ({size / seconds / 1e6:.1f} MB/s each way)")
    figures("modern: most memory with 2 MB, and with that", f"{little >> 20} MiB, {much >> 20} MiB")
