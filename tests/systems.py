"""On which system the tests run, and which of them its test bed cannot run.

`.ci/windows` runs the tests on Windows Python under Wine, which stands for Windows. What fails only
because of Wine is skipped there, with the reason, and is run on a real Windows.
"""

from __future__ import annotations

import sys

import pytest


def is_wine() -> bool:
    """Whether this Windows is none: only Wine has this function in the heart of its system."""
    if sys.platform != "win32":
        return False
    import ctypes  # noqa: PLC0415 - and only there it has WinDLL

    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


ON_WINE = is_wine()


def not_under_wine(reason: str) -> pytest.MarkDecorator:
    """Mark a test that Wine makes fail, and not our code or Windows; say what Wine lacks."""
    return pytest.mark.skipif(ON_WINE, reason=f"Wine: {reason}")
