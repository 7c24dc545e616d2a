"""What the figure of the dialects says is what trying gives, and it has all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from modern import axes
from modern.dialects import CHAINED, DIALECTS, INDEPENDENT
from notebooks import figures, readings
from tests.notebooks.drawn import draw


@cache
def examined() -> dict[str, readings.Reading]:
    """Return what trying says of each dialect."""
    return {name: readings.examine(dialect) for name, dialect in DIALECTS.items()}


EACH = pytest.mark.parametrize("name", DIALECTS)


@EACH
def test_a_letter_stands_where_the_rule_is_another_one(name: str) -> None:
    differing = {axis for axis, _ in DIALECTS[name].differences()} if name != "independent" else ()
    shown = dict(zip(readings.AXES, examined()[name].letters, strict=True))
    assert {axis for axis, letter in shown.items() if letter} == set(differing)


def test_equal_letters_are_equal_rules() -> None:
    for index, axis in enumerate(readings.AXES):
        rules = {dict(dialect.rules())[axis] for dialect in DIALECTS.values()}
        assert len({each.letters[index] for each in examined().values()}) == len(rules)


def test_bytes_on_the_wire() -> None:
    """Of three kinds of frames, counted by hand."""
    sizes = {name: (each.short, each.long) for name, each in examined().items()}
    assert sizes["independent"] == (112, 7 * 112)
    assert sizes["big-endian"] == (112, 96 + 112)
    assert sizes["size-in-the-clear"] == (4 + 112, 4 + 96 + 112)
    assert sizes["second-iv"] == (128, 16 + 96 + 112)


def open_to(attack: str) -> list[str]:
    return [name for name, each in examined().items() if each.attacks[attack]]


def test_attacks_succeed_where_the_rules_let_them() -> None:
    def having(**rules: object) -> list[str]:
        ((axis, wanted),) = rules.items()
        return [name for name, each in DIALECTS.items() if getattr(each, axis) is wanted]

    assert open_to("equal blocks") == having(body_iv=axes.SAME_IV)
    assert open_to("other body") == [name for name, each in DIALECTS.items() if each.body_iv.own]
    assert open_to("flipped bit") == having(body_iv=axes.UNTAGGED_SECOND_IV)
    assert set(DIALECTS) - set(open_to("replay")) == set(having(tag=axes.HMAC_RUNNING))


def test_a_rule_that_is_changed_changes_what_is_found() -> None:
    assert not readings.replaying_works(replace(INDEPENDENT, tag=axes.HMAC_RUNNING))
    assert readings.splicing_works(replace(INDEPENDENT, body_iv=axes.SECOND_IV))
    assert not readings.splicing_works(
        replace(INDEPENDENT, body_iv=axes.SECOND_IV, tag=axes.HMAC_RUNNING)
    )
    assert readings.flipping_works(replace(CHAINED, body_iv=axes.UNTAGGED_SECOND_IV))
    assert not readings.flipping_works(replace(CHAINED, body_iv=axes.SECOND_IV))


def test_bits_of_the_key() -> None:
    bits = {name: each.key_bits for name, each in examined().items()}
    assert {name for name, count in bits.items() if count != 256} == {"hex-keys", "running-tags"}
    assert bits["hex-keys"] == 16 * 4


def test_every_program_understands_only_itself() -> None:
    pairs = [(one, other) for one in DIALECTS.values() for other in DIALECTS.values()]
    assert all(readings.understands(*pair) == (pair[0] is pair[1]) for pair in pairs)


def test_the_words_name_everybody_who_is_worse_or_better_off() -> None:
    words = readings.describe(list(examined().values()))
    assert f"for each of {len(DIALECTS)} dialects" in words
    for attack in readings.ATTACKS:
        (said,) = [part for part in words.split(". ") if part.startswith(f"{attack}: ")]
        few = min(open_to(attack), [n for n in DIALECTS if n not in open_to(attack)], key=len)
        assert [name for name in DIALECTS if name in said.replace(",", " ").split() or
                f" {name}." in f" {said}."] == few  # fmt: skip


def test_the_figure_has_a_row_for_each_and_a_column_for_each_axis_and_attack() -> None:
    texts = draw(figures.dialects, list(examined().values())).texts
    for name in (*DIALECTS, *readings.AXES, *readings.ATTACKS):
        assert name in texts
    assert texts.count("yes") == sum(len(open_to(attack)) for attack in readings.ATTACKS)
