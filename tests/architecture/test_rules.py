"""The rules of the house, held by tests: who imports whom, and what shows a secret."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import nodes, tree
from tests.programs import ROOT, environment

PACKAGES = ("legacy", "modern", "compat")
FORBIDDEN = {"legacy": {"modern", "compat"}, "modern": {"legacy", "compat"}, "compat": set()}
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
assert SOURCES
SOCKETS_AND_CLOCKS = {"asyncio", "getpass", "select", "socket", "threading", "time", "datetime"}
SANS_IO = [
    ROOT / name
    for name in (
        "legacy/protocol.py",
        "modern/protocol.py",
        "modern/bulk.py",
        "modern/hardened/bulk.py",
        "modern/hardened/pake.py",
        "modern/hardened/records.py",
        "modern/hardened/session.py",
        "modern/dialects.py",
        "modern/attacks.py",
        "modern/guessing.py",
        "compat/aes.py",
        "compat/identify/ciphers.py",
        "compat/identify/clear.py",
        "compat/identify/dialects.py",
        "compat/identify/findings.py",
        "compat/identify/hints.py",
        "compat/identify/keys.py",
        "compat/identify/layers.py",
        "compat/identify/legacy_wire.py",
        "compat/identify/mixtures.py",
        "compat/identify/rules.py",
        "compat/identify/search.py",
        "compat/identify/streams.py",
        "compat/identify/tagged.py",
        "compat/identify/tags.py",
        "compat/identify/texts.py",
        "compat/identify/wires.py",
        "modern/session.py",
        "compat/careful/envelopes.py",
        "compat/page/board.py",
        "compat/page/ends.py",
        "compat/page/events.py",
        "compat/page/judge.py",
        "compat/page/lab.py",
        "compat/page/room.py",
        "compat/page/story.py",
        "compat/page/wording.py",
        "compat/wiretap/doubts.py",
        "compat/wiretap/marks.py",
        "compat/wiretap/seat.py",
        "compat/wiretap/shapes.py",
        "compat/wiretap/splitters.py",
        "compat/wiretap/tampering.py",
        "compat/wiretap/wires.py",
    )
]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """Return the top-level names of all modules that a file imports, wherever it does."""
    names = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def forbidden(path: Path) -> set[str]:
    """Return what the package of a file may not import."""
    return FORBIDDEN[path.relative_to(ROOT).parts[0]] | {"tests", "notebooks"}


def test_legacy_and_modern_import_nothing_of_each_other():
    assert {name(p): names for p in SOURCES if (names := imported(p) & forbidden(p))} == {}


ANOTHER_NAME = ROOT / "compat/page/crypto/Crypto"
"""In a browser, this package is called `Crypto`; its files must find each other there as here."""


def imports_relatively(path: Path) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.level for node in nodes(path))


def test_no_relative_imports():
    found = [name(path) for path in SOURCES if imports_relatively(path)]
    assert [file for file in found if not file.startswith(f"{name(ANOTHER_NAME)}/")] == []


def calls(path: Path) -> set[str]:
    """Return the names of the functions that a file calls by their name alone."""
    called = (node.func for node in nodes(path) if isinstance(node, ast.Call))
    return {function.id for function in called if isinstance(function, ast.Name)}


@pytest.mark.parametrize("path", SANS_IO, ids=name)
def test_protocol_code_has_no_socket_no_clock_and_does_not_print(path):
    assert not imported(path) & SOCKETS_AND_CLOCKS
    assert not {"print", "input", "open"} & calls(path)


def test_a_file_says_what_it_is_for():
    assert [name(path) for path in SOURCES if not ast.get_docstring(tree(path))] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(package):
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("package", ["legacy", "modern"])
def test_the_readme_names_only_functions_that_there_are(package):
    readme = (ROOT / package / "README.md").read_text(encoding="utf-8")
    code = (ROOT / package / "protocol.py").read_text(encoding="utf-8")
    rules = [line.split("|") for line in readme.splitlines() if re.match(r"\| \d", line)]
    named = {word for rule in rules for word in re.findall(r"`(\w+)`", rule[3])}
    assert named
    for word in named:
        assert re.search(rf"^(def|class) {word}\b", code, re.MULTILINE), word


def test_help_loads_no_cipher_and_no_socket():
    code = (
        "import sys; sys.argv = ['modern-chat', '--help']\n"
        "from modern import p2p_encryption as program\n"
        "try: program.main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('Crypto', 'socket', 'hmac', 'threading') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr
