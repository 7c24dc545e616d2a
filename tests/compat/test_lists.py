"""Each thing is in one list, and each entry of a list has its line in the README."""

from __future__ import annotations

import functools
import inspect
import re

import pytest

from compat.wiretap import tampering
from compat.wiretap.tampering import TAMPERINGS, Rule
from compat.wiretap.wires import WIRE_PROTOCOLS
from modern.dialects import DIALECTS
from tests.generators import dialect_table
from tests.programs import ROOT, run

README = (ROOT / "compat" / "README.md").read_text(encoding="utf-8")


@functools.cache
def help_of(*program):
    return " ".join(run(*program, "--help").stdout.split())


def rules_of(module):
    """Return the classes of a module that can be used as tampering."""
    classes = [member for _, member in inspect.getmembers(module, inspect.isclass)]
    return {each for each in classes if issubclass(each, Rule) and not inspect.isabstract(each)}


def test_every_tampering_is_in_the_list():
    assert rules_of(tampering) == set(TAMPERINGS)
    assert len({each.option for each in TAMPERINGS}) == len(TAMPERINGS)


@pytest.mark.parametrize("word", ["option", "metavar", "help", "done"])
def test_a_tampering_says_everything_about_itself(word):
    for each in TAMPERINGS:
        assert getattr(each, word, ""), f"{each.__name__} has no `{word}`"


@pytest.mark.parametrize("each", TAMPERINGS, ids=lambda each: each.option)
def test_a_tampering_is_an_option_with_its_own_help(each):
    shown = help_of("-m", "compat.wiretap")
    assert f"--{each.option} {each.metavar} {each.help}" in shown


def test_the_table_of_dialects_is_that_of_the_list():
    assert dialect_table.table() in README


@pytest.mark.parametrize(
    "program",
    [("-m", "modern"), ("-m", "compat.bridge"), ("-m", "compat.wiretap")],
    ids=" ".join,
)
def test_the_help_says_where_all_dialects_are_listed(program):
    shown = help_of(*program)
    assert "`modern-chat --dialects` lists all" in shown


def test_the_list_has_each_dialect_with_each_rule_that_differs():
    shown = run("-m", "modern", "--dialects").stdout
    for dialect in DIALECTS.values():
        _, _, part = f"\n{shown}".partition(f"\n{dialect.name}\n")
        for axis, rule in dialect.differences():
            assert f"  {axis}: {rule}\n" in part.partition("\n\n")[0] + "\n"


def test_the_table_says_what_can_be_cut_of_each_dialect():
    _, _, table = README.partition("| size of a frame | dialects |")
    rows = [line.split("|")[2:4] for line in table.splitlines()[2:5]]
    named = [re.findall(r"`([^`]+)`", names) for names, _ in rows]
    wires = [WIRE_PROTOCOLS[name] for name in DIALECTS]
    assert named == [
        [wire.name for wire in wires if wire.unit_size],
        [wire.name for wire in wires if wire.unit == "frame" and not wire.unit_size],
        [],
    ]
    assert "all others" in rows[2][0]
    assert [counted.split(",")[0].split(":")[0].strip() for _, counted in rows] == [
        "frames",
        "frames",
        "segments",
    ]


def test_the_page_says_how_long_a_segment_can_be_that_is_one_frame():
    (most,) = re.findall(r"up to (\d+)\sbytes\sin\smost\sof\sthem", README)
    longest = {
        name: max(size for size in range(64, 500) if not wire.explain_uncut(bytes(size)))
        for name, wire in WIRE_PROTOCOLS.items()
        if wire.unit == "segment"
    }
    assert sorted(longest.values())[len(longest) // 2] == int(most)


def test_every_wire_can_be_asked_for():
    refused = run("-m", "compat.wiretap", "--protocol", "telnet")
    assert f"give one of {', '.join(WIRE_PROTOCOLS)};" in refused.stderr
    assert list(WIRE_PROTOCOLS) == ["legacy", "modern", "hardened", *DIALECTS]
