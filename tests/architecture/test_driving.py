"""What starts the programs in all tests must not fail by itself."""

from __future__ import annotations

import os
import threading
import time

import pytest

from tests import programs
from tests.programs import TIMEOUT, Program


def test_a_program_is_left_while_it_still_talks(monkeypatch):
    """Whoever reads a stream closes it. Once, another thread did: `Bad file descriptor`."""
    read = os.read

    def read_late(descriptor: int, size: int) -> bytes:
        time.sleep(0.1)  # time enough to close it, for somebody who does
        return read(descriptor, size)

    before = set(threading.enumerate())
    monkeypatch.setattr(programs.os, "read", read_late)
    with Program("-c", "while True: print('still talking', flush=True)") as talking:
        talking.wait_for("still talking")
    for reader in set(threading.enumerate()) - before:
        reader.join(TIMEOUT)
    assert talking.process.stdout.closed
    assert talking.process.stderr.closed


def test_a_program_at_a_terminal_is_gone_however_slowly_it_ends():
    """Pexpect gives up a program that is not gone 0.1 s after it was killed: busy machines."""
    terminals = pytest.importorskip("tests.terminals", reason="no pseudo-terminals there")
    with terminals.at_terminal("-c", "input('> ')") as program:
        program.ptyproc.delayafterterminate = 0
        program.expect("> ")
    assert not program.isalive()
