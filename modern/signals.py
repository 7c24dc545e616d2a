"""Signals that end a program, as Ctrl-C does. It can still reset its connection first.

`kill` and `timeout` send SIGTERM. A closed terminal and a lost login send SIGHUP. On Windows,
Ctrl-Break and a closed console are SIGBREAK; for the latter, Windows may end the program before it
could do anything. Nothing can be done about SIGKILL or a power cut.
"""

from __future__ import annotations

import signal

TYPE_CHECKING = False  # as in `typing`, which loads for as long as all else that --help needs
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Their names; each system has some of them."""


class Terminated(KeyboardInterrupt):
    """A signal told the program to end; whatever expects Ctrl-C expects this."""

    def __init__(self, number: int):
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = 128 + number
        """The exit status: that which a shell gives to a program that the signal killed."""


class Heeded:
    """While it is entered, the first of the signals raises Terminated in the main thread.

    For Ctrl-C, that is KeyboardInterrupt as ever. All further ones do nothing: the end must not be
    disturbed. One that is ignored stays ignored: `nohup` wants that.
    """

    def __enter__(self) -> None:
        """Take the signals."""
        numbers = [getattr(signal, name) for name in ("SIGINT", *ENDING) if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        usual = (signal.SIG_DFL, signal.default_int_handler)
        self._before = {number: before[number] for number in numbers if before[number] in usual}
        self._has_ended = False
        self._set(dict.fromkeys(self._before, self._end))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give them back; after one that has come, ignore them: the program is about to end."""
        self._set(dict.fromkeys(self._before, signal.SIG_IGN) if self._has_ended else self._before)

    def _end(self, number: int, frame: object) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)

    def _set(self, handlers: dict[int, Any]) -> None:
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        except ValueError:  # not the main thread: Python heeds no signals here
            self._before = {}
