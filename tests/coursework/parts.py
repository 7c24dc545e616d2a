"""What can be seen of a modern chat, or of the third one, in spite of a mistake.

One slip is to cost its own points. So, once the check for it has failed, the other checks take
what came for what it is: text for bytes, a printed chunk for one that was yielded, a list for what
should have been joined, nothing for an exception. Nothing here knows a right answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, permutations
from typing import Any

from tests.coursework.answers import Answer
from tests.coursework.model import Failure

NOTHING = "nothing returned"
"""Stands among the names of exceptions for a function that returns nothing instead of raising."""


LEAST_TAG = 16
"""So many bytes must be left of a tag that is cut off: what is shorter can be guessed."""

ANY_TAG = bytes(range(32))
"""Stands in the place of every tag where only the content of a frame or a record matters."""

Fields = dict[str, slice]
"""Where the fields of a frame or a record are."""


# What was returned -------------------------------------------------------------------------------


def as_bytes(value: Any) -> Any:
    """Return text as the bytes that it is in UTF-8, and all else as it is."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def bytes_in(value: Any) -> bytes:
    """Return the bytes and the texts that are in a value, joined; numbers beside them are left out.

    Whoever returns a length and a chunk has not returned another chunk.
    """
    if isinstance(value, list):
        return b"".join(map(bytes_in, value))
    made = as_bytes(value)
    return made if isinstance(made, bytes) else b""


def joined(value: Any) -> Any:
    """Return a list of bytes as one, and all else as it is."""
    items = value if isinstance(value, list) else [value]
    return b"".join(items) if all(isinstance(each, bytes) for each in items) else value


def holds(value: Any, text: bytes) -> bool:
    """Whether this is the text in some form: as bytes or not, padded, or beside something else."""
    if isinstance(value, list):
        return any(holds(each, text) for each in value)
    made = as_bytes(value)
    return isinstance(made, bytes) and text in made


def somehow_come_out(answer: Answer) -> Answer:
    """Return what came out of a Decoder, whether it was yielded, returned or printed.

    If bytes were printed, they are what came out. The other lines were printed to find a mistake.
    """
    items = answer.value if isinstance(answer.value, list) else [answer.value]
    items = [as_bytes(each) for each in items if each is not None]
    if answer.shown and not items:
        lines = answer.shown.splitlines()
        shown = [each for each in map(_printed_bytes, lines) if each is not None]
        items = [b"".join(shown or map(as_bytes, lines))]
    return replace(answer, value=items)


_LONGEST_LINE = 1 << 16
_BYTES = re.compile(r"""b(['"])((?:(?!\1)[ -\[\]-~]|\\(?:[\\'nrt]|x[0-9a-f]{2}))*)\1""")
"""A line that `print` writes for bytes: printable characters, and the escapes that `repr` makes."""


def _printed_bytes(line: str) -> bytes | None:
    """Return the bytes that `print` has written as `b'...'`, or None for another line.

    The line is matched, and never evaluated: a submission may print anything.
    """
    found = _BYTES.fullmatch(line) if len(line) <= _LONGEST_LINE else None
    return found[2].encode("ascii").decode("unicode_escape").encode("latin-1") if found else None


# What was refused --------------------------------------------------------------------------------


def refusal(answer: Answer) -> str:
    """Return the name of the exception, or what stands for one; empty if there was no refusal."""
    if answer.raised:
        return answer.raised.kind
    return "" if answer.value else NOTHING


def expect_raised(answer: Answer, refusals: Iterable[str], why: str = "") -> None:
    """Raise Failure unless the call refused what it got, in one of these ways."""
    allowed = set(refusals)
    if NOTHING in allowed and refusal(answer) == NOTHING:
        return
    if answer.raised and allowed.intersection(answer.raised.kinds):
        return
    came = f"raised {answer.raised}" if answer.raised else f"returned {answer.value!r}"
    lines = [f"  {answer.call}", *([f"  {why}"] if why else []), ""]
    wanted = " or ".join(sorted(allowed - {NOTHING}))
    lines += [f"  expected  {wanted} raised", f"  actual    {came}"]
    raise Failure("\n".join(lines))


# Layout ------------------------------------------------------------------------------------------


def layout_of(
    made: Iterable[tuple[bytes, bytes]], right: Fields, tags: tuple[str, ...]
) -> Fields | None:
    """Return where the fields are in what was made, beside which stands what is right.

    The fields may be in any order, and the `tags` of another size. If the IVs are not there, or if
    there is no room for tags, return None: whoever sends no tags has not only another layout.
    """
    pairs = list(made)
    sizes = {len(came) for came, _ in pairs}
    if min(sizes) < least_size(right, tags):
        return None

    def fits(fields: Fields, name: str) -> int:
        wanted = [(came[fields[name]], whole[right[name]]) for came, whole in pairs]
        return sum(came == whole[: len(came) or None] for came, whole in wanted)

    best = max(
        _layouts(min(sizes), right, tags), key=lambda layout: sum(fits(layout, n) for n in layout)
    )
    return best if len(sizes) == 1 and fits(best, "iv") == len(pairs) else None


def rows_of(fields: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every row that some of these fields can stand in: a tag may cover any of them."""
    for count in range(1, len(fields) + 1):
        yield from permutations(fields, count)


def least_size(right: Fields, tags: tuple[str, ...]) -> int:
    """Return how many bytes there are at least, with `tags` that are cut off."""
    sizes = {name: each.stop - each.start for name, each in right.items()}
    return sum((sizes | dict.fromkeys(tags, LEAST_TAG)).values())


def _layouts(size: int, right: Fields, tags: tuple[str, ...]) -> Iterator[Fields]:
    """Yield every order of the fields, the right one first."""
    sizes = {name: each.stop - each.start for name, each in right.items()}
    rest = size - sum(sizes[name] for name in sizes if name not in tags)
    sizes |= dict.fromkeys(tags, max(rest, 0) // len(tags))
    for order in permutations(sizes):
        stops = list(accumulate(sizes[name] for name in order))
        starts = [0, *stops]
        yield {n: slice(start, stop) for n, start, stop in zip(order, starts, stops, strict=False)}
