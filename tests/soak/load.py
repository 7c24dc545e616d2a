"""Many chats at once, each with a conversation of its own, driven by one thread."""

from __future__ import annotations

import hashlib
import heapq
import os
import random
import re
import selectors
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs import KEYS, LEGACY_CLIENT, LEGACY_SERVER, MODERN, ROOT, environment
from tests.soak.chats import PASSPHRASE, say_something

ANSWER_SECONDS = 60
"""A line that has not arrived by then is lost: very late, for a machine that is very busy."""
SHOWN = re.compile(rb"^Received : (.*?) +\xe2\x98\x91  \d\d:\d\d:\d\d\n", re.MULTILINE)


@dataclass
class Resources:
    """What a process holds."""

    memory: int
    descriptors: int
    threads: int


class Talker:
    """One program on pipes, read without a thread of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
            bufsize=0,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.output = b""
        self.said, self.shown = hashlib.sha256(), hashlib.sha256()

    def read_until(self, pattern: bytes, stream: str = "stdout") -> re.Match[bytes]:
        """Read until a pattern is there; for the start, when nothing else goes on."""
        source = getattr(self.process, stream)
        text = b""
        while not (found := re.search(pattern, text)):
            data = source.read(1 << 16)
            assert data, f"{pattern!r} is not in {text!r}"
            text += data
        return found

    def say(self, line: str) -> None:
        """Type a line."""
        self.said.update(f"{line}\n".encode())
        self.stdin.write(f"{line}\n".encode())

    def resources(self) -> Resources:
        """Return what the process holds now (Linux)."""
        folder = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        return Resources(
            memory=int(status["VmRSS"].split()[0]) * 1024,
            descriptors=len(os.listdir(folder / "fd")),
            threads=int(status["Threads"]),
        )

    def stop(self) -> None:
        """Make sure that nothing is left."""
        self.process.kill()
        self.process.wait()
        for stream in (self.stdin, self.stdout, self.process.stderr):
            if stream:
                stream.close()


class ModernPair:
    """A modern server and client."""

    def __init__(self) -> None:
        self.server = Talker(*MODERN, "--server", "--port", "0", *KEYS)

    def join(self) -> None:
        """Start the client."""
        port = self.server.read_until(rb"on port (\d+)", "stderr")[1].decode()
        self.client = Talker(*MODERN, "--client", "127.0.0.1", "--port", port, *KEYS)

    def settle(self) -> None:
        """Wait until both are in the conversation."""
        self.server.read_until(rb"connected by .*\n", "stderr")
        self.client.read_until(rb"connected to .*\n", "stderr")

    @staticmethod
    def take_lines(talker: Talker) -> Iterator[bytes]:
        """Yield the lines that came out, as they were said."""
        *lines, talker.output = talker.output.split(b"\n")
        for line in lines:
            yield line + b"\n"

    def leave(self) -> None:
        """End both inputs."""
        self.client.stdin.close()
        self.server.stdin.close()


class LegacyPair:
    """A legacy server and client."""

    def __init__(self) -> None:
        self.server = Talker(*LEGACY_SERVER, "0")

    def join(self) -> None:
        """Start the client."""
        port = self.server.read_until(rb"PORT (\d+)\n")[1]
        self.client = Talker(*LEGACY_CLIENT)
        self.client.stdin.write(b"127.0.0.1\n%s\n%s\n" % (port, PASSPHRASE.encode()))
        self.server.stdin.write(f"{PASSPHRASE}\n".encode())

    def settle(self) -> None:
        """Wait until both are in the conversation."""
        for talker in (self.server, self.client):
            talker.read_until(rb"Listening On Thread 1\n")

    @staticmethod
    def take_lines(talker: Talker) -> Iterator[bytes]:
        """Yield the lines that came out, as they were said."""
        *lines, talker.output = talker.output.split(b"\n")
        for line in lines:
            found = SHOWN.fullmatch(line + b"\n")
            assert found, line
            yield found[1] + b"\n"

    def leave(self) -> None:
        """Quit on one side; the other follows."""
        self.client.stdin.write(b"quit()\n")


@dataclass
class Conversation:
    """What goes on in one pair: somebody thinks, speaks, and is heard."""

    pair: ModernPair | LegacyPair
    dice: random.Random
    number: int = 0
    awaited: bytes | None = None
    hearer: Talker | None = None
    spoken_at: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def speak(self, now: float) -> None:
        """Let one side say something."""
        sides = [self.pair.server, self.pair.client]
        self.dice.shuffle(sides)
        speaker, self.hearer = sides
        line = say_something(self.dice, self.number)
        self.number += 1
        self.awaited, self.spoken_at = f"{line}\n".encode(), now
        speaker.say(line)

    def hear(self, talker: Talker, now: float) -> bool:
        """Take what a side showed; whether the awaited line has arrived."""
        for line in self.pair.take_lines(talker):
            assert talker is self.hearer, f"{line!r} came out at the wrong end"
            assert line == self.awaited, f"{line!r} instead of {self.awaited!r}"
            talker.shown.update(line)
            self.latencies.append(now - self.spoken_at)
            self.awaited = None
            return True
        return False


class Crowd:
    """All pairs, and the one loop that drives them."""

    def __init__(self, pairs: list[ModernPair | LegacyPair], seed: int) -> None:
        self.dice = random.Random(seed)
        self.conversations = [
            Conversation(pair, random.Random(f"{seed} {n}")) for n, pair in enumerate(pairs)
        ]
        self._selector = selectors.DefaultSelector()
        for number, pair in enumerate(pairs):
            for talker in (pair.server, pair.client):
                self._selector.register(talker.stdout, selectors.EVENT_READ, (number, talker))

    @property
    def talkers(self) -> list[Talker]:
        """All programs."""
        return [
            talker for one in self.conversations for talker in (one.pair.server, one.pair.client)
        ]

    def talk(self, seconds: float) -> None:
        """Let all pairs talk for a while, and then finish their sentences."""
        begin = time.monotonic()
        due = [(begin + self.dice.random(), n) for n in range(len(self.conversations))]
        heapq.heapify(due)
        while True:
            now = time.monotonic()
            is_over = now - begin > seconds
            if is_over and not any(one.awaited for one in self.conversations):
                return
            while due and due[0][0] <= now and not is_over:
                self.conversations[heapq.heappop(due)[1]].speak(now)
            for number in self._listen(0.02):
                heapq.heappush(due, (now + self.dice.expovariate(1.0), number))
            self._assert_nobody_waits_for_ever(now)

    def _listen(self, timeout: float) -> Iterator[int]:
        for key, _ in self._selector.select(timeout):
            number, talker = key.data
            data = talker.stdout.read(1 << 16)
            assert data, f"a program ended: {talker.process.stderr.read()!r}"
            talker.output += data
            if self.conversations[number].hear(talker, time.monotonic()):
                yield number

    def _assert_nobody_waits_for_ever(self, now: float) -> None:
        for one in self.conversations:
            assert not one.awaited or now - one.spoken_at < ANSWER_SECONDS, "a line was lost"

    def latency(self) -> tuple[float, float]:
        """Return median and 99th percentile of the time from typed to shown, in seconds."""
        every = [value for one in self.conversations for value in one.latencies]
        return statistics.median(every), statistics.quantiles(every, n=100)[-1]
