"""What all programs in this package share: how one ends, with a line and a status."""

from __future__ import annotations

from collections.abc import Callable

from compat.errors import CompatError
from modern import command_line
from modern.errors import ModernError


def run(program: str, work: Callable[[], None]) -> int:
    """Do the program's work; turn what went wrong into one line and the exit status.

    0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
    """
    failures = (ModernError, CompatError)
    return command_line.run(program, work, failures, interrupted="ended with Ctrl-C")
