"""The voice of the tour: it shows texts and the wire, each with time to read it.

A part fits a screen of 24 rows. If a reader sits there, the next part waits for a key.
"""

from __future__ import annotations

import asyncio
import textwrap

from rich.text import Text

from compat.printer import Printer
from compat.tour.keys import Wait

MAX_WIDTH = 100
LABEL_WIDTH = 14


class Guide:
    """Says and shows things, and gives time to read them."""

    def __init__(self, printer: Printer, seconds_per_line: float, wait: Wait | None = None):
        """Take where to show things, the pause for each line, and how to wait between parts."""
        self._printer, self._seconds_per_line = printer, seconds_per_line
        self._wait = wait
        self._has_begun = False
        self.width = min(printer.width, MAX_WIDTH)

    async def begin(self, title: str, words: str) -> None:
        """Begin a part of the tour. Raises LeftEarly."""
        if self._wait and self._has_begun:
            await self._wait()
        self._has_begun = True
        self._printer.print("", Text(title, "bold underline"))
        await self.tell(words)

    async def tell(self, words: str) -> None:
        """Say something."""
        await self._show(*(Text(line) for line in textwrap.wrap(words, self.width)))

    async def judge(self, verdict: str, words: str) -> None:
        """Say what became of an attack."""
        first, *rest = textwrap.wrap(f"{verdict} {words}", self.width)
        line = Text(first)
        line.stylize("bold reverse", 0, len(verdict))
        await self._show(line, *map(Text, rest))

    async def label(self, label: str, words: str) -> None:
        """Show what somebody types or sees."""
        await self._show(Text.assemble((f"{label:{LABEL_WIDTH}}", "bold"), words))

    async def show_wire(self, lines: list[Text]) -> None:
        """Show a segment."""
        await self._show(*lines)

    async def _show(self, *lines: Text) -> None:
        self._printer.print(*lines)
        await asyncio.sleep(len(lines) * self._seconds_per_line)
