"""Shows that the checks find mistakes: each mutant fails the checks that it should, no other.

Every day each check finds its mistake; a few mutants are graded whole, in this process or in one of
their own. In the long runs, all of them are graded whole, in both ways.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from tests import rarely
from tests.coursework.checks import PROGRAM_CHECKS
from tests.coursework.grading import PROTOCOLS, ROLES, Assignment, total
from tests.coursework.model import GRADER_FAULT, Outcome, Result
from tests.coursework.places import MUTANTS, REFERENCE, STARTER
from tests.coursework.selftests import in_process
from tests.coursework.selftests.jobs import Graded, Job

ROWS = re.findall(
    r"^\| `(\w+)` \| (.*) \| (.*) \|$", (MUTANTS / "README.md").read_text("utf-8"), re.M
)
TABLE = {name: set(re.findall(r"`([\w-]+)`", caught_by)) for name, _, caught_by in ROWS}
"""For each mutant the checks that must fail, as the table in `mutants/README.md` says."""


NOT_SEEN = {
    "legacy_hex_key_cut_to_32": {"key-unicode"},
    "legacy_iso_timestamp": {"seal"},
    "legacy_blocks_of_text": {"padding", "full-block", "seal"},
    "legacy_no_padding": {"seal"},
    "legacy_aes_128": {"blocks-alone"},
    "legacy_tag_in_column_81": {"conversation"},
    "legacy_encrypts_to_decrypt": {"tildes", "incomplete-block", "noise", "conversation"},
    "modern_chunks_of_16": {"characters"},
    "modern_fixed_iv": {"random-iv"},
    "modern_chunk_opened_under_the_iv": {
        "lengths", "bad-length", "bad-padding", "bad-text", "stream-pieces", "stream-joined",
        "stream-at-once", "stream-bad-frame", "stream-end",
    },
    "modern_tags_not_checked": {
        "reject-iv", "reject-length", "reject-length-tag", "reject-chunk", "reject-chunk-tag",
        "verify-first", "stream-bad-frame",
    },
    "modern_second_tag_not_checked": {"verify-first"},
    "modern_first_tag_not_checked": {"verify-first"},
    "modern_one_recv_is_one_frame": {"stream-bad-frame", "stream-end"},
    "hardened_filled_to_a_block": {
        "ciphertext", "one-tag", "sealer", "sealer-kinds", "fresh-iv", "random-iv",
        "sealer-renewal",
    },
    "hardened_counts_each_text_anew": {"sealer-kinds", "sealer-renewal"},
    "hardened_sealer_never_counts": {"sealer-kinds", "sealer-renewal"},
    "hardened_fixed_iv": {"random-iv"},
    "hardened_one_iv_for_a_text": {"random-iv"},
    "hardened_tag_not_checked": {
        "reject-changed", "reject-tag", "reject-moved", "verify-first", "constant-time",
        "stream-moved", "stream-bad-record",
    },
    "hardened_one_recv_is_one_record": {"stream-bad-record"},
    "hardened_one_record_for_each_recv": {"stream-bad-record"},
}  # fmt: skip
"""What nobody can see because of the mistake.

A mutant that is not here loses nothing but the points of its own checks."""


PRINTING = {"modern_prints_its_keys", "hardened_prints_its_keys"}
"""What these print comes back only from a process of their own."""


def grade(folder: Path, protocol: str, _: Path) -> list[Result]:
    return Assignment((protocol,)).grade(folder)


JOBS = {name: Job(name, partial(grade, MUTANTS / name, name.split("_")[0])) for name in TABLE}


def one_for_each_check() -> list[str]:
    """Return mutants of the table that prove every check together: the first that proves it."""
    proven: set[str] = set()
    chosen = []
    for name, caught_by in TABLE.items():
        if caught_by - proven:
            chosen.append(name)
            proven |= caught_by
    return chosen


def test_the_table_has_every_mutant() -> None:
    assert set(TABLE) == {path.name for path in MUTANTS.iterdir() if path.is_dir()}


def test_a_mutant_says_what_the_table_says() -> None:
    for name, mistake, _ in ROWS:
        (file,) = (MUTANTS / name).glob("*.py")
        first_line = file.read_text("utf-8").splitlines()[0]
        assert first_line == f'"""{mistake[0].upper()}{mistake[1:]}."""'


def test_every_check_that_gives_points_is_proven_by_a_mutant() -> None:
    checks = {check.id for check in Assignment(PROTOCOLS).checks if check.points}
    for names in (TABLE, one_for_each_check()):
        assert set().union(*(TABLE[name] for name in names)) == checks


def expect_what_the_table_says(name: str, results: list[Result]) -> None:
    assert failed(results) == TABLE[name]
    for result in results:
        assert GRADER_FAULT not in result.detail
        if result.outcome is Outcome.NOT_REACHED:
            assert result.detail.startswith("not reached: ")
    family = f"{name.partition('_')[0]}-"
    unseen = {r.check.id.removeprefix(family) for r in results if r.outcome is Outcome.NOT_REACHED}
    assert unseen == NOT_SEEN.get(name, set())


def failed(results: list[Result]) -> set[str]:
    return {result.check.id for result in results if result.outcome is Outcome.FAILED}


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("name", [name for name in one_for_each_check() if name not in PRINTING])
def test_each_check_finds_its_mistake(name: str) -> None:
    """Of all checks only those run that must find this one, and those that they need."""
    grader = in_process.grader(MUTANTS / name, name.partition("_")[0], start=in_process.Apart)
    results = [grader.result(each) for each in grader.checks if each in TABLE[name]]
    assert failed(results) == TABLE[name]
    assert not [each.detail for each in results if GRADER_FAULT in each.detail]


WHOLE = [
    "legacy_encrypts_to_decrypt", "legacy_wrong_key_order", "modern_chunks_of_16",
    "modern_tags_not_checked", "hardened_fixed_iv", "hardened_tag_not_checked",
]  # fmt: skip
"""Of each chat one that sends and one that receives. `test_slips.py` does the same with slips."""


@pytest.mark.usefixtures("alone")
@rarely.each("name", [name for name in TABLE if name not in PRINTING], daily=WHOLE)
def test_exactly_the_intended_checks_catch_a_mutant(name: str) -> None:
    protocol = name.partition("_")[0]
    results = in_process.grade(MUTANTS / name, protocol, start=in_process.Apart)
    expect_what_the_table_says(name, results)


@rarely.each("job", JOBS, daily=["legacy_always_ticked", *sorted(PRINTING)])
def test_they_catch_a_mutant_in_a_process_of_its_own(job: Job, graded: Graded) -> None:
    expect_what_the_table_says(job.name, graded(job))


def test_our_own_chats_get_all_points() -> None:
    points, most = total(Assignment(PROTOCOLS).grade(REFERENCE))
    assert points == most == 140


def test_the_starter_gets_none_and_says_what_to_write() -> None:
    results = Assignment(PROTOCOLS).grade(STARTER)
    assert total(results)[0] == 0
    reasons = [r.detail for r in results if r.outcome is Outcome.FAILED]
    assert reasons
    assert all("this is not written yet" in reason for reason in reasons)


def test_points_add_up() -> None:
    """These figures are promised to students: a new check takes its points from another one."""
    for protocol, points in (("legacy", 40), ("modern", 60), ("hardened", 40)):
        assert Assignment((protocol,)).points == points
        for role in ROLES if protocol in PROGRAM_CHECKS else ():
            assert Assignment((protocol,), {role: ""}).points == 25
