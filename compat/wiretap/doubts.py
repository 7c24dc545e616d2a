"""Does one side really send the expected protocol? The wiretap finds out without any key.

Frames look random, so one byte alone cannot show that something is wrong. TCP may cut frames
anywhere, so one segment alone cannot show it either. These things show that a stream is no frames:

- Its first bytes are plain text (or hexadecimal, or base64). Encrypted bytes never look like this.
- It says a size that no frame has, in the one dialect whose frames say their size.
- It ends inside a frame, or falls silent inside frames again and again. A sender sends whole
  frames, and TCP delivers all of each frame, though perhaps in pieces. So our programs are rarely
  silent inside a frame: only if the network lost a piece and is slow to send it again. If the
  stream has units of other sizes, nearly every silence is at a wrong place. In the legacy chat, a
  silence is at a wrong place in two cases: the bytes so far are not whole blocks; or no block
  since the last silence is equal to the first block of an earlier message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import printable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compat.wiretap.splitters import Splitter

_TEXT = frozenset(printable.encode())
_TEXT_SIZE = 32
"""How many first bytes must be text. Random bytes are text by chance once in 10^13 streams."""


class Doubt:
    """Watches what one side sends."""

    def __init__(self, name: str, unit: str, splitter: Splitter):
        """Take the name of the wire, what its units are called, and a splitter to count them."""
        self._what = f"{unit}s of `{name}`"
        self._unit, self._splitter = unit, splitter
        self._first = b""
        self._stops: set[int] = set()  # in which units it fell silent, since it was right last
        self.reason = ""
        """Why the stream is not the expected protocol, in words; empty while it may be."""

    @property
    def what(self) -> str:
        """What the stream was taken for."""
        return self._what

    def came(self, data: bytes) -> None:
        """Take note of the next bytes."""
        if self.reason:
            return
        if len(self._first) < _TEXT_SIZE:
            self._first += data[: _TEXT_SIZE - len(self._first)]
            if len(self._first) == _TEXT_SIZE and _TEXT.issuperset(self._first):
                self.reason = "they are plain text"
        self._splitter.number(data)
        if self._splitter.is_lost:
            self.reason = f"they say a size that no {self._unit} has"
        elif self._splitter.fits:
            self._stops.clear()

    def paused(self) -> None:
        """Take note that nothing comes for a while."""
        if self.reason:
            return
        if not self._splitter.fits:
            self._stops.add(self._splitter.index)
            if len(self._stops) >= self._splitter.stops_needed:
                self.reason = f"they stop where no {self._unit} ends"
        self._splitter.stop()

    def ended(self) -> None:
        """Take note that nothing more comes."""
        if self.reason or self._splitter.can_end:
            return
        if self._splitter.inside:
            self.reason = f"they end inside a {self._unit}"
        else:
            self.reason = f"no {self._unit} begins like another"


class AllDoubts:
    """For a stream whose protocol nobody has named. It is doubted if no known protocol fits."""

    def __init__(self, doubts: Sequence[Doubt]):
        """Take what it may be."""
        self._doubts = doubts

    @property
    def what(self) -> str:
        """What the stream may have been."""
        return " and no ".join(doubt.what for doubt in self._doubts)

    @property
    def reason(self) -> str:
        """Why the stream is none of these."""
        reasons = [doubt.reason for doubt in self._doubts]
        return " and ".join(dict.fromkeys(reasons)) if all(reasons) else ""

    def came(self, data: bytes) -> None:
        """Take note of the next bytes."""
        self._tell(lambda doubt: doubt.came(data))

    def paused(self) -> None:
        """Take note that nothing comes for a while."""
        self._tell(Doubt.paused)

    def ended(self) -> None:
        """Take note that nothing more comes."""
        self._tell(Doubt.ended)

    def _tell(self, tell: Callable[[Doubt], None]) -> None:
        for doubt in self._doubts:
            tell(doubt)
