"""`asyncio.run` for programs that a signal may end: it cancels the program, as Ctrl-C does.

Without this, the signal would raise in the middle of whatever task or callback happens to run, and
asyncio would print a traceback for each task that it hit.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

from compat.errors import CompatError
from modern.missing import try_descriptors
from modern.signals import ENDING, Terminated


def check_free() -> None:
    """Raise CompatError in a notebook, whose own loop runs already."""
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop()
        raise CompatError(
            "this program cannot run inside a notebook: start it in a terminal, "
            "or in a cell with an exclamation mark before python"
        )


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main`. Raises what it raises; after a signal, KeyboardInterrupt or Terminated."""
    with contextlib.closing(main):
        try_descriptors()
        asyncio.run(_heed(main))


async def _heed(main: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(main)
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        if len(received) == 1:
            task.cancel()

    before = {number: signal.getsignal(number) for number in _taken()}
    numbers = [number for number in before if _add_handler(number, end)]
    try:
        await task
    except asyncio.CancelledError:
        task.cancel()  # Ctrl-C: asyncio has cancelled us, not the task
        with contextlib.suppress(asyncio.CancelledError):
            await task
        if received:
            raise _meaning(received[0]) from None
        raise
    finally:
        for number in numbers:
            # a second signal must not disturb the end; without a first, one can end a slow screen
            _set_handler(number, signal.SIG_IGN if received else before[number])


def _set_handler(number: int, handler: Any) -> None:
    with contextlib.suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().remove_signal_handler(number)
    signal.signal(number, handler)


def _meaning(number: int) -> KeyboardInterrupt:
    return KeyboardInterrupt() if number == signal.SIGINT else Terminated(number)


def _taken() -> list[int]:
    """Return the signals that this program handles."""
    numbers = [getattr(signal, name) for name in ("SIGINT", *ENDING) if hasattr(signal, name)]
    return [number for number in numbers if callable(signal.getsignal(number))]


def _add_handler(number: int, end: Any) -> bool:
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, end, number)
    except NotImplementedError:  # Windows: there, a signal wakes the loop, and Python calls this
        signal.signal(number, lambda number, frame: loop.call_soon_threadsafe(end, number))
    except (RuntimeError, ValueError):  # not the main thread
        return False
    return True
