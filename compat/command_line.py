"""What all programs in this package share: they end with a line and an exit status."""

from __future__ import annotations

from collections.abc import Callable

from compat.errors import CompatError
from modern import command_line
from modern.errors import ModernError


def run(program: str, work: Callable[[], None]) -> int:
    """Do the program's work; report an error as one line, and return the exit status.

    The status is 0 if done, 1 if failed, 2 if used wrongly, 130 after Ctrl-C, 143 after SIGTERM and
    129 after SIGHUP.
    """
    failures = (ModernError, CompatError)
    return command_line.run(program, work, failures, interrupted="ended with Ctrl-C")
