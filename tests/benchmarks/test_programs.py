"""Whole programs: files through a server and a client, a typed line, memory, and start-up."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from tests.programs import KEYS, ROOT, environment

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

OURS = ("-m", "modern")
PLAIN = ("-m", "tests.benchmarks.plain_chat")
LINE = b"The quick brown fox jumps over the lazy dog, and then it sleeps.\n"
MEGABYTE = 10**6
ECHO = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := connection.recv(65536):
    connection.sendall(data)
"""

BARE_RECEIVER = """
import os, socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
while data := connection.recv(65536):
    os.write(1, data)
"""
BARE_SENDER = """
import os, socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := os.read(0, 65536):
    connection.sendall(data)
"""


def start(*arguments: str, env=None, **streams: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=env or environment(PYTHONPATH=str(ROOT)),
        cwd=ROOT,
        **streams,
    )


@contextmanager
def pair(program: tuple[str, ...], source: object, target: object) -> Iterator[tuple]:
    """Start a server that writes to `target` and a client that reads from `source`."""
    arguments = (*program, "--port", "0", "--server", *KEYS)
    with start(
        *arguments, stdin=subprocess.DEVNULL, stdout=target, stderr=subprocess.PIPE, bufsize=0
    ) as server:
        port = re.search(rb"port (\d+)", server.stderr.readline())[1].decode()
        arguments = (*program, "--port", port, "--client", "127.0.0.1", *KEYS)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with start(*arguments, stdin=source, bufsize=0, **quiet) as client:
            yield server, client


def write_lines(path: Path, size: int) -> Path:
    path.write_bytes((LINE * (size // len(LINE) + 1))[:size])
    return path


def send_file(program: tuple[str, ...], source: Path, target: Path) -> None:
    with (
        source.open("rb") as stdin,
        target.open("wb") as stdout,
        pair(program, stdin, stdout) as (server, client),
    ):
        assert (client.wait(), server.wait()) == (0, 0)


def test_ten_megabytes_file_to_file(compare, note, tmp_path):
    source, target = write_lines(tmp_path / "source", 10 * MEGABYTE), tmp_path / "target"
    for program in (OURS, PLAIN):
        send_file(program, write_lines(tmp_path / "little", 1000), target)
        assert target.read_bytes() == (tmp_path / "little").read_bytes()
    seconds: dict[tuple[str, ...], list[float]] = {OURS: [], PLAIN: []}

    def send(program: tuple[str, ...]) -> None:
        before = os.times()
        send_file(program, source, target)
        after = os.times()
        seconds[program].append(sum(after[2:4]) - sum(before[2:4]))  # of both programs, user, sys

    compare.faster(
        "10 MB of text, file to file, against the same chat with plain frames (one run)",
        lambda: send(OURS),
        lambda: send(PLAIN),
        rounds=5,
        other_rounds=1,
        goal="goal: ≥ 20 ×",
    )
    assert target.read_bytes() == source.read_bytes()
    ours, plain = median(seconds[OURS]), median(seconds[PLAIN])
    note(
        f"processor time of both programs for those 10 MB: {ours:.1f} s against {plain:.1f} s, "
        f"{plain / ours:.1f} × as little"
    )


def read_exactly(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(descriptor, size - len(data))
        assert piece, "the program ended"
        data += piece
    return data


def test_typed_line_until_it_is_shown(compare):
    """From the write to the client's input to the line on the server's output."""
    line, frame = b"see you at ten\n", bytes(112)
    with (
        start("-c", ECHO, stdout=subprocess.PIPE) as echo,
        pair(OURS, subprocess.PIPE, subprocess.PIPE) as (server, client),
        socket.create_connection(("127.0.0.1", int(echo.stdout.readline()))) as connection,
    ):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def chat() -> None:
            client.stdin.write(line)
            assert read_exactly(server.stdout.fileno(), len(line)) == line

        def bounce() -> None:
            connection.sendall(frame)
            assert len(connection.recv(112, socket.MSG_WAITALL)) == len(frame)

        for _ in range(100):
            chat()
            bounce()
        compare.costs(
            "a typed line until it is shown, against a bare TCP echo of its frame",
            chat,
            bounce,
            rounds=2000,
            goal="goal: ≤ 3 ×",
        )
        client.stdin.close()


def test_typed_line_against_programs_that_only_pass_it_on(compare):
    """The same way, input, connection, output, through two programs that do nothing else."""
    line, frame = b"see you at ten\n", bytes(112)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    with start("-c", BARE_RECEIVER, **pipes) as receiver:
        port = receiver.stdout.readline().decode().strip()
        with (
            start("-c", BARE_SENDER, port, **pipes) as sender,
            pair(OURS, subprocess.PIPE, subprocess.PIPE) as (server, client),
        ):

            def chat() -> None:
                client.stdin.write(line)
                assert read_exactly(server.stdout.fileno(), len(line)) == line

            def pass_on() -> None:
                sender.stdin.write(frame)
                assert read_exactly(receiver.stdout.fileno(), len(frame)) == frame

            for _ in range(100):
                chat()
                pass_on()
            compare.costs(
                "a typed line until it is shown, against two programs that only pass it on",
                chat,
                pass_on,
                rounds=2000,
            )
            client.stdin.close()
            sender.stdin.close()


def resident_kilobytes(process: subprocess.Popen[bytes]) -> int:
    found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    return int(found[1]) if found else 0  # a process that has just ended has none


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_a_hundred_megabytes(tmp_path, note):
    source = write_lines(tmp_path / "source", 100 * MEGABYTE)
    samples: list[tuple[int, int]] = []
    shown = 0
    with source.open("rb") as stdin, pair(OURS, stdin, subprocess.PIPE) as (server, client):
        while piece := os.read(server.stdout.fileno(), 1 << 16):
            if shown // MEGABYTE != (shown + len(piece)) // MEGABYTE:
                samples.append((resident_kilobytes(server), resident_kilobytes(client)))
            shown += len(piece)
        assert (client.wait(), server.wait()) == (0, 0)
    assert shown == 100 * MEGABYTE
    for name, values in zip(("server", "client"), zip(*samples, strict=True), strict=True):
        early, late = median(values[5:25]) / 1024, median(values[70:90]) / 1024
        note(
            f"resident memory of the {name} during 100 MB: {early:.1f} MB at 5–25 MB sent, "
            f"{late:.1f} MB at 70–90 MB, most {max(values) / 1024:.1f} MB  goal: flat, < 60 MB"
        )
        assert max(values) < 60 * 1024
        assert late - early < 2


@pytest.mark.parametrize(
    ("arguments", "goal"),
    [(("-m", "modern", "--help"), "goal: ≤ 4 ×"), (("legacy/Server.py", "--help"), "")],
    ids=["modern", "legacy"],
)
def test_start_up(compare, tmp_path, arguments, goal):
    """With bytecode in a cache, as for everybody who starts a program a second time."""
    cached = environment(PYTHONPATH=str(ROOT), PYTHONPYCACHEPREFIX=str(tmp_path))
    cached.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*what: str) -> None:
        with start(*what, env=cached, stdout=subprocess.DEVNULL) as process:
            assert process.wait() == 0

    run(*arguments)
    compare.costs(
        f"python {' '.join(arguments)}, against python -c pass",
        lambda: run(*arguments),
        lambda: run("-c", "pass"),
        rounds=41,
        goal=goal,
    )
