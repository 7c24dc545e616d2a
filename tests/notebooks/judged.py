"""Answers to exercises, tried without a kernel: the checks are in modules."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pytest

from tests.notebooks import books


class Wrong(NamedTuple):
    """A wrong answer that looks right, and words that the check must say to it."""

    source: str
    says: str


@cache
def cells(notebook: str) -> dict[str, str]:
    return {cell.id: cell.source for cell in books.read(notebook).cells}


@cache
def exercises(notebook: str) -> list[str]:
    """Return the ids of the exercises of a notebook, without `-exercise`, in its order."""
    found = books.tagged(books.read(notebook), "exercise")
    return [cell.id.removesuffix("-exercise") for cell in found]


@cache
def solution(notebook: str, exercise: str) -> str:
    return books.solution_of(cells(notebook)[f"{exercise}-solution"])


def judge(notebook: str, exercise: str, answer: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the check on the page says to an answer."""
    page: dict[str, Any] = {}
    exec(cells(notebook)["imports"], page)
    exec(answer, page)
    capsys.readouterr()
    exec(cells(notebook)[f"{exercise}-check"], page)
    return capsys.readouterr().out
