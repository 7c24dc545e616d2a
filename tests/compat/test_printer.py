"""How wide the lines of the wiretap and the tour are."""

from __future__ import annotations

import shlex
import sys

import pytest

from tests.programs import environment, run

WIDTH = "from compat.printer import Printer; print(Printer().width)"


@pytest.mark.parametrize("columns", ["60", "120"])
def test_a_pipe_has_80_columns_whatever_the_window(columns):
    assert run("-c", WIDTH, env=environment(COLUMNS=columns)).stdout == "80\n"


@pytest.mark.parametrize(("pipe", "seen"), [("", 60), ("| cat", 80)], ids=["terminal", "pipe"])
def test_only_standard_output_says_whether_there_is_a_window(pipe, seen):
    """The terminal behind standard input and standard error is there in both cases."""
    pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals there")
    env = environment(TERM="xterm")
    env.pop("COLUMNS", None)
    command = f"{shlex.join([sys.executable, '-c', WIDTH])} {pipe}"
    shown = pexpect.run(shlex.join(["sh", "-c", command]), env=env, dimensions=(50, 60), timeout=20)
    assert shown.split() == [b"%d" % seen]
