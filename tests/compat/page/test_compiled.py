"""The page's Python is compiled when the page is built, and means the same as its text."""

from __future__ import annotations

import hashlib
import zipfile
import zipimport
from pathlib import Path

import pytest

from compat.page import command_line
from compat.page.bytecode import compile_zip
from compat.page.compiled import STANDARD, compile_site
from compat.page.pyodide import FILES, FetchError
from modern import command_line as reporting

TEXTS = {"one.py": "ANSWER = 42\n", "two.py": "ANSWER = 43\n", "words.txt": "a b c\n"}


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "text.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in TEXTS.items():
            archive.writestr(name, text)
    return path


def run(archive: Path, name: str) -> dict:
    """Run a module as Python does when it imports it from a zip."""
    names: dict = {}
    exec(zipimport.zipimporter(str(archive)).get_code(name), names)
    return names


def test_what_is_wanted_is_compiled_and_the_rest_is_as_it_was(code, tmp_path):
    new = tmp_path / "new.zip"
    compile_zip(code, new, {"one.py"}, "stamp")
    with zipfile.ZipFile(new) as archive:
        assert sorted(archive.namelist()) == ["one.pyc", "two.py", "words.txt"]
        assert archive.read("words.txt") == TEXTS["words.txt"].encode()
        assert b"ANSWER = " not in archive.read("one.pyc")
        assert archive.comment == b"stamp"
    assert [run(new, name)["ANSWER"] for name in ("one", "two")] == [42, 43]


def test_the_same_text_gives_the_same_bytes(code, tmp_path):
    made = [tmp_path / "first.zip", tmp_path / "second.zip"]
    for path in made:
        compile_zip(code, path, {"one.py"}, "stamp")
    assert made[0].read_bytes() == made[1].read_bytes()


def test_only_new_text_is_compiled(code, tmp_path, monkeypatch):
    """A server builds the page each time it starts: it is not to wait for Node.js."""
    monkeypatch.setenv("PATH", "")  # where nothing can be compiled
    site = tmp_path / "site"
    (site / "pyodide").mkdir(parents=True)
    stamp = hashlib.sha256(code.read_bytes()).hexdigest()
    for path in (site / "python.zip", site / "pyodide" / STANDARD):
        compile_zip(code, path, {"one.py"}, stamp)
    compile_site(site, code)
    with zipfile.ZipFile(code, "a") as archive:
        archive.writestr("three.py", "")
    with pytest.raises(FetchError, match="node is missing"):
        compile_site(site, code)


def test_what_an_earlier_version_has_compiled_is_not_served(tmp_path, monkeypatch, capsys):
    """Its Python is not that of the page around it."""

    def build(_folder):
        raise FetchError("node is missing")

    for name in ("python.zip", *(f"pyodide/{file}" for file in FILES)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.setattr("compat.page.site.build", build)
    monkeypatch.setattr(command_line, "_cache", lambda: tmp_path)
    monkeypatch.setattr(reporting, "_reporting", reporting._Reporting())  # nothing is over yet
    assert command_line._find_site(None) == (tmp_path, ["server"])
    assert "only the real programs are here" in capsys.readouterr().err


@pytest.mark.browser
def test_the_site_has_bytecode_for_what_the_page_imports(site):
    for name, compiled, text in (
        ("python.zip", "compat/page/local", "compat/page/server"),
        (f"pyodide/{STANDARD}", "asyncio/__init__", "calendar"),
    ):
        with zipfile.ZipFile(site / name) as archive:
            names = set(archive.namelist())
        assert f"{compiled}.pyc" in names
        assert f"{compiled}.py" not in names
        assert f"{text}.py" in names
