"""Lets every console show every report, whatever its encoding and its width."""

from __future__ import annotations

import io
import re
import shutil
import sys
import textwrap

_FULL_WIDTH, _NARROWEST = 80, 40
_LEAST_BESIDE = 20
_HELD_SPACE = "\x00"


def write_any_character() -> None:
    r"""Let characters that the console cannot show appear as escapes, such as `\u2611`."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def window() -> int | None:
    """Return how many columns the terminal has; None if standard output is a file or a pipe."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return max(_NARROWEST, shutil.get_terminal_size().columns) if is_terminal else None


def text_width(columns: int | None = None) -> int:
    """Return how long a line of a report is. A file or a pipe gets as much as 80 columns show.

    Some consoles begin a new line after the last column, so that one stays free.
    """
    return min(columns or _FULL_WIDTH, _FULL_WIDTH) - 2


def fill(text: str, width: int, first: str = "", others: str = "") -> str:
    """Return a text in lines of that width, the first one after `first`, the rest after `others`.

    No line ends inside a word, nor inside a code span: there a space may be what a rule is about.
    """
    held = re.sub(r"`[^`]*`", lambda span: span[0].replace(" ", _HELD_SPACE), text)
    filled = textwrap.fill(
        held, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
    return filled.replace(_HELD_SPACE, " ")


def beside(head: str, text: str, columns: int | None) -> str:
    """Return a row of a table: `text` beside its head, in as many lines as the window needs.

    In a file or a pipe it is always one line.
    """
    if columns is None:
        return head + text
    width = columns - 1
    if width - len(head) >= _LEAST_BESIDE:
        return fill(text, width, head, " " * len(head))
    return f"{head.rstrip()}\n{fill(text, width, '    ', '    ')}"
