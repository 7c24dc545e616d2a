"""Compiles the modules in a zip, so that a browser need not.

To import a module, Python first makes bytecode of its text. In a browser, this is most of the time
until the page is ready. So `compile.mjs` runs this file once, when the page is built, in the very
Python that the browser will run: bytecode is good for one version of Python only.
"""

from __future__ import annotations

import importlib.util
import json
import marshal
import sys
import zipfile
from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
_NOT_CHECKED = 1
"""PEP 552: the bytecode has the hash of its source, and no import compares it."""
_LINKS = ("legacy/L5", "modern/M2", "hardened/M2")


def compile_module(source: bytes, name: str) -> bytes:
    """Return what Python would write into a `.pyc` file."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    flags = _NOT_CHECKED.to_bytes(4, "little")
    head = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source)
    return head + marshal.dumps(code)


def compile_zip(old: Path, new: Path, wanted: set[str], stamp: str) -> None:
    """Write a zip again, with bytecode in place of the modules whose files are `wanted`.

    `stamp` goes into the zip's comment.
    """
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w") as target:
        target.comment = stamp.encode()
        for name in source.namelist():
            data = source.read(name)
            if name.endswith(".py") and name in wanted:
                data, name = compile_module(data, name), f"{name}c"  # noqa: PLW2901
            target.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)


def list_imported(archive: Path) -> set[str]:
    """Return the files in a zip that Python has imported so far."""
    start = f"{archive}/"
    files = (getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))
    return {file.removeprefix(start) for file in files if file.startswith(start)}


def open_chats() -> None:
    """Open a scene of each chat, so that Python imports what the page needs."""
    from compat.page import local  # noqa: PLC0415 - nothing else in this file needs the project

    talk = local.start(lambda _: None)
    for link in _LINKS:
        talk(json.dumps({"do": "open", "scene": link}))


def compile_site(stamp: str) -> None:
    """Compile what the page has imported once its chats are open: ours, and Python's own.

    The rest stays text: bytecode is larger, and the site is to be small.
    """
    open_chats()
    standard = next(path for path in map(Path, sys.path) if path.match("/lib/*.zip"))
    for old, new in ((standard, "/standard.out"), (Path("/python.zip"), "/python.out")):
        compile_zip(old, Path(new), list_imported(old), stamp)
