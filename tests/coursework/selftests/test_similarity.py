"""Copies are seen, whatever their names and layout; the work of different hands is no pair."""

from __future__ import annotations

import ast
import builtins
import time
from pathlib import Path

import pytest

from tests.coursework import similarity
from tests.coursework.course.pool import code_of
from tests.coursework.grading import PROTOCOLS, Assignment
from tests.coursework.places import HANDS, OWN_FILES, REPOSITORY, STARTER

MOST_BETWEEN_HANDS = 0.12
"""Measured: at most 11 % between our four hands. SUSPECT is far above that."""


def hands(protocol: str) -> dict[str, str]:
    """Return right solutions of three hands; ours is the fourth."""
    files = sorted(HANDS.glob(f"*/{protocol}_chat.py"))
    return {file.parent.name: file.read_text("utf-8") for file in files}


def ours(protocol: str) -> str:
    return (REPOSITORY / OWN_FILES[protocol]).read_text("utf-8")


class _Rename(ast.NodeTransformer):
    """Gives everything another name that can have one without changing the program."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = node.id if hasattr(builtins, node.id) else f"my_{node.id}"
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = f"my_{node.arg}"
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = f"my_{node.name}"
        node.body.insert(0, ast.Expr(ast.Constant("In other words.")))
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        node.attr = f"my_{node.attr}"
        return node


def disguised(text: str) -> str:
    """Return a copy with other names, comments and layout, its definitions in reverse order."""
    tree = _Rename().visit(ast.parse(text))
    tree.body.reverse()
    return f"# all my own work\n{ast.unparse(ast.fix_missing_locations(tree))}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_different_hands_are_no_pair(protocol: str) -> None:
    texts = hands(protocol)
    assert len(texts) == 3
    pairs = similarity.compare(texts, at_least=0)
    assert max(pair.share for pair in pairs) <= MOST_BETWEEN_HANDS < similarity.SUSPECT / 2
    assert similarity.compare(texts) == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_disguised_copy_is_seen(protocol: str) -> None:
    texts = hands(protocol)
    for name in list(texts):
        copies = texts | {"mallory": disguised(texts[name])}
        ((left, right, share),) = similarity.compare(copies)
        assert {left, right} == {name, "mallory"}
        assert share > 0.7


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_copy_of_ours_is_seen_even_among_other_code(protocol: str) -> None:
    texts = hands(protocol)
    texts["mallory"] = texts.pop("plain") + "\n" + disguised(ours(protocol))
    (pair,) = similarity.compare(texts)
    assert (pair.left, pair.right) == ("mallory", f"ours: {OWN_FILES[protocol]}")
    assert similarity.same_as("mallory", pair).startswith(f"ours: {OWN_FILES[protocol]} (")


def test_a_copied_part_is_seen_as_a_part() -> None:
    """The student bob wrote his own file, but two of its definitions are those of alice."""
    taken = {"open_frame", "Decoder"}
    alice, own = (ast.parse(hands("modern")[name]).body for name in ("plain", "classes"))
    parts = [node for node in own if getattr(node, "name", "") not in taken]
    parts += [node for node in alice if getattr(node, "name", "") in taken]
    texts = {"alice": hands("modern")["plain"], "bob": ast.unparse(ast.Module(parts, []))}
    (pair,) = similarity.compare(texts, at_least=0.2, ours={})
    assert pair.share < 0.8


def test_unwritten_starters_are_no_pair() -> None:
    """All students have them in common."""
    text = (STARTER / "modern_chat.py").read_text("utf-8")
    assert similarity.compare({"alice": text, "bob": text}, at_least=0) == []
    assert similarity.fingerprints(text) == frozenset()


@pytest.mark.parametrize("text", ["", "def broken(:", "\0", "(" * 100_000, "x" * 3_000_000, "é\n"])
def test_any_text_can_be_compared(text: str) -> None:
    assert similarity.compare({"alice": text, "bob": "x = 1"}, at_least=0) == []


def test_what_is_no_python_is_compared_as_well() -> None:
    text = hands("modern")["plain"] + "\nand this is no Python:"
    (pair,) = similarity.compare({"alice": text, "bob": text.replace("buffer", "b")}, ours={})
    assert pair.share == 1


def test_the_closest_pair_of_each() -> None:
    pairs = [similarity.Pair("a", "b", 0.9), similarity.Pair("a", "c", 0.6)]
    nearest = similarity.closest(pairs)
    assert similarity.same_as("a", nearest["a"]) == "b (90%)"
    assert similarity.same_as("c", nearest["c"]) == "a (60%)"
    assert similarity.same_as("d", nearest.get("d")) == ""


def code_in(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return code_of(folder, Assignment(("modern",)))


def test_code_in_other_files_is_compared_as_well(tmp_path: Path) -> None:
    """A file that only imports the rest from beside it hides nothing."""
    plain = hands("modern")["plain"]
    hidden = {"modern_chat.py": "from helper import *\n", "helper.py": disguised(plain)}
    texts = {"alice": plain, "mallory": code_in(tmp_path, hidden)}
    ((left, right, share),) = similarity.compare(texts)
    assert (left, right) == ("alice", "mallory")
    assert share > 0.7


def test_libraries_and_starters_in_a_folder_are_no_code_of_its_own(tmp_path: Path) -> None:
    starter = (STARTER / "legacy_chat.py").read_text("utf-8")
    plain = hands("modern")["plain"]
    given = {"pyaes/aes.py": "x = 1\n", "old/legacy_chat.py": starter}
    files = given | {"modern_chat.py": plain, "copy/modern_chat.py": plain}
    assert code_in(tmp_path, files) == plain


@pytest.mark.parametrize("text", ["x = 1\n", (STARTER / "modern_chat.py").read_text("utf-8")])
def test_too_little_code_is_named(text: str) -> None:
    assert similarity.is_too_little(text)
    assert not similarity.is_too_little("")
    assert not similarity.is_too_little(hands("modern")["plain"])


@pytest.mark.soak
def test_a_thousand_are_compared_in_seconds() -> None:
    texts = {
        f"{name}{number}": text.replace("0", str(number))
        for name, text in hands("modern").items()
        for number in range(334)
    }
    began = time.monotonic()
    assert similarity.compare(texts)
    assert time.monotonic() - began < 60


def test_the_hands_import_nothing_of_ours() -> None:
    for file in Path(HANDS).glob("*/*.py"):
        imported = [
            node.module or ""
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        assert not {name.split(".")[0] for name in imported} & {"legacy", "modern", "tests"}
