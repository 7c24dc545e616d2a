"""The device NUL on Windows: like a terminal, it says yes to `isatty`, but nobody sits there."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    from typing import Any


def is_nul(stream: Any) -> bool:
    """Return whether a stream that says it is a terminal is only NUL."""
    if sys.platform != "win32":
        return False
    import ctypes  # noqa: PLC0415 - of these two, one takes long and one is not elsewhere
    import msvcrt  # noqa: PLC0415

    try:
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
    except (AttributeError, OSError):  # a window of an editor, for example: no file of the system
        return False
    kernel = ctypes.WinDLL("kernel32")
    is_device = kernel.GetFileType(handle) == 2  # noqa: PLR2004 - FILE_TYPE_CHAR: no pipe, no file
    return is_device and not kernel.GetConsoleMode(handle, ctypes.byref(ctypes.c_ulong()))
