"""Brings Pyodide, Python for browsers: the core, which npm has, without packages."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from compat.errors import CompatError

PYODIDE = "pyodide@314.0.7"
FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
_MARK = "version.txt"
"""Written when all files are there, so that a folder with another version is filled anew."""


class FetchError(CompatError):
    """Pyodide cannot be fetched."""


def fetch_pyodide(folder: Path) -> None:
    """Write Pyodide's files into a folder, unless this version is there. Raises FetchError."""
    mark = folder / _MARK
    is_there = all((folder / name).is_file() for name in (_MARK, *FILES))
    if is_there and mark.read_text() == PYODIDE:
        return
    npm = shutil.which("npm")
    if not npm:
        raise FetchError(
            "npm is missing, which brings Python for browsers: install Node.js, then run this again"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, tarfile.open(_pack(npm, Path(name))) as archive:
        for file in FILES:
            member = archive.extractfile(f"package/{file}")
            if member is None:
                raise FetchError(f"{PYODIDE} has no file {file}")
            (folder / file).write_bytes(member.read())
    mark.write_text(PYODIDE)


def _pack(npm: str, folder: Path) -> Path:
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), PYODIDE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    packed = sorted(folder.glob("*.tgz"))
    if done.returncode or not packed:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise FetchError(f"npm could not fetch {PYODIDE}: {last}")
    return packed[0]
