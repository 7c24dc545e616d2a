"""What stands behind a stream on Windows: a console, or the device NUL, which looks like one."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    from typing import Any

_DRAW_SEQUENCES = 0x4
"""The bit ENABLE_VIRTUAL_TERMINAL_PROCESSING of a console's mode."""


def is_nul(stream: Any) -> bool:
    """Return whether a stream that says it is a terminal is only NUL: nobody sits there."""
    behind = _look_behind(stream)
    if behind is None:
        return False
    kernel, handle, mode = behind
    is_device = kernel.GetFileType(handle) == 2  # noqa: PLR2004 - FILE_TYPE_CHAR: no pipe, no file
    return bool(is_device and mode is None)


def obeys_sequences(window: Any) -> bool:
    """Return whether the window draws escape sequences, and does not show them as text.

    A console of Windows 10 or newer draws them for whoever asks; older ones never do.
    """
    if sys.platform != "win32":
        return True
    behind = _look_behind(window)
    if behind is None:
        return False
    kernel, handle, mode = behind
    return mode is not None and bool(kernel.SetConsoleMode(handle, mode | _DRAW_SEQUENCES))


def _look_behind(stream: Any) -> tuple[Any, Any, int | None] | None:
    """Return the system's functions, the stream's handle, and its mode if it is a console.

    Return None if no file of Windows is behind the stream, as in the window of an editor.
    """
    if sys.platform != "win32":
        return None
    import ctypes  # noqa: PLC0415 - of these two, one takes long and one is not elsewhere
    import msvcrt  # noqa: PLC0415

    kernel, mode = ctypes.WinDLL("kernel32"), ctypes.c_ulong()
    try:
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
    except (AttributeError, OSError):
        return None
    is_console = kernel.GetConsoleMode(handle, ctypes.byref(mode))
    return kernel, handle, mode.value if is_console else None
