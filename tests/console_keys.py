"""Presses keys at a console of Windows: `console_keys.py PROGRAM …` starts it in one of its own.

Each line of standard input goes on to the program. The lines `^C` and `^Break` press these keys,
which Windows tells to every program at the console; this one does not heed them.
"""

import ctypes
import os
import signal
import subprocess
import sys

EVENTS = {b"^C": "CTRL_C_EVENT", b"^Break": "CTRL_BREAK_EVENT"}


def main() -> int:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.FreeConsole()
    if not kernel.AllocConsole():
        raise ctypes.WinError(ctypes.get_last_error())
    kernel.ShowWindow = ctypes.WinDLL("user32").ShowWindow
    kernel.ShowWindow(kernel.GetConsoleWindow(), 0)  # nobody needs to look at it
    with subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE) as program:
        for number in (signal.SIGINT, signal.SIGBREAK):  # the program has taken none of this over
            signal.signal(number, lambda number, frame: None)
        for line in sys.stdin.buffer:
            event = EVENTS.get(line.strip())
            if event:
                os.kill(0, getattr(signal, event))
                break
            program.stdin.write(line)
            program.stdin.flush()
        return program.wait()


if __name__ == "__main__":
    sys.exit(main())
