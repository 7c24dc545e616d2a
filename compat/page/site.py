"""Builds the page as one folder of files, which any static host can serve.

The folder holds what `static/` holds, the list of words and scenes as JavaScript, Python for
browsers (Pyodide, from npm), and this project's code in one zip. The page loads nothing from
anywhere else. The Python in it is compiled (`compiled.py`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from compat.errors import CompatError
from compat.page import wheels, wording
from compat.page.compiled import compile_site
from compat.page.pyodide import fetch_pyodide
from compat.page.scenes import SCENES
from compat.page.scenes.modern import FIELD_TEXTS
from compat.page.third import RECORD_FIELDS, RECORD_SIZE
from modern.missing import TOO_MANY
from modern.protocol import FRAME_SIZE

STATIC = Path(__file__).resolve().parent / "static"
PACKAGES = ("legacy", "modern", "compat")
_RICH = "rich"
_TIME = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = (
    "compat/identify/",
    "compat/bridge/",
    "compat/tour/",
    "compat/wireshark/",
    "compat/page/static/",
    "compat/page/crypto/",
)
"""Programs that the page does not run."""


class SiteError(CompatError):
    """The folder cannot be built."""


def build(folder: Path, notebooks: str = "") -> None:
    """Write the whole site. Raises CompatError.

    Each link to a notebook is `notebooks`, followed by the file's name. If it is empty, the page
    only names the files.
    """
    try:
        write_page(folder, notebooks)
        fetch_pyodide(folder / "pyodide")
        with tempfile.TemporaryDirectory() as name:
            code = Path(name) / "python.zip"
            write_code(code)
            compile_site(folder, code)
        write_worker_list(folder)
    except OSError as error:
        if error.errno in TOO_MANY:
            raise
        raise SiteError(f"cannot write {error.filename or folder}: {error.strerror}") from None


def write_page(folder: Path, notebooks: str = "") -> None:
    """Write all but Python: what the page with real programs needs."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in STATIC.iterdir():
        shutil.copyfile(path, folder / path.name)
    (folder / "engines.json").write_text('["browser"]\n', encoding="utf-8")
    write_words(folder / "words.js", notebooks)


def write_words(path: Path, notebooks: str = "") -> None:
    """Write commands, events and scenes as a JavaScript module."""
    words = wording.describe()
    constants = {
        "COMMANDS": words["commands"],
        "EVENTS": words["events"],
        "SCENES": [scene.describe() for scene in SCENES.values()],
        "FIELDS": {str(start): list(texts) for start, texts in FIELD_TEXTS.items()},
        "RECORD_FIELDS": {str(start): name for start, name in RECORD_FIELDS.items()},
        "SIZES": {"modern": FRAME_SIZE, "hardened": RECORD_SIZE},
        "NOTEBOOKS": notebooks,
    }
    lines = [f"export const {name} = {json.dumps(value)};\n" for name, value in constants.items()]
    path.write_text("// Made by compat/page/site.py.\n" + "".join(lines), encoding="utf-8")


def write_code(path: Path) -> None:
    """Write one zip with the code that the browser runs."""
    with tempfile.TemporaryDirectory() as name:
        made = [
            wheels.pack_project(Path(name), packages=PACKAGES),
            wheels.pack_crypto(Path(name)),
            wheels.pack_installed(Path(name), "pyaes"),
            wheels.pack_installed(Path(name), _RICH),
        ]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as code:
            for wheel in made:
                for entry, data in _read_code(wheel.path):
                    info = zipfile.ZipInfo(entry, _TIME)
                    code.writestr(info, data, zipfile.ZIP_DEFLATED)


def _read_code(wheel: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            if ".dist-info/" not in entry and not entry.startswith(_LEFT_OUT):
                yield entry, archive.read(entry)


def write_worker_list(folder: Path) -> None:
    """Write down which files the service worker keeps, and a name that changes with them."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("keep.js", "files.json")
    )
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
    kept = {"version": digest.hexdigest()[:16], "files": names}
    (folder / "files.json").write_text(json.dumps(kept), encoding="utf-8")
    script = folder / "keep.js"  # a browser looks for a new worker by the bytes of this file
    text = (STATIC / "keep.js").read_text(encoding="utf-8")
    script.write_text(text.replace('"VERSION"', json.dumps(kept["version"])), encoding="utf-8")
