"""Starts programs at a pseudo-terminal, as a person or an `expect` script meets them."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.programs import COPIES, ROOT, TIMEOUT, environment

if os.name != "posix":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import pty
import termios

import pexpect
import ptyprocess


class _TerminalOfCopy(ptyprocess.PtyProcess):
    """The terminal of a copy, of which another process is the parent: it tells how it ended."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        ours, theirs = pty.openpty()
        ptyprocess.ptyprocess._setwinsize(ours, 24, 80)
        self.modes = termios.tcgetattr(ours)  # before anybody can change them
        self._copy = COPIES.start(arguments, env, theirs, theirs, theirs, terminal=True)
        os.close(theirs)
        super().__init__(self._copy.pid, ours)

    def isalive(self) -> bool:
        return self._note(self._copy.poll())

    def wait(self) -> int | None:
        self._note(self._copy.wait())
        return self.exitstatus

    def _note(self, status: int | None) -> bool:
        """Write down how it ended; return whether it still runs."""
        if status is None:
            return True
        self.terminated = True
        self.status = status
        self.exitstatus, self.signalstatus = (None, -status) if status < 0 else (status, None)
        return False


class _Copied(pexpect.spawn):
    """A copy at a terminal of its own, with all that `pexpect.spawn` has."""

    def _spawnpty(self, args: list[bytes], *, env: Any, **_: object) -> _TerminalOfCopy:
        terminal = _TerminalOfCopy([word.decode() for word in args[1:]], env)
        self.modes = terminal.modes
        return terminal


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
    """Start a program from a shell at a terminal. `how_it_ended` reads what the shell says then.

    A copy has no shell: the terminal itself is asked.
    """
    program = shlex.join([sys.executable, *arguments])
    line = (
        f'modes=$(stty -g); {program}; echo "status $?"; '
        '[ "$modes" = "$(stty -g)" ]; echo "modes $?"'
    )
    variables = {"TERM": "xterm"} | variables
    copied = COPIES.serve(arguments, environment(**variables), ROOT)
    command = (sys.executable, arguments) if copied else ("/bin/sh", ("-c", line))
    with _at_terminal(*command, variables) as shell:
        yield shell


def how_it_ended(shell: pexpect.spawn) -> tuple[int, bool]:
    """Wait for the program's end; return its status, and whether the terminal is as it was."""
    if isinstance(shell, _Copied):
        shell.expect(pexpect.EOF)
        return shell.wait(), termios.tcgetattr(shell.child_fd) == shell.modes
    shell.expect(r"status (\d+)\r\nmodes (\d)\r\n")
    return int(shell.match[1]), shell.match[2] == "0"


@contextmanager
def _at_terminal(
    command: str, arguments: Sequence[str], variables: Mapping[str, str]
) -> Iterator[pexpect.spawn]:
    env = environment(**{"TERM": "dumb"} | dict(variables))
    copied = command == sys.executable and COPIES.serve(arguments, env, ROOT)
    program = (_Copied if copied else pexpect.spawn)(
        command,
        list(arguments),
        encoding="utf-8",
        codec_errors="replace",
        timeout=TIMEOUT,
        env=env,
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
        with suppress(ProcessLookupError):  # a copy is not our child: it may be gone by now
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
