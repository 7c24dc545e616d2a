"""Whose is what: turns the folder of a class into one entry for each student.

A folder or a zip archive is one student. So are the loose files of a learning platform, whose names
say whose they are:

    Canvas   examplealice_123_456_legacy_chat-1.py      (LATE_ may follow the name)
    Moodle   Alice Example_123_assignsubmission_file_legacy_chat.py, or a folder of that name

Canvas gives a file that is handed in again a number, as in `-1` above. It is taken off again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from tests.coursework.packing import OTHER_ARCHIVES, Parcel, is_clutter, is_zip, pack

_PLATFORMS = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(?P<name>.+)_(?P<late>)(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)",
        r"(?P<name>anon)_(?P<late>LATE_)?(?P<number>[A-Za-z0-9]+)_\d+_(?P<file>.+)",
        r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+)_(?:\d+_)?(?P<file>[^_].*)",
    )
]
"""Names that Moodle and Canvas give: a Moodle name, an anonymous one of Canvas, one of Canvas."""

_AGAIN = re.compile(r"-(\d+)(?=\.\w+$)")


class Piece(NamedTuple):
    """A file or folder of a class: whose it is, and its place in that submission."""

    path: Path
    owner: str
    number: str = ""
    inside: str = ""
    late: bool = False


@dataclass(frozen=True)
class Entry:
    """What one student handed in."""

    name: str
    sources: tuple[tuple[str, Path], ...]
    """Files and folders, each with its place in the submission."""
    number: str = ""
    """The student's number in the learning platform, if a name says it."""
    late: bool = False
    """Whether the platform says that it came late."""
    notes: tuple[str, ...] = ()

    def pack(self) -> Parcel:
        """Return it as bytes. Raises PackingError."""
        parcel = pack(self.name, self.sources)
        return parcel._replace(notes=(*self.notes, *parcel.notes))


@dataclass
class Collected:
    """All entries, sorted by name, and a line for each thing that is no entry."""

    entries: list[Entry] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def collect(folder: Path, wanted: Iterable[str] = ()) -> Collected:
    """Return who handed in what. `wanted` are the names of the files that are graded."""
    collected, names = Collected(), set(wanted)
    owners: dict[tuple[str, str], list[Piece]] = {}
    for path in sorted(folder.iterdir()):
        piece = _piece_of(path, names)
        if isinstance(piece, Piece):
            owners.setdefault((piece.owner, piece.number), []).append(piece)
        else:
            collected.skipped.append(f"skipped {path.name}: {piece}")
    entries = [entry for pieces in owners.values() for entry in _entries_of(pieces, names)]
    collected.entries = sorted(_each_with_its_name(entries), key=lambda entry: entry.name)
    return collected


def _piece_of(path: Path, names: set[str]) -> Piece | str:
    """Return whose this is, or why it is nobody's."""
    if is_clutter(path):
        return "a system or an editor made it"
    if path.is_symlink():
        return "a link is no submission: put the files themselves there"
    found = next((match for each in _PLATFORMS if (match := each.fullmatch(path.name))), None)
    if path.is_dir():
        by_moodle = found if "_assignsubmission_" in path.name else None
        return _found_piece(path, by_moodle, "") if by_moodle else Piece(path, path.name)
    if found:
        return _found_piece(path, found, _right_name(found["file"], names) or path.name)
    return _piece_of_file(path, names)


def _piece_of_file(path: Path, names: set[str]) -> Piece | str:
    if is_zip(path) or path.suffix.lower() in OTHER_ARCHIVES:
        return Piece(path, path.stem, inside=path.name)
    if path.suffix in {Path(name).suffix for name in names} | {".py", ".ipynb"}:
        return "whose is it? put it into a folder with the student's name"
    return "it is no submission"


def _found_piece(path: Path, found: re.Match[str], inside: str) -> Piece:
    return Piece(path, found["name"], found["number"], inside, bool(found["late"]))


def _right_name(file: str, names: set[str]) -> str:
    """Return the name that the student gave the file: `legacy_chat-1.py` was handed in again."""
    once = _AGAIN.sub("", file)
    return once if once in names else file


def _entries_of(pieces: list[Piece], names: set[str]) -> list[Entry]:
    """Return one entry for all files of a platform's student, otherwise one for each piece."""
    if not pieces[0].number:
        return [Entry(each.owner, ((each.inside, each.path),)) for each in pieces]
    newest = {each.inside: each for each in sorted(pieces, key=_how_often)}
    notes = [
        f"not graded: {each.path.name} ({newest[each.inside].path.name} is newer)"
        for each in pieces
        if each != newest[each.inside]
    ]
    sources = tuple((each.inside, each.path) for each in newest.values())
    late = any(each.late for each in newest.values())
    return [Entry(pieces[0].owner, sources, pieces[0].number, late, tuple(notes))]


def _how_often(piece: Piece) -> int:
    again = _AGAIN.search(piece.path.name)
    return int(again[1]) if again else 0


def _each_with_its_name(entries: list[Entry]) -> list[Entry]:
    """Let no two entries have the same name, even where big and small letters are the same."""
    often = Counter(entry.name.lower() for entry in entries)
    return [
        replace(entry, name=f"{entry.name} {entry.number or entry.sources[0][1].name}")
        if often[entry.name.lower()] > 1 and (entry.number or entry.sources[0][0])
        else entry
        for entry in entries
    ]
