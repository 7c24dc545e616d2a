"""A lot of text each way at once between two modern programs, and the memory that it takes."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.programs import KEYS, MODERN, ROOT, environment, modern_port, modern_server


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
