"""The first signal ends a program that runs in a loop; further ones change nothing."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from compat import loop
from modern.signals import Heeded, Terminated


def test_a_second_signal_does_not_disturb_the_end():
    ended = []

    async def program() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()
        finally:
            signal.raise_signal(signal.SIGINT)
            for _ in range(10):  # in each of these turns, the loop looks for signals
                await asyncio.sleep(0)
            ended.append("whole")

    with pytest.raises(KeyboardInterrupt), Heeded():
        loop.run(program())
    assert ended == ["whole"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_at_no_moment_would_a_signal_kill_the_program(monkeypatch):
    """Not even while the handlers from before come back: somebody may send another SIGTERM."""
    there = []
    replace = signal.signal

    def look_after(number, handler):
        before = replace(number, handler)
        there.append(signal.getsignal(signal.SIGTERM))
        return before

    async def program() -> None:
        there.clear()  # the program has begun
        signal.raise_signal(signal.SIGTERM)
        await asyncio.Event().wait()

    monkeypatch.setattr(signal, "signal", look_after)
    with pytest.raises(Terminated), Heeded():
        loop.run(program())
    assert there
    assert signal.SIG_DFL not in there
