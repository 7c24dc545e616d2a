"""The notebooks in a browser: what the site is made of, and that every cell runs there."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from compat.page import pyodide, wheels
from notebooks.lite import command_line, kernel, site
from notebooks.lite.errors import LiteError
from tests.notebooks import books, browser

# What a student gets --------------------------------------------------------------------------


def read_copies(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())]


def tags_of(notebook: dict[str, Any]) -> set[str]:
    return {tag for cell in notebook["cells"] for tag in cell["metadata"].get("tags", [])}


@pytest.mark.parametrize("solutions", [False, True])
def test_the_copies_have_solutions_only_for_teachers(tmp_path: Path, solutions: bool) -> None:
    names = site.write_copies(tmp_path / "contents", solutions=solutions)
    assert [Path(name).stem for name in names] == books.NAMES
    for notebook in read_copies(tmp_path / "contents"):
        assert "exercise" in tags_of(notebook)
        assert ("solution" in tags_of(notebook)) == solutions


def test_a_copy_names_the_kernel_that_a_browser_has(tmp_path: Path) -> None:
    site.write_copies(tmp_path / "contents", solutions=False)
    for notebook in read_copies(tmp_path / "contents"):
        assert notebook["metadata"]["kernelspec"]["name"] == "python"


# What the kernel loads ------------------------------------------------------------------------

PUBLIC_LOCK = {
    "info": {"python": "3.14"},
    "packages": {
        **{name: {"version": "2.0", "depends": []} for name in kernel.PUBLIC},
        "ipython": {"version": "9.12", "depends": ["Stack_Data", "pygments"]},
        "stack-data": {"version": "0.6", "depends": ["executing"]},
        "executing": {"version": "2.2", "depends": []},
        "pycryptodome": {"version": "3.23", "depends": []},
    },
}


class Written(NamedTuple):
    """A kernel's folder, the names of its packages, and what pip was asked for."""

    folder: Path
    names: list[str]
    asked: list[str]

    def packages(self) -> dict[str, dict[str, Any]]:
        packages: dict[str, dict[str, Any]] = json.loads((self.folder / kernel.LOCK).read_text())[
            "packages"
        ]
        return packages


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Write the folder, while npm and pip bring small packages of our own."""
    asked: list[str] = []

    def fetch(folder: Path) -> None:
        folder.mkdir()
        (folder / kernel.LOCK).write_text(json.dumps(PUBLIC_LOCK))

    def download(requirements: list[str], python: str, folder: Path) -> None:
        asked.extend(requirements)
        for name in requirements:
            stem, _, version = name.partition("==")
            wheels._pack(folder, stem, version or "1.0", {f"{stem.replace('-', '_')}.py": b""})

    def copy(folder: Path) -> Iterator[kernel.Locked]:
        yield kernel.Locked("piplite", wheels._pack(folder, "piplite", "0.8", {}).path)

    folder = tmp_path_factory.mktemp("kernel") / "pyodide"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "fetch_pyodide", fetch)
        patch.setattr(kernel, "_download", download)
        patch.setattr(kernel, "_copy_kernel_wheels", copy)
        return Written(folder, kernel.write_kernel(folder), asked)


def test_everything_that_is_named_lies_beside_the_lock_file(written: Written) -> None:
    assert sorted(written.packages()) == written.names
    for package in written.packages().values():
        data = (written.folder / package["file_name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == package["sha256"]
        assert set(package["depends"]) <= set(written.names)


def test_packages_come_in_the_versions_with_which_pyodide_was_tested(written: Written) -> None:
    assert {"ipython==9.12", "stack-data==0.6", "executing==2.2", "comm"} <= set(written.asked)


def test_crypto_is_ours_and_not_that_of_the_public_server(written: Written) -> None:
    brings = {name: package["imports"] for name, package in written.packages().items()}
    assert [name for name, imports in brings.items() if "Crypto" in imports] == ["browser-crypto"]
    assert brings["tilde-to-tag"] == ["compat", "legacy", "modern", "notebooks"]
    assert "browser-crypto" in written.packages()["tilde-to-tag"]["depends"]


# What can go wrong ----------------------------------------------------------------------------


def build(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["lite", *arguments])
    return command_line.main()


def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("")
    assert build(monkeypatch, str(tmp_path)) == 1
    assert capsys.readouterr().err == f"lite: {tmp_path} is not empty: give a new folder\n"


def test_a_missing_package_is_named_with_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert build(monkeypatch, str(tmp_path / "site")) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lite: jupyterlite-core and ")
    assert line.endswith("missing: python -m pip install --editable '.[lite]'")


def test_without_npm_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(pyodide.FetchError, match=r"npm is missing.*install Node\.js"):
        pyodide.fetch_pyodide(tmp_path)


def test_another_version_of_pyodide_or_a_missing_file_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []

    def pack(npm: str, folder: Path) -> Path:
        fetched.append(pyodide.PYODIDE)
        with tarfile.open(folder / "packed.tgz", "w:gz") as archive:
            for name in pyodide.FILES:
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(pyodide.PYODIDE)
                archive.addfile(member, io.BytesIO(pyodide.PYODIDE.encode()))
        return folder / "packed.tgz"

    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(pyodide, "_pack", pack)
    for version in ("pyodide@1.0", "pyodide@1.0", "pyodide@2.0"):
        monkeypatch.setattr(pyodide, "PYODIDE", version)
        pyodide.fetch_pyodide(tmp_path)
        assert {(tmp_path / name).read_text() for name in pyodide.FILES} == {version}
    assert fetched == ["pyodide@1.0", "pyodide@2.0"]
    (tmp_path / pyodide.FILES[0]).unlink()
    pyodide.fetch_pyodide(tmp_path)
    assert fetched[2:] == ["pyodide@2.0"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (pyodide.fetch_pyodide, "npm could not fetch pyodide.*: E404"),
        (lambda folder: kernel._download(["no-such"], "3.14", folder), "pip could not .*: E404"),
    ],
    ids=["npm", "pip"],
)
def test_what_cannot_be_fetched_is_one_line_with_the_last_word_of_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any, expected: str
) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "a notice\nE404 not found\n")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises((LiteError, pyodide.FetchError), match=expected):
        call(tmp_path)


def test_of_a_long_report_the_error_is_told() -> None:
    said = "copy\nTraceback\nRuntimeError: no server\n    install it\nand try again\n"
    assert site.find_reason(said) == "RuntimeError: no server"
    assert site.find_reason("only this\n") == "only this"
    assert site.find_reason("") == "no reason given"


def test_wrong_use_ends_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(monkeypatch) == 2


# In Chromium ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site, and serve it."""
    browser.require("jupyterlite_core", "npm")
    folder = tmp_path_factory.mktemp("lite") / "site"
    command = [sys.executable, "-m", "notebooks.lite", str(folder)]
    done = subprocess.run(
        command, cwd=books.FOLDER.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    browser.show_app(folder / "jupyter-lite.json")
    with browser.serve(folder) as url:
        yield url


@pytest.mark.soak
@pytest.mark.timeout(2 * browser.RUN_SECONDS)
@pytest.mark.parametrize("name", books.NAMES)
def test_every_cell_runs_in_a_browser(name: str, address: str) -> None:
    with browser.chromium() as chromium:
        page = chromium.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{address}/lab/index.html?path={name}.ipynb")
        assert browser.failures(browser.run_all(page)) == []
    elsewhere = [url for url in requests if not url.startswith((address, "data:", "blob:"))]
    assert elsewhere == []


@pytest.fixture(scope="module")
def lab_page() -> Iterator[Callable[[str], str]]:
    browser.require("jupyterlab")
    with browser.jupyterlab(books.FOLDER) as address_of:
        yield address_of


@pytest.mark.soak
@pytest.mark.timeout(2 * browser.RUN_SECONDS)
@pytest.mark.parametrize("name", books.NAMES)
def test_every_cell_runs_in_jupyterlab(name: str, lab_page: Callable[[str], str]) -> None:
    with browser.chromium() as chromium:
        page = chromium.new_page()
        page.goto(lab_page(name))
        assert browser.failures(browser.run_all(page)) == []
