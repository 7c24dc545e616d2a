"""How programs start, and the one line that they say if they cannot.

An old Python must be able to read this file, `__init__.py` and each `__main__.py`: only then can it
say that it is too old. So these files have no annotations and no f-strings.
"""

import atexit
import importlib
import signal
import sys

OLDEST = (3, 10)


def check_python():
    # type: () -> None
    """End the program with one line if this Python is too old."""
    if sys.version_info < OLDEST:
        versions = sys.version_info[:2] + OLDEST
        sys.exit(
            "Python %d.%d is too old: this needs Python %d.%d or newer. " % versions
            + "It was started by %s; see README.md, Troubleshooting" % (sys.executable,)
        )


def run(module, interrupted=130):
    # type: (str, int) -> int
    """Load a module and call its `main`; return the exit status of the program."""
    try:
        try:
            return _run(module)
        finally:
            # Ctrl-C while Python cleans up would print a traceback. In IDLE, Python goes on.
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # Ctrl-C while the program loads
        return interrupted


def _run(module):
    # type: (str) -> int
    try:
        program = importlib.import_module(module)
    except (ImportError, OSError) as error:
        from modern.missing import explain

        sys.exit(explain(error))
    return int(program.main())
