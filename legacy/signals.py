"""Signals that end a program as Ctrl-C does: what was sent still arrives, no traceback is shown.

`kill` and `timeout` send SIGTERM. A closed terminal and a lost login send SIGHUP. Ctrl with a
backslash sends SIGQUIT. A limit on processor time (`ulimit -t`) sends SIGXCPU. On Windows,
Ctrl-Break and a closed console send SIGBREAK. When the console is closed, Windows may end the
program before it can do anything. Nothing can be done about SIGKILL or a power cut.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from types import TracebackType
from typing import Any

ENDING = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGBREAK")
"""The names of these signals. Each system has some of them."""

_PAUSE_SECONDS = 0.01
"""After this time, a signal that nobody has heeded is sent once more."""


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

    A signal may come while Python runs code that cannot fail, such as the callback of a weak
    reference. There, Python drops what is raised. Or it may come just before the system begins to
    wait for input: Python looks for signals again only after that. Such a signal is sent once more.

    Or it may come in the midst of code that is not made for it, such as the start of a thread. What
    this code then raises is replaced by what the signal had raised.
    """

    def __enter__(self) -> None:
        """Take the signals."""
        numbers = [getattr(signal, name) for name in ("SIGINT", *ENDING) if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        usual = (signal.SIG_DFL, signal.default_int_handler)
        self._before = {number: before[number] for number in numbers if before[number] in usual}
        self._raised: KeyboardInterrupt | None = None
        self._main, self._is_over = _thread.get_ident(), False
        self._report, sys.unraisablehook = sys.unraisablehook, self._dropped
        self._set(dict.fromkeys(self._before, self._end))
        self._waking = self._begin_to_watch()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the old handlers. If a signal has come, ignore all further ones until the end."""
        self._is_over = True
        self._set(dict.fromkeys(self._before, signal.SIG_IGN) if self._raised else self._before)
        sys.unraisablehook = self._report
        if self._waking is not None:
            signal.set_wakeup_fd(self._woken_before)
            os.close(self._waking)
        if self._raised and isinstance(error, Exception) and _follows(error, self._raised):
            raise self._raised from None

    def _end(self, number: int, frame: object) -> None:
        if self._raised:
            return
        self._number = signal.Signals(number)
        self._raised = KeyboardInterrupt() if number == signal.SIGINT else Terminated(number)
        raise self._raised

    def _dropped(self, unraisable: Any) -> None:
        """Python calls this with each exception that it drops."""
        if self._raised is None or unraisable.exc_value is not self._raised:
            self._report(unraisable)
        else:
            self._raised = None
            _thread.start_new_thread(self._send_again, ())

    def _send_again(self) -> None:
        time.sleep(_PAUSE_SECONDS)
        if self._is_over:
            return
        if hasattr(signal, "pthread_kill"):  # this one also ends a wait
            signal.pthread_kill(self._main, self._number)
        else:
            _thread.interrupt_main(self._number)

    def _begin_to_watch(self) -> int | None:
        """Let a thread see each signal; return what Python writes their numbers to."""
        if os.name != "posix" or not self._before:
            return None
        try:
            watched, waking = os.pipe()
        except OSError:  # too many open files: the program will say so itself
            return None
        try:
            _thread.start_new_thread(self._watch, (watched,))
        except RuntimeError:  # no more threads, or, as in a browser, none at all
            os.close(watched)
            os.close(waking)
            return None
        os.set_blocking(waking, False)
        self._woken_before = signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        return waking

    def _watch(self, watched: int) -> None:
        while number := os.read(watched, 1):
            time.sleep(_PAUSE_SECONDS)
            if number[0] in self._before and not (self._raised or self._is_over):
                signal.pthread_kill(self._main, number[0])
        os.close(watched)

    def _set(self, handlers: dict[int, Any]) -> None:
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        except ValueError:  # not the main thread: Python heeds no signals here
            self._before = {}


def _follows(error: BaseException | None, cause: BaseException) -> bool:
    """Return whether an exception was raised while another one was on its way."""
    while error and error is not cause:
        error = error.__context__
    return error is cause
