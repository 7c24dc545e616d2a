"""The reader's keys: at a terminal, the tour waits for a key after each part.

The library prompt_toolkit reads the key, because each system has another way to read a single key.
Without this library, and if keys cannot be read, the tour goes on by itself.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from compat.errors import CompatError
from modern.terminal import Seat

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.key_binding import KeyBindings

Wait = Callable[[], Awaitable[None]]
"""Waits until the reader wants to go on. Raises LeftEarly."""

WORDS = "    space: go on    q: end"


class LeftEarly(CompatError):  # noqa: N818 - nothing went wrong
    """The reader has pressed `q`."""

    def __init__(self) -> None:
        super().__init__("the reader has seen enough")


def find_keys() -> Wait | None:
    """Return how to wait for a key; None if nobody sits here, or no key can be read."""
    if not Seat.standard(print).can_draw:
        return None
    try:
        make_line()
    except Exception:  # no prompt_toolkit, or on Windows a terminal that is no console
        return None
    return wait


@contextlib.contextmanager
def without_echo() -> Iterator[None]:
    """Let the terminal not show keys that are pressed before they are read, nor keep any after us.

    Otherwise an early `q` stands between two lines of the tour, or before the prompt of the shell.
    """
    if sys.platform == "win32":  # a console shows no key before somebody reads it
        yield
        return
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal is gone
            termios.tcflush(terminal, termios.TCIFLUSH)
            termios.tcsetattr(terminal, termios.TCSANOW, before)


async def wait() -> None:
    """Show which keys there are, until one of them is pressed. Raises LeftEarly."""
    try:
        goes_on = await make_line().run_async(set_exception_handler=False, handle_sigint=False)
    except EOFError:  # the terminal is gone
        goes_on = False
    if not goes_on:
        raise LeftEarly


def make_line() -> Application[bool]:
    """Return a line that names the keys, waits for one, and vanishes. Raises what is not there."""
    from prompt_toolkit.application import Application
    from prompt_toolkit.input import create_input
    from prompt_toolkit.layout import FormattedTextControl, Layout, Window
    from prompt_toolkit.output import create_output
    from prompt_toolkit.output.vt100 import Vt100_Output

    output = create_output()
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False  # or a terminal that does not answer is waited for
    line = Window(FormattedTextControl(WORDS), height=1, always_hide_cursor=True)
    return Application(
        layout=Layout(line),
        key_bindings=_bind_keys(),
        input=create_input(),
        output=output,
        erase_when_done=True,
        include_default_pygments_style=False,
    )


def _bind_keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    for key in (" ", "enter", "right", "down", "pagedown"):
        keys.add(key)(lambda event: event.app.exit(result=True))
    for key in ("q", "Q", "c-d"):
        keys.add(key)(lambda event: event.app.exit(result=False))
    keys.add("c-c")(lambda event: signal.raise_signal(signal.SIGINT))
    keys.add("c-z")(lambda event: event.app.suspend_to_background())
    return keys
