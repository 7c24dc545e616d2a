"""Unusual standard streams, made to look like streams of raw bytes in UTF-8.

In the windows of IDLE, in notebooks, and in programs that collect what is printed, the streams take
only text. And a terminal may have another encoding than UTF-8.
"""

from __future__ import annotations

import builtins
import codecs
import contextlib
import io
import sys
from types import BuiltinFunctionType

from modern.errors import ConsoleError

TYPE_CHECKING = False  # importing `typing` would double the time of --help
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, TextIO

NOTEBOOK = (
    "nobody can type at a chat in a notebook: "
    "start it in a terminal (in Jupyter Lab: File, New, Terminal)"
)
SEEN = "(this window shows what you type) "
_TERMINAL = "CONOUT$" if sys.platform == "win32" else "/dev/tty"
"""Where getpass asks, even if standard error is a file."""


class TextOnly:
    """A stream that takes only text, such as that of IDLE."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def isatty(self) -> bool:
        """Return whether a person is there."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Raise io.UnsupportedOperation."""
        raise io.UnsupportedOperation("this stream is no file")

    def read(self, size: int) -> bytes:
        """Return one line, however long it is."""
        return self._stream.readline().encode(errors="surrogatepass")

    def write(self, text: memoryview) -> int:
        """Write and show all of the text."""
        self._stream.write(bytes(text).decode(errors="replace"))
        self._stream.flush()
        return len(text)


class Recoded:
    r"""A terminal with another encoding than UTF-8.

    Characters that the terminal cannot show become `\u2611` and the like. Input that is not in
    the terminal's encoding becomes bytes that are not UTF-8, so that nobody takes it for text.
    """

    def __init__(self, raw: BinaryIO, encoding: str):
        self._raw, self._encoding = raw, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")

    def isatty(self) -> bool:
        """Return whether a person is there."""
        return self._raw.isatty()

    def fileno(self) -> int:
        """Return the number of the terminal's descriptor."""
        return self._raw.fileno()

    def read(self, size: int) -> bytes:
        """Return what is typed; nothing at the end."""
        while data := self._raw.read(size):
            if text := self._decoder.decode(data):
                return text.encode(errors="surrogatepass")
        return self._decoder.decode(b"", final=True).encode(errors="surrogatepass")

    def write(self, text: memoryview) -> int:
        """Write all of the text, whose characters must be whole."""
        shown = bytes(text).decode(errors="replace").encode(self._encoding, "backslashreplace")
        rest = memoryview(shown)
        while rest:
            rest = rest[self._raw.write(rest) or 0 :]
        return len(text)


def is_watchable(stream: BinaryIO) -> bool:
    """Return whether the stream has a descriptor for which the system can wait."""
    try:
        return stream.fileno() >= 0
    except (OSError, ValueError):
        return False


def check_keyboard() -> None:
    """Raise ConsoleError in a notebook: only its own `input` gets what is typed there."""
    if not isinstance(builtins.input, BuiltinFunctionType):
        raise ConsoleError(NOTEBOOK)


def ask_secret(prompt: str) -> str:
    """Ask for a secret at a terminal, which does not show it, or in a window, which does.

    Raises EOFError, UnicodeDecodeError.
    """
    if not isinstance(sys.stdin, io.TextIOWrapper):  # IDLE: getpass would ask elsewhere
        return input(prompt + SEEN)
    import getpass  # noqa: PLC0415 - few programs have to ask

    with ending_the_line():
        return getpass.getpass(prompt)


@contextlib.contextmanager
def ending_the_line() -> Iterator[None]:
    """Let whatever ends a question of getpass end its line, too: getpass ends only answered ones.

    Otherwise an error message, or the prompt of the shell, would stand behind the question.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError), open(_TERMINAL, "w", encoding="ascii") as terminal:
            terminal.write("\n")
        raise


def encoding_of(stream: TextIO | None) -> str:
    """Return the encoding of a file or pipe. `console.unbuffered` makes all others UTF-8."""
    if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
        return stream.encoding
    return "utf-8"


def escape(text: str, stream: TextIO) -> str:
    r"""Return the text with `\u2611` and the like for what the stream cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
