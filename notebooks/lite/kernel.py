"""Everything that a kernel in a browser loads, in one folder: Pyodide, and the packages.

Pyodide's lock file names each package, its file and its SHA-256. The one from npm names files that
only a public server has. Here it names files beside it, so nothing is loaded from anywhere else.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from compat.page import wheels
from compat.page.pyodide import fetch_pyodide
from notebooks.lite.errors import LiteError

LOCK = "pyodide-lock.json"

PUBLIC = ("ipython", "jedi", "micropip", "pygments", "rich")
"""Packages of the public lock that the kernel or this project needs; and what these need."""
UNLOCKED = ("comm",)
"""A package that the kernel needs and the public lock does not have."""

_EXTENSION = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
_OF_THE_KERNEL = ("ipykernel", "piplite", "pyodide_kernel")
"""Wheels that come with the package jupyterlite-pyodide-kernel."""


class Locked(NamedTuple):
    """A package: its name, its wheel, and the names of the packages that it needs."""

    name: str
    path: Path
    needs: tuple[str, ...] = ()


def write_kernel(folder: Path) -> list[str]:
    """Write the folder; return the names of the packages. Raises CompatError."""
    fetch_pyodide(folder)
    lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    found = [*_fetch_public(lock, folder), *_copy_kernel_wheels(folder), *_pack_ours(folder)]
    lock["packages"] = {package.name: _describe(package) for package in found}
    (folder / LOCK).write_text(json.dumps(lock, indent=1), encoding="utf-8")
    return sorted(lock["packages"])


# From PyPI -----------------------------------------------------------------------------------


def _fetch_public(lock: dict[str, Any], folder: Path) -> Iterator[Locked]:
    """Fetch packages in the versions with which Pyodide was tested."""
    packages = lock["packages"]
    needs = {name: packages[name]["depends"] for name in find_needed(packages, PUBLIC)}
    needs |= {name: [] for name in UNLOCKED}
    pinned = [f"{name}=={packages[name]['version']}" for name in needs if name in packages]
    _download([*pinned, *UNLOCKED], lock["info"]["python"], folder)
    for name, others in needs.items():
        yield Locked(name, _find_wheel(folder, name), tuple(map(_normal, others)))


def find_needed(packages: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Return names, and those of all packages that they need, by a lock file."""
    needed, left = [], list(names)
    while left:
        name = left.pop()
        if name not in needed:
            needed.append(name)
            left.extend(map(_normal, packages[name]["depends"]))
    return sorted(needed)


def _download(requirements: list[str], python: str, folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    target = ["--python-version", python, "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, *target, *requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise LiteError(f"pip could not fetch the packages of the kernel: {last}")


# From what is installed here -----------------------------------------------------------------


def _copy_kernel_wheels(folder: Path) -> Iterator[Locked]:
    source = Path(sys.prefix) / _EXTENSION
    for stem in _OF_THE_KERNEL:
        found = sorted(source.glob(f"{stem}-*.whl"))
        if not found:
            raise LiteError(
                "jupyterlite-pyodide-kernel is missing: python -m pip install --editable '.[lite]'"
            )
        yield Locked(_normal(stem), Path(shutil.copy(found[-1], folder)))


def _pack_ours(folder: Path) -> Iterator[Locked]:
    """Pack this project, pyaes, and the Crypto for browsers that takes pycryptodome's place."""
    pyaes = wheels.pack_installed(folder, "pyaes")
    crypto = wheels.pack_crypto(folder)
    ours = wheels.pack_project(folder)
    yield Locked(pyaes.name, pyaes.path)
    yield Locked(crypto.name, crypto.path, (pyaes.name,))
    yield Locked(ours.name, ours.path, (crypto.name, pyaes.name, "pygments", "rich"))


# The lock file -------------------------------------------------------------------------------


def _find_wheel(folder: Path, name: str) -> Path:
    for path in sorted(folder.glob("*.whl")):
        if _normal(path.name.split("-")[0]) == name:
            return path
    raise LiteError(f"pip fetched no wheel of {name}")


def _describe(package: Locked) -> dict[str, Any]:
    return {
        "name": package.name,
        "version": package.path.name.split("-")[1],
        "file_name": package.path.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(package.path.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": _find_imports(package.path),
        "depends": list(package.needs),
        "unvendored_tests": False,
    }


def _find_imports(wheel: Path) -> list[str]:
    """Return what can be imported from a wheel: its modules and packages at the top."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    return sorted(
        top.removesuffix(".py") for top in tops if not re.search(r"\.(dist-info|data)$", top)
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
