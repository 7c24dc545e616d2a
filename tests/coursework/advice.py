"""What to look at first when a student's function raised: hints that fit the exception.

The hint of a check is about its rule. If the function ended before the rule could matter, that hint
is no help. Exceptions that a student's own file defines have no advice here: the check knows more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.coursework.answers import Raised

_NOT_WRITTEN = "Write {}; the starter says what it gets and what it returns"
RETURN_IT = "End the function with `return` and the result"
JOIN_THEM = 'Return bytes, not a list or a tuple; b"".join(parts) joins parts'
ENCODE_IT = (
    "Bytes are wanted here, not text. Of a hash, digest() is bytes; other text becomes bytes with "
    ".encode()"
)
NO_JOIN = "Do not join them: return a list, or `yield` each"
YIELD_THEM = "`yield` each as soon as it is there, or return a list: printed, it does not come out"
COUNT_BYTES = "Count bytes: a character can have up to four of them"
NO_END = "A loop or a call waits for ever: look at what must change so that it ends"

_FITTING = (
    ("NotImplementedError", "", _NOT_WRITTEN.format("this function")),
    ("MissingName", "", "Define it under exactly the name that the starter has, with big and "
     "small letters"),
    ("TypeError", r"Object of type (\w+) is not JSON serializable",
     "JSON knows text and numbers, but not the type {0}: put text into the dict. Of a hash, "
     "hexdigest() is text and digest() is bytes"),
    ("TypeError", r"(?:Strings|Unicode-objects) must be encoded",
     'A hash takes bytes: turn the text into bytes with .encode("utf-8")'),
    ("TypeError", r"unsupported operand type\(s\) for -: '(?:str|bytes|list)' and 'int'",
     "`*` comes before `-`: put parentheses around the number, as in \"~\" * (a - b)"),
    ("TypeError|AttributeError", r"'?NoneType'?|from None",
     "A value is None there. Did the function that made it end without `return`?"),
    ("TypeError", r"positional argument|unexpected keyword",
     "Compare the parameters of this function with those in the starter, and with each call"),
    ("TypeError", r"concat|unsupported operand|bytes-like|must be str|a bytes",
     "Two types do not fit together there: look at which of the values is bytes, text, a list or "
     "a number, and turn one into the other's type"),
    ("AttributeError", r"object has no attribute '(?:de|en)code'",
     "Text has .encode(), bytes have .decode(): the value there is of the other type already"),
    ("AttributeError", "", "The value there has another type than you think: print its type "
     "before that line"),
    ("NameError|UnboundLocalError", "", "Python does not know that name there: is it spelled "
     "right, is it imported, has it a value on every way to that line?"),
    ("ModuleNotFoundError|ImportError", "", "Install that library, or spell its name right; "
     "your own files must be in the folder that you hand in"),
    ("KeyError|IndexError", "", "Nothing is at that place: print what the dict or the list has "
     "in it before that line, and its length"),
    ("UnicodeDecodeError", "", "Those bytes are not in that encoding: not all bytes are UTF-8, "
     "and an encrypted text is no text"),
    ("UnicodeEncodeError", "", "That encoding does not have every character: UTF-8 has"),
    ("ValueError", r"(?i)key (?:size|length)", "AES-256 takes a key of 32 bytes: print the "
     "length and the type of what you pass"),
    ("ValueError", r"(?i)block|multiple of|aligned|padd(?:ed|ing)", "AES takes whole blocks of 16 "
     "bytes, and a padding that is wrong cannot be removed: print the length of what you pass"),
    ("SyntaxError|IndentationError|TabError", "", "Python cannot read that line, or the one "
     "before it: look for a missing bracket, quote or colon"),
    ("RecursionError", "", "A function calls itself again and again: when must it stop?"),
    ("MemoryError", "", NO_END),
    ("EOFError", "", "Take what the function needs from its parameters: do not call input()"),
    ("SystemExit|KeyboardInterrupt", "", "Let the function return or raise; leave exit() out"),
    ("ForbiddenImport", "", "Remove that import: write the function yourself, with the standard "
     "library and an AES library"),
    ("ForbiddenStart", "", "Remove what starts a program: the function needs none"),
)  # fmt: skip
"""The name of an exception, words in its text, and what to look at: the first row that fits."""

_COMMON = {"TypeError", "ValueError", "AssertionError", "ZeroDivisionError", "OverflowError",
           "OSError", "RuntimeError", "StopIteration", "LookupError", "error"}  # fmt: skip


def hint_of(raised: Raised) -> str:
    """Return what to look at; empty if the check's own hint is the better one."""
    for kinds, words, hint in _FITTING:
        if raised.kind in kinds.split("|") and (found := re.search(words, raised.text)):
            return hint.format(*found.groups())
    if raised.kind not in _COMMON:
        return ""
    place = f" in line {raised.line}" if raised.line else ""
    return f"Look at the {raised.kind}{place} first: print the values that it is about"


def write_it(function: str) -> str:
    """Return what to do if this function is not written yet."""
    return _NOT_WRITTEN.format(function)


def encode_if_text(items: Iterable[object]) -> str:
    """Return what to do if items should be bytes and are text; empty if they are something else."""
    return ENCODE_IT if all(isinstance(each, str) for each in items) else ""
