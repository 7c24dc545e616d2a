"""ROMix, the slow part of scrypt (RFC 7914, section 5). It uses JavaScript if it can.

With N = 2^17, Python in a browser needs about ten minutes for it, and JavaScript about a second.
So in a browser, `romix.js` beside this file does it. A page whose content security policy forbids
to evaluate text registers that file as the module `romix_js` before Python begins.
"""

from __future__ import annotations

import importlib
import struct
import sys
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

_ROUNDS = (
    *((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11)),
    *((0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14)),
)
"""Which of the 16 words a double round of Salsa20 mixes: four columns, then four rows."""
_SHIFTS = ((1, 0, 3, 7), (2, 1, 0, 9), (3, 2, 1, 13), (0, 3, 2, 18))
_WORD = 0xFFFFFFFF


def romix(block: bytes, n: int, r: int) -> bytes:
    """Return the block of 128 * r bytes, mixed with n blocks that must all be remembered."""
    if sys.platform == "emscripten":
        return _in_javascript(block, n, r)
    return romix_in_python(block, n, r)


def romix_in_python(block: bytes, n: int, r: int) -> bytes:
    """Mix a block in Python: the same, far more slowly."""
    x, memory = _unpack(block), []
    for _ in range(n):
        memory.append(x)
        x = _blockmix(x, r)
    for _ in range(n):
        other = memory[x[-16] % n]  # n is at most 2^32 here, so one word says which
        x = _blockmix([a ^ b for a, b in zip(x, other, strict=True)], r)
    return struct.pack(f"<{len(x)}I", *x)


def salsa20_8(words: list[int]) -> list[int]:
    """Return 16 words, mixed in 8 rounds (section 3)."""
    x = list(words)
    for _ in range(4):
        for places in _ROUNDS:
            for to, first, second, shift in _SHIFTS:
                total = x[places[first]] + x[places[second]] & _WORD
                x[places[to]] ^= (total << shift | total >> 32 - shift) & _WORD
    return [a + b & _WORD for a, b in zip(x, words, strict=True)]


def _blockmix(words: list[int], r: int) -> list[int]:
    """Mix 2 * r pieces of 64 bytes; the even ones go to the front (section 4)."""
    x, mixed = words[-16:], []
    for at in range(0, 32 * r, 16):
        x = salsa20_8([a ^ b for a, b in zip(x, words[at : at + 16], strict=True)])
        mixed.append(x)
    return [word for piece in (*mixed[::2], *mixed[1::2]) for word in piece]


def _unpack(block: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(block) // 4}I", block))


def _in_javascript(block: bytes, n: int, r: int) -> bytes:
    to_js = importlib.import_module("pyodide.ffi").to_js
    return bytes(_javascript()(to_js(block), n, r).to_py())


@cache
def _javascript() -> Callable[..., Any]:
    """Return the function of romix.js: from the module that a page registered, or evaluated."""
    try:
        function: Callable[..., Any] = importlib.import_module("romix_js").romix
    except ModuleNotFoundError:
        source = files(__package__).joinpath("romix.js").read_text(encoding="utf-8")
        run_js = importlib.import_module("pyodide.code").run_js
        function = run_js(source.replace("export function", "function") + "\nromix")
    return function
