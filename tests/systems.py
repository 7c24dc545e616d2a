"""On which system the tests run, and which of them its test bed cannot run.

`.ci/windows` runs the tests on Windows Python under Wine, which stands for Windows. What fails only
because of Wine is skipped there, with the reason, and is run on a real Windows.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import pytest


def is_wine() -> bool:
    """Whether this Windows is none: only Wine has this function in the heart of its system."""
    if sys.platform != "win32":
        return False
    import ctypes  # noqa: PLC0415 - and only there it has WinDLL

    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


ON_WINE = is_wine()


def with_a_start(seconds: float) -> float:
    """Return a time limit for a program, longer where Python needs seconds to start."""
    return seconds + 10 if ON_WINE else seconds


def not_under_wine(reason: str) -> pytest.MarkDecorator:
    """Mark a test that Wine makes fail, and not our code or Windows; say what Wine lacks."""
    return pytest.mark.skipif(ON_WINE, reason=f"Wine: {reason}")


@contextlib.contextmanager
def broken_off() -> Iterator[None]:
    """Hold that inside this block the peer breaks off the connection, as SO_LINGER lets it.

    Wine 8 ends the connection first, as if nothing was wrong. There, nothing is held.
    """
    try:
        yield
    except ConnectionResetError:
        return
    assert ON_WINE, "the peer did not break off"
