"""Runs inside the submission's own process: loads one file and calls its functions.

`python worker.py FILE BOOK`, where BOOK is `open` for files that may import this repository's
packages and `closed` for students' files. Requests and answers are lines of JSON on the standard
input and output that this process was born with; the submission itself gets an empty standard
input, and what it prints goes to standard error. Nothing here knows what is right: that stays in
the grader's process. Only the standard library is used.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

MEMORY_LIMIT = 2 << 30
_MOST_ITEMS = 100_000
_decryptions = 0


def encode(value: object) -> object:
    """Return JSON for what a function returned; what has none becomes its `repr`."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and abs(value) < 1 << 63:
        return int(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": bytes(value).hex()}
    if hasattr(value, "confidentiality") and hasattr(value, "authentication"):
        keys = [encode(value.confidentiality), encode(value.authentication)]
        return {"keys": keys, "repr": repr(value)}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return {"other": type(value).__name__}


def describe(error: BaseException, file: str) -> dict[str, object]:
    """Return what a learner wants to know of an exception: its kind, its words, its line."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.realpath(frame.filename) == os.path.realpath(file)
    ]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno)
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "text": str(error)[:500],
        "line": lines[-1] if lines else None,
    }


class MissingName(Exception):  # noqa: N818 - its name travels to the grader
    """The file does not define what the specification asks for."""


class Session:
    """One loaded submission and the decoders that it made."""

    def __init__(self, file: str):
        self._file = file
        self._module: object = None
        self._objects: list[object] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked and say how it went; items before an exception are kept."""
        global _decryptions  # noqa: PLW0603 - the watch below counts for the whole process
        _decryptions = 0
        result: dict[str, object] = {"value": None, "raised": None}
        try:
            value = getattr(self, request["do"])(**request["with"])
            if isinstance(value, Iterator):
                items: list[object] = []
                result["value"] = items
                self._drain(value, items)
            else:
                result["value"] = encode(value)
        except BaseException as error:  # sys.exit and Ctrl-C are answers, too
            result["raised"] = describe(error, self._file)
        result["decryptions"] = _decryptions
        return result

    @staticmethod
    def _drain(values: Iterator[object], items: list[object]) -> None:
        for item in values:
            items.append(encode(item))
            if len(items) > _MOST_ITEMS:
                raise OverflowError("it never stops giving values")

    def load(self) -> None:
        name = os.path.splitext(os.path.basename(self._file))[0]
        spec = importlib.util.spec_from_file_location(name, self._file)
        assert spec
        assert spec.loader
        self._module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._module)

    def call(self, name: str, arguments: list[Any]) -> object:
        if not hasattr(self._module, name):
            raise MissingName(name)
        return getattr(self._module, name)(*map(self._decode, arguments))

    def new(self, name: str, arguments: list[Any]) -> int:
        self._objects.append(self.call(name, arguments))
        return len(self._objects) - 1

    def method(self, number: int, name: str, arguments: list[Any]) -> object:
        return getattr(self._objects[number], name)(*map(self._decode, arguments))

    def _decode(self, value: object) -> object:
        if isinstance(value, dict) and "bytes" in value:
            return bytes.fromhex(value["bytes"])
        if isinstance(value, dict) and "keys" in value:
            return self._module.Keys(*map(bytes.fromhex, value["keys"]))  # type: ignore[attr-defined]
        return value


def watch_decryption() -> None:
    """Count the calls of pycryptodome's `decrypt`; other libraries are judged by behaviour."""
    with contextlib.suppress(ImportError):
        from Crypto.Cipher import _mode_cbc, _mode_ecb  # noqa: PLC0415

        for mode in (_mode_cbc.CbcMode, _mode_ecb.EcbMode):
            mode.decrypt = _counting(mode.decrypt)  # type: ignore[assignment, method-assign]


def _counting(decrypt: Callable[..., bytes]) -> Callable[..., bytes]:
    def counted(*arguments: object, **options: object) -> bytes:
        global _decryptions  # noqa: PLW0603
        _decryptions += 1
        return decrypt(*arguments, **options)

    return counted


def limit_memory() -> None:
    """Let a runaway list end in a MemoryError here, not in a frozen computer."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows, or a lower limit
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def main() -> None:
    file, book = sys.argv[1:]
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.path[0] = os.path.dirname(file)
    if book == "closed":  # None makes an import fail, also where the packages are installed
        sys.modules.update(dict.fromkeys(("legacy", "modern", "compat")))  # type: ignore[arg-type]
    limit_memory()
    watch_decryption()
    session = Session(file)
    for line in requests:
        answer = session.answer(json.loads(line))
        with contextlib.suppress(Exception):  # the submission may have closed them
            sys.stdout.flush()
            sys.stderr.flush()
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
