"""`python -m tests.remembering MODULE …` runs a program that remembers scrypt's results.

The third chat takes some tenths of a second of processor time to hash a passphrase, and the tests
start it hundreds of times with the same few passphrases. One run of the tests therefore hashes each
passphrase once, and keeps the result in a folder of its own until it ends. Nothing else changes.
"""

from __future__ import annotations

import hashlib
import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

FOLDER = "TILDE_TO_TAG_TESTS_REMEMBER"
"""The environment variable that names the folder. Without it, nothing is remembered."""


def make_folder() -> Callable[[], None]:
    """Make the folder, and return what removes it.

    Where another process has made it, one that started this one, nothing is made nor removed.
    """
    if FOLDER in os.environ:
        return lambda: None
    folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="remembered-")

    def remove() -> None:
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)

    return remove


def remembering(scrypt: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return `scrypt`, which now looks first whether this run has made the same hash already."""

    def remembered(*arguments: Any, **settings: Any) -> bytes:
        name = hashlib.sha256(repr((arguments, sorted(settings.items()))).encode()).hexdigest()
        path = Path(os.environ[FOLDER], name)
        if path.exists():
            return path.read_bytes()
        made = scrypt(*arguments, **settings)
        half = path.with_name(f"{name}-{os.getpid()}")  # nobody reads a file that is half written
        half.write_bytes(made)
        half.replace(path)
        return made

    return remembered


def make_w(passphrase: str) -> int:
    """Return what the third chat makes of a passphrase, which is hashed once in this run."""
    from modern.hardened import pake  # noqa: PLC0415 - it loads the ciphers

    if FOLDER not in os.environ:
        return pake.derive_w(passphrase)
    with mock.patch.object(pake, "scrypt", remembering(pake.scrypt)):
        return pake.derive_w(passphrase)


def install() -> None:
    """Let this process remember."""
    from modern.hardened import pake  # noqa: PLC0415 - it loads the ciphers

    if FOLDER in os.environ:
        pake.scrypt = remembering(pake.scrypt)  # type: ignore[assignment]


if __name__ == "__main__":
    install()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
