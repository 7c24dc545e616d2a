"""A failing check's hint is the true reason: programs of fifteen wires, none of them ours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from compat.identify.hints import explain
from modern import axes
from modern.construction import Sealer
from modern.dialects import INDEPENDENT
from tests.coursework.checks.modern_wire import ACCENTS, LINES
from tests.coursework.facts import AUTHKEY, CONFKEY
from tests.coursework.grading import Assignment
from tests.coursework.model import Outcome, Result
from tests.coursework.places import REPOSITORY
from tests.coursework.selftests.jobs import Graded, Job
from tests.systems import with_a_start

wire_peer: Any = import_module("tests.originals.wire_peer")  # as untyped as what it plays

REASONS = {
    "independent": [],
    "chained": ["Your authentication key is SHA-256(confkey followed by authkey)"],
    "big-endian": ["the length is 8 bytes, big-endian", "the whole line in one frame"],
    "zero-padded": ["the length is 16 bytes, big-endian", "the padding is 1 to 16 zero bytes"],
    "zero-padded-no-newline": ["the length is 4 bytes, big-endian", "0 to 15 zero bytes"],
    "little-endian-no-newline": ["the length is 16 bytes, little-endian", "it is not sent"],
    "raw-authkey": ["authentication key is authkey itself", "15 bytes, little-endian"],
    "data-twice": ["HMAC-SHA256 over the data twice", "8 bytes, little-endian"],
    "hash-for-hmac": ["SHA-256(data followed by the key), which is no HMAC"],
    "hex-keys": ["the first 16 hex digits of SHA-256(authkey)", "the whole line in one frame"],
    "running-tags": [
        "authkey itself, not hashed, filled up with `a`",
        "HMAC-SHA256, where each tag",
    ],
    "two-block-length": ["16 bytes, big-endian, then a block of PKCS#7"],
    "size-in-the-clear": ["Before the IV, your program sends 4 bytes"],
    "second-iv": ["a second IV before E(body), covered by the second tag"],
    "untagged-second-iv": ["a second IV before E(body), covered by no tag"],
}
"""For each wire, what its hint must say."""

PEER = REPOSITORY / "tests" / "originals" / "wire_peer.py"
RUN_EVERY_DAY = ("chained",)


def hint_of(name: str, lines: tuple[str, ...] = LINES) -> str:
    wire = wire_peer.Wire(name, CONFKEY, AUTHKEY)
    sent = b"".join(frame for line in lines for frame in wire.frames(line))
    return explain(sent, CONFKEY, AUTHKEY, "".join(lines))


def test_every_wire_has_its_reason() -> None:
    assert list(REASONS) == list(wire_peer.WIRES)


@pytest.mark.parametrize("name", REASONS)
def test_the_reason_is_found_in_the_bytes(name: str) -> None:
    hint = hint_of(name)
    assert all(reason in hint for reason in REASONS[name])
    assert bool(hint) == bool(REASONS[name])


def mixed(**rules: axes.Cut | axes.Padding | axes.Newline) -> str:
    dialect = replace(INDEPENDENT, name="mixed", **rules)  # type: ignore[arg-type]
    sealer = Sealer(dialect, dialect.derive_keys(CONFKEY, AUTHKEY))
    return explain(b"".join(sealer.seal(LINES)), CONFKEY, AUTHKEY, "".join(LINES))


def test_one_mistake_alone() -> None:
    assert mixed() == ""
    assert mixed(cut=axes.WHOLE_LINE) == (
        "You send the whole line in one frame (rule 2 cuts at 15 bytes)"
    )
    assert "1 to 16 zero bytes or 0 to 15 zero bytes" in mixed(padding=axes.ZEROS_0_TO_15)
    assert "rule 2: a message is a line including its newline" in mixed(newline=axes.NOT_SENT)


def cut_by_characters(line: str) -> list[bytes]:
    return [line[start : start + 15].encode() for start in range(0, len(line), 15)]


def test_chunks_of_15_characters() -> None:
    by_characters = axes.Cut("", cut_by_characters, 15)
    dialect = replace(INDEPENDENT, name="mixed", cut=by_characters)
    sealer = Sealer(dialect, dialect.derive_keys(CONFKEY, AUTHKEY))
    hint = explain(b"".join(sealer.seal(ACCENTS)), CONFKEY, AUTHKEY, ACCENTS[0])
    assert hint == (
        "A chunk of 15 characters has 17 bytes: your program cuts by characters "
        "(rule 2 cuts at 15 bytes)"
    )


def test_bytes_that_are_no_frames() -> None:
    assert explain(b"", CONFKEY, AUTHKEY) == ""
    assert explain(bytes(16), CONFKEY, AUTHKEY) == "16 bytes came; a frame has 112 (rule 3)"
    assert explain(bytes(112), CONFKEY, AUTHKEY).startswith("No tag fits")
    hint = explain(b"hi, this is not encrypted\n", CONFKEY, AUTHKEY, "hi, this is not encrypted")
    assert hint.endswith("Nothing here is encrypted")


def grade(name: str, _: Path) -> list[Result]:
    command = f'"{Path(sys.executable).as_posix()}" "{PEER.as_posix()}" server {{port}} {name}'
    command += " {confkey} {authkey}"
    return Assignment(("modern",), {"server": command}, with_a_start(3)).grade(PEER.parent)


def jobs() -> list[object]:
    make: Callable[[str], Job] = lambda name: Job(f"wire-{name}", partial(grade, name))  # noqa: E731
    return [
        pytest.param(make(name), marks=() if name in RUN_EVERY_DAY else pytest.mark.soak)
        for name, reasons in REASONS.items()
        if reasons
    ]


@pytest.mark.parametrize("job", jobs(), ids=str)
def test_the_checks_that_fail_say_so(job: Job, graded: Graded) -> None:
    failed = [result for result in graded(job) if result.outcome is Outcome.FAILED]
    assert {result.check.id for result in failed} >= {"modern-server-shows"}
    reasons = REASONS[job.name.removeprefix("wire-")]
    for result in failed:
        assert all(reason in result.hint for reason in reasons), result.hint
        assert all(word in result.report for word in reasons[0].split())
