"""Finds the right file in a submission: the one rule of `check`, `class`, Gradescope and GitHub.

1. The file counts that has exactly the right name, at any depth of folders and zip archives.
2. If there are several, the one nearest to the top counts. Nothing else makes one count more.
3. A file with nearly the right name does not count, but the student is told how to name it.

Whatever is not taken is said in a line.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.coursework.packing import (
    LEAVES,
    MOST_ARCHIVES_DEEP,
    OTHER_ARCHIVES,
    Budget,
    PackingError,
    is_zip,
    unpack,
    walk,
)
from tests.coursework.places import REPOSITORY, STARTER

MOST_NAMED = 3
_LIBRARIES = {"pyaes", "Crypto", "Cryptodome", "cryptography", "site-packages"}
"""Folders of libraries that students copy into what they hand in."""

_UNPACKED = "unpacked"

_OUR_PLACES = [
    (Path(sys.prefix), "python/"),  # first, because it may be a folder of the repository
    (Path(sys.base_prefix), "python/"),
    (REPOSITORY, "the-grader/"),
    (Path.home(), "~/"),
]
"""Folders of the teacher, and what a student reads instead."""


class Problem(NamedTuple):
    """Why a file cannot be graded, and what the student can do."""

    text: str
    hint: str


class Candidate(NamedTuple):
    """A file of the submission."""

    path: Path
    shown: str
    """Its place in the submission, with the archives that it is in."""
    depth: int


class Opened:
    """A submission whose archives are unpacked. `close` removes what was unpacked.

    It is a folder or, if only that was handed in, a file.
    """

    def __init__(self, folder: Path, notes: Iterable[str] = ()):
        whole = folder.resolve()
        self.folder = whole if whole.is_dir() else whole.parent
        self.notes = list(notes)
        """What is not graded, a line each; the first ones are from where it was packed."""
        self._files: list[Candidate] = []
        self._temporary: Path | None = None
        self._archives = 0
        budget = Budget()
        for path in walk(whole, self.notes):
            shown = path.relative_to(self.folder).as_posix()
            self._add(Candidate(path, shown, shown.count("/")), budget, 1)

    def close(self) -> None:
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _add(self, found: Candidate, budget: Budget, level: int) -> None:
        if is_zip(found.path) and level <= MOST_ARCHIVES_DEEP:
            try:
                self._unpack(found, budget, level)
            except PackingError as error:
                self.notes.append(f"skipped {found.shown}: {error}")
        else:
            self._files.append(found)

    def _unpack(self, archive: Candidate, budget: Budget, level: int) -> None:
        if not self._temporary:
            self._temporary = Path(tempfile.mkdtemp(prefix="coursework-")).resolve()
        self._archives += 1
        folder = self._temporary / str(self._archives) / _UNPACKED
        unpack(archive.path, folder, budget)
        for path in walk(folder, self.notes, f"{archive.shown}/"):
            inside = path.relative_to(folder).as_posix()
            shown = f"{archive.shown}/{inside}"
            self._add(Candidate(path, shown, shown.count("/")), budget, level + 1)

    def without_places(self, text: str) -> str:
        """Return a text for the student without the places of this computer."""
        own = [self.folder, *([self._temporary] if self._temporary else [])]
        for place, stands_for in [(each, "") for each in own] + _OUR_PLACES:
            for written in {str(place), repr(str(place))[1:-1], place.as_posix()}:
                text = re.sub(rf"(?<!\w){re.escape(written)}(?:/|\\+|(?!\w))", stands_for, text)
        return text

    def find(self, name: str) -> Path | Problem:
        """Return the file with this name, such as `legacy_chat.py`, or why there is none.

        For a program, `name` can be a path in the submission, with folders.
        """
        named = [each for each in self._files if f"/{each.shown}".endswith(f"/{name}")]
        if not named:
            return self._why_missing(name)
        candidates = _without_the_starter(named)
        nearest = min(each.depth for each in candidates)
        chosen = [each for each in candidates if each.depth == nearest]
        if len({_content(each.path) for each in chosen}) > 1:
            return Problem(
                f"there are {len(chosen)} files {name}: {_listed(each.shown for each in chosen)}",
                "Keep the one that counts, and hand in again",
            )
        self._note_others(named, chosen[0])
        return chosen[0].path

    def _note_others(self, named: Iterable[Candidate], chosen: Candidate) -> None:
        for each in named:
            if each != chosen:
                self.notes.append(f"not graded: {each.shown} ({chosen.shown} counts)")

    def top(self) -> Path:
        """Return the folder with the files: packed folders often have an outer folder or two."""
        if not self._files:
            return self.folder
        folders = [each.path.parent for each in self._files]
        common = folders[0]
        while not all(each.is_relative_to(common) for each in folders):
            common = common.parent
        inside = self._temporary if self._temporary else self.folder
        return common if common.is_relative_to(inside) else self.folder

    def _why_missing(self, name: str) -> Problem:
        wanted = Path(name).name
        links = [note for note in self.notes if _is_about_link(note, wanted)]
        if links:
            place = links[0].removeprefix("skipped ").split(": ", 1)[0]
            return Problem(
                f"{place!a} is a link that leaves the folder", f"Hand in the file {wanted} itself"
            )
        misses = [near for each in self._files if (near := _near_miss(each.shown, wanted))]
        if misses:
            return Problem(f"there is no {name}: {misses[0].text}", misses[0].hint)
        return self._nothing_like_it(name, wanted)

    def own_code(self, first: Iterable[str]) -> list[Path]:
        """Return the Python files that the student wrote; those with these names come first.

        A file that is there twice counts once. Starters and AES libraries do not count.
        """
        names = list(first)
        found = [
            each
            for each in self._files
            if each.path.suffix == ".py"
            and not _is_starter(each.path)
            and _LIBRARIES.isdisjoint(each.shown.split("/"))
        ]
        found.sort(key=lambda each: (each.path.name not in names, each.depth))
        return list({_content(each.path): each.path for each in reversed(found)}.values())[::-1]

    def of_another_chat(self, *names: str) -> str:
        """Return the name of a file here that is for another chat; empty if these are here."""
        found = {each.shown.rpartition("/")[2] for each in self._files}
        others = [path.name for path in sorted(STARTER.glob("*_chat.py"))]
        here = [each for each in others if each in found and each not in names]
        return here[0] if here and found.isdisjoint(names) else ""

    def _nothing_like_it(self, name: str, wanted: str) -> Problem:
        packed = [each.shown for each in self._files if each.path.suffix in OTHER_ARCHIVES]
        if packed:
            text = f"there is no {name}: found {_listed(packed)}, which cannot be unpacked here"
            return Problem(text, "Hand in a folder or a .zip archive")
        broken = [note for note in self.notes if note.split(": ")[0].endswith(".zip")]
        if broken:
            why = broken[0].removeprefix("skipped ")
            return Problem(f"there is no {name}: {why}", f"Pack {wanted} again, as a .zip archive")
        if not self._files:
            return Problem(f"there is no {name}: nothing was handed in", f"Hand in {wanted}")
        found = _listed(each.shown for each in self._files)
        if other := self.of_another_chat(name):
            option = f"--protocol {other.partition('_chat')[0]}"
            return Problem(
                f"there is no {name}: found {found}; to grade {other}, add {option}",
                f"Hand in {wanted}; {other} is graded with {option}",
            )
        return Problem(
            f"there is no {name}: found {found}", f"Name your file {wanted}, and hand it in again"
        )


def _is_about_link(note: str, wanted: str) -> bool:
    return note.startswith("skipped ") and note.endswith(f"{wanted}: {LEAVES}")


def _without_the_starter(named: list[Candidate]) -> list[Candidate]:
    """Leave out files that a student has not changed, if there are others."""
    own = [each for each in named if not _is_starter(each.path)]
    return own or named


def _is_starter(path: Path) -> bool:
    starter = STARTER / path.name
    return starter.is_file() and _content(starter) == _content(path)


def _content(path: Path) -> bytes:
    """Return what is in a file, whatever its line ends are: Windows may have changed them."""
    return b"\n".join(path.read_bytes().splitlines())


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(listed[:MOST_NAMED]) + more


def _letters(name: str) -> str:
    """Return what a name has in common with its misspellings: `Legacy-Chat (1)`, `legacychat`."""
    return re.sub(r"[\W_]|\d+$", "", re.sub(r"\W*(\(\d+\)|copy|final)$", "", name.lower()))


def _near_miss(shown: str, wanted: str) -> Problem | None:
    """Return what is wrong with a name that is nearly right, and how to mend it."""
    found = shown.rsplit("/", 1)[-1]
    stem, _, suffix = found.partition(".")
    right_stem, right_suffix = wanted.rsplit(".", 1)
    alike = {_letters(right_stem), _letters("_".join(reversed(right_stem.split("_"))))}
    if _letters(stem) not in alike:
        return None
    if suffix.lower() == "ipynb":
        return Problem(
            f"found {shown}, a notebook",
            f"Export it as .py (File, Save and Export Notebook As, Executable Script), and name "
            f"that file {wanted}",
        )
    ends = suffix.lower()
    if ends in {right_suffix, f"{right_suffix}.txt", "txt", ""} or ends.endswith(
        f".{right_suffix}"
    ):
        return Problem(f"found {shown}; name it {wanted}", f"Rename {found} to {wanted}")
    return None


def names_in_commands(commands: Iterable[str]) -> list[str]:
    """Return the files that command lines name in the submission: `{submission}/chat.py`."""
    pattern = r"\{submission\}[/\\]+([^\s\"']+)"
    found = [match for command in commands for match in re.findall(pattern, command)]
    return [name.replace("\\", "/") for name in dict.fromkeys(found)]


def root_of(opened: Opened, names: Sequence[str]) -> Path | Problem:
    """Return the folder that a program's commands mean by `{submission}`, or what is missing."""
    root: Path | None = None
    for name in names:
        found = opened.find(name)
        if isinstance(found, Problem):
            return found
        root = root or found.parents[name.count("/")]
    return root or opened.top()
