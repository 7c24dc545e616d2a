"""Signals that end a program as Ctrl-C does: what was sent still arrives, no traceback is shown.

`kill` and `timeout` send SIGTERM. A closed terminal and a lost login send SIGHUP. On Windows,
Ctrl-Break and a closed console are SIGBREAK; for the latter, Windows may end the program before it
could do anything. Nothing can be done about SIGKILL or a power cut.
"""

from __future__ import annotations

import signal
from types import TracebackType
from typing import Any, NoReturn

ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Their names; each system has some of them."""


class Terminated(KeyboardInterrupt):
    """A signal told the program to end; whatever expects Ctrl-C expects this."""

    def __init__(self, number: int):
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = 128 + number
        """The exit status: that which a shell gives to a program that the signal killed."""


class Heeded:
    """While it is entered, the signals raise Terminated in the main thread.

    One that is ignored stays ignored: `nohup` wants that. So does one that is handled already.
    """

    def __enter__(self) -> None:
        """Take the signals."""
        numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
        self._taken = [n for n in numbers if signal.getsignal(n) is signal.SIG_DFL]
        self._set_all(self._end)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give them back."""
        self._set_all(signal.SIG_DFL)

    def _end(self, number: int, frame: object) -> NoReturn:
        self._set_all(signal.SIG_IGN)  # a second one must not disturb the end
        raise Terminated(number)

    def _set_all(self, handler: Any) -> None:
        try:
            for number in self._taken:
                signal.signal(number, handler)
        except ValueError:  # not the main thread: Python heeds no signals here
            self._taken = []
