"""Each thing is in one list, and each entry of a list has its line in the README."""

from __future__ import annotations

import inspect
import re

import pytest

from compat.wiretap import tampering
from compat.wiretap.tampering import TAMPERINGS, Rule
from compat.wiretap.wires import WIRE_PROTOCOLS
from modern.dialects import DIALECTS, Dialect
from tests.programs import ROOT, run

README = (ROOT / "compat" / "README.md").read_text(encoding="utf-8")


def rules_of(module):
    """Return the classes of a module that can be used as tampering."""
    classes = [member for _, member in inspect.getmembers(module, inspect.isclass)]
    return {each for each in classes if issubclass(each, Rule) and not inspect.isabstract(each)}


def test_every_tampering_is_in_the_list():
    assert rules_of(tampering) == set(TAMPERINGS)
    assert len({each.option for each in TAMPERINGS}) == len(TAMPERINGS)


@pytest.mark.parametrize("each", TAMPERINGS, ids=lambda each: each.option)
def test_a_tampering_is_an_option_with_its_own_help(each):
    shown = " ".join(run("-m", "compat.wiretap", "--help").stdout.split())
    assert f"--{each.option} {each.metavar} {each.help}" in shown


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_every_dialect_has_its_line(dialect: Dialect):
    lines = re.findall(rf"^\| `{dialect.name}`.*$", README, re.MULTILINE)
    assert len(lines) == 1
    assert lines[0].endswith(f"| {dialect.authentication_key} | {dialect.length} |")


@pytest.mark.parametrize("program", [("-m", "modern"), ("-m", "compat.bridge")], ids=" ".join)
def test_the_help_names_every_dialect(program):
    shown = " ".join(run(*program, "--help").stdout.split())
    _, _, words = shown.partition("--dialect NAME")
    for name in DIALECTS:
        assert name in words


def test_every_wire_can_be_asked_for():
    shown = run("-m", "compat.wiretap", "--help").stdout
    assert f"--protocol {'|'.join(WIRE_PROTOCOLS)}" in shown
