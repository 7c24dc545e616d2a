"""The checks of notebooks 1 and 2 judge right: answers of many styles, slips, and our own code."""

from __future__ import annotations

import re
import sys
from hashlib import sha256

import pytest
from Crypto.Cipher import AES

from notebooks.checks.legacy_watched import BLOCK, NEARLY, SECRET
from tests.notebooks import building_answers, judged, misleading_answers, undoing_answers
from tests.notebooks import watching_answers as watching
from tests.notebooks.judged import Wrong

BUILDING, BREAKING = "1_the_legacy_chat", "2_breaking_it"

RIGHT: dict[str, dict[str, dict[str, str]]] = {
    BUILDING: building_answers.RIGHT,
    BREAKING: {**watching.RIGHT, **misleading_answers.RIGHT, **undoing_answers.RIGHT},
}
WRONG: dict[str, dict[str, dict[str, Wrong]]] = {
    BUILDING: building_answers.WRONG,
    BREAKING: {**watching.WRONG, **misleading_answers.WRONG, **undoing_answers.WRONG},
}

each_exercise = pytest.mark.parametrize(
    ("notebook", "exercise"),
    [(notebook, exercise) for notebook in RIGHT for exercise in RIGHT[notebook]],
)


@pytest.mark.parametrize("notebook", RIGHT)
def test_all_exercises_are_here(notebook: str) -> None:
    assert judged.exercises(notebook) == list(RIGHT[notebook]) == list(WRONG[notebook])


@each_exercise
def test_each_has_three_right_and_five_wrong_answers_at_least(notebook: str, exercise: str) -> None:
    assert len(set(RIGHT[notebook][exercise].values())) >= 3
    assert len(WRONG[notebook][exercise]) >= 5


@each_exercise
def test_the_solution_is_right(
    notebook: str, exercise: str, capsys: pytest.CaptureFixture[str]
) -> None:
    solution = judged.solution(notebook, exercise)
    said = judged.judge(notebook, exercise, solution, capsys)
    assert said.startswith("✓ "), said


@each_exercise
def test_nothing_is_no_answer(
    notebook: str, exercise: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unsolved = judged.cells(notebook)[f"{exercise}-exercise"]
    said = judged.judge(notebook, exercise, unsolved, capsys)
    assert re.fullmatch(r"✗ \w+ returns nothing yet\n", said)


@pytest.mark.parametrize(
    ("notebook", "exercise", "name"),
    [(book, one, name) for book, table in RIGHT.items() for one in table for name in table[one]],
)
def test_a_right_answer_of_another_style_passes(
    notebook: str, exercise: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = judged.judge(notebook, exercise, RIGHT[notebook][exercise][name], capsys)
    assert said.startswith("✓ "), said


@pytest.mark.parametrize(
    ("notebook", "exercise", "name"),
    [(book, one, name) for book, table in WRONG.items() for one in table for name in table[one]],
)
def test_a_wrong_answer_is_told_what_is_wrong(
    notebook: str, exercise: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, hint = WRONG[notebook][exercise][name]
    said = judged.judge(notebook, exercise, source, capsys)
    assert said.startswith("✗ ")
    assert any(words in said for words in hint.split("|")), said


def test_a_check_never_goes_on_watching(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.getprofile()
    judged.judge(BREAKING, "l9", RIGHT[BREAKING]["l9"]["one-block"], capsys)
    judged.judge(BREAKING, "l3", WRONG[BREAKING]["l3"]["ours"].source, capsys)
    assert sys.getprofile() is before


def test_the_guesses_that_are_nearly_right_are_so() -> None:
    """Each looks right to a test of the part that its hint names, and no other one does."""
    texts = {guess: decrypt(guess) for guess in NEARLY}
    assert decrypt(SECRET) == b'{"timestamp": "1'
    assert [guess for guess, text in texts.items() if text[:1] == b"{"] == [
        "guess 513",
        "guess 394",
        "guess 25245",
    ]
    assert [guess for guess, text in texts.items() if text[15:] in (b"0", b"1", b"2")] == [
        "guess 25",
        "guess 394",
    ]
    assert texts["guess 25245"].startswith(b'{"')
    assert texts["guess 61634"].isascii()
    assert texts["guess 3871"].decode()


def decrypt(guess: str) -> bytes:
    return AES.new(sha256(guess.encode()).digest(), AES.MODE_ECB).decrypt(BLOCK)
