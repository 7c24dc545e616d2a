"""The checks of notebook 5 judge right: answers of many styles, slips, and functions of our own.

The checks are in a module, so answers are tried here without a kernel. That the notebook itself
runs, and that its solutions are taken there, test_run.py sees.
"""

from __future__ import annotations

import re
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
