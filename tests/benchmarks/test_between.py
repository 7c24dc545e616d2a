"""Ten megabytes through the programs in the middle, the wiretap and the bridge, against none there.

On two cores, a third program cannot be free: the two ends keep both cores busy. The processor time
of all programs says more than the clock where a machine is busy with other things.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import pytest

from compat.aes import FastAES
from legacy import protocol as legacy
from tests.benchmarks.test_programs import LINE, MEGABYTE, OURS, start, write_lines
from tests.programs import KEYS

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

SIZE = 10 * MEGABYTE
CIPHER = FastAES(legacy.derive_key("secret"))
PORT = re.compile(rb"port (\d+)")


def read_port(program: subprocess.Popen[bytes]) -> str:
    return PORT.search(program.stderr.readline())[1].decode()


def server(target) -> subprocess.Popen[bytes]:
    streams = {"stdin": subprocess.DEVNULL, "stdout": target, "stderr": subprocess.PIPE}
    return start(*OURS, "--port", "0", "--server", *KEYS, **streams)


def client(port: str, source, target=subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    streams = {"stdin": source, "stdout": target, "stderr": subprocess.DEVNULL}
    return start(*OURS, "--port", port, "--client", "127.0.0.1", *KEYS, **streams)


@contextmanager
def wiretap(port: str, screen, *options: str) -> Iterator[str]:
    arguments = ("-m", "compat.wiretap", "--listen", "127.0.0.1:0", "--forward")
    streams = {"stdout": screen, "stderr": subprocess.PIPE}
    with start(*arguments, f"127.0.0.1:{port}", *options, **streams) as between:
        yield read_port(between)
        between.stderr.read()
        assert between.wait() == 0


class Files:
    """What is sent, where it arrives, and how much processor time each way of sending took."""

    def __init__(self, folder):
        self.source, self.target = write_lines(folder / "source", SIZE), folder / "target"
        self.screen = folder / "screen"
        self.seconds: dict[str, list[float]] = {}
        self.flow: dict[str, list[float]] = {}
        """From the start of the client, when all others listen, to the end of both ends."""

    @contextmanager
    def timed(self, name: str):
        before = os.times()
        with self.source.open("rb") as source, self.target.open("wb") as target:
            yield source, target
        after = os.times()
        self.seconds.setdefault(name, []).append(sum(after[2:4]) - sum(before[2:4]))
        assert self.target.read_bytes() == self.source.read_bytes()

    def send(self, name: str, *options: str) -> None:
        """Send from a client to a server; through a wiretap unless the name is `direct`."""
        with self.timed(name) as (source, target), server(target) as receiver:
            if name == "direct":
                self._converse(name, read_port(receiver), source, receiver)
                return
            with self.screen.open("wb") as screen:
                with wiretap(read_port(receiver), screen, *options) as port:
                    self._converse(name, port, source, receiver)

    def _converse(self, name: str, port: str, source, receiver) -> None:
        began = time.perf_counter()
        assert client(port, source).wait() == receiver.wait() == 0
        self.flow.setdefault(name, []).append(time.perf_counter() - began)

    def describe(self, name: str) -> str:
        said = []
        for what, seconds in (("once all listen", self.flow), ("processor time", self.seconds)):
            ours, direct = median(seconds[name]), median(seconds["direct"])
            said.append(f"{what} {ours:.2f} s against {direct:.2f} s, {ours / direct:.2f} ×")
        return f"10 MB through the wiretap, {name}: {'; '.join(said)}"


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path)


@pytest.mark.parametrize("recorded", [False, True], ids=["shown", "recorded"])
def test_ten_megabytes_through_the_wiretap(compare, note, files, recorded):
    name = "shown and recorded" if recorded else "shown"
    record = files.screen.with_name("wire.json")
    options = ("--record", str(record), "--overwrite") if recorded else ()
    compare.costs(
        f"10 MB through the wiretap, {name}, against direct",
        lambda: files.send(name, *options),
        lambda: files.send("direct"),
        rounds=7,
        goal="" if recorded else "goal: ≤ 1.4 ×, on two idle cores",
    )
    note(files.describe(name))


@contextmanager
def bridge() -> Iterator[dict[str, str]]:
    """Start a bridge and give its two ports."""
    ends = ("--legacy", "listen:127.0.0.1:0", "--modern", "listen:127.0.0.1:0")
    secrets = ("--passphrase", "secret", *KEYS)
    with start("-m", "compat.bridge", *ends, *secrets, stderr=subprocess.PIPE) as between:
        yield {side: read_port(between) for side in ("legacy", "modern")}
        between.stderr.read()
        assert between.wait() == 0


def speak_legacy(connection: socket.socket, name: str) -> None:
    """Say it all as an original does, or with messages of 1024 bytes, as the careful chat."""
    message = LINE.decode().removesuffix("\n")
    envelope = legacy.build_envelope(message, "12:00:00")
    size = 1024 if "careful" in name else -(-len(envelope) // 16) * 16
    wire = CIPHER.encrypt(envelope.ljust(size, legacy.PADDING).encode())
    for _ in range(SIZE // len(LINE)):
        connection.sendall(wire)


@pytest.mark.parametrize("name", ["modern to legacy", "legacy to modern", "careful to modern"])
def test_ten_megabytes_through_the_bridge(compare, note, files, name):
    """The legacy end is a bare socket here: an end that uses pyaes takes ten times as long."""
    files.source.write_bytes(LINE * (SIZE // len(LINE)))
    messages = SIZE // len(LINE)

    def carry() -> None:
        with (
            bridge() as ports,
            socket.create_connection(("127.0.0.1", int(ports["legacy"]))) as old,
        ):
            if name == "modern to legacy":
                with client(ports["modern"], files.source.open("rb")):
                    received = sum(map(len, iter(lambda: old.recv(1 << 16), b"")))
                assert received == messages * legacy.RECV_SIZE
                return
            with files.timed(name) as (_, target):
                with client(ports["modern"], subprocess.DEVNULL, target) as new:
                    speak_legacy(old, name)
                    old.shutdown(socket.SHUT_WR)
                    assert (old.recv(1), new.wait()) == (b"", 0)

    line = compare.costs(
        f"10 MB through the bridge, {name}, against 10 MB direct between modern ends",
        carry,
        lambda: files.send("direct"),
        rounds=3,
    )
    note(f"the bridge, {name}: {line.ours / messages * 1e6:.0f} µs a line of {len(LINE)} bytes")
