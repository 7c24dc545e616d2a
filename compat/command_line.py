"""What all programs in this package share: they end with a line and an exit status."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from compat.errors import CompatError
from modern import command_line
from modern.errors import ModernError, UsageError


def run(program: str, work: Callable[[], None]) -> int:
    """Do the program's work; report an error as one line, and return the exit status.

    The status is 0 if done, 1 if failed, 2 if used wrongly, 130 after Ctrl-C, 143 after SIGTERM and
    129 after SIGHUP.
    """
    failures = (ModernError, CompatError)
    return command_line.run(program, work, failures, interrupted="ended with Ctrl-C")


def find_passphrase(
    arguments: argparse.Namespace, variable: str, warn: Callable[[str], None]
) -> str:
    """Return the legacy chat's passphrase, found as `find_secret` does. Raises UsageError.

    A legacy program makes its key from UTF-8, and so has no key for anything else.
    """
    passphrase = command_line.find_secret(arguments, "passphrase", variable, warn)
    try:
        passphrase.encode()
    except UnicodeEncodeError:
        raise UsageError(
            "the passphrase is not UTF-8, and no legacy program can have such a one: convert it"
        ) from None
    return passphrase
