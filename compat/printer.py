"""Coloured lines for a terminal, the same lines as plain text for anything else."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from modern.chat import unbuffered, write_text


class Printer:
    """Writes lines to standard output and says so when that fails."""

    def __init__(self) -> None:
        self._stream = unbuffered(sys.stdout)
        self._encoding = sys.stdout.encoding if sys.stdout else "utf-8"
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        if self._console.legacy_windows:  # colours there are calls, which cannot be written
            self._console = Console(file=sys.stdout, no_color=True, legacy_windows=False)

    @property
    def width(self) -> int:
        """The columns of the terminal, 80 where there is none."""
        return self._console.width

    @property
    def is_terminal(self) -> bool:
        """Whether somebody is looking."""
        return self._console.is_terminal

    def print(self, *lines: Text | str) -> None:
        """Write lines, longer ones wrapped by the terminal. Raises modern.errors.ConsoleError."""
        with self._console.capture() as captured:
            for line in lines:
                self._console.print(line, markup=False)
        text = captured.get().encode(self._encoding, errors="backslashreplace")
        write_text(self._stream, text)
