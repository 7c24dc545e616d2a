r"""A person at a console of Windows: `console_screen.py PROGRAM …` starts it in one of its own.

Each line of standard input is JSON, such as `{"type": "hello\r", "find": "you: hello$"}`. It
presses these keys, and waits until the screen has the pattern or the program has ended. The
answer, a line of JSON, is the screen's lines, down to the cursor. Before all answers, a line has
the number of the program's process.
At the end of standard input, it waits for the program and ends with its exit status.

Wine makes no console without a window. There, the program gets the console that is there.
"""

from __future__ import annotations

import ctypes
import json
import msvcrt
import re
import runpy
import signal
import subprocess
import sys
import time
from ctypes import wintypes

from tests.systems import ON_WINE

KEY_EVENT = 1
CTRL = 0x8  # LEFT_CTRL_PRESSED
NAMED = {"\r": 0x0D, "\x1b": 0x1B, "\b": 0x08, "\t": 0x09}
ARROWS = {"←": 0x25, "↑": 0x26, "→": 0x27, "↓": 0x28}
PLAIN = "--without-sequences"
POLL_SECONDS = 0.05  # a console tells nobody that it has changed


class KeyEvent(ctypes.Structure):
    _fields_ = (
        ("is_down", wintypes.BOOL),
        ("repeated", wintypes.WORD),
        ("key", wintypes.WORD),
        ("scan", wintypes.WORD),
        ("character", wintypes.WCHAR),
        ("control", wintypes.DWORD),
    )


class InputRecord(ctypes.Structure):
    _fields_ = (("kind", wintypes.WORD), ("event", KeyEvent))


class Screen(ctypes.Structure):
    _fields_ = (
        ("size", wintypes._COORD),
        ("cursor", wintypes._COORD),
        ("colours", wintypes.WORD),
        ("window", wintypes.SMALL_RECT),
        ("largest", wintypes._COORD),
    )


class Console:
    """A console of this process and its children."""

    def __init__(self) -> None:
        self.kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        if not ON_WINE:
            self.kernel.FreeConsole()
            self._hold(self.kernel.AllocConsole())
            user = ctypes.WinDLL("user32")
            user.ShowWindow(self.kernel.GetConsoleWindow(), 0)  # nobody needs to look at it
        self.keyboard = open("CONIN$", "rb", 0)  # noqa: SIM115 - until this process ends
        self.screen = open("CONOUT$", "wb", 0)  # noqa: SIM115
        self._keys = wintypes.HANDLE(msvcrt.get_osfhandle(self.keyboard.fileno()))
        self._shown = wintypes.HANDLE(msvcrt.get_osfhandle(self.screen.fileno()))
        if ON_WINE:
            self._clear()

    def _clear(self) -> None:
        size, first = self._look().size, wintypes._COORD(0, 0)
        cells, done = size.X * size.Y, ctypes.byref(wintypes.DWORD())
        space = wintypes.WCHAR(" ")
        self._hold(self.kernel.FillConsoleOutputCharacterW(self._shown, space, cells, first, done))
        self._hold(self.kernel.SetConsoleCursorPosition(self._shown, first))

    def _look(self) -> Screen:
        screen = Screen()
        self._hold(self.kernel.GetConsoleScreenBufferInfo(self._shown, ctypes.byref(screen)))
        return screen

    def type(self, text: str) -> None:
        """Press and release the keys of a text."""
        for character in text:
            for is_down in (True, False):
                record = InputRecord(KEY_EVENT, _key_event(character, is_down))
                written = wintypes.DWORD()
                self._hold(
                    self.kernel.WriteConsoleInputW(
                        self._keys, ctypes.byref(record), 1, ctypes.byref(written)
                    )
                )

    def read(self) -> list[str]:
        """Return the lines of the screen down to the cursor."""
        screen = self._look()
        row = ctypes.create_unicode_buffer(screen.size.X)
        lines = []
        for number in range(screen.cursor.Y + 1):
            got = wintypes.DWORD()
            self._hold(
                self.kernel.ReadConsoleOutputCharacterW(
                    self._shown, row, screen.size.X, wintypes._COORD(0, number), ctypes.byref(got)
                )
            )
            lines.append(row[: got.value].rstrip())
        return lines

    @staticmethod
    def _hold(done: int) -> None:
        if not done:
            raise ctypes.WinError(ctypes.get_last_error())


def _key_event(character: str, is_down: bool) -> KeyEvent:
    if character in ARROWS:
        return KeyEvent(is_down, 1, ARROWS[character], 0, "\0", 0)
    if character in NAMED or ord(character) >= 32:
        return KeyEvent(is_down, 1, NAMED.get(character, 0), 0, character, 0)
    return KeyEvent(is_down, 1, ord(character) + 0x40, 0, character, CTRL)


def main() -> int:
    console = Console()
    before = [__file__, PLAIN] if ON_WINE else []
    with subprocess.Popen(
        [sys.executable, *before, *sys.argv[1:]],
        stdin=console.keyboard,
        stdout=console.screen,
        stderr=console.screen,
    ) as program:
        print(program.pid, flush=True)
        for number in (signal.SIGINT, signal.SIGBREAK):  # the program has taken none of this over
            signal.signal(number, lambda number, frame: None)
        for line in sys.stdin.buffer:
            order = json.loads(line)
            console.type(order.get("type", ""))
            lines = console.read()
            while program.poll() is None and not re.search(order["find"], "\n".join(lines), re.M):
                time.sleep(POLL_SECONDS)
                lines = console.read()
            print(json.dumps(lines), flush=True)
        return program.wait()


def run_plainly(module: str, *arguments: str) -> None:
    """Run a program of ours without escape sequences, which Wine takes and does not obey."""
    from prompt_toolkit.input import win32  # noqa: PLC0415 - a real Windows does not need it
    from prompt_toolkit.output import windows10  # noqa: PLC0415

    windows10.is_win_vt100_enabled = lambda: False
    win32._is_win_vt100_input_enabled = lambda: False
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    if sys.argv[1] == PLAIN:
        run_plainly(*sys.argv[3:])  # behind `-m`
    else:
        sys.exit(main())
