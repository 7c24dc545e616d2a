"""Finds a misspelled option before argparse complains that the right one is missing."""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence


def find_unknown(known: Mapping[str, argparse.Action], words: Sequence[str]) -> str | None:
    """Return the first option among the words that is not known, without its value.

    What follows an option that takes a value may be a key, and is not looked at.
    """
    may_be_value = False
    for word in words:
        option, equals, _ = word.partition("=")
        if word == "--":
            return None
        if option.startswith("--") and option not in known and not may_be_value:
            return option
        takes_value = option in known and known[option].nargs not in (0, "?", "*")
        may_be_value = takes_value and not equals
    return None
