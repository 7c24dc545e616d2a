"""The checks of notebook 5 judge right: answers of many styles, slips, and functions of our own.

The checks are in a module, so answers are tried here without a kernel. That the notebook itself
runs, and that its solutions are taken there, test_run.py sees.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

import pytest

from tests.notebooks import books
from tests.notebooks.third_answers import ALL, RIGHT, WRONG

NAME = "5_closing_the_doors"
EXERCISES = ("tag", "counter", "direction", "length", "size", "end", "middle")
"""In the order of the notebook: later ones use the functions of earlier ones."""


@cache
def cells() -> dict[str, str]:
    return {cell.id: cell.source for cell in books.read(NAME).cells}


@cache
def solution(exercise: str) -> str:
    (cell,) = [cell for cell in books.read(NAME).cells if cell.id == f"{exercise}-solution"]
    return books.solution_of(cell)


def judge(exercise: str, answer: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the check says to an answer, after all exercises before it were solved."""
    page: dict[str, Any] = {}
    exec(cells()["imports"], page)
    for earlier in EXERCISES[: EXERCISES.index(exercise)]:
        exec(solution(earlier), page)
    exec(answer, page)
    exec(cells()[f"{exercise}-check"], page)
    return capsys.readouterr().out


def test_it_is_smaller_than_half_a_megabyte() -> None:
    assert (books.FOLDER / f"{NAME}.ipynb").stat().st_size < 500_000


def test_at_most_a_fifth_of_the_code_is_not_about_cryptography() -> None:
    """Without the set-up cell, which all notebooks share: imports, checks and drawing."""
    lines = {True: 0, False: 0}
    for cell in books.read(NAME).cells:
        if cell.cell_type == "code" and "setup" not in books.tags(cell):
            kinds = books.tags(cell) & {"check", "experiment", "exercise"}
            serves = cell.id == "imports" or kinds <= {"check"}
            lines[serves] += len(list(filter(str.strip, cell.source.splitlines())))
    assert lines[True] <= sum(lines.values()) / 5


def test_each_section_asks_before_it_shows() -> None:
    sections: dict[str, list[str]] = {}
    kinds: list[str] = []
    for cell in books.read(NAME).cells:
        if heading := re.match(r"## (\d+) · ", cell.source):
            kinds = sections.setdefault(heading[1], [])
        kinds.extend(books.tags(cell) & {"predict", "experiment", "exercise"})
    assert list(sections) == [str(number) for number in range(1, 12)]
    assert all(found[:2] == ["predict", "experiment"] for found in list(sections.values())[:-1])


def test_a_check_watches_no_longer_than_a_call_takes(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.getprofile()
    judge("end", RIGHT["end"]["recursive"], capsys)
    judge("tag", WRONG["tag"]["the-packages-own"].new, capsys)
    assert sys.getprofile() is before


def test_all_exercises_of_the_notebook_are_here() -> None:
    found = [cell.id for cell in books.tagged(books.read(NAME), "exercise")]
    assert found == [f"{exercise}-exercise" for exercise in EXERCISES]
    assert set(RIGHT) == set(WRONG) == set(EXERCISES)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_each_has_three_right_and_five_wrong_answers_at_least(exercise: str) -> None:
    assert len({solution(exercise), *RIGHT[exercise].values()}) > 3
    assert len(WRONG[exercise]) >= 5


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_solution_is_right(exercise: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(exercise, solution(exercise), capsys).startswith("✓ ")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nothing_is_no_answer(exercise: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = judge(exercise, cells()[f"{exercise}-exercise"], capsys)
    assert re.fullmatch(r"✗ \w+ (returns nothing|has no number) yet\n", said)


@pytest.mark.parametrize(
    ("exercise", "name"), [(exercise, name) for exercise in RIGHT for name in RIGHT[exercise]]
)
def test_a_right_answer_of_another_style_passes(
    exercise: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(exercise, RIGHT[exercise][name], capsys).startswith("✓ ")


@pytest.mark.parametrize(
    ("exercise", "name"), [(exercise, name) for exercise in WRONG for name in WRONG[exercise]]
)
def test_a_wrong_answer_is_told_what_is_wrong(
    exercise: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, hint = WRONG[exercise][name]
    if old:
        assert old in solution(exercise), "the solution has other words now: mend the slip"
    answer = new if old is ALL else solution(exercise).replace(old, new)
    said = judge(exercise, answer, capsys)
    assert said.startswith("✗ ")
    assert any(words in said for words in hint.split("|")), said
