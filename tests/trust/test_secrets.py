"""Secrets stay secret: with marked keys on every path that fails, no mark is found outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import AUTHKEY, CONFKEY, MODERN, ROOT, TIMEOUT, environment

MARK = "a-marked-secret"
NOBODY_THERE = (*MODERN, "--server", "--bind", "no-such-host.invalid")


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

    @pytest.mark.parametrize("program", ["bridge", "wiretap"])
    @pytest.mark.parametrize("arguments", [("--pass-phrase", MARK), (f"--pass={MARK}",), (MARK,)])
    def test_nor_do_the_programs_in_between(self, program, arguments):
        ends = {
            "bridge": ("--legacy", "listen:0", "--modern", "listen:0"),
            "wiretap": ("--listen", "0", "--forward", "localhost:1"),
        }[program]
        assert_silent(run("-m", f"compat.{program}", *ends, *arguments), 2)


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
class TestKeyFiles:
    def warnings(self, path: Path, mode: int) -> list[str]:
        """Return what is warned of when the confkey comes from a file of this mode."""
        path.write_text(MARK * 2 + "!!\n")
        path.chmod(mode)
        done = run(*NOBODY_THERE, "--confkey-file", str(path), "--authkey", AUTHKEY)
        assert done.returncode == 1, done
        assert "marked" not in done.stderr
        return [line for line in done.stderr.splitlines() if "warning" in line]

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
    def test_one_that_others_can_read_is_warned_of_once(self, tmp_path, mode):
        (warning,) = self.warnings(tmp_path / "key", mode)
        assert f"{tmp_path / 'key'} can be read by others" in warning

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_one_that_only_its_owner_can_read_is_not(self, tmp_path, mode):
        assert self.warnings(tmp_path / "key", mode) == []

    def test_a_pipe_is_no_file_of_others(self):
        pipes = "python -m modern --server --bind no-such-host.invalid --authkey-file <(echo key)"
        command = pipes.replace("python", sys.executable) + f" --confkey {CONFKEY}"
        done = subprocess.run(
            ["bash", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
            cwd=ROOT,
        )
        assert done.returncode == 1
        assert "read by others" not in done.stderr
