"""Unpacks what students hand in, and packs it for a journey to another process or computer.

An archive can be broken, can lie about its size, or can name files outside its folder. So there are
bounds on the size, the number and the paths of the files, and nothing is ever written outside the
folder that was asked for.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

try:
    from lzma import LZMAError
except ImportError:  # a Python that was built without it cannot read such archives either
    LZMAError = zlib.error  # type: ignore[assignment, misc]

_DAMAGED = (zlib.error, LZMAError)
MOST_BYTES = 50 << 20
MOST_FILES = 5_000
MOST_DEPTH = 20
MOST_NAME = 200
MOST_ARCHIVES_DEEP = 3
"""An archive in an archive in an archive; what is packed deeper stays packed."""

LEAVES = "it is a link that leaves the folder"
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".xz", ".bz2")

_CLUTTER_FOLDERS = {"__macosx", "__pycache__", "$recycle.bin"}
_CLUTTER_FILES = {"thumbs.db", "desktop.ini"}
_PIECE = 1 << 16


class PackingError(Exception):
    """The files cannot be taken; the text tells the student why."""


class Parcel(NamedTuple):
    """A submission on its way: bytes, and no path of the computer from which it comes."""

    name: str
    data: bytes
    notes: tuple[str, ...] = ()
    """What was left out, a line each."""


def is_clutter(path: Path) -> bool:
    """Return whether a system or an editor made this file or folder, and not the student."""
    name = path.name.lower()
    if name.startswith(".") or name in _CLUTTER_FILES or name in _CLUTTER_FOLDERS:
        return True
    return (path / "pyvenv.cfg").is_file()  # a virtual environment, whatever its name


def is_zip(path: Path | PurePosixPath) -> bool:
    return path.suffix.lower() == ".zip"


class Budget:
    """Counts files and bytes. Raises PackingError where there are too many."""

    def __init__(self) -> None:
        self.files = self.bytes = 0

    def add_file(self) -> None:
        self.files += 1
        if self.files > MOST_FILES:
            raise PackingError(f"more than {MOST_FILES:,} files")

    def add_bytes(self, number: int) -> None:
        self.bytes += number
        if self.bytes > MOST_BYTES:
            raise PackingError(f"more than {MOST_BYTES >> 20} MiB")


# Unpacking -------------------------------------------------------------------------------------


def unpack(archive: Path | io.BytesIO, folder: Path, budget: Budget) -> None:
    """Write the files of a zip archive into a new folder. Raises PackingError."""
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                _unpack_member(opened, member, folder, budget)
    except (zipfile.BadZipFile, *_DAMAGED, EOFError, UnicodeError, ValueError) as error:
        raise PackingError(f"it is no sound zip archive ({error})") from None
    except NotImplementedError:
        raise PackingError("it is packed in a way that Python cannot read") from None
    except OSError as error:
        raise PackingError(f"it cannot be unpacked ({error.strerror or error})") from None


def _unpack_member(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, budget: Budget
) -> None:
    if member.is_dir():
        return
    if member.flag_bits & 1:
        raise PackingError("it is locked with a password")
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise PackingError(f"{member.filename!a} in it is a link: hand in the file itself")
    target = folder / _safe(member.filename)
    budget.add_file()
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, target.open("wb") as written:
        while piece := source.read(_PIECE):  # what the archive says about its size may be a lie
            budget.add_bytes(len(piece))
            written.write(piece)
    target.chmod(0o755 if mode & 0o100 else 0o644)


def _safe(name: str) -> PurePosixPath:
    """Return the path of a file in an archive. Raises PackingError if it leads elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = path.parts
    if path.is_absolute() or ".." in parts or not parts or ":" in name or "\0" in name:
        raise PackingError(f"{name[:MOST_NAME]!a} in it leads out of the folder")
    if len(parts) > MOST_DEPTH or any(len(part) > MOST_NAME for part in parts):
        raise PackingError(f"{name[:40]!a}… in it is too long a path")
    return path


# Packing ---------------------------------------------------------------------------------------


def pack(name: str, sources: tuple[tuple[str, Path], ...]) -> Parcel:
    """Pack files and folders into one parcel. Raises PackingError.

    `sources` says under which path in the submission each of them goes; `""` is its top.
    """
    stream, budget, notes = io.BytesIO(), Budget(), list[str]()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for inside, source in sources:
            root = source if source.is_dir() else source.parent
            for path in walk(source, notes):
                budget.add_file()
                budget.add_bytes(path.stat().st_size)
                place = path.relative_to(root) if root == source else Path()
                _pack_file(packed, path, PurePosixPath(inside, place.as_posix()))
    return Parcel(name, stream.getvalue(), tuple(notes))


def _pack_file(packed: zipfile.ZipFile, path: Path, inside: PurePosixPath) -> None:
    info = zipfile.ZipInfo(inside.as_posix().encode("utf-8", "replace").decode())
    info.external_attr = (stat.S_IFREG | (path.stat().st_mode & 0o777)) << 16
    try:
        packed.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise PackingError(f"{inside} cannot be read ({error.strerror})") from None


def walk(source: Path, notes: list[str], before: str = "") -> Iterator[Path]:
    """Yield all files of a submission; say in `notes` what is left out, and why.

    There, `before` stands before the names: the archive that they come from.
    """
    if source.is_file():
        yield source
        return
    root = source.resolve()
    for folder, folders, files in os.walk(source):
        here = Path(folder)
        kept = [each for each in sorted(folders) if _is_kept(here / each, root, notes, before)]
        folders[:] = [each for each in kept if not (here / each).is_symlink()]
        for each in sorted(files):
            path = here / each
            is_file = path.is_symlink() or path.is_file()  # and no pipe, for example
            if is_file and _is_kept(path, root, notes, before):
                yield path


def _is_kept(path: Path, root: Path, notes: list[str], before: str) -> bool:
    shown = before + os.path.relpath(path, root).replace(os.sep, "/")
    if is_clutter(path):
        notes.append(f"skipped {shown}: a system or an editor made it")
        return False
    if not path.is_symlink():
        return True
    if path.is_file() and path.resolve().is_relative_to(root):
        return True
    notes.append(f"skipped {shown}: {LEAVES}")
    return False
