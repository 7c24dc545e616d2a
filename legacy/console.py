"""The console of the legacy chat: it reads typed lines and prints lines to show.

Standard input is read without Python's buffers. A thread that waits in a buffered read holds a
lock, and the interpreter needs that lock to exit. When the peer leaves, the program must be able
to exit even if somebody is still typing.
"""

from __future__ import annotations

import builtins
import contextlib
import getpass
import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType
from typing import BinaryIO, TextIO, cast

from legacy.protocol import LegacyError

_READ_SIZE = 65536
NOTEBOOK = (
    "nobody can type at a chat in a notebook: "
    "start it in a terminal (in Jupyter Lab: File, New, Terminal)"
)


class UsageError(LegacyError):
    """An argument, or the answer to a prompt, cannot be used."""


class ConsoleError(LegacyError):
    """Standard output is closed or cannot be written to."""


class NotTextError(UsageError):
    """What was typed cannot be read as text."""


class EndOfInput(LegacyError):  # noqa: N818 - like EOFError, but ours
    """Standard input ended at a prompt."""


_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters of Korean that look like spaces, and order a line as letters do: from left to right."""
_INVISIBLE = f"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb{_FILLERS}"
"""These characters show nothing, but reorder or break the line. Words in Hebrew or Arabic do not
need them. Other invisible characters are left alone, because they change no order: joiners,
variation selectors and tags, which some scripts and emoji need."""
_UNSAFE = re.compile(f"[\x00-\x08\x0a-\x1f\x7f-\x9f{_INVISIBLE}]")


def defuse(line: str) -> str:
    r"""Replace characters that could deceive the reader of a line with text such as `\x1b`.

    A terminal obeys control characters (other than tabs), so a peer could clear the screen. And
    with characters that reorder a line, it could show `pay 100` as `001 yap`. Such characters
    become text such as `\u202e`.
    """
    return _UNSAFE.sub(_escape, line)


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number > 0xFF else f"\\x{number:02x}"  # noqa: PLR2004 - a byte


class TextOnly:
    """A stream that takes only text, such as IDLE's, made to look like a stream of UTF-8 bytes."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def isatty(self) -> bool:
        """Return whether a person is there."""
        return self._stream.isatty()

    def read(self, size: int) -> bytes:
        """Return one line, however long it is."""
        return self._stream.readline().encode(errors="surrogatepass")

    def write(self, text: memoryview) -> int:
        """Write and show all of the text."""
        self._stream.write(bytes(text).decode(errors="replace"))
        self._stream.flush()
        return len(text)


def _unbuffered(stream: TextIO | None) -> BinaryIO | None:
    if stream is None:
        return None
    if not isinstance(stream, io.TextIOWrapper):  # only these have bytes below
        return cast(BinaryIO, TextOnly(stream))
    raw = cast(BinaryIO, getattr(stream.buffer, "raw", stream.buffer))  # python -u: raw already
    if os.name == "posix":  # else a pause could look like the end of input
        with contextlib.suppress(io.UnsupportedOperation):  # it is no file
            os.set_blocking(raw.fileno(), True)
    return raw


def _is_nul(stream: BinaryIO) -> bool:
    """Return whether this is only the device NUL: Windows says that it is a terminal."""
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


def _encoding(stream: TextIO | None) -> str:
    return stream.encoding if isinstance(stream, io.TextIOWrapper) else "utf-8"


class Console:
    """Standard input and output, line by line: a terminal, a pipe or an `expect` script."""

    def __init__(
        self,
        stdin: BinaryIO | None,
        stdout: BinaryIO | None,
        encoding: str = "utf-8",
        typed_in: str = "utf-8",
    ):
        """Take both streams; what is shown has one encoding, what is typed the other."""
        self._stdin, self._stdout = stdin, stdout
        self._encoding, self._typed_in = encoding, typed_in
        self._typed = b""

    @classmethod
    def standard(cls) -> Console:
        """Return the console of this process. A closed input counts as end of input."""
        streams = _unbuffered(sys.stdin), _unbuffered(sys.stdout)
        return cls(*streams, _encoding(sys.stdout), _encoding(sys.stdin))

    @staticmethod
    def check_keyboard() -> None:
        """Raise ConsoleError in a notebook: only its own `input` gets what is typed there."""
        if not isinstance(builtins.input, BuiltinFunctionType):
            raise ConsoleError(NOTEBOOK)

    def say(self, line: str) -> None:
        """Show one line. Raises ConsoleError."""
        self._write(line + "\n")

    def show(self, line: str) -> None:
        """Show a line that contains a peer's text; on a terminal, without control characters.

        Raises ConsoleError.
        """
        self.say(defuse(line) if self._is_terminal(self._stdout) else line)

    def ask(self, prompt: str) -> str:
        """Show a prompt and return the line that answers it. Raises EndOfInput, ConsoleError."""
        self._write(prompt)
        line = self.read_line()
        if line is None:
            raise EndOfInput
        return line

    def ask_secret(self, prompt: str) -> str:
        """Ask like `ask`; a terminal does not show what is typed. Raises UsageError as well."""
        if isinstance(self._stdin, TextOnly):
            return self.ask(f"{prompt}(this window shows what you type) ")
        if not self._is_terminal(self._stdin):
            return self.ask(prompt)
        if not self._is_terminal(self._stdout):  # a pipe, such as to `tee`, still gets the prompt
            self._write(prompt)
            prompt = ""
        try:
            return getpass.getpass(prompt).encode(errors="surrogateescape").decode()
        except EOFError:
            raise EndOfInput from None
        except UnicodeDecodeError:
            raise NotTextError(
                "what was typed is not UTF-8: set the terminal to UTF-8, or use another passphrase"
            ) from None

    def read_line(self) -> str | None:
        """Return the next line without its end, or None at the end of input.

        Raises NotTextError for a line in another encoding than that of standard input.
        """
        pieces = [self._typed]
        while b"\n" not in pieces[-1] and (data := self._read()):
            pieces.append(data)
        typed = b"".join(pieces)
        if not typed:
            return None
        line, _, self._typed = typed.partition(b"\n")
        try:
            return line.removesuffix(b"\r").decode(self._typed_in)
        except UnicodeDecodeError:
            raise NotTextError(
                f"what was typed is not {self._typed_in}, the encoding of standard input: "
                "set PYTHONIOENCODING to the encoding that it has"
            ) from None

    def lines(self, refuse: Callable[[str], None]) -> Iterator[str]:
        """Yield typed lines until the end of input; `refuse` is told why a line is left out."""
        while True:
            try:
                line = self.read_line()
            except NotTextError as error:
                refuse(str(error))
                continue
            if line is None:
                return
            yield line

    @staticmethod
    def _is_terminal(stream: BinaryIO | None) -> bool:
        return stream is not None and stream.isatty() and not _is_nul(stream)

    def _read(self) -> bytes:
        try:
            return (self._stdin.read(_READ_SIZE) or b"") if self._stdin else b""
        except OSError:  # the terminal was closed: this is the end of input
            return b""

    def _write(self, text: str) -> None:
        if self._stdout is None:
            raise ConsoleError("standard output is closed: there is nowhere to show the chat")
        rest = memoryview(text.encode(self._encoding, errors="backslashreplace"))
        try:
            while rest:
                rest = rest[self._stdout.write(rest) or 0 :]
        except OSError as error:
            raise ConsoleError(f"cannot write to standard output: {error.strerror}") from None
