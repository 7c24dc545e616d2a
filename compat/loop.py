"""`asyncio.run` for programs that a signal may end: it cancels the program, as Ctrl-C does.

Without this, the signal would raise in the middle of whatever task or callback happens to run, and
asyncio would print a traceback for each task that it hit.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from compat.errors import CompatError
from modern.missing import try_descriptors
from modern.signals import ENDING, Terminated

_DESCRIPTORS = 5
"""A selector, and two pairs of sockets: asyncio's own, and the one by which a signal wakes it."""


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
    heeding = _heed(main)
    with contextlib.closing(main), contextlib.closing(heeding):  # a signal may come before they run
        try_descriptors(_DESCRIPTORS)
        asyncio.run(heeding)


async def _heed(main: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(main)
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        if len(received) == 1:
            task.cancel()

    with _signals_wake_the_loop():
        before = {number: signal.getsignal(number) for number in _taken()}
        numbers = [number for number in before if _set_handler(number, end)]
        try:
            await _last(task, received)
        finally:
            for number in numbers:
                # a second signal must not disturb the end; without a first, one can end a slow
                # screen
                signal.signal(number, signal.SIG_IGN if received else before[number])


async def _last(task: asyncio.Future[None], received: list[int]) -> None:
    """Wait for the task's end. Raises what it raises, or what the first signal means."""
    try:
        await task
    except asyncio.CancelledError:
        task.cancel()  # Ctrl-C: asyncio has cancelled us, not the task
        with contextlib.suppress(asyncio.CancelledError):
            await task
        if received:
            raise _meaning(received[0]) from None
        raise


@contextlib.contextmanager
def _signals_wake_the_loop() -> Iterator[None]:
    """Let a signal end the loop's wait, even if it comes just before the wait begins.

    asyncio has `add_signal_handler` for this. But when such a handler is removed, there is a moment
    in which the signal would kill the program. On Windows, the loop does all this by itself.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    woken, waking = socket.socketpair()
    with woken, waking:
        for end in (woken, waking):
            end.setblocking(False)
        loop.add_reader(woken, woken.recv, 4096)
        before = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before, warn_on_full_buffer=False)
            loop.remove_reader(woken)


def _meaning(number: int) -> KeyboardInterrupt:
    return KeyboardInterrupt() if number == signal.SIGINT else Terminated(number)


def _taken() -> list[int]:
    """Return the signals that this program handles."""
    numbers = [getattr(signal, name) for name in ("SIGINT", *ENDING) if hasattr(signal, name)]
    return [number for number in numbers if callable(signal.getsignal(number))]


def _set_handler(number: int, end: Callable[[int], None]) -> bool:
    loop = asyncio.get_running_loop()
    try:
        signal.signal(number, lambda number, frame: loop.call_soon_threadsafe(end, number))
    except ValueError:  # not the main thread
        return False
    return True
