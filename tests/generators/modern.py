"""All cases of the modern wire: which secrets each group has, and what its flags mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.generators.modern_refused import (
    changed_on_the_way,
    other_modes,
    truncated,
    wrong_content,
    wrong_tags,
)
from tests.generators.modern_taken import (
    chained_texts,
    hello,
    honest_texts,
    splices,
    taken_and_yet,
)
from tests.generators.modern_wire import AUTHKEY, CONFKEY, Wire
from tests.generators.shape import Case, number_cases

MODERN_NOTES = {
    "Honest": "what a sender that follows the specification sends",
    "Dialect": "the chained dialect: its key schedule, its lengths",
    "Keys": "unusual secrets",
    "Utf8": "characters of several bytes, and chunk borders between them",
    "Control": "control characters are text; only a terminal must not obey them",
    "BitFlip": "one bit changed on the way",
    "WrongKey": "sealed under another key, or the key made in another way",
    "WrongTag": "a tag of another length, hash, place or text",
    "Swapped": "fields or blocks that stand in each other's place",
    "Length": "a tag that fits over a length that is none, or too small",
    "OddLength": "a length that an honest sender does not write so, and that is still one",
    "Padding": "a tag that fits over wrong PKCS#7 padding",
    "NotUtf8": "a tag that fits over bytes that are no UTF-8",
    "Truncation": "the stream ends inside a frame",
    "Cut": "M7: the stream ends between frames, in the middle of a message",
    "Replay": "M5: a frame or message comes twice",
    "Drop": "M5: a frame or message is missing",
    "Reorder": "M5: frames or messages change places",
    "Reflection": "M5: what one side said comes back to it",
    "Splice": "M4: the header of one frame and the body of another",
    "Cbc": "blocks encrypted in another mode or under another IV",
    "Junk": "bytes that no sender makes",
}

MakeCases = Callable[[Wire], Iterator[Case]]
MODERN_GROUPS: list[tuple[str, str, str, Sequence[MakeCases]]] = [
    (
        CONFKEY,
        AUTHKEY,
        "independent",
        [
            honest_texts,
            changed_on_the_way,
            wrong_tags,
            wrong_content,
            other_modes,
            truncated,
            taken_and_yet,
            splices,
        ],
    ),
    (CONFKEY, AUTHKEY, "chained", [chained_texts]),
    ("", "", "independent", [hello]),
    ("short", "keys", "independent", [hello]),
    ("same key twice", "same key twice", "independent", [hello]),
    ("пароль ☃ 🔑", "ключ", "independent", [hello]),
    ("x" * 1000, "y" * 1000, "chained", [hello]),
    ("spaces at the end  ", "\ttabs\t", "independent", [hello]),
]


def modern_vectors() -> Case:
    groups = []
    for confkey, authkey, dialect, makers in MODERN_GROUPS:
        wire = Wire(confkey, authkey, dialect)
        cases = [case for make in makers for case in make(wire)]
        groups.append({"confkey": confkey, "authkey": authkey, "dialect": dialect, "tests": cases})
    return number_cases("streams of AES-256-CBC and HMAC-SHA256 frames", MODERN_NOTES, groups)
