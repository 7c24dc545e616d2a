"""Watch a learner's function while a check calls it: whose code runs in it, and which steps.

What runs is noticed, however it was imported: `from hmac import compare_digest` counts as well as
`hmac.compare_digest`, and a function of the package is noticed under any name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from Crypto.Cipher._mode_cbc import CbcMode
from Crypto.Cipher._mode_ecb import EcbMode
from Crypto.Hash.HMAC import HMAC

_PROJECT = Path(__file__).resolve().parents[2]
_OURS = tuple(str(_PROJECT / name) for name in ("legacy", "modern", "compat", "notebooks"))
"""Where our own code is. An answer may raise our exceptions, but do its work itself."""

_COMPARE = {"compare_digest", "_compare_digest"}
_DECRYPT = {CbcMode.decrypt.__code__, EcbMode.decrypt.__code__}
_VERIFY = {HMAC.verify.__code__, HMAC.hexverify.__code__}


class Watched:
    """A learner's function, and what ran in it.

    `allowed` are functions of ours that it may call: helpers that the exercise names, or a
    victim that answers questions.
    """

    def __init__(self, function: Callable[..., Any], allowed: Iterable[Callable[..., Any]] = ()):
        self._function = function
        self._allowed = {_code_of(one) for one in allowed}
        self.borrowed = ""
        """The first function of ours that it ever called and that is not allowed, with its file."""
        self.compared = False
        """Whether its last call compared something in constant time."""
        self.decrypted = False
        """Whether its last call decrypted something."""

    def __call__(self, *arguments: object) -> Any:
        """Call the function."""
        self.compared = self.decrypted = False
        before = sys.getprofile()
        sys.setprofile(self._note)
        try:
            return self._function(*arguments)
        finally:
            sys.setprofile(before)

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        """Take note of a step. A check takes many thousands, so names and files are asked first."""
        if event == "c_call":
            if argument.__name__ in _COMPARE:
                self.compared = True
        elif event == "call":
            code = frame.f_code
            if code.co_name.endswith("verify"):
                self.compared |= code in _VERIFY
            elif code.co_name == "decrypt":
                self.decrypted |= code in _DECRYPT
            if _is_ours(code.co_filename) and not self.borrowed and self._is_borrowed(frame):
                self.borrowed = f"{code.co_name} of {Path(code.co_filename).name}"

    def _is_borrowed(self, frame: FrameType) -> bool:
        """Whether a frame of ours is neither allowed nor called by what is allowed."""
        above: FrameType | None = frame
        while above and above.f_code is not _CALL:
            if above.f_code in self._allowed:
                return False
            above = above.f_back
        return True


_CALL = Watched.__call__.__code__


def _code_of(function: Callable[..., Any]) -> CodeType:
    plain: Any = getattr(function, "__wrapped__", function)
    if not hasattr(plain, "__code__") and not hasattr(plain, "__func__"):
        plain = type(plain).__call__  # an object that can be called
    code: CodeType = plain.__code__
    return code


@cache
def _is_ours(path: str) -> bool:
    return path.startswith(_OURS) and path.endswith(".py") and Path(path).name != "errors.py"
