"""What the programs of this package do alike: read arguments, tell a person, end with a status."""

from __future__ import annotations

from collections.abc import Callable

from compat.errors import CompatError
from modern.errors import ModernError, UsageError
from modern.p2p_encryption import INTERRUPTED, report


def run(program: str, work: Callable[[], None]) -> int:
    """Do the program's work; turn what went wrong into one line and the exit status.

    0 done, 1 failed, 2 used wrongly, 130 ended with Ctrl-C.
    """
    try:
        work()
    except UsageError as error:
        report(str(error), program)
        return 2
    except (ModernError, CompatError) as error:
        report(str(error), program)
        return 1
    except KeyboardInterrupt:
        report("ended with Ctrl-C", program)
        return INTERRUPTED
    return 0
