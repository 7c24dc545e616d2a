"""Puts bytecode in place of Python's text in the built page, with Node.js and Pyodide.

`bytecode.py` says why, and does it. This file starts it, and only if there is something new.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from compat.page.pyodide import FetchError

STANDARD = "python_stdlib.zip"
"""The standard library, in Pyodide's folder."""
_HERE = Path(__file__).resolve().parent


def compile_site(folder: Path, code: Path) -> None:
    """Write `python.zip` and the standard library with bytecode into a site. Raises FetchError.

    `code` is the zip with our modules as text.
    """
    stamp = hashlib.sha256(code.read_bytes()).hexdigest()
    targets = (folder / "pyodide" / STANDARD, folder / "python.zip")
    if all(_read_stamp(path) == stamp for path in targets):
        return
    with tempfile.TemporaryDirectory() as name:
        _run_node(folder / "pyodide", code, Path(name), stamp)
        for path in targets:
            new = path.with_suffix(".new")  # whoever stops this program finds the old file, whole
            shutil.copyfile(Path(name) / path.name, new)
            new.replace(path)


def _read_stamp(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.comment.decode(errors="replace")
    except (OSError, zipfile.BadZipFile):
        return ""


def _run_node(pyodide: Path, code: Path, target: Path, stamp: str) -> None:
    node = shutil.which("node")
    if not node:
        raise FetchError("node is missing: install Node.js, then run this again")
    script, bytecode = _HERE / "compile.mjs", _HERE / "bytecode.py"
    command = [node, *map(str, (script, pyodide.resolve(), code, bytecode, target)), stamp]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise FetchError(f"Node.js could not compile Python's modules: {last}")
