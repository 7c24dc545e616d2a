"""The checks of notebooks 3, 4 and 5 judge right: answers of many styles, slips, and our own code.

The checks are in modules, so answers are tried here without a kernel. That the notebooks
run, and that their solutions are taken there, test_run.py sees.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.notebooks import books, judged, modern_answers, open_answers, third_answers
from tests.notebooks.judged import cells
from tests.notebooks.third_answers import ALL, Slip

EXERCISES = {
    "3_the_modern_chat": ("chunks", "m1", "foreseen", "m2", "errors", "m3"),
    "4_what_is_still_open": ("m4", "m5", "m6", "m7", "m8", "m9"),
    "5_closing_the_doors": ("tag", "counter", "direction", "length", "size", "end", "middle"),
}
"""In the order of the notebook: later ones may use the functions of earlier ones."""
HOMES = {exercise: name for name, exercises in EXERCISES.items() for exercise in exercises}
LISTS = (modern_answers, open_answers, third_answers)
RIGHT: Mapping[str, Mapping[str, str]] = {k: v for each in LISTS for k, v in each.RIGHT.items()}
WRONG: Mapping[str, Mapping[str, Slip]] = {k: v for each in LISTS for k, v in each.WRONG.items()}

every_exercise = pytest.mark.parametrize("exercise", HOMES)


def solution(exercise: str) -> str:
    return judged.solution(HOMES[exercise], exercise)


GIVEN = {
    "3_the_modern_chat": "authentication = bytes(32)\n",
    "4_what_is_still_open": "",
    "5_closing_the_doors": "",
}
"""What the page has besides its imports, and answers use."""
NEEDED = {"m5": ("m5-exercise-frames",), "m9": ("m9-experiment",)}
"""The cells that stand before an exercise and make what its answer uses."""


def judge(exercise: str, answer: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the check says to an answer, after all exercises before it were solved."""
    name = HOMES[exercise]
    page: dict[str, Any] = {}
    exec(cells(name)["imports"] + "\n" + GIVEN[name], page)
    if exercise in NEEDED:
        exec("chat = second_chat.Chat()", page)
    for cell in NEEDED.get(exercise, ()):
        exec(cells(name)[cell], page)
    order = EXERCISES[name]
    for earlier in order[: order.index(exercise)] if name.startswith("5") else ():
        exec(solution(earlier), page)
    exec(answer, page)
    capsys.readouterr()
    exec(cells(name)[f"{exercise}-check"], page)
    return capsys.readouterr().out


def test_each_section_asks_before_it_shows() -> None:
    sections: dict[str, list[str]] = {}
    kinds: list[str] = []
    for cell in books.read("5_closing_the_doors").cells:
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


@pytest.mark.parametrize("name", EXERCISES)
def test_all_exercises_of_the_notebook_are_here(name: str) -> None:
    found = [cell.id for cell in books.tagged(books.read(name), "exercise")]
    assert found == [f"{exercise}-exercise" for exercise in EXERCISES[name]]
    assert set(RIGHT) == set(WRONG) == set(HOMES)


@every_exercise
def test_each_has_three_right_and_five_wrong_answers_at_least(exercise: str) -> None:
    assert len({solution(exercise), *RIGHT[exercise].values()}) > 3
    assert len(WRONG[exercise]) >= 5


@every_exercise
def test_the_solution_is_right(exercise: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = judge(exercise, solution(exercise), capsys)
    assert said.startswith("✓ "), said


@every_exercise
def test_nothing_is_no_answer(exercise: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = judge(exercise, cells(HOMES[exercise])[f"{exercise}-exercise"], capsys)
    nothing = r"(returns nothing|has no number|contains no numbers)"
    assert re.fullmatch(rf"✗ \w+ {nothing} yet\n", said)


@pytest.mark.parametrize(
    ("exercise", "name"), [(exercise, name) for exercise in RIGHT for name in RIGHT[exercise]]
)
def test_a_right_answer_of_another_style_passes(
    exercise: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = judge(exercise, RIGHT[exercise][name], capsys)
    assert said.startswith("✓ "), said


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
