"""The third chat's speed and cost, beside the modern one's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import pytest

from modern import bulk as modern_bulk
from modern import protocol
from modern.hardened import bulk, pake
from modern.hardened.records import Direction
from modern.hardened.session import HardenedSession
from tests.benchmarks.test_programs import LINE, MEGABYTE, OURS, send_file, start, write_lines
from tests.programs import AUTHKEY, CONFKEY, HARDENED, HARDENED_PASSPHRASE, ROOT, environment

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)
AGREEMENT_SIZE = 2 * (66 + 32)
SIZES = {"10 bytes": 10, "10 kB": 10_000, "10 MB": 10 * MEGABYTE}


def text_of(size: int) -> str:
    return (LINE * (size // len(LINE) + 1))[:size].decode()


def seal_in_reads(sealer: bulk.Sealer | modern_bulk.Sealer, text: str) -> Iterator[bytes]:
    """Seal as a chat does, which reads 64 KiB at a time."""
    for start_of_read in range(0, len(text), 1 << 16):
        read = text[start_of_read : start_of_read + (1 << 16)]
        yield from sealer.seal(read.splitlines(keepends=True))


# On the wire ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_bytes_on_the_wire(size, note):
    text = text_of(size)
    ours = sum(map(len, seal_in_reads(bulk.Sealer(Direction(KEYS)), text)))
    modern = sum(map(len, seal_in_reads(modern_bulk.Sealer(KEYS), text)))
    note(
        f"{size:,} bytes of text: {ours:,} bytes in records ({ours / size:.3f} ×), "
        f"{modern:,} in frames ({modern / size:.2f} ×); agreement {AGREEMENT_SIZE}, end 306"
    )
    if size >= 10_000:
        assert ours + AGREEMENT_SIZE + 306 <= 1.3 * size


def test_seal_and_open_ten_megabytes(compare):
    """Without processes and sockets."""
    text = text_of(10 * MEGABYTE)
    ours = list(seal_in_reads(bulk.Sealer(Direction(KEYS)), text))
    modern = list(seal_in_reads(modern_bulk.Sealer(KEYS), text))

    def open_records() -> None:
        decoder = bulk.Decoder(Direction(KEYS))
        assert sum(len(part) for data in ours for part in decoder.feed(data)) == len(text)

    def open_frames() -> None:
        decoder = modern_bulk.Decoder(KEYS)
        assert sum(len(part) for data in modern for part in decoder.feed(data)) == len(text)

    def both_ours() -> None:
        assert sum(1 for _ in seal_in_reads(bulk.Sealer(Direction(KEYS)), text))
        open_records()

    def both_modern() -> None:
        assert sum(1 for _ in seal_in_reads(modern_bulk.Sealer(KEYS), text))
        open_frames()

    compare.faster(
        "10 MB: seal and open records, against frames of the modern chat",
        both_ours,
        both_modern,
        rounds=5,
        goal="goal: ≥ 5 ×",
    )


# Two processes -------------------------------------------------------------------------------


@contextmanager
def agreed_pair(source: object, target: object) -> Iterator[float]:
    """Start both programs and let them agree; give the moment when both had; wait for their end."""
    env = environment(PYTHONPATH=str(ROOT), HARDENED_PASSPHRASE=HARDENED_PASSPHRASE)
    where = ("--server", "--bind", "127.0.0.1", "--port", "0")
    pipes = {"stderr": subprocess.PIPE, "bufsize": 0, "env": env}
    with start(*HARDENED, *where, stdin=subprocess.DEVNULL, stdout=target, **pipes) as server:
        port = re.search(rb"port (\d+)", server.stderr.readline())[1].decode()
        where = ("--client", "127.0.0.1", "--port", port)
        with start(*HARDENED, *where, stdin=source, stdout=subprocess.DEVNULL, **pipes) as client:
            for program in (server, client):
                while b"both sides know" not in program.stderr.readline():
                    pass
            yield perf_counter()
            assert (client.wait(), server.wait()) == (0, 0)


def test_ten_megabytes_file_to_file(note, tmp_path):
    """From the agreement to the end of both, against the same file through the modern chat.

    Both without the start of the programs, which here is mostly scrypt and has a line of its own:
    from the modern chat's time, that of a file of ten bytes is taken off.
    """
    source, target = write_lines(tmp_path / "source", 10 * MEGABYTE), tmp_path / "target"
    little = write_lines(tmp_path / "little", 10)
    ours, modern, of_the_start = [], [], []
    for _ in range(5):
        begin = perf_counter()
        send_file(OURS, little, target)
        small = perf_counter() - begin
        begin = perf_counter()
        send_file(OURS, source, target)
        modern.append(perf_counter() - begin - small)
        with source.open("rb") as stdin, target.open("wb") as stdout:
            begin = perf_counter()
            with agreed_pair(stdin, stdout) as agreed_at:
                of_the_start.append(agreed_at - begin)
            ours.append(perf_counter() - agreed_at)
        assert target.read_bytes() == source.read_bytes()
    ratio = median(modern) / median(ours)
    note(
        f"10 MB, file to file, two processes, without their start: {median(ours):.2f} s against "
        f"{median(modern):.2f} s of the modern chat: {ratio:.1f} × as fast  goal: ≥ 5 ×"
    )
    note(f"start of both programs until they have agreed: {median(of_the_start):.2f} s")


# Agreement -----------------------------------------------------------------------------------


def time_of(work, rounds: int = 15) -> float:
    times = []
    for _ in range(rounds):
        begin = perf_counter()
        work()
        times.append(perf_counter() - begin)
    return median(times)


def test_agreement(note):
    w = pake.derive_w(HARDENED_PASSPHRASE)

    def agree() -> None:
        client, server = (HardenedSession(w, is_client=is_client) for is_client in (True, False))
        for _ in range(2):
            list(server.receive(client.replies()))
            list(client.receive(server.replies()))
        assert client.ready
        assert server.ready

    scrypt = time_of(lambda: pake.derive_w(HARDENED_PASSPHRASE), 7)
    both = time_of(agree, 50)
    note(
        f"agreement, each side: scrypt {scrypt * 1e3:.0f} ms, all else {both / 2 * 1e3:.2f} ms "
        f"(scrypt is {scrypt / (scrypt + both / 2):.1%})"
    )


def test_one_short_line(compare):
    sealer = bulk.Sealer(Direction(KEYS))
    frames = modern_bulk.Sealer(KEYS)
    compare.costs(
        "seal a line of 10 bytes in a record, against a frame",
        lambda: [list(sealer.seal(["ten bytes\n"])) for _ in range(2000)],
        lambda: list(frames.seal(["ten bytes\n"])),
        loops=2000,
    )
