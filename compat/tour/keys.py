"""The reader's keys: where a person sits, the tour waits for one after each part.

With prompt_toolkit, because a single key is read differently on each system. Without it, and where
keys cannot be read, the tour goes on by itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable

from compat.errors import CompatError

Wait = Callable[[], Awaitable[None]]
"""Waits until the reader wants to go on. Raises LeftEarly."""

WORDS = "    space: go on    q: end"


class LeftEarly(CompatError):  # noqa: N818 - nothing went wrong
    """The reader has pressed `q`."""

    def __init__(self) -> None:
        super().__init__("the reader has seen enough")


def find_keys() -> Wait | None:
    """Return how to wait for a key; None if nobody sits here, or no key can be read."""
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return None
    if os.name == "posix" and os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return None
    try:
        return _make_waiter()
    except Exception:  # no prompt_toolkit, or on Windows a terminal that is no console
        return None


def _make_waiter() -> Wait:
    from prompt_toolkit.application import Application
    from prompt_toolkit.input import create_input
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.layout import FormattedTextControl, Layout, Window
    from prompt_toolkit.output import create_output
    from prompt_toolkit.output.vt100 import Vt100_Output

    keys = KeyBindings()
    for key in (" ", "enter", "right", "down", "pagedown"):
        keys.add(key)(lambda event: event.app.exit(result=True))
    for key in ("q", "Q", "escape", "c-d"):
        keys.add(key, eager=True)(lambda event: event.app.exit(result=False))
    keys.add("c-c")(lambda event: signal.raise_signal(signal.SIGINT))
    keys.add("c-z")(lambda event: event.app.suspend_to_background())
    output = create_output()
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False  # or a terminal that does not answer is waited for
    line = Window(FormattedTextControl(WORDS), height=1, always_hide_cursor=True)

    async def wait() -> None:
        application: Application[bool] = Application(
            layout=Layout(line),
            key_bindings=keys,
            input=create_input(),
            output=output,
            erase_when_done=True,
            include_default_pygments_style=False,
        )
        try:
            goes_on = await application.run_async(set_exception_handler=False, handle_sigint=False)
        except EOFError:  # the terminal is gone
            goes_on = False
        if not goes_on:
            raise LeftEarly

    return wait
