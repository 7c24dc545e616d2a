"""The first cell: ready in a checkout, and elsewhere with a package from an explicit place only."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellExecutionError

from tests.notebooks import books

SETUP = books.tagged(books.read(books.NAMES[0]), "setup")[0].source
PIP = [sys.executable, "-m", "pip", "install", "--quiet"]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in a directory without a checkout, where nothing is installed; note what is run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TILDE_TO_TAG", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    commands: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: run_pip(command, commands))
    return commands


def run_pip(command: list[str], commands: list[list[str]]) -> subprocess.CompletedProcess[bytes]:
    commands.append(command)
    failed = command[-2].endswith("missing.whl")
    said = b"WARNING: something\nERROR: no such file\n" if failed else b""
    return subprocess.CompletedProcess(command, int(failed), b"", said)


def set_up() -> str:
    """Run the cell; return the one line that it stops with, or nothing."""
    cell: dict[str, Any] = {}
    try:
        exec(SETUP, cell)
    except cell["SetupError"] as stop:
        (line,) = stop._render_traceback_()
        assert "\n" not in line
        return str(line)
    return ""


def test_in_a_checkout_nothing_is_installed(
    alone: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(books.FOLDER)
    assert set_up() == ""
    assert not alone


def test_without_a_source_it_says_what_to_do_and_asks_no_index(alone: list[list[str]]) -> None:
    assert set_up() == "Set SOURCE above as your teacher says. Run again."
    assert not alone


def test_the_package_comes_from_the_place_that_is_named(
    alone: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILDE_TO_TAG", "lab/tilde_to_tag.whl")
    assert set_up() == ""
    assert alone == [[*PIP, "lab/tilde_to_tag.whl", "matplotlib"]]


def test_a_checkout_above_goes_first(
    alone: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILDE_TO_TAG", "lab/tilde_to_tag.whl")
    monkeypatch.chdir(books.FOLDER)
    assert set_up() == ""
    assert alone == [[*PIP, str(books.FOLDER.parent), "matplotlib"]]


def test_a_place_that_cannot_be_installed_from_is_one_line(
    alone: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILDE_TO_TAG", "missing.whl")
    assert set_up() == "Could not install from missing.whl: ERROR: no such file"
    assert len(alone) == 1


def test_a_mere_folder_of_that_name_is_not_the_package(
    alone: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (tmp_path / "notebooks").mkdir()
    cell: dict[str, Any] = {}
    exec(SETUP, cell)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "notebooks", raising=False)
    assert cell["is_missing"]("notebooks")


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_in_a_kernel_the_line_is_all_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TILDE_TO_TAG", raising=False)
    notebook = books.read(books.NAMES[0])
    (cell,) = books.tagged(notebook, "setup")
    cell.source = f"import importlib.util\nimportlib.util.find_spec = lambda name: None\n{SETUP}"
    notebook.cells = [cell]
    with pytest.raises(CellExecutionError):
        books.run(notebook, tmp_path)
    cell.metadata["tags"] = ["raises-exception"]
    (output,) = books.run(notebook, tmp_path).cells[0].outputs
    assert output.traceback == ["Set SOURCE above as your teacher says. Run again."]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_wheel_is_all_that_an_empty_environment_needs(tmp_path: Path) -> None:
    """With a package index for what the package depends on, and never for the package itself."""
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels)]
    subprocess.run([*build, str(books.FOLDER.parent)], check=True)
    (wheel,) = wheels.glob("tilde_to_tag-*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = tmp_path / "empty" / scripts / "python"
    imports = "import legacy.protocol, modern.protocol, notebooks.checks.third_chat, matplotlib"
    after = f"{imports}\nprint('ready')"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", f"{SETUP}\n{after}"],
        cwd=wheels,
        env={**environment, "TILDE_TO_TAG": str(wheel)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr
