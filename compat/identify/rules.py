"""The possible rules on each axis: those of all dialects, and more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import attrgetter
from typing import Any

from modern import axes
from modern.axes import BinaryNumber, DecimalDigits, Order
from modern.dialects import DIALECTS, Dialect

AXES = {
    "keys": "authentication key",
    "tag": "tag",
    "prefix": "before the IV",
    "length.form": "length",
    "length.counting": "the length counts",
    "body_iv": "IV of the body",
    "padding": "padding",
    "newline": "newline",
    "cut": "cut",
}
"""The axes: the points in which dialects differ. Each has the name of its field, and words."""


def rule_of(dialect: Dialect, axis: str) -> Any:
    """Return the rule of a dialect on an axis."""
    return attrgetter(axis)(dialect)


def with_rule(dialect: Dialect, axis: str, rule: Any) -> Dialect:
    """Return the dialect with another rule on one axis."""
    field_name, _, part = axis.partition(".")
    if part:
        rule = replace(getattr(dialect, field_name), **{part: rule})
    return replace(dialect, **{field_name: rule})


def rules_of(axis: str) -> list[Any]:
    """Return every rule that some dialect has on an axis."""
    found: list[Any] = []
    for dialect in DIALECTS.values():
        rule = rule_of(dialect, axis)
        if rule not in found:
            found.append(rule)
    return found


_WIDTHS = (2, 4, 8, 15)


def number_forms() -> Iterator[axes.LengthForm]:
    """Yield the ways to write a length; no two of them give the same bytes."""
    orders: tuple[Order, ...] = ("big", "little")
    yield DecimalDigits()
    for order in orders:
        # little-endian: also smaller numbers with zero bytes behind
        yield BinaryNumber(16, order, "nothing more")
        yield BinaryNumber(16, order, "a block of PKCS#7")
        yield from (BinaryNumber(width, order, "PKCS#7") for width in _WIDTHS)
    yield BinaryNumber(1, "big", "PKCS#7")
    yield from (BinaryNumber(width, "big", "zero bytes") for width in _WIDTHS)


def alternatives(axis: str) -> list[Any]:
    """Return every rule that a program may have on an axis."""
    return list(number_forms()) if axis == "length.form" else rules_of(axis)
