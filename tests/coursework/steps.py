"""Which step of its specification a function is. The starter says so, in what is under its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_STEP = re.compile(r"steps? (\d+(?:\.\d+)*)(?: (?:and|to) \d+(?:\.\d+)*)?", re.IGNORECASE)


def with_step(function: str, starter: Path) -> str:
    """Return the name of a function with its step, for example `derive_key (step 1)`.

    A method is named with its class. A function that the starter does not have has no step.
    """
    step = _steps(starter).get(function)
    return f"{function} ({step})" if step else function


@cache
def _steps(starter: Path) -> dict[str, str]:
    """Return the step of each function and each method of a starter."""
    try:
        tree = ast.parse(starter.read_text("utf-8"))
    except OSError:
        return {}
    found = ((name, _STEP.search(text)) for name, text in _described(tree))
    return {name: step[0].lower() for name, step in found if step}


def _described(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the name of each function with its docstring; of a method, also that of its class."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, ast.get_docstring(node) or ""
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    texts = ast.get_docstring(method) or "", ast.get_docstring(node) or ""
                    yield f"{node.name}.{method.name}", "\n".join(texts)
