"""Whatever a test starts, what this run remembers of scrypt is still there afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import remembering
from tests.programs import ROOT


@pytest.mark.soak
def test_a_run_inside_a_run_removes_nothing():
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", __file__]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    assert Path(os.environ[remembering.FOLDER]).is_dir()


def test_the_one_that_made_the_folder_removes_it(monkeypatch):
    monkeypatch.delenv(remembering.FOLDER)
    remove = remembering.make_folder()
    folder = Path(os.environ[remembering.FOLDER])
    remembering.make_folder()()
    assert folder.is_dir()
    remove()
    assert not folder.exists()
    assert remembering.FOLDER not in os.environ


def test_what_is_remembered_is_what_scrypt_makes(monkeypatch, tmp_path):
    monkeypatch.setenv(remembering.FOLDER, str(tmp_path))
    calls = []

    def scrypt(*arguments, **settings):
        calls.append((arguments, settings))
        return b"%d" % len(calls)

    remembered = remembering.remembering(scrypt)
    assert [remembered(b"one", N=2), remembered(b"one", N=2), remembered(b"one", N=4)] == [
        b"1", b"1", b"2",
    ]  # fmt: skip
    assert len(calls) == 2
