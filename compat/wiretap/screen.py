"""What the wiretap shows while a conversation goes on."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from datetime import datetime
from typing import NamedTuple, Union

from rich.text import Text

from compat.printer import Printer
from compat.wiretap.layout import Layout
from compat.wiretap.relay import Ending, Observer
from compat.wiretap.wires import Place, Segment
from modern.errors import ModernError

MOST_WAITING = 256
"""The most events that wait for the screen. Further events are counted and not shown."""

_POLL_SECONDS = 0.2  # Windows: Ctrl-C cannot end an endless wait


class SideEnded(NamedTuple):
    """One side will send no more."""

    side: Place
    ending: Ending


class NotShown(NamedTuple):
    """The number of events that were not shown."""

    number: int


Shown = Union[Segment, SideEnded, NotShown]  # noqa: UP007 - Python 3.10 evaluates this


class Screen(Observer):
    """Shows the segments in a thread of its own, so that a slow screen delays nobody."""

    def __init__(self, printer: Printer, layout: Layout):
        """Take the printer and the layout."""
        self._printer, self._layout = printer, layout
        self._waiting: queue.Queue[tuple[datetime, Shown] | None] = queue.Queue(MOST_WAITING)
        self._skipped = 0
        self._failure: ModernError | None = None
        self._thread = threading.Thread(target=self._show_all, daemon=True)
        self._thread.start()

    def saw(self, segment: Segment) -> None:
        """Show a segment, unless the screen is far behind."""
        self._put(segment)

    def ended(self, side: Place, ending: Ending) -> None:
        """Show that one side has ended."""
        self._put(SideEnded(side, ending))

    def close(self, patience: float = float("inf")) -> None:
        """Wait until all is shown, but not for more than `patience` seconds.

        Raises ConsoleError if something could not be shown.
        """
        deadline = time.monotonic() + patience
        last_words = [(datetime.now(), NotShown(self._skipped))] if self._skipped else []
        for words in [*last_words, None]:
            self._put_patiently(words, deadline)
        while self._thread.is_alive() and time.monotonic() < deadline:
            self._thread.join(_POLL_SECONDS)
        if self._failure:
            raise self._failure

    def _put_patiently(self, words: tuple[datetime, Shown] | None, deadline: float) -> None:
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Full):
                self._waiting.put(words, timeout=_POLL_SECONDS)
                break

    def _put(self, event: Shown) -> None:
        now = datetime.now()
        try:
            if self._skipped:
                self._waiting.put_nowait((now, NotShown(self._skipped)))
                self._skipped = 0
            self._waiting.put_nowait((now, event))
        except queue.Full:
            self._skipped += 1

    def _show_all(self) -> None:
        while item := self._waiting.get():
            if not self._failure:
                self._show(*item)

    def _show(self, when: datetime, event: Shown) -> None:
        first, *rest = self._describe(event)
        clock = f"{when:%H:%M:%S}.{when.microsecond // 1000:03}  "
        try:
            self._printer.print(Text.assemble((clock, "dim"), first), *rest)
        except ModernError as error:
            self._failure = error

    def _describe(self, event: Shown) -> list[Text]:
        if isinstance(event, NotShown):
            return [Text(f"… {event.number:,} more, not shown: the screen was behind")]
        if isinstance(event, SideEnded):
            how = "sends no more" if event.ending is Ending.CLOSED else "reset the connection"
            return [Text(f"{event.side.value} {how}", "bold")]
        return self._layout.lay_out(event)
