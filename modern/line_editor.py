"""The line editor: received text appears above the line that a person is typing.

prompt_toolkit draws the line, moves in it and remembers what was typed, in memory only: no line of
a chat lands in a file. Only terminal.py imports this file, and only at a terminal.

The chats do not know the editor. They read `typed` and write `shown`: raw streams, like those below
standard input and output. The editor runs in a thread of its own, and only this thread writes to
the screen: it hides the line, shows what has arrived, and draws the line again.
"""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, TextIO, cast

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.input import create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.output import create_output
from prompt_toolkit.output.vt100 import Vt100_Output

from modern.console import MAX_MESSAGE, defuse
from modern.editor_streams import Screen, Shown, Typed
from modern.errors import ConsoleError
from modern.missing import try_descriptors

_LEAVE_SECONDS = 1.0
"""How long to wait for the terminal at the end. Perhaps nobody reads it any more."""
_STOP_SECONDS = 0.5
"""After this time, Ctrl-Z has stopped the program, also on a busy machine."""
_TAIL = 200
"""The most characters that are shown of a line whose end has not arrived yet."""
_DRAWS_ON_SCREEN = os.name == "posix"
"""On Windows, prompt_toolkit has ways of its own to the console."""
_ENDED = "(you have said your end; Ctrl-C leaves) "


