"""Watch a learner's function while a check calls it: whose code runs in it, and which steps.

What runs is noticed, however it was imported: `from hmac import compare_digest` counts as well as
`hmac.compare_digest`, and a function of the package is noticed under any name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from Crypto.Cipher._mode_cbc import CbcMode
from Crypto.Cipher._mode_ecb import EcbMode
from Crypto.Hash.HMAC import HMAC

from modern.hardened import bulk, pake, records, session

_OURS = {str(module.__file__) for module in (bulk, pake, records, session)}
_CHECKS = str(Path(__file__).parent)
_DECRYPT = {CbcMode.decrypt.__code__, EcbMode.decrypt.__code__}
_VERIFY = {HMAC.verify.__code__, HMAC.hexverify.__code__}


class Watched:
    """A learner's function, and what ran in it."""

    def __init__(self, function: Callable[..., Any]):
        self._function = function
        self.borrowed = ""
        """The first function of ours that it ever called, and its file."""
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
        if event == "c_call":
            self.compared |= argument.__name__.endswith("compare_digest")
        elif event == "call":
            code = frame.f_code
            self.compared |= code in _VERIFY
            self.decrypted |= code in _DECRYPT
            if code.co_filename in _OURS or code.co_filename.startswith(_CHECKS):
                self.borrowed = self.borrowed or f"{code.co_name} of {Path(code.co_filename).name}"
