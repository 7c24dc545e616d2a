"""Starts programs at a pseudo-terminal, as a person or an `expect` script meets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.programs import ROOT, TIMEOUT, environment

if os.name != "posix":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

import pexpect


@contextmanager
def at_terminal(*arguments: str, **variables: str) -> Iterator[pexpect.spawn]:
    """Start a program at a terminal of its own."""
    program = pexpect.spawn(
        sys.executable,
        list(arguments),
        encoding="utf-8",
        codec_errors="replace",
        timeout=TIMEOUT,
        env=environment(TERM="dumb", **variables),
        cwd=str(ROOT),
    )
    program.delaybeforesend = None  # nothing is sent before its prompt is there
    program.ptyproc.delayafterclose = 0  # `ended` has waited; others are ended by force
    try:
        yield program
    finally:
        program.close(force=True)


def ended(program: pexpect.spawn) -> tuple[str, int | None]:
    """Wait for the end; return what was shown until then, and the exit status."""
    program.expect(pexpect.EOF)
    program.wait()
    program.close()
    return program.before, program.exitstatus
