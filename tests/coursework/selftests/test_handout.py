"""What students get: the starters, and the folder that is written for them."""

from __future__ import annotations

import ast
import doctest
import re
import sys
import types
from pathlib import Path

import pytest

import legacy.protocol
import modern.protocol
from tests.coursework import handout
from tests.coursework.grading import PROTOCOLS, Assignment, total
from tests.coursework.places import REFERENCE, REPOSITORY, STARTER


@pytest.mark.parametrize("protocol", ["legacy", "modern"])
def test_the_examples_in_the_starter_are_true(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run each example with our own function in place of the unwritten one."""
    code = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
    starter = types.ModuleType("starter")
    monkeypatch.setitem(sys.modules, "starter", starter)
    exec(compile(code, "starter", "exec"), starter.__dict__)
    names = vars(legacy.protocol if protocol == "legacy" else modern.protocol)
    examples = doctest.DocTestFinder().find(starter, "starter", globs=dict(names))
    assert sum(len(each.examples) for each in examples) >= 6
    for each in examples:
        each.globs.update(names)
        assert doctest.DocTestRunner().run(each).failed == 0


def test_the_starter_asks_for_what_the_checks_call() -> None:
    for protocol in ("legacy", "modern"):
        starter = (STARTER / f"{protocol}_chat.py").read_text("utf-8")
        reference = (REFERENCE / f"{protocol}_chat.py").read_text("utf-8")
        names = reference.split("__all__ = [")[1].replace('"', "").replace("]", "").split(",")
        for name in filter(None, map(str.strip, names)):
            assert f"def {name}(" in starter or f"class {name}" in starter


def without_docstrings(path: Path) -> ast.Module:
    """Return the statements of a file except those that are only text."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            node.body = [each for each in node.body if not _is_text(each)]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_handout_has_a_page_a_starter_and_the_command(protocol: str, tmp_path: Path) -> None:
    folder = tmp_path / "for-students"
    handout.write(folder, (protocol,))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"README.md", f"{protocol}/README.md", f"mywork/{protocol}_chat.py"}
    readme = (folder / "README.md").read_text("utf-8")
    assert f"python -m tests.coursework check mywork --protocol {protocol}\n" in readme
    assert "[coursework]" in readme
    page = (folder / protocol / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)]*)\)", page)
    assert all(link.startswith(("#", "https:")) for link in links)
    original = (REPOSITORY / protocol / "README.md").read_text("utf-8")
    rules = re.findall(r"^\| \d.*$", original, re.M)
    assert len(rules) > 9
    assert all(rule in page for rule in rules)


def test_the_handout_has_no_solution(tmp_path: Path) -> None:
    """Its code is that of the starters, and a function of a starter does nothing but raise."""
    written = handout.write(tmp_path / "for-students")
    for path in (path for path in written if path.suffix == ".py"):
        assert path.read_bytes() == (STARTER / path.name).read_bytes()
        functions = [
            node for node in ast.walk(without_docstrings(path)) if isinstance(node, ast.FunctionDef)
        ]
        assert functions
        bodies = {"\n".join(map(ast.unparse, each.body)) for each in functions}
        assert bodies == {"raise NotImplementedError"}
    assert total(Assignment().grade(tmp_path / "for-students" / handout.WORK))[0] == 0


def test_no_line_of_our_own_chats_is_in_the_handout(tmp_path: Path) -> None:
    texts = [path.read_text("utf-8") for path in handout.write(tmp_path / "for-students")]
    for protocol in PROTOCOLS:
        code = ast.unparse(without_docstrings(REPOSITORY / protocol / "protocol.py")).splitlines()
        secrets = [line.strip() for line in code if re.match(r" +(return|if|while) .{20}", line)]
        assert len(secrets) > 5
        assert not [line for line in secrets if any(line in text for text in texts)]


def test_a_handout_does_not_overwrite_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert handout.main([str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
