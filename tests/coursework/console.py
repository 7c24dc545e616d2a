"""Lets every console show every report, whatever its encoding."""

from __future__ import annotations

import io
import sys


def write_any_character() -> None:
    r"""Let characters that the console cannot show appear as escapes, such as `\u2611`."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
