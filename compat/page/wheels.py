"""Packs what a browser needs into wheels, without a network and without a build tool.

A wheel is a zip file with the modules and three small texts (the Binary distribution format of the
Python Packaging User Guide). The project's own wheel comes from the folders of this checkout or
installation; those of other packages from where they are installed here.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from compat.errors import CompatError

HOUSE = Path(__file__).resolve().parents[2]
PACKAGES = ("legacy", "modern", "compat", "notebooks")
CRYPTO = Path(__file__).resolve().parent / "crypto"

_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every file: so the same content always gives the same wheel."""
_SKIPPED = {"__pycache__", ".ipynb_checkpoints", "project"}
_NOT_CODE = {".ipynb", ".png", ".svg", ".md", ".pyc"}


class WheelError(CompatError):
    """A wheel cannot be made."""


class Wheel(NamedTuple):
    """A wheel: the name and version of the package, and its file."""

    name: str
    version: str
    path: Path


def pack_crypto(folder: Path) -> Wheel:
    """Write the wheel that brings `Crypto` to a browser."""
    return _pack(folder, "browser-crypto", "1.0.0", _read_tree(CRYPTO, ["Crypto"]))


def pack_project(folder: Path, version: str = "1.0.0", packages: Iterable[str] = PACKAGES) -> Wheel:
    """Write the wheel of this project: its code and data, but no notebooks, pictures and pages.

    It names none of the packages that it needs: a page loads them itself.
    """
    return _pack(folder, "tilde-to-tag", version, _read_tree(HOUSE, packages))


def pack_installed(folder: Path, name: str) -> Wheel:
    """Write the wheel of a package in pure Python that is installed here. Raises WheelError."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise WheelError(f"{name} is missing: python -m pip install {name}") from None
    return _pack(folder, name, found.version, dict(_read_installed(found)))


def _read_tree(root: Path, packages: Iterable[str]) -> dict[str, bytes]:
    paths = sorted(path for name in packages for path in (root / name).rglob("*"))
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in paths
        if path.is_file()
        and path.suffix not in _NOT_CODE
        and not _SKIPPED & set(path.relative_to(root).parts)
    }


def _read_installed(found: Distribution) -> Iterator[tuple[str, bytes]]:
    for path in found.files or ():
        inside = not path.is_absolute() and ".." not in path.parts
        if inside and ".dist-info" not in path.parts[0] and path.suffix != ".pyc":
            if path.suffix in (".so", ".pyd"):
                raise WheelError(f"{found.name} is not pure Python, so no browser can load it")
            yield path.as_posix(), Path(str(found.locate_file(path))).read_bytes()


def _pack(folder: Path, name: str, version: str, modules: Mapping[str, bytes]) -> Wheel:
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tilde-to-tag\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    contents = {**modules, **{path: text.encode() for path, text in texts.items()}}
    record = "".join(f"{path},{_digest(data)},{len(data)}\n" for path, data in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in contents.items():
            archive.writestr(zipfile.ZipInfo(path, _TIME), data, zipfile.ZIP_DEFLATED)
    return Wheel(name, version, target)


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"
