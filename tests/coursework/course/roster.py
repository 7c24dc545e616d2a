"""The list of students that a learning platform exports: its rows, filled with points.

Moodle exports a grading worksheet, Canvas a gradebook. A submission belongs to the row that has its
number, its login or its name. Capital letters, accents and the order of the words in a name do not
count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.coursework.course import table
from tests.coursework.course.graded import Graded
from tests.coursework.course.table import TableError

_NUMBERS = ("Identifier", "ID")
_LOGINS = ("SIS Login ID", "SIS User ID", "Username", "ID number", "Email address")
_NAMES = ("Full name", "Student")


class Roster:
    """The rows that a platform exported."""

    def __init__(self, file: Path):
        self.name = file.name
        self._rows = table.read(file)
        self.columns = list(self._rows[0]) if self._rows else []
        if not set(self.columns) & set(_NUMBERS):
            raise TableError(f"{file.name} has no column {' or '.join(_NUMBERS)}: which one is it?")
        self._places: dict[str, list[int]] = {}
        for place, row in enumerate(self._rows):
            for key in _keys_of_row(row):
                self._places.setdefault(key, []).append(place)

    def match(self, graded: Sequence[Graded]) -> tuple[dict[int, Graded], list[str]]:
        """Return which submission belongs to which row, and the names of those without a row."""
        found: dict[int, Graded] = {}
        nobody = []
        for each in graded:
            place = self._place_of(each)
            if place is None or place in found:
                nobody.append(each.name)
            else:
                found[place] = each
        return found, nobody

    def filled(self, found: dict[int, Graded], cells: Iterable[table.Row]) -> list[table.Row]:
        """Return all rows; those of submissions have the new cells, in the same order."""
        new = dict(zip(found, cells, strict=True))
        return [row | dict(new.get(place, {})) for place, row in enumerate(self._rows)]

    def other_maximum(self, points: int) -> str:
        """Return the platform's maximum, if it says another one than ours."""
        column = "Maximum Grade"
        said = {row[column] for row in self._rows if row.get(column)}
        return next((each for each in said if re.sub(r"[.,]0*$", "", each) != str(points)), "")

    def _place_of(self, graded: Graded) -> int | None:
        """Return the place of the one row that has its number, its login or its name."""
        number = [f"number {graded.number}"] if graded.number else []
        for key in (*number, f"login {graded.name.lower()}", f"name {_plain(graded.name)}"):
            places = self._places.get(key, [])
            if len(places) == 1:
                return places[0]
        return None


def _keys_of_row(row: dict[str, str]) -> Iterator[str]:
    for column in _NUMBERS:
        if digits := re.search(r"\d+$", row.get(column, "")):
            yield f"number {digits[0]}"
    for column in _LOGINS:
        if login := row.get(column, "").split("@")[0].lower():
            yield f"login {login}"
    for column in _NAMES:
        if name := _plain(row.get(column, "")):
            yield f"name {name}"


def _plain(name: str) -> str:
    """Return a name without accents, its words sorted: `alice example` for `Example, Alicé`."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(sorted(re.findall(r"[^\W_]+", bare)))
