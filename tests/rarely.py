"""Marks for tests that all make the same point: some run every day, the others in the long runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def each(
    names: str | tuple[str, ...], values: Iterable[Any], *, daily: Iterable[Any]
) -> pytest.MarkDecorator:
    """Parametrize with all `values`; those that are not in `daily` are marked `soak`.

    `values` may be a dictionary, from ids to values; then `daily` has some of its ids. For several
    `names`, each value is a tuple. Raises ValueError if `daily` names what is not there, or
    nothing.
    """
    choices = values if isinstance(values, dict) else {str(value): value for value in values}
    often = set(map(str, daily))
    if not often or often - choices.keys():
        raise ValueError(f"daily: {sorted(often)}, of {sorted(choices)}")
    parts = [
        pytest.param(
            *(value if isinstance(names, tuple) else (value,)),
            id=name,
            marks=() if name in often else pytest.mark.soak,
        )
        for name, value in choices.items()
    ]
    return pytest.mark.parametrize(names, parts)
