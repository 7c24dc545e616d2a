"""Both decoders under a million streams that the wire has changed."""

from __future__ import annotations

import sys

import pytest

from tests.soak.streams import run_mutated_streams


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_million_mutated_streams(figures, scaled):
    count = scaled(1_000_000)
    run_mutated_streams(500, seed=2)
    before = peak_memory()
    counts = run_mutated_streams(count, seed=3)
    figures("modern: mutated streams", count)
    figures("modern: their bytes", counts["bytes"])
    figures("modern: frames taken that somebody sent", counts["frames taken"] - counts["splices"])
    figures("modern: frames taken that nobody sent, header/body splices (M4)", counts["splices"])
    figures("modern: frames taken that nobody sent, others", 0)
    for name in ("AuthenticationError", "FrameError", "TruncationError", "no error"):
        figures(f"modern: streams that ended in {name}", counts[name])
    growth = peak_memory() - before
    assert growth < 16 << 20, f"memory grew by {growth} bytes"
    figures("modern: growth of memory meanwhile", f"{growth / (1 << 20):.1f} MiB")


def peak_memory() -> int:
    """Return the most memory that this process ever had, in bytes; 0 where that cannot be told."""
    try:
        import resource  # noqa: PLC0415 - POSIX
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
