"""A learner's seal_record and open_record, as alice, bob and Mallory use them, for notebook 5."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from modern.errors import AuthenticationError
from modern.hardened.records import Kind
from modern.protocol import Keys
from notebooks.checks.judging import Wrong, borrowed, name_error, require
from notebooks.checks.watching import Watched
from notebooks.third_chat import flip_bit

KEYS = Keys(*(sha256(name).digest() for name in (b"a confidentiality key", b"its tags")))
HEAD = 18
"""Bytes of a record before the ciphertext: its length and its IV."""
TEXTS = (b"pay mallory 10\n", b"no, never pay!\n", b"burn the paper\n")


class Outcome(NamedTuple):
    """What became of a record: `text`, or the error with which it was refused."""

    text: Any
    error: Exception | None


class Chat:
    """A learner's seal_record and open_record, in one of the forms that they take in turn.

    `form` says which arguments there are besides text, keys and IV: nothing yet, the "counter", or
    the "kind" as well.
    """

    def __init__(self, seal: Callable[..., Any], open_: Callable[..., Any], form: str = ""):
        self._seal, self._open, self._form = Watched(seal), Watched(open_), form

    def seal(
        self,
        text: bytes,
        number: int = 0,
        keys: Keys = KEYS,
        kind: Kind = Kind.TEXT,
        iv: bytes = b"",
    ) -> bytes:
        """Return a record. Raises Wrong if it is none."""
        iv = iv or sha256(b"iv %d" % number + text).digest()[:16]
        try:
            record = self._seal(*self._kind(kind), text, *self._number(number), keys, iv)
        except Exception as error:  # a learner's code may raise anything
            raise Wrong(_explain("seal_record", error, number)) from None
        require(record is not None, "seal_record returns nothing yet")
        require(isinstance(record, bytes), "seal_record must return bytes")
        self._borrows_nothing(self._seal, "seal_record")
        return bytes(record)

    def open(self, record: bytes, number: int = 0, keys: Keys = KEYS) -> Outcome:
        """Return what became of a record."""
        try:
            found = self._open(record, *self._number(number), keys)
        except Exception as error:  # a learner's code may raise anything
            return Outcome(None, error)
        self._borrows_nothing(self._open, "open_record")
        return Outcome(found, None)

    def reads(self, text: bytes, number: int = 0, kind: Kind = Kind.TEXT) -> None:
        """Raise Wrong unless an honest record is opened to the same."""
        found, error = self.open(self.seal(text, number, kind=kind), number)
        if isinstance(error, AuthenticationError):
            raise Wrong(
                "bob refuses an honest record: both sides must make the tag of the same bytes"
            )
        if error:
            raise Wrong(_explain("open_record", error, number))
        require(found is not None, "open_record returns nothing yet")
        expected = (kind, text) if self._form == "kind" else text
        require(found == expected, f"alice said {expected!r}, and bob reads {found!r}")

    def refuses(
        self, row: str, what: str, record: bytes, number: int = 0, keys: Keys = KEYS
    ) -> None:
        """Raise Wrong unless open_record refuses a record as it should."""
        text, error = self.open(record, number, keys)
        if not error and (text is None or text is False):
            raise Wrong(
                f"{row}: bob must not go on, so raise AuthenticationError; yours returns {text}"
            )
        if not error:
            raise Wrong(f"{row} still gets through: mallory {what}, and bob reads {text!r}")
        if isinstance(error, AuthenticationError):
            return
        if self._open.decrypted:
            raise Wrong(
                f"{row}: mallory {what}. Bob noticed it only after decrypting "
                f"({name_error(error)}): one tag over everything must fit first"
            )
        raise Wrong(f"{row}: {name_error(error)} was raised; raise AuthenticationError instead")

    def is_careful(self) -> str:
        """Raise Wrong unless the tag is compared first, and in constant time."""
        self.open(flip_bit(self.seal(TEXTS[0]), 8 * HEAD))
        require(
            not self._open.decrypted,
            "M3 is open again: bob decrypts before he knows whether the tag fits",
        )
        require(
            self._open.compared,
            "== and != stop at the first byte that differs, and the time tells which one it was: "
            "hmac.compare_digest takes the same time for all",
        )
        return "M3"

    def _number(self, number: int) -> tuple[int, ...]:
        return (number,) if self._form else ()

    def _kind(self, kind: Kind) -> tuple[Kind, ...]:
        return (kind,) if self._form == "kind" else ()

    def _borrows_nothing(self, function: Watched, name: str) -> None:
        require(not function.borrowed, borrowed(name, function))


def _explain(name: str, error: Exception, number: int) -> str:
    said = str(error)
    if "must be in range(0, 256)" in said:
        return (
            f"record {number}: a byte ends at 255, so write counters with number.to_bytes(8, 'big')"
        )
    if "boundary" in said:
        return "AES takes whole blocks: fill the text up with pad(text, 16) first"
    return f"{name} does not work yet (it raised {name_error(error)})"
