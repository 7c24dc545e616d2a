"""What all programs in this package share: how one ends, with a line and a status."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from compat.errors import CompatError
from modern import command_line
from modern.errors import ModernError
from modern.signals import ENDING, Terminated

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task


def run(program: str, work: Callable[[], None]) -> int:
    """Do the program's work; turn what went wrong into one line and the exit status.

    0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
    """
    failures = (ModernError, CompatError)
    return command_line.run(program, work, failures, interrupted="ended with Ctrl-C")


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end. Raises what it raises, and KeyboardInterrupt after a signal.

    A signal that ends the program cancels the coroutine where it waits. An exception that a signal
    raises just anywhere could hit another task than this, which asyncio would complain about.
    """
    import asyncio  # noqa: PLC0415 - not all programs need it

    told: list[int] = []

    async def work_until_told() -> None:
        _take_signals(asyncio.get_running_loop(), asyncio.current_task(), told)
        await work

    try:
        asyncio.run(work_until_told())
    except asyncio.CancelledError:
        if not told:
            raise
        end = KeyboardInterrupt() if told[0] == signal.SIGINT else Terminated(told[0])
        raise end from None


def _take_signals(loop: AbstractEventLoop, task: Task[None] | None, told: list[int]) -> None:
    def tell(number: int) -> None:
        told.append(number)
        if task and len(told) == 1:  # a second one must not disturb the end
            task.cancel()

    for name in ("SIGINT", *ENDING):
        number = getattr(signal, name, None)
        if os.name == "posix" and number and signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, tell, number)
