"""How a check judges: step by step, in one sentence, and without ever raising an exception."""

from __future__ import annotations

import contextlib
import re
import sys

import pytest

from legacy import protocol
from notebooks import check
from notebooks.checks import HOMES
from notebooks.checks.judging import Answer, Wrong, judge, require
from notebooks.checks.watching import Watched
from tests.notebooks import books


def test_the_praise_is_printed_when_every_step_holds(capsys: pytest.CaptureFixture[str]) -> None:
    judge("well done", lambda: None, lambda: None)
    assert capsys.readouterr().out == "✓ well done\n"


def test_the_first_step_that_fails_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    judge("well done", lambda: None, lambda: require(False, "second"), lambda: require(False, "3"))
    assert capsys.readouterr().out == "✗ second\n"


def test_attacks_that_were_refused_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    judge("well done", lambda: "M2", lambda: "M1", lambda: require(False, "third"))
    assert capsys.readouterr().out == "✗ third\n  Refused already: M1, M2.\n"


def what_is_wrong(answer: Answer, *given: object, hint: str = "") -> str:
    with pytest.raises(Wrong) as caught:
        answer(*given, hint=hint)
    return str(caught.value)


def test_an_answer_that_raises_is_named_with_its_call_and_the_hint() -> None:
    answer = Answer("double", lambda number: number["key"])
    said = what_is_wrong(answer, 7, hint="a number has no keys")
    assert re.fullmatch(r"double\(7\) raised TypeError: .*: a number has no keys", said)
    assert what_is_wrong(answer, "x" * 99).startswith("double(…) raised")


def test_an_answer_of_the_wrong_kind_is_told_which_one_is_wanted() -> None:
    assert what_is_wrong(Answer("f", lambda: "yes", bool)) == (
        "f must return True or False, and yours returns str"
    )
    assert what_is_wrong(Answer("f", lambda: None)) == "f returns nothing yet"
    assert Answer("f", lambda: None, optional=True)() is None
    assert what_is_wrong(Answer("f", ...)) == "f is no function: run its cell again"


def test_our_code_is_seen_under_any_name_and_in_any_depth() -> None:
    seal = protocol.seal

    def helper(message: str) -> bytes:
        return seal(message, "12:00:00", bytes(32))

    answer = Answer("f", lambda: max([helper("hello")]))
    assert what_is_wrong(answer) == "f calls seal of protocol.py, which is ours: write it yourself"


def test_our_code_is_seen_when_its_error_is_swallowed_or_shown() -> None:
    def swallows() -> str:
        with contextlib.suppress(protocol.UnrecognisedData):
            protocol.parse_envelope("")
        return "noise"

    assert "f calls parse_envelope" in what_is_wrong(Answer("f", swallows))
    assert "f calls parse_envelope" in what_is_wrong(
        Answer("f", lambda: protocol.parse_envelope(""))
    )


def test_what_an_exercise_hands_out_may_be_called_with_all_that_it_calls() -> None:
    answer = Answer("f", lambda: protocol.seal("hello", "12:00:00", bytes(32)), bytes)
    assert what_is_wrong(answer)
    allowed = Answer(
        "f", lambda: protocol.seal("hello", "12:00:00", bytes(32)), bytes, [protocol.seal]
    )
    assert len(allowed()) == 128
    cached = Answer("f", lambda: protocol.block_cipher(bytes(32)), object, [protocol.block_cipher])
    assert cached()


def test_nothing_is_watched_after_a_call() -> None:
    def fails() -> None:
        raise ValueError

    before = sys.getprofile()
    with pytest.raises(ValueError):  # noqa: PT011 - the learner's own, without a text
        Watched(fails)()
    assert sys.getprofile() is before


def test_each_check_of_the_notebooks_has_a_home_and_each_home_is_used() -> None:
    known = [exercise for exercises in HOMES.values() for exercise in exercises]
    cells = [cell for name in books.NAMES for cell in books.tagged(books.read(name), "check")]
    used = [re.match(r'check\("([\w.]+)"', cell.source)[1] for cell in cells]  # type: ignore[index]
    assert sorted(used) == sorted(known)


def test_an_id_that_no_exercise_has_is_an_error_of_the_page() -> None:
    with pytest.raises(KeyError):
        check("L13", len)
