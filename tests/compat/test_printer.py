"""How wide the lines of the wiretap and the tour are; many at once are printed as one by one."""

from __future__ import annotations

import os
import shlex
import sys
from io import StringIO

import pytest
from rich.console import Console
from rich.style import Style
from rich.text import Text

from compat import printer
from compat.printer import Printer
from tests.programs import environment

WIDTH = "from compat.printer import Printer; print(Printer().width)"


@pytest.mark.parametrize("columns", ["60", "120"])
def test_a_pipe_has_80_columns_whatever_the_window(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert Printer().width == 80
        monkeypatch.undo()


@pytest.mark.parametrize(("pipe", "seen"), [("", 60), ("| cat", 80)], ids=["terminal", "pipe"])
def test_only_standard_output_says_whether_there_is_a_window(pipe, seen):
    """The terminal behind standard input and standard error is there in both cases."""
    pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals there")
    env = environment(TERM="xterm")
    env.pop("COLUMNS", None)
    command = f"{shlex.join([sys.executable, '-c', WIDTH])} {pipe}"
    shown = pexpect.run(shlex.join(["sh", "-c", command]), env=env, dimensions=(50, 60), timeout=20)
    assert shown.split() == [b"%d" % seen]


LINES = [
    Text("as it is: [bold]no markup[/bold] :smile: 12:00"),
    Text.assemble(
        "    IV        ", ("A", Style(color="#000000", bgcolor="#e69f00")), (" 00ff", "")
    ),
    Text("x" * 200, "bold underline"),
    Text(""),
    Text.assemble(("☒ ", "bold reverse"), "and 猫 "),
]


@pytest.mark.parametrize("coloured", [False, True])
def test_many_lines_at_once_are_printed_as_one_by_one(monkeypatch, tmp_path, coloured):
    monkeypatch.setenv("FORCE_COLOR" if coloured else "NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    wanted = StringIO()
    console = Console(
        file=wanted, force_terminal=coloured, width=80, highlight=False, soft_wrap=True
    )
    for line in LINES:
        console.print(line, markup=False)
    with (tmp_path / "screen").open("w", encoding="utf-8") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        ours = Printer()
        assert ours.is_terminal == coloured
        ours.print(*LINES)
    assert ("\x1b[" in wanted.getvalue()) == coloured
    assert (tmp_path / "screen").read_text(encoding="utf-8") == wanted.getvalue()


@pytest.mark.parametrize("obeys", [True, False])
def test_a_window_that_obeys_no_escape_sequences_gets_none(monkeypatch, tmp_path, obeys):
    """An old console of Windows would show them as text."""
    monkeypatch.setattr(printer, "obeys_sequences", lambda window: obeys)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    with (tmp_path / "screen").open("w", encoding="utf-8") as screen:
        monkeypatch.setattr(screen, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdout", screen)
        Printer().print(*LINES)
    assert ("\x1b[" in (tmp_path / "screen").read_text(encoding="utf-8")) == obeys
