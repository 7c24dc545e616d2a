"""The first cell: ready in a checkout, and elsewhere with a package from an explicit place only."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from tests.notebooks import books

SETUP = """\
import os
import sys

# Only this file, without its folder? Your teacher says what to write here.
SOURCE = os.environ.get("TILDE_TO_TAG", "..")
sys.path.insert(0, os.path.abspath(".."))  # the project, if this is in it
try:
    import legacy.guessing
except ImportError:
    if sys.platform == "emscripten":  # Python in a browser
        await __import__("micropip").install(SOURCE)
    else:
        %pip install --quiet "{SOURCE}"
    import legacy.guessing  # not found? Set SOURCE above, and run this again"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False
    yield shell
    InteractiveShell.clear_instance()


class Pip:
    """In the place of pip: notes what it is asked for. Then the package is there, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self._monkeypatch = monkeypatch
        self.asked: list[str] = []

    def hide(self) -> None:
        for name in ("legacy", "legacy.guessing"):
            self._monkeypatch.setitem(sys.modules, name, None)

    def install(self, place: str) -> None:
        self.asked.append(place)
        if place != "missing.whl":
            for name in ("legacy", "legacy.guessing"):
                self._monkeypatch.setitem(sys.modules, name, types.ModuleType(name))

    def run(self, command: str) -> None:
        words = command.split(" -m pip install --quiet ")[1]
        self.install(words.strip('"'))

    async def install_in_a_browser(self, place: str) -> None:
        self.install(place)


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: InteractiveShell) -> Pip:
    """Stand in a directory without a checkout, where nothing is installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TILDE_TO_TAG", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    pip = Pip(monkeypatch)
    pip.hide()
    monkeypatch.setattr(kernel, "system", pip.run)
    return pip


def set_up(kernel: InteractiveShell) -> ExecutionResult:
    return kernel.run_cell(SETUP)


@pytest.mark.parametrize("name", books.NAMES)
def test_each_notebook_begins_with_it(name: str) -> None:
    (cell,) = books.tagged(books.read(name), "setup")
    assert cell.source == SETUP


def test_in_a_checkout_nothing_is_installed(
    pip: Pip, kernel: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("legacy", "legacy.guessing"):
        monkeypatch.delitem(sys.modules, name)
    elsewhere = [place for place in sys.path if not (Path(place) / "legacy/protocol.py").is_file()]
    monkeypatch.setattr(sys, "path", elsewhere)
    monkeypatch.chdir(books.FOLDER)
    assert set_up(kernel).success
    assert pip.asked == []
    found = Path(str(sys.modules["legacy.guessing"].__file__))
    assert found == books.FOLDER.parent / "legacy/guessing.py"


def test_the_folder_of_the_notebook_goes_before_what_is_installed(
    pip: Pip, kernel: InteractiveShell
) -> None:
    set_up(kernel)
    assert sys.path[0] == str(Path.cwd().parent)


def test_without_its_libraries_a_checkout_is_what_is_installed(
    pip: Pip, kernel: InteractiveShell
) -> None:
    assert set_up(kernel).success
    assert pip.asked == [".."]


def test_the_package_comes_from_the_place_that_is_named(
    pip: Pip, kernel: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILDE_TO_TAG", "my lab/tilde_to_tag.whl")
    assert set_up(kernel).success
    assert pip.asked == ["my lab/tilde_to_tag.whl"]


def test_a_place_that_cannot_be_installed_from_leads_to_the_line_that_says_what_to_do(
    pip: Pip,
    kernel: InteractiveShell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TILDE_TO_TAG", "missing.whl")
    result = set_up(kernel)
    assert isinstance(result.error_in_exec, ModuleNotFoundError)
    assert "Set SOURCE above, and run this again" in capsys.readouterr().out
    assert pip.asked == ["missing.whl"]


def test_in_a_browser_micropip_installs_it(
    pip: Pip, kernel: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    micropip = types.ModuleType("micropip")
    monkeypatch.setattr(micropip, "install", pip.install_in_a_browser, raising=False)
    monkeypatch.setitem(sys.modules, "micropip", micropip)
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setenv("TILDE_TO_TAG", "https://host/tilde_to_tag.whl")
    assert set_up(kernel).success
    assert pip.asked == ["https://host/tilde_to_tag.whl"]


# With a real pip -----------------------------------------------------------------------------


def run_elsewhere(python: Path, folder: Path, after: str, **variables: str) -> tuple[int, str]:
    """Run the cell in a kernel's shell of its own; return its exit status and what it printed."""
    cell = f"{SETUP}\n{after}"
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"done = InteractiveShell().run_cell({cell!r})\n"
        "raise SystemExit(not done.success)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", program],
        cwd=folder,
        env={**environment, "HOME": str(folder), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with what a kernel needs, and nothing of ours."""
    venv = pytest.importorskip("venv", reason="the embeddable Python of Windows has none")
    folder = tmp_path_factory.mktemp("hosted")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "ipython"], check=True)
    return python


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_without_a_source_no_index_is_asked(empty: Path, tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "0", "NO_COLOR": "1"}
    status, said = run_elsewhere(empty, tmp_path / "notebooks", "", **nowhere)
    assert status == 1
    assert "Directory '..' is not installable" in said
    assert "Set SOURCE above, and run this again" in said
    assert "127.0.0.1" not in said


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_wheel_is_all_that_an_empty_environment_needs(empty: Path, tmp_path: Path) -> None:
    """With a package index for what the package depends on, and never for the package itself.

    The folder is called as one of our packages: that alone must not hide the package.
    """
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels)]
    subprocess.run([*build, str(books.FOLDER.parent)], check=True)
    (wheel,) = wheels.glob("tilde_to_tag-*.whl")
    (tmp_path / "notebooks").mkdir()
    after = (
        "import legacy.protocol, modern.protocol\n"
        "import notebooks.lab, notebooks.figures, notebooks.checks.third_chat\n"
        "print('ready')"
    )
    status, said = run_elsewhere(empty, tmp_path / "notebooks", after, TILDE_TO_TAG=str(wheel))
    assert status == 0, said
    assert said.endswith("ready\n")
