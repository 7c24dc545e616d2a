"""A steady rhythm: one record at each tick, with text in it or without (against M6).

Records of one size still show when somebody types, and how much. With a record at each tick, nobody
sees that. But this costs bandwidth, and text must wait for its tick.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator

from modern.hardened.records import split_text

_WAITING = 16
"""How many batches of input are kept for later ticks, until no more is read."""


class _Done:
    """The source has ended."""


_DONE = _Done()
_Part = tuple[BaseException | _Done | None, str]
"""The next text of the source, or how the source ended."""


class Steady:
    """Cuts the input into portions that each fit one record, one at each tick: a `Pace`.

    For one chat: what still waits is kept here.
    """

    def __init__(self, seconds: float, size: int):
        """Take the time between two ticks, and how much a record carries (`records.capacity`)."""
        self._seconds, self._size = seconds, size
        self._waiting: queue.Queue[_Part] = queue.Queue(_WAITING)
        self._text = b""

    @property
    def unsent(self) -> int:
        """How many bytes of text still wait for their tick."""
        return len(self._text) + sum(len(more.encode()) for _, more in list(self._waiting.queue))

    def __call__(self, source: Iterator[Iterable[str]]) -> Iterator[Iterable[str]]:
        """Yield a portion at each tick, empty if nothing waits, until the source has ended.

        Raises what the source raises, after the text before it.
        """
        threading.Thread(target=_pour, args=(source, self._waiting), daemon=True).start()
        end: BaseException | _Done | None = None
        tick = time.monotonic()
        while self._text or not end:
            tick = max(tick + self._seconds, time.monotonic())
            time.sleep(max(tick - time.monotonic(), 0))
            while len(self._text) < self._size and not end and not self._waiting.empty():
                end, more = self._waiting.get()
                self._text += more.encode()
            portion = next(iter(split_text(self._text, self._size)), b"")
            if portion or not end:
                yield [portion.decode()]
            self._text = self._text[len(portion) :]
        if isinstance(end, BaseException):
            raise end


def _pour(source: Iterator[Iterable[str]], waiting: queue.Queue[_Part]) -> None:
    try:
        for messages in source:
            waiting.put((None, "".join(messages)))
    except BaseException as error:  # it belongs to the thread that sends
        waiting.put((error, ""))
    else:
        waiting.put((_DONE, ""))
