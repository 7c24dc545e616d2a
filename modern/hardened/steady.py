"""A steady rhythm: one record at each tick, with text in it or without (against M6).

Records of one size still show when somebody types, and how much. With a record at each tick, they
show neither. The price is bandwidth, and that text waits for its tick.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modern.hardened.records import split_text

_WAITING = 16
"""How many batches of input are kept for later ticks, until no more is read."""


class _Done:
    """The source has ended."""


_DONE = _Done()
_Part = tuple[BaseException | _Done | None, str]
"""How the source ended, if it did, or else the next of its text."""


@dataclass(frozen=True)
class Steady:
    """Cuts the input into portions that each fit one record, one at each tick: a `Pace`."""

    seconds: float
    size: int
    """The most bytes of text that a record carries (`records.capacity`)."""

    def __call__(self, source: Iterator[Iterable[str]]) -> Iterator[Iterable[str]]:
        """Yield a portion at each tick, empty if nothing waits, until the source has ended.

        Raises what the source raises, after the text before it.
        """
        waiting: queue.Queue[_Part] = queue.Queue(_WAITING)
        threading.Thread(target=_pour, args=(source, waiting), daemon=True).start()
        text = b""
        end: BaseException | _Done | None = None
        tick = time.monotonic()
        while text or not end:
            tick = max(tick + self.seconds, time.monotonic())
            time.sleep(max(tick - time.monotonic(), 0))
            while len(text) < self.size and not end and not waiting.empty():
                end, more = waiting.get()
                text += more.encode()
            portion = next(iter(split_text(text, self.size)), b"")
            text = text[len(portion) :]
            if portion or not end:
                yield [portion.decode()]
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
