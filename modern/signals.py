"""Signals that end a program, as Ctrl-C does. The program can still reset its connection first.

`kill` and `timeout` send SIGTERM. A closed terminal and a lost login send SIGHUP. On Windows,
Ctrl-Break and a closed console send SIGBREAK. When the console is closed, Windows may end the
program before it can do anything. Nothing can be done about SIGKILL or a power cut.
"""

from __future__ import annotations

import signal

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""The names of these signals. Each system has some of them."""


class Terminated(KeyboardInterrupt):
    """A signal told the program to end. Code that catches Ctrl-C catches this, too."""

    def __init__(self, number: int):
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = 128 + number
        """The exit status: the one that a shell reports for a program that the signal killed."""


class Heeded:
    """Inside the `with` block of this class, the first signal raises Terminated in the main thread.

    Ctrl-C raises KeyboardInterrupt, as always. All further signals do nothing: they must not
    disturb the end. A signal that was ignored before stays ignored: `nohup` needs that.
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
        """Restore the old handlers. If a signal has come, ignore all further ones until the end.

        The first signal may have come to a loop of asyncio, which took all signals for a while.
        """
        has_ended = self._has_ended or isinstance(error, KeyboardInterrupt)
        self._set(dict.fromkeys(self._before, signal.SIG_IGN) if has_ended else self._before)

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
