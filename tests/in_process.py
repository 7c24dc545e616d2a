"""Runs a program's `main` in this process: for all that a process of its own would not show better.

A process takes a tenth of a second of processor time, mostly for its imports. What a program
answers to its command line is the same here. That it answers so as a process, too, one test of each
program shows.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Mapping
from unittest import mock

from modern import command_line
from tests.programs import environment


def run_main(
    main: Callable[[], int],
    *arguments: str,
    typed: str = "",
    encoding: str = "utf-8",
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with `typed` as all of its input and no terminal.

    `encoding` is that of the console; `variables` are added to the environment.
    """
    stdin, stdout, stderr = (
        io.TextIOWrapper(io.BytesIO(text.encode(encoding)), encoding=encoding, newline="")
        for text in (typed, "", "")
    )
    with (
        mock.patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr, path=[*sys.path]),
        mock.patch.object(sys, "argv", ["program", *arguments]),
        mock.patch.object(command_line, "CALLED_AS", ""),
        mock.patch.object(command_line, "_reporting", command_line._Reporting()),
        mock.patch.dict("os.environ", environment(**(variables or {})), clear=True),
    ):
        status = _status_of(main)
    return subprocess.CompletedProcess(arguments, status, *map(_text, (stdout, stderr)))


def _status_of(main: Callable[[], int]) -> int:
    try:
        return main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    shown: bytes = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return shown.decode(stream.encoding)
