"""The first signal ends a program that runs in a loop; further ones change nothing."""

from __future__ import annotations

import asyncio
import signal

import pytest

from compat import loop
from modern.signals import Heeded


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
