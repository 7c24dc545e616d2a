"""The streams of the line editor: what was typed, what is to be shown, and the terminal itself."""

from __future__ import annotations

import io
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from modern.console import write_text


class Typed(io.RawIOBase):
    """What was typed: a stream of lines, each with its newline. `select` can wait for it.

    A simple pipe is not enough: if nobody reads it, it becomes full and stops the editor.
    """

    def __init__(self) -> None:
        self._lines: deque[bytes | Exception] = deque()
        self._news = threading.Condition()
        self._watched, self._signal = os.pipe()  # has a byte in it while there are lines

    def isatty(self) -> bool:
        """Return True: a person types this."""
        return True

    def fileno(self) -> int:
        """Return a descriptor that can be read when something was typed."""
        return self._watched

    def put(self, lines: bytes | Exception) -> None:
        """Add lines. Empty bytes, or an exception, mean the end."""
        with self._news:
            if not self._lines:
                os.write(self._signal, b"!")
            self._lines.append(lines)
            self._news.notify_all()

    def read(self, size: int = -1) -> bytes:
        """Return the next lines, whatever their size, as soon as there are any."""
        with self._news:
            self._news.wait_for(lambda: self._lines)
            lines = self._lines[0]
            if isinstance(lines, Exception):
                raise lines
            if lines:  # an end stays the end
                self._lines.popleft()
                if not self._lines:
                    os.read(self._watched, 1)
            return lines


class Shown(io.RawIOBase):
    """What is to be shown: a stream of text that arrives, in any pieces."""

    def __init__(self, show: Callable[[str], None]):
        self._show = show

    def isatty(self) -> bool:
        """Return True: a person reads this."""
        return True

    def write(self, text: Any) -> int:
        """Show all of it, and wait until it is shown."""
        self._show(bytes(text).decode(errors="backslashreplace"))
        return len(text)


class Screen(io.TextIOBase):
    """The terminal, for the line editor. While it is held, output waits, then appears all at once.

    Unlike `sys.stdout`, it has no lock, and no buffer that Python flushes when it ends.
    """

    encoding = "utf-8"
    """Of what is written here. The stream below converts it if the terminal needs another."""

    def __init__(self, stdout: BinaryIO | None, *, can_hold: bool):
        """Take the raw terminal. Without `can_hold`, everything is written at once."""
        self._stdout, self._can_hold = stdout, can_hold
        self._held: list[str] | None = None

    def isatty(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the terminal's descriptor."""
        return self._stdout.fileno() if self._stdout else -1

    def write(self, text: str) -> int:
        """Write all of it, now or when it is released. Raises ConsoleError."""
        if self._held is None:
            write_text(self._stdout, text.encode(errors="backslashreplace"))
        else:
            self._held.append(text)
        return len(text)

    def release(self) -> None:
        """Write what was held. Raises ConsoleError."""
        held, self._held = self._held, None
        if held:
            self.write("".join(held))

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep what is written inside the block, and write it at its end. Raises ConsoleError."""
        self._held = [] if self._can_hold else None
        try:
            yield
        finally:
            self.release()
