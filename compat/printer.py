"""Coloured lines for a terminal, the same lines as plain text for anything else."""

from __future__ import annotations

import shutil
import sys
from io import StringIO
from typing import Any, cast

from rich.console import Console
from rich.text import Text

from modern.console import unbuffered, write_text
from modern.devices import obeys_sequences
from modern.streams import encoding_of

NO_TERMINAL = 80
"""The width for a file or a pipe. It does not matter how wide the user's terminal is."""


class Printer:
    """Writes lines to standard output, and reports if that fails."""

    def __init__(self) -> None:
        self._stream = unbuffered(sys.stdout)
        is_window = sys.stdout is not None and sys.stdout.isatty()
        obeys = not is_window or obeys_sequences(sys.stdout)
        seen = Console()
        self.is_terminal = seen.is_terminal
        """Whether standard output is a terminal."""
        self.width = shutil.get_terminal_size().columns if is_window else NO_TERMINAL
        """The columns of the terminal that standard output is."""
        self._rendered = StringIO()
        self._console = Console(
            file=self._rendered,
            force_terminal=seen.is_terminal,
            color_system=cast(Any, seen.color_system) if obeys else None,
            no_color=seen.no_color,
            legacy_windows=False,
            width=self.width,
            highlight=False,
            soft_wrap=True,
        )

    def print(self, *lines: Text | str) -> None:
        """Write lines, longer ones wrapped by the terminal. Raises modern.errors.ConsoleError."""
        text = self._render(lines) if self.is_terminal else "".join(f"{line}\n" for line in lines)
        encoded = text.encode(encoding_of(sys.stdout), errors="backslashreplace")
        write_text(self._stream, encoded)

    def _render(self, lines: tuple[Text | str, ...]) -> str:
        self._console.print(*lines, sep="\n", markup=False)
        text = self._rendered.getvalue()
        self._rendered.seek(0)
        self._rendered.truncate()
        return text
