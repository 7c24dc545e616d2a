"""How the programs of this package start, and the one line that they print if they cannot start.

An old Python must be able to read this file, `__init__.py` and both programs: only then can it say
that it is too old. So these files have no annotations and no f-strings.
"""

import atexit
import importlib
import signal
import sys

OLDEST = (3, 10)
INTERRUPTED = 255
"""Exit status after Ctrl-C. The original calls `exit(-1)`, which becomes 255."""


def check_python():
    # type: () -> None
    """End the program with one line if this Python is too old."""
    if sys.version_info < OLDEST:
        sys.exit(
            "Python %d.%d is too old: this needs Python %d.%d or newer. "
            % (sys.version_info[:2] + OLDEST)
            + "It was started by %s; see README.md, Troubleshooting" % (sys.executable,)
        )


def run(module, function):
    # type: (str, str) -> int
    """Load a module and call its function; return the exit status of the program."""
    try:
        try:
            return _run(module, function)
        finally:
            # Ctrl-C while Python cleans up would print a traceback. In IDLE, Python goes on.
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # Ctrl-C while the program loads
        return INTERRUPTED


def _run(module, function):
    # type: (str, str) -> int
    try:
        program = getattr(importlib.import_module(module), function)
    except ImportError as error:
        sys.exit(explain(error))
    return int(program())


def explain(error):
    # type: (ImportError) -> str
    """Return one line about a library that is not there: what to do."""
    name = str(error.name or "").partition(".")[0]
    if name in ("", "legacy"):
        return "%s: a part of this project is missing or too old; copy all of it" % (error,)
    return "%s for %s: activate the environment, or type " % (
        error,
        sys.executable,
    ) + '"%s -m pip install %s"; see README.md, Troubleshooting' % (sys.executable, name)
