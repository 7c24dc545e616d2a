"""What the wiretap and the tour share as programs: options, one line for an error, exit status."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from typing import NoReturn

from compat.errors import CompatError
from modern.errors import ModernError, UsageError
from modern.p2p_encryption import INTERRUPTED


class Parser(argparse.ArgumentParser):
    """A command line on which wrong use raises UsageError instead of leaving the program."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message}; see --help")


def report(program: str, line: str) -> None:
    """Tell the person something: one line on standard error, if there is one."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):  # nobody there to be told
        print(f"{program}: {line}", file=sys.stderr, flush=True)


def run(program: str, work: Callable[[], None]) -> int:
    """Run a program; turn ModernError, CompatError and Ctrl-C into one line and the exit status."""
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
