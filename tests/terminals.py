"""Starts programs at a pseudo-terminal, as a person or an `expect` script meets them."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.programs import ROOT, TIMEOUT, environment

if os.name != "posix":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import pexpect


@contextmanager
def at_terminal(*arguments: str, **variables: str) -> Iterator[pexpect.spawn]:
    """Start a program at a terminal of its own, one that can only print (`TERM=dumb`)."""
    with _at_terminal(sys.executable, arguments, variables) as program:
        yield program


@contextmanager
def at_terminal_and_pipe(arguments: str, folder: Path) -> Iterator[pexpect.spawn]:
    """Start a program at a terminal, its output in a pipe to `tee`, which writes `log`."""
    line = f"{shlex.quote(sys.executable)} {arguments} | tee {shlex.quote(str(folder / 'log'))}"
    with _at_terminal("/bin/sh", ("-c", line), {}) as program:
        program.logfile_read = io.StringIO()
        yield program


@contextmanager
def in_shell(*arguments: str, **variables: str) -> Iterator[pexpect.spawn]:
    """Start a program from a shell at a terminal. `how_it_ended` reads what the shell says then."""
    program = shlex.join([sys.executable, *arguments])
    line = (
        f'modes=$(stty -g); {program}; echo "status $?"; '
        '[ "$modes" = "$(stty -g)" ]; echo "modes $?"'
    )
    with _at_terminal("/bin/sh", ("-c", line), {"TERM": "xterm"} | variables) as shell:
        yield shell


def how_it_ended(shell: pexpect.spawn) -> tuple[int, bool]:
    """Wait for the program's end; return its status, and whether the terminal is as it was."""
    shell.expect(r"status (\d+)\r\nmodes (\d)\r\n")
    return int(shell.match[1]), shell.match[2] == "0"


@contextmanager
def _at_terminal(
    command: str, arguments: Sequence[str], variables: Mapping[str, str]
) -> Iterator[pexpect.spawn]:
    program = pexpect.spawn(
        command,
        list(arguments),
        encoding="utf-8",
        codec_errors="replace",
        timeout=TIMEOUT,
        env=environment(**{"TERM": "dumb"} | dict(variables)),
        cwd=str(ROOT),
    )
    program.delaybeforesend = None  # nothing is sent before its prompt is there
    program.ptyproc.delayafterclose = 0  # `ended` has waited; others are ended by force
    try:
        yield program
    finally:
        _end(program)


def _end(program: pexpect.spawn) -> None:
    """End a program, whatever it does, and wait until it is gone.

    pexpect's own `close` waits a tenth of a second for a program that it has killed. On a busy
    machine the program may still be there then, and `close` raises.
    """
    if program.isalive():
        program.kill(signal.SIGKILL)
        program.ptyproc.fileobj.close()  # on macOS, an end waits until somebody reads or closes
        program.wait()
    program.close()


def ended(program: pexpect.spawn) -> tuple[str, int | None]:
    """Wait for the end; return what was shown until then, and the exit status."""
    program.expect(pexpect.EOF)
    program.wait()
    program.close()
    return program.before, program.exitstatus
