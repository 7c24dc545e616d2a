"""How late a submission came, and what that costs.

The times come from a CSV file with a row for each submission: its name, and when it was handed in
(`alice,2026-11-20 23:10`). A rule says what a delay costs. `15m:0 24h:10 3d:30 later:100` means:
15 minutes cost nothing, up to 24 hours cost 10 percent, up to 3 days 30, and more than that all.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_STEP = re.compile(r"(?:(\d+)([mhd])|(later)):(\d+)")
_NAME, _TIME = "submission", "time"


class LatenessError(Exception):
    """The times or the rule cannot be read; the text says why."""


class Late(NamedTuple):
    """How late a submission is, and how many percent of its points that costs."""

    delay: timedelta
    percent: int

    def __str__(self) -> str:
        minutes = int(self.delay.total_seconds() // 60) or 1
        parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
        shown = " ".join(f"{number} {unit}" for number, unit in parts if number)
        return f"{shown}, {self.percent} % off"


class Rule(NamedTuple):
    """The deadline, and what each delay costs."""

    deadline: datetime
    steps: Sequence[tuple[timedelta, int]]

    def apply(self, handed_in: datetime) -> Late | None:
        """Return how late that is; None if it is in time."""
        delay = handed_in - self.deadline
        if delay <= timedelta(0):
            return None
        return Late(delay, next(percent for limit, percent in self.steps if delay <= limit))


def read_rule(deadline: str, rule: str) -> Rule:
    """Read the deadline and the rule. Raises LatenessError."""
    steps = []
    for word in rule.split():
        found = _STEP.fullmatch(word)
        if not found or int(found[4]) > 100:
            raise LatenessError(f"what is {word!a}? A rule is like 15m:0 24h:10 3d:30 later:100")
        number, unit = found[1], _UNITS.get(found[2] or "")
        limit = timedelta(**{unit: int(number)}) if unit else timedelta.max
        steps.append((limit, int(found[4])))
    if not steps or steps[-1][0] != timedelta.max or steps != sorted(steps):
        raise LatenessError("the delays of a rule rise, and the last one is `later`")
    return Rule(read_time(deadline), steps)


def read_time(text: str) -> datetime:
    """Read a time such as `2026-11-20 23:59` or `2026-11-20T23:59:00+01:00`. Raises LatenessError.

    A time without a zone is one of this computer's zone.
    """
    plain = re.sub(r"[zZ]$", "+00:00", text.strip())  # Python 3.10 does not know the Z
    try:
        return datetime.fromisoformat(plain).astimezone()
    except ValueError:
        raise LatenessError(f"{text!a} is no time such as 2026-11-20 23:59") from None


def read_times(file: Path) -> dict[str, datetime]:
    """Return when each submission was handed in. Raises LatenessError, OSError."""
    times: dict[str, datetime] = {}
    with file.open(newline="", encoding="utf-8-sig", errors="backslashreplace") as stream:
        for number, row in enumerate(csv.reader(stream), 1):
            cells = [cell.strip() for cell in row]
            if not any(cells) or (number == 1 and cells[:2] == [_NAME, _TIME]):
                continue
            if len(cells) < 2:
                raise LatenessError(f"{file.name}, line {number}: a name and a time are needed")
            try:
                times[cells[0]] = read_time(cells[1])
            except LatenessError as error:
                raise LatenessError(f"{file.name}, line {number}: {error}") from None
    return times
