"""What a submission's function returned or raised, and how that travels as JSON between processes.

`worker.py` writes these answers in the submission's own process. This file reads them in the
grader's process.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from tests.coursework.compare import visible


class Keys(NamedTuple):
    """The two 32-byte keys, as they travel between the processes."""

    confidentiality: bytes
    authentication: bytes
    shown: str = "keys"
    """What the submission's own `repr` of its keys shows."""


class Direction(NamedTuple):
    """One direction of the third chat: its keys, and how many records it had before."""

    keys: Keys
    counter: int = 0


class Kind(Enum):
    """What a record of the third chat says, as the starter has it."""

    TEXT = b"\x00"
    PADDING = b"\x01"
    END = b"\x02"

    def __repr__(self) -> str:
        return str(self)


class Unknown(NamedTuple):
    """Stands for a value whose type no graded function should return."""

    type_name: str

    def __repr__(self) -> str:
        return f"a value of type {self.type_name}"


@dataclass(frozen=True)
class Raised:
    """An exception that a submission's function raised."""

    kinds: tuple[str, ...]
    """The names of its class and of all base classes."""
    text: str
    line: int | None
    function: str = ""
    """The function that raised it, if it only says that it is not written yet."""
    code: str = ""
    """The line of the file that Python cannot read."""
    column: int = 0
    """Where in `code` it stops reading."""

    @property
    def kind(self) -> str:
        return self.kinds[0]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}" if self.text else self.kind


@dataclass(frozen=True)
class Answer:
    """How one call ended. If a generator raised, `value` has the items that it yielded before."""

    call: str
    """The call as a student would write it."""
    value: Any
    raised: Raised | None
    decryptions: int
    """How often the AES libraries that `worker.py` watches decrypted during the call."""
    comparisons: int = 0
    """How often `open_record` compared something in constant time; not counted elsewhere."""
    shown: str = ""
    """The first characters that the call printed."""


class BadAnswerError(Exception):
    """The line is no answer of the worker: the submission wrote into the grader's pipe."""


def encode(value: object) -> object:
    """Return an argument of a call in the form in which JSON can carry it."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Keys):
        return {"keys": [value.confidentiality.hex(), value.authentication.hex()]}
    if isinstance(value, Direction):
        return {"direction": [encode(value.keys), value.counter]}
    if isinstance(value, Kind):
        return {"kind": value.name}
    return [encode(item) for item in value] if isinstance(value, list) else value


def read_answer(call: str, line: bytes) -> Answer:
    """Return the answer that one line from the worker holds. Raises BadAnswerError."""
    try:
        answer = json.loads(line)
        raised = answer["raised"] and _read_raised(**answer["raised"])
        counted = int(answer["decryptions"]), int(answer.get("comparisons", 0))
        shown = str(answer.get("shown", ""))
        return Answer(call, _decode(answer["value"]), raised, *counted, shown)
    except (ValueError, LookupError, TypeError, RecursionError):
        raise BadAnswerError from None


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    if "keys" in value:
        confidentiality, authentication = map(_decode, value["keys"])
        return Keys(confidentiality, authentication, value["repr"])
    if value.get("kind") in Kind.__members__:
        return Kind[value["kind"]]
    return Unknown(visible(str(value.get("kind", "")) or value["other"]))


def _read_raised(kinds: list[str], text: str, line: int | None, **more: Any) -> Raised:
    function, code = (visible(str(more.get(name, ""))) for name in ("function", "code"))
    column = len(visible(str(more.get("code", ""))[: int(more.get("column", 0))]))
    return Raised(
        tuple(map(visible, kinds)), visible(text), line and int(line), function, code, column
    )
