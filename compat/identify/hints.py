"""One sentence for the author of a program: where the bytes that it sends break the rules.

The rules are those of `modern/README.md`. The grader of the coursework uses this sentence, because
other hints can only guess.
"""

from __future__ import annotations

from typing import NamedTuple

from compat.identify.dialects import Capture, find_others, open_frames
from compat.identify.findings import Encryption, NothingEncrypted, Report, Tag
from compat.identify.rules import AXES, rule_of
from compat.identify.search import identify
from modern.dialects import INDEPENDENT
from modern.protocol import CHUNK_SIZE, FRAME_SIZE

_MOST_SAID = 2
"""At most so many differences are named. After repairing them, the author can ask again."""


class _Words(NamedTuple):
    """What to say about the program's rule, and which rule of the protocol it breaks."""

    own: str
    wanted: str


_SAY = {
    "keys": _Words("your authentication key is {rule}", "rule 1: SHA-256 of authkey"),
    "tag": _Words("your tags are {rule}", "rule 3.4: HMAC-SHA256"),
    "prefix": _Words(
        "before the IV, your program sends {rule}", "rule 3: a frame begins with the IV"
    ),
    "length.form": _Words(
        "the header's tag fits, but the length is {rule}", "rule 3.2: decimal digits"
    ),
    "length.counting": _Words(
        "the header's tag fits, but the length counts {rule}", "rule 3.2: the bytes of this chunk"
    ),
    "body_iv": _Words(
        "the IV of the body differs: {rule}", "rule 3.3: E(length) and E(chunk) are one CBC stream"
    ),
    "padding": _Words("both tags fit, but the padding is {rule}", "rule 3.3: PKCS#7"),
    "newline": _Words(
        "about the newline at the end: {rule}",
        "rule 2: a message is a line including its newline",
    ),
    "cut": _Words("you send {rule}", "rule 2 cuts at 15 bytes"),
}


def explain(data: bytes, confkey: str, authkey: str, typed: str | None = None) -> str:
    """Say where the bytes that a program sent differ from the rules; nothing if they do not.

    `typed` is the first line that was typed at it, or all lines.
    """
    if not data:
        return ""
    capture = open_frames(data, confkey, authkey)
    if capture:
        said = _differences(capture, confkey, authkey)
        return _sentence(said) if said else _explain_rest(capture, data)
    first = typed.partition("\n")[0] if typed else None
    return _explain_openly(identify(data, confkey, authkey, first))


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts[:_MOST_SAID])
    return text[0].upper() + text[1:]


def _differences(capture: Capture, confkey: str, authkey: str) -> list[str]:
    """Return the certain differences: with the rule of the protocol, the bytes would be others."""
    said = []
    for axis in AXES:
        own, wanted = rule_of(capture.dialect, axis), rule_of(INDEPENDENT, axis)
        others = find_others(capture, axis, confkey, authkey) if own != wanted else []
        if own != wanted and str(wanted.rule) not in others:
            words = _SAY[axis]
            rule = " or ".join([own.rule, *others[:1]])  # other rules that fit are not excluded
            said.append(f"{words.own.format(rule=rule)} ({words.wanted})")
    longest = max(capture.chunks, key=len)
    if len(longest) > CHUNK_SIZE >= len(longest.decode()):
        said.append(
            f"a chunk of {len(longest.decode())} characters has {len(longest)} bytes: your program "
            "cuts by characters (rule 2 cuts at 15 bytes)"
        )
    return said


def _explain_rest(capture: Capture, data: bytes) -> str:
    """Say which bytes come before or after correct frames."""
    if capture.span.start:
        return f"Before the first frame, {capture.span.start} other bytes came"
    rest = len(data) - capture.span.end
    whole = len(capture.chunks)
    return f"After {whole} correct frames, {rest} other bytes came" if rest else ""


def _explain_openly(report: Report) -> str:
    """Say what the bytes are if no dialect explains them."""
    frames = f"{report.size} bytes came; a frame has {FRAME_SIZE} (rule 3)"
    found = [
        each.sentence.removesuffix(".")
        for each in report.statements
        if isinstance(each, (Tag, Encryption, NothingEncrypted))
    ]
    if found:
        return ". ".join([frames if report.size != FRAME_SIZE else "", *found[:_MOST_SAID]]).strip(
            ". "
        )
    if report.size % FRAME_SIZE:
        return frames
    return "No tag fits, with any key that can be made of confkey and authkey (rules 1 and 3.4)"
