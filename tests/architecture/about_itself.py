"""`python -m tests.architecture.about_itself` says how this process is, and ends as it is told."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import TextIO


def describe() -> dict[str, object]:
    """Return what our programs can see of their start."""
    return {
        "arguments": sys.argv,
        "environment": {**os.environ} | {"_": ""},
        "files": len(os.listdir("/proc/self/fd")),
        "folder": os.getcwd(),
        "garbage": gc.isenabled(),
        "main": sys.modules["__main__"].__spec__ and sys.modules["__main__"].__spec__.name,
        "path": sys.path,
        "signals": {each.name: str(signal.getsignal(each)) for each in signal.valid_signals()
                    if isinstance(each, signal.Signals)},
        "streams": [stream(each) for each in (sys.stdin, sys.stdout, sys.stderr)],
        "the same": [sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__],
        "threads": [thread.name for thread in threading.enumerate()],
        "wakeup": signal.set_wakeup_fd(-1),
    }  # fmt: skip


def stream(text: TextIO) -> dict[str, object]:
    names = ("name", "mode", "encoding", "errors", "newlines", "line_buffering", "write_through")
    return {name: getattr(text, name) for name in names} | {
        "kinds": [type(part).__name__ for part in (text, text.buffer, text.buffer.raw)],
        "number": text.fileno(),
        "owned": text.buffer.raw.closefd,
        "raw": [text.buffer.raw.name, text.buffer.raw.mode],
        "tty": text.isatty(),
    }


def describe_seat() -> dict[str, object]:
    """Return all that a program can see of the terminal at which it starts."""
    import termios  # noqa: PLC0415 - POSIX only

    with open("/dev/tty", "rb", buffering=0) as terminal:
        group = os.tcgetpgrp(terminal.fileno())
    itself = os.getpid()
    return {
        "leads": [
            os.getsid(0) == itself,
            os.getpgrp() == itself,
            os.tcgetpgrp(0) == group == itself,
        ],
        "modes": repr(termios.tcgetattr(0)),
        "size": os.get_terminal_size(0),
    }


def _thread_that_ends_last() -> None:
    threading.Thread(target=lambda: print(sys.stdin.readline(), end="")).start()


def _no_echo() -> None:
    """Leave the terminal as a program must not."""
    import termios  # noqa: PLC0415 - POSIX only

    modes = termios.tcgetattr(0)
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, modes)


def _thread_that_still_reads() -> None:
    read, write = os.pipe()
    os.dup2(read, 0)
    os.write(write, b"1")
    threading.Thread(target=sys.stdin.buffer.read, args=(2,), daemon=True).start()
    while select.select([0], [], [], 0)[0]:
        """Wait until it has got the first byte, and waits for the second one."""


def _full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    print("nobody will read this")


ENDS: dict[str, Callable[[], object]] = {
    "as it is": lambda: print(json.dumps(describe())),
    "at a terminal": lambda: print(json.dumps(describe() | describe_seat())),
    "no echo": _no_echo,
    "status 7": lambda: sys.exit(7),
    "status 300": lambda: sys.exit(300),
    "status -1": lambda: sys.exit(-1),
    "words": lambda: sys.exit("words"),
    "an error": lambda: 1 // 0,
    "a signal": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "Ctrl-C": lambda: os.kill(os.getpid(), signal.SIGINT),
    "a thread that ends last": _thread_that_ends_last,
    "a thread that still reads": _thread_that_still_reads,
    "a full disk": _full,
    "a closed output": sys.stdout.close,
}

if __name__ == "__main__":
    ENDS[sys.argv[1]]()
    sys.exit()
