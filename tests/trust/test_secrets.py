"""Secrets stay secret: with marked keys on every path that fails, no mark is found outside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.programs import AUTHKEY, CONFKEY, MODERN, ROOT, TIMEOUT, environment

MARK = "a-marked-secret"


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program with nothing on standard input."""
    return subprocess.run(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=TIMEOUT,
        env=environment(**variables),
        cwd=ROOT,
    )


def assert_silent(done: subprocess.CompletedProcess[str], status: int) -> None:
    """Hold that a program ended in one line, with a status, and without the mark."""
    assert done.returncode == status, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert "marked" not in done.stdout + done.stderr


class TestWrongUse:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("--confKey", MARK, "--authkey", AUTHKEY),
            (f"--conf-key={MARK}", "--authkey", AUTHKEY),
            ("--confkey", CONFKEY, "--authkey", AUTHKEY, MARK),
            ("--confkey", "two", MARK, "--authkey", AUTHKEY),
            ("--confkey", CONFKEY, "--authkey", AUTHKEY, f"-k{MARK}"),
            ("--confkey", MARK, "--authkey"),
            ("--confkey", f"-{MARK}", "--authkey", AUTHKEY),
            ("--confkey", MARK, "--confkey-file", "x", "--authkey", AUTHKEY),
            ("--confkey", MARK),
            ("--confkey", MARK, "--authkey", MARK, "--port", "x"),
        ],
        ids=lambda arguments: arguments[0].partition("=")[0],
    )
    def test_a_misspelled_option_does_not_show_its_key(self, arguments):
        assert_silent(run(*MODERN, "--server", *arguments), 2)
