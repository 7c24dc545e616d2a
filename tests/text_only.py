"""Runs a program with the streams of another window: `python -m tests.text_only KIND PROGRAM …`.

`idle` takes the classes that IDLE gives to a program (idlelib.run), without its window: what they
read and write goes through this process's own streams. `captured` collects what is printed, as
programs do that call others. PROGRAM is a file, or a module after `-m`.
"""

from __future__ import annotations

import io
import os
import runpy
import sys


class Shell:
    """What stands for IDLE's window: it knows lines of text, and nothing of bytes."""

    def __init__(self) -> None:
        self._typed = os.fdopen(0, encoding="utf-8")
        self._shown = {"stdout": 1, "stderr": 2}

    def readline(self) -> str:
        return self._typed.readline()

    def write(self, text: str, tags: str) -> int:
        os.write(self._shown[tags], text.encode())
        return len(text)

    def close(self) -> None:
        pass


def open_idle() -> None:
    from idlelib.run import StdInputFile, StdOutputFile  # noqa: PLC0415 - needs Tk

    shell = Shell()
    sys.stdin = StdInputFile(shell, "stdin")
    sys.stdout, sys.stderr = StdOutputFile(shell, "stdout"), StdOutputFile(shell, "stderr")


def capture() -> None:
    sys.stdin, sys.stdout = io.StringIO(sys.stdin.read()), io.StringIO()


def start(arguments: list[str]) -> None:
    is_module = arguments[0] == "-m"
    sys.argv = arguments[is_module:]
    if is_module:
        sys.path.insert(0, "")
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    kind, *words = sys.argv[1:]
    {"idle": open_idle, "captured": capture}[kind]()
    shown = sys.stdout
    try:
        start(words)
    finally:
        if isinstance(shown, io.StringIO):
            os.write(1, shown.getvalue().encode())
