"""Standard input and output as a chat needs them: raw bytes, whole lines, a safe terminal.

Standard input is read without Python's buffers: a thread that waits inside a buffered read holds
a lock that the interpreter needs when it ends.
"""

from __future__ import annotations

import codecs
import io
import os
import re
from collections.abc import Iterator
from typing import BinaryIO, TextIO, cast

from modern.devices import is_nul
from modern.errors import ConsoleError, reason_of
from modern.streams import Recoded, TextOnly, is_watchable

MAX_MESSAGE = 1 << 16
"""In bytes. A longer line is sent as several messages, so that input without newlines does not fill
the memory."""

_READ_SIZE = 1 << 16


def unbuffered(stream: TextIO | None) -> BinaryIO | None:
    """Return the raw stream below standard input or output, set to blocking; None if closed.

    Some streams have no raw stream below, and a terminal may have another encoding. For these,
    return an object that behaves like a raw stream.
    """
    if stream is None:
        return None
    if not isinstance(stream, io.TextIOWrapper):  # only these have bytes below
        return cast(BinaryIO, TextOnly(stream))
    raw = cast(BinaryIO, getattr(stream.buffer, "raw", stream.buffer))  # python -u: raw already
    if os.name == "posix" and is_watchable(raw):  # another program may have left it non-blocking
        os.set_blocking(raw.fileno(), True)
    if raw.isatty() and codecs.lookup(stream.encoding).name != "utf-8":
        return cast(BinaryIO, Recoded(raw, stream.encoding))
    return raw


def is_terminal(stream: BinaryIO | None) -> bool:
    """Return whether the stream is a terminal."""
    return stream is not None and stream.isatty() and not is_nul(stream)


# In ------------------------------------------------------------------------------------------


def read_messages(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines of `stream` with their newlines, as soon as they arrive: one list per read.

    The last line may lack its newline. Raises ConsoleError if reading fails.
    """
    partial = b""
    while data := _read(stream):
        *lines, partial = (partial + data).split(b"\n")
        messages = [line + b"\n" for line in lines]
        if len(partial) >= MAX_MESSAGE:
            cut = _last_character(partial)
            messages.append(partial[:cut])
            partial = partial[cut:]
        yield messages
    if partial:
        yield [partial]


def _last_character(text: bytes) -> int:
    """Return where the last UTF-8 character starts: a cut there does not divide a character."""
    for start in range(len(text) - 1, len(text) - 4, -1):
        if text[start] & 0xC0 != 0x80:  # noqa: PLR2004 - UTF-8 continuation
            return start
    return len(text)


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read(_READ_SIZE) or b""
    except OSError as error:
        raise ConsoleError(f"cannot read standard input: {reason_of(error)}") from None


# Out -----------------------------------------------------------------------------------------


def write_text(stream: BinaryIO | None, text: bytes) -> None:
    """Write all of `text`, unbuffered. Raises ConsoleError."""
    if stream is None:
        raise ConsoleError("standard output is closed: there is nowhere to show what arrives")
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[stream.write(rest) or 0 :]
    except OSError as error:
        raise ConsoleError(f"cannot write to standard output: {reason_of(error)}") from None


_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Letters of Korean that look like spaces, and order a line as letters do: from left to right."""
_INVISIBLE = f"\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb{_FILLERS}"
"""These characters show nothing, but reorder or break the line. Words in Hebrew or Arabic do not
need them. Other invisible characters are left alone, because they change no order: joiners,
variation selectors and tags, which some scripts and emoji need."""
_UNSAFE = re.compile(f"(?!\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f{_INVISIBLE}]")


def defuse(text: bytes) -> bytes:
    r"""Return text that can neither control a terminal nor reorder its lines.

    Control characters become `\x1b` and the like. Characters that change the order in which a line
    is shown become `\u202e` and the like. Newlines and tabs stay. This is only for a terminal: a
    pipe or a file gets what was sent.
    """
    return _UNSAFE.sub(_escape, text.decode()).encode()


def defuse_line(text: str) -> str:
    r"""Return text that stays on one line of a terminal: newlines become `\x0a`, too."""
    safe = defuse(text.encode(errors="backslashreplace")).decode()
    return safe.replace("\r\n", "\\x0d\\x0a").replace("\n", "\\x0a")


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\u{number:04x}" if number > 0xFF else f"\\x{number:02x}"  # noqa: PLR2004 - a byte