class LineEditor:
    """The terminal while a chat goes on: inside the `with` block of this object."""

    def __init__(self, stdout: BinaryIO | None, you: str, peer: str):
        """Take the raw standard output, and what to show before our lines and before the peer's.

        Raises ConsoleError if this terminal cannot have an editor.
        """
        self._typed, self._shown = Typed(), Shown(lambda text: self._do(lambda: self._show(text)))
        self._screen = Screen(stdout, can_hold=_DRAWS_ON_SCREEN)
        self._you, self._peer = you, peer
        self._unfinished = ""  # the line that arrives, as far as it has come
        self._has_ended = False
        self._buffer = Buffer(
            multiline=False,
            accept_handler=self._accept,
            read_only=Condition(lambda: self._has_ended),
        )
        self._application = _make_application(self._make_layout(), self._make_keys(), self._screen)
        self._jobs: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._lock = threading.Lock()  # for adding a job, and for opening or closing the loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._mode = self._application.input.raw_mode()  # it knows the terminal's mode until now

    @property
    def streams(self) -> tuple[BinaryIO, BinaryIO]:
        """The two streams for the chat: what is typed, and what is to be shown."""
        return cast(BinaryIO, self._typed), cast(BinaryIO, self._shown)

    def __enter__(self) -> LineEditor:
        """Show the line. Raises OSError if too few files may be open."""
        try_descriptors()
        try:
            self._mode.__enter__()
            self._thread.start()
            self._has_begun.wait()
        except BaseException:  # a signal
            self._has_begun.wait(_LEAVE_SECONDS)  # or the thread would take the terminal later
            self._give_back()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back as it was. What was half typed stays on the screen."""
        self._give_back()

    def _give_back(self) -> None:
        try:
            with self._lock:
                if self._loop:
                    self._loop.call_soon_threadsafe(self._stop, None)
            if self._thread.is_alive():
                self._thread.join(_LEAVE_SECONDS)
        finally:  # whatever has become of the thread
            self._mode.__exit__(None, None, None)

    def aside(self, work: Callable[[], None]) -> None:
        """Let another function write whole lines to the terminal. Raises what it raises."""

        def work_below() -> None:
            self._finish_line()
            self._screen.release()  # the other one has a way of its own to the terminal
            work()

        self._do(work_below)

    def _do(self, work: Callable[[], None]) -> None:
        """Let the editor's thread do something, with the line hidden; wait until it is done."""
        done: Future[None] = Future()
        with self._lock:
            if self._loop:
                self._jobs.append((work, done))
                self._loop.call_soon_threadsafe(self._do_jobs)
            else:
                done.cancel()
        if done.cancelled():
            work()
        else:
            done.result()

    # The editor's own thread -----------------------------------------------------------------

    def _run(self) -> None:
        end: bytes | Exception = b""
        try:
            asyncio.run(self._edit())
        except (EOFError, OSError, ConsoleError):  # the terminal is gone
            pass
        except Exception as error:  # a bug must end the chat, and not let it hang
            end = ConsoleError(f"the line editor failed ({error!r}); --plain goes without it")
        finally:
            self._has_begun.set()
            self._typed.put(end)

    async def _edit(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._stop(context.get("exception")))
        try:
            await self._application.run_async(
                pre_run=lambda: self._begin(loop), set_exception_handler=False, handle_sigint=False
            )
        finally:
            with self._lock:
                self._loop = None
            self._do_jobs()
            self._finish_line()
            if self._buffer.text:
                self._write(self._you + _visible(self._buffer.text))

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._application.output.write_raw("\r")  # what was typed before is drawn again
        self._application.output.erase_down()
        with self._lock:
            self._loop = loop
        self._has_begun.set()

    def _stop(self, error: BaseException | None) -> None:
        future = self._application.future
        if future and not future.done():
            if error:
                future.set_exception(error)
            else:
                future.set_result(None)

    def _do_jobs(self) -> None:
        jobs, self._jobs = self._jobs, deque()
        if not jobs:
            return
        try:
            with self._screen.hold(), self._hidden_line():
                errors = [_try(work) for work, _ in jobs]
        except ConsoleError as error:
            errors = [error] * len(jobs)
        for (_, done), failed in zip(jobs, errors, strict=True):
            if failed:
                done.set_exception(failed)
            else:
                done.set_result(None)

    @contextmanager
    def _hidden_line(self) -> Iterator[None]:
        application = self._application
        if application.is_running:
            application.renderer.erase()
        yield
        if application.is_running and application.context is not None:
            context = application.context.copy()  # it may well be empty
            context.run(application.renderer.render, application, application.layout)

    def _show(self, text: str) -> None:
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        if lines:
            self._write("\n".join(self._peer + line for line in lines))
        if len(self._unfinished) >= MAX_MESSAGE:
            self._finish_line()

    def _finish_line(self) -> None:
        line, self._unfinished = self._unfinished, ""
        if line:
            self._write(self._peer + line)

    def _write(self, lines: str) -> None:
        self._screen.write(f"{lines}\n")

    # The keys --------------------------------------------------------------------------------

    def _accept(self, buffer: Buffer) -> bool:
        """Send what is on the line: after a paste, that may be many lines."""
        self._application.renderer.erase()
        self._write("\n".join(self._you + _visible(line) for line in buffer.text.split("\n")))
        self._typed.put(f"{buffer.text}\n".encode(errors="surrogateescape"))
        return False  # the line is empty again

    def _end(self, event: KeyPressEvent) -> None:
        self._has_ended = True
        self._typed.put(b"")

    def _suspend(self) -> None:
        """Stop here until `fg`. prompt_toolkit's own way forgets a part of the terminal's mode."""
        self._mode.__exit__(None, None, None)
        os.kill(0, signal.SIGTSTP)
        time.sleep(_STOP_SECONDS)  # the system stops the main thread first, and this one later

    def _make_keys(self) -> KeyBindings:
        keys = KeyBindings()
        is_empty = Condition(lambda: not self._buffer.text)
        keys.add("c-c")(lambda event: _interrupt())
        keys.add("c-d", filter=is_empty)(self._end)
        keys.add("c-i")(lambda event: self._buffer.insert_text("\t"))
        if os.name == "posix":
            keys.add("c-z")(lambda event: run_in_terminal(self._suspend))
        else:  # there, it says the end
            keys.add("c-z", filter=is_empty)(self._end)
        return keys

    def _make_layout(self) -> Layout:
        arriving = Window(
            FormattedTextControl(lambda: self._peer + self._unfinished[-_TAIL:]),
            wrap_lines=True,
            dont_extend_height=True,
        )
        typing = Window(
            BufferControl(self._buffer),
            wrap_lines=True,
            dont_extend_height=True,
            get_line_prefix=lambda line, wrapped: "" if wrapped else self._prefix,
        )
        has_unfinished = Condition(lambda: bool(self._unfinished))
        return Layout(HSplit([ConditionalContainer(arriving, has_unfinished), typing]), typing)

    @property
    def _prefix(self) -> str:
        return _ENDED if self._has_ended else self._you


def _try(work: Callable[[], None]) -> BaseException | None:
    try:
        work()
    except BaseException as error:  # it belongs to the thread that waits
        return error
    return None


def _make_application(layout: Layout, keys: KeyBindings, screen: Screen) -> Application[None]:
    try:
        output = create_output(cast(TextIO, screen) if _DRAWS_ON_SCREEN else sys.stdout)
    except Exception as error:  # on Windows, a terminal that is no console
        raise ConsoleError(f"no line editor at this terminal: {error}") from None
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False  # or a terminal that does not answer is waited for
    return Application(
        layout=layout,
        key_bindings=keys,
        input=create_input(),
        output=output,
        erase_when_done=True,
        include_default_pygments_style=False,
    )


def _interrupt() -> None:
    """Do what Ctrl-C does elsewhere: in this mode of the terminal, Ctrl-C is only a key."""
    if os.name == "posix":  # an interruption must also wake a thread that waits
        signal.pthread_kill(cast(int, threading.main_thread().ident), signal.SIGINT)
    else:
        _thread.interrupt_main()


def _visible(text: str) -> str:
    """Return our own text as it is shown: a paste can bring anything, too."""
    shown = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return defuse(shown.encode()).decode()
