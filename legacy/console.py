"""The console of the legacy chat: it reads typed lines and prints lines to show.

Standard input is read without Python's buffers. A thread that waits in a buffered read holds a
lock, and the interpreter needs that lock to exit. When the peer leaves, the program must be able
to exit even if somebody is still typing.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from legacy.protocol import LegacyError

_READ_SIZE = 65536


class UsageError(LegacyError):
    """An argument, or the answer to a prompt, cannot be used."""


class ConsoleError(LegacyError):
    """Standard output is closed or cannot be written to."""


class EndOfInput(LegacyError):  # noqa: N818 - like EOFError, but ours
    """Standard input ended at a prompt."""


_INVISIBLE = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""These characters show nothing, but reorder or break the line. Words in Hebrew or Arabic do not
need them. The joiners U+200C and U+200D are left alone: some scripts and emoji need them."""
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


def _unbuffered(stream: TextIO | None) -> BinaryIO | None:
    if stream is None:
        return None
    raw: BinaryIO = getattr(stream.buffer, "raw", stream.buffer)  # python -u: raw already
    if os.name == "posix":  # else a pause could look like the end of input
        os.set_blocking(raw.fileno(), True)
    return raw


def _is_nul(stream: BinaryIO) -> bool:
    """Return whether a terminal is only NUL, of which Windows says that it is one."""
    if sys.platform != "win32":
        return False
    import ctypes  # noqa: PLC0415 - of these two, one takes long and one is not elsewhere
    import msvcrt  # noqa: PLC0415

    try:
        handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
    except (AttributeError, OSError):  # a window of an editor, for example: no file of the system
        return False
    return not ctypes.WinDLL("kernel32").GetConsoleMode(handle, ctypes.byref(ctypes.c_ulong()))


class Console:
    """Standard input and output, line by line: a terminal, a pipe or an `expect` script."""

    def __init__(self, stdin: BinaryIO | None, stdout: BinaryIO | None, encoding: str = "utf-8"):
        self._stdin, self._stdout, self._encoding = stdin, stdout, encoding
        self._typed = b""

    @classmethod
    def standard(cls) -> Console:
        """Return the console of this process. A closed input counts as end of input."""
        encoding = sys.stdout.encoding if sys.stdout else "utf-8"
        return cls(_unbuffered(sys.stdin), _unbuffered(sys.stdout), encoding)

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
        if not self._is_terminal(self._stdin):
            return self.ask(prompt)
        if not self._is_terminal(self._stdout):  # a pipe, such as to `tee`, still gets the prompt
            self._write(prompt)
            prompt = ""
        try:
            return getpass.getpass(prompt).encode(errors="surrogateescape").decode(errors="replace")
        except EOFError:
            raise EndOfInput from None
        except UnicodeDecodeError:
            raise UsageError(
                "what was typed is not UTF-8: set the terminal to UTF-8, or use another passphrase"
            ) from None

    def read_line(self) -> str | None:
        """Return the next line without its end, or None at the end of input."""
        pieces = [self._typed]
        while b"\n" not in pieces[-1] and (data := self._read()):
            pieces.append(data)
        typed = b"".join(pieces)
        if not typed:
            return None
        line, _, self._typed = typed.partition(b"\n")
        return line.removesuffix(b"\r").decode(errors="replace")

    def lines(self) -> Iterator[str]:
        """Yield typed lines until the end of input."""
        while (line := self.read_line()) is not None:
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
