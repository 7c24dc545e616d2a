"""How late a submission came, and what that costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coursework.course.lateness import (
    LatenessError,
    read_rule,
    read_time,
    read_times,
)

RULE = "15m:0 24h:10 3d:30 later:100"
DEADLINE = "2026-11-20 12:00"

DELAYS = {
    "2026-11-19 12:00": "",
    "2026-11-20 12:00": "",
    "2026-11-20 12:00:01": "1 min, 0 % off",
    "2026-11-20 12:15": "15 min, 0 % off",
    "2026-11-20 12:16": "16 min, 10 % off",
    "2026-11-21 12:00": "1 d, 10 % off",
    "2026-11-21 13:05": "1 d 1 h 5 min, 30 % off",
    "2026-12-24 12:00": "34 d, 100 % off",
}


@pytest.mark.parametrize(("time", "shown"), DELAYS.items())
def test_the_rule_says_what_a_delay_costs(time: str, shown: str) -> None:
    late = read_rule(DEADLINE, RULE).apply(read_time(time))
    assert (str(late) if late else "") == shown


def test_zones_are_told_apart() -> None:
    rule = read_rule("2026-11-20T12:00+01:00", "later:50")
    assert rule.apply(read_time("2026-11-20T11:00Z")) is None
    assert rule.apply(read_time("2026-11-20T12:00:00Z")) is not None


@pytest.mark.parametrize(
    "rule",
    ["", "10%", "1h:10", "later:10 1h:20", "2h:10 1h:5 later:9", "later:101", "1w:5 later:9"],
)
def test_a_rule_that_is_none(rule: str) -> None:
    with pytest.raises(LatenessError):
        read_rule(DEADLINE, rule)


def test_the_list_of_times(tmp_path: Path) -> None:
    file = tmp_path / "times.csv"
    text = "submission,time\nalice,2026-11-20 10:00\n\n李小龙 , 2026-11-20T10:00:00Z\n"
    file.write_text("\ufeff" + text, "utf-8")
    assert list(read_times(file)) == ["alice", "李小龙"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("alice,yesterday", "line 1: 'yesterday' is no time"),
        ("a,2026-11-20\nbob", "line 2: a name"),
    ],
)
def test_a_list_that_cannot_be_read(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(LatenessError, match=f"times.csv, {why}"):
        read_times(tmp_path / "times.csv")
