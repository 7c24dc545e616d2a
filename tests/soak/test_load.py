"""Many chats at once, and much at once: sums are checked, memory and descriptors stay flat."""

from __future__ import annotations

import sys

import pytest

from tests.programs import legacy_pair
from tests.soak.exchange import exchange
from tests.soak.load import Crowd, LegacyPair, ModernPair

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
    figures = run_crowd(modern=2, legacy=2, seconds=10)  # all must have spoken after a fifth
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


@pytest.mark.soak
def test_a_megabyte_without_a_newline_through_the_legacy_chat(figures):
    """The line is lost, as documented; the chat goes on, and memory does not grow with it."""
    with legacy_pair() as (server, client):
        client.type("x" * 1_000_000 + "\n")
        server.wait_for("(Unrecognised Data or Broken PIPE \n){900}")
        client.type("still here\n")
        server.wait_for("still here|Unrecognised")
        server.type("so am I\n")
        client.wait_for("^Received : so am I ")
        client.type("quit()\n")
        assert (client.wait(), server.wait()) == (0, 0)
    assert "x" * 68 not in server.stdout
    figures("legacy: a line of a million characters", "lost as documented, the chat goes on")
