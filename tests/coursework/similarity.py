"""Which submissions say the same: each one against each other, and against our own chats.

Names, comments, docstrings, type hints and layout do not count, and neither does what the starter
gives. The rest of a file is a row of tokens. Each run of `RUN` tokens has a number, its hash; of
`WINDOW` neighbours the smallest is kept. These are the file's fingerprints ("winnowing": Schleimer,
Wilkerson and Aiken, 2003, describe it). The share that two files have in common is counted in the
fingerprints of the smaller one, so that a copy does not hide among other code.

A high share is a reason to look at both files. It is no proof, and it costs no points.
"""

from __future__ import annotations

import ast
import keyword
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from tests.coursework.places import OWN_FILES, REPOSITORY, STARTER

RUN = 14
WINDOW = 5
FEWEST = 12
"""A file with fewer fingerprints says too little to be compared."""

TOO_LITTLE = "too little code to compare"
"""What the column *same as* says of such a one."""

SUSPECT = 0.5
"""From this share on, two files should be read side by side."""

_LONGEST = 200_000
_OURS = {f"ours: {path}": path for path in OWN_FILES.values()}
_TOKENS = re.compile(r"""(?P<text>[rbuf]*(?:"[^"\n]*"|'[^'\n]*'))|\w+|[^\w\s]""", re.I)


class Pair(NamedTuple):
    """Two submissions, sorted by name, and the share of the smaller one that is in both.

    If one of them is a file of ours, it stands on the right, as `ours: modern/protocol.py`.
    """

    left: str
    right: str
    share: float

    def other(self, name: str) -> str:
        """Return the partner of one of the two."""
        return self.right if name == self.left else self.left


def compare(
    submissions: Mapping[str, str],
    at_least: float = SUSPECT,
    ours: Mapping[str, str] | None = None,
) -> list[Pair]:
    """Return all pairs with at least this share, the highest first.

    `submissions` has the text of each one's file (or of all its files, joined). `ours` is what they
    are compared with beside each other: without it, our own chats.
    """
    known = _our_texts() if ours is None else ours
    theirs, own = _fingerprints_of(submissions), _fingerprints_of(known)
    numbers = {each: place for place, each in enumerate(sorted(set().union(*theirs, *own, ())))}
    left = dict(zip(submissions, (_bits(each, numbers) for each in theirs), strict=True))
    right = dict(zip(known, (_bits(each, numbers) for each in own), strict=True))
    couples = [*combinations(sorted(left), 2), *((a, b) for a in left for b in right)]
    both = left | right
    pairs = [Pair(a, b, _share(both[a], both[b])) for a, b in couples]
    found = [pair for pair in pairs if pair.share and pair.share >= at_least]
    return sorted(found, key=lambda pair: (-pair.share, pair.left, pair.right))


def closest(pairs: Iterable[Pair]) -> dict[str, Pair]:
    """Return for each submission its pair with the highest share: the column *same as*."""
    nearest: dict[str, Pair] = {}
    for pair in sorted(pairs, key=lambda each: -each.share):
        for name in (pair.left, pair.right):
            nearest.setdefault(name, pair)
    return nearest


def same_as(name: str, pair: Pair | None) -> str:
    """Return the cell of the column *same as*: the partner and the percentage, or nothing."""
    return f"{pair.other(name)} ({pair.share:.0%})" if pair else ""


def is_too_little(text: str) -> bool:
    """Return whether there is code, but not enough of it to be compared."""
    return bool(text) and len(fingerprints(text)) < FEWEST


def fingerprints(text: str) -> frozenset[int]:
    """Return the fingerprints of a Python file, without those of the starters."""
    return _winnow(text) - _given()


def _our_texts() -> dict[str, str]:
    return {name: (REPOSITORY / path).read_text("utf-8") for name, path in _OURS.items()}


def _fingerprints_of(texts: Mapping[str, str]) -> list[frozenset[int]]:
    return [fingerprints(text) for text in texts.values()]


def _bits(prints: frozenset[int], numbers: Mapping[int, int]) -> int:
    """Return a set as one number: so even a course of thousands is compared in seconds."""
    row = bytearray(len(numbers) // 8 + 1)
    for each in prints:
        row[numbers[each] // 8] |= 1 << numbers[each] % 8
    return int.from_bytes(row, "little")


def _share(left: int, right: int) -> float:
    smaller = min(left.bit_count(), right.bit_count())
    return (left & right).bit_count() / smaller if smaller >= FEWEST else 0.0


@lru_cache(maxsize=1)
def _given() -> frozenset[int]:
    return frozenset().union(
        *(_winnow(path.read_text("utf-8"), window=1) for path in STARTER.glob("*.py"))
    )


def _winnow(text: str, window: int = WINDOW) -> frozenset[int]:
    tokens = list(_tokens(text[:_LONGEST]))
    runs = (" ".join(tokens[start : start + RUN]) for start in range(len(tokens) - RUN + 1))
    hashes = [zlib.crc32(run.encode()) for run in runs]
    return frozenset(min(hashes[at : at + window]) for at in range(len(hashes) - window + 1))


def _tokens(text: str) -> Iterator[str]:
    """Yield the tokens that stay when names and texts are hidden: `n`, `t`, words of Python."""
    for found in _TOKENS.finditer(_plain(text)):
        token = found[0]
        if found["text"]:
            yield "t"
        elif keyword.iskeyword(token) or not (token[0].isalpha() or token[0] == "_"):
            yield token
        else:
            yield "n"


def _plain(text: str) -> str:
    """Return Python code in one layout, without docstrings and type hints.

    What is no Python stays as it is, without its comments.
    """
    try:
        return ast.unparse(_Bare().visit(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return re.sub(r"#.*", "", text)


class _Bare(ast.NodeTransformer):
    """Removes what can be changed without changing what a program does."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_Import(self, node: ast.Import) -> None:
        """Leave imports out: all files of a course import the same."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Leave these out, too."""
