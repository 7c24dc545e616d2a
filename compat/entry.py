"""What the programs of this package do alike: read arguments, tell a person, end with a status."""

from __future__ import annotations

import sys
from collections.abc import Callable

from compat.errors import CompatError
from modern.errors import ModernError, UsageError
from modern.p2p_encryption import INTERRUPTED


def report(program: str, line: str) -> None:
    """Tell the person something: one line on standard error, if there is one."""
    if sys.stderr is None:
        return
    try:
        print(f"{program}: {line}", file=sys.stderr, flush=True)
    except OSError:  # nobody there to be told, now or when Python flushes at its end
        sys.stderr = None


def run(program: str, work: Callable[[], None]) -> int:
    """Do the program's work; turn what went wrong into one line and the exit status.

    0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C.
    """
    try:
        work()
    except UsageError as error:
        report(program, str(error))
        return 2
    except (ModernError, CompatError) as error:
        report(program, str(error))
        return 1
    except KeyboardInterrupt:
        report(program, "ended with Ctrl-C")
        return INTERRUPTED
    return 0
