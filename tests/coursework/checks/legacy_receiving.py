"""Checks of `legacy_chat.py`, second half: from the received bytes to the line on the screen."""

from __future__ import annotations

import json

from tests.coursework import expected, facts
from tests.coursework.compare import expect
from tests.coursework.legacy_parts import (
    ANOTHER_BLOCK,
    CROSSED,
    TICKED,
    expect_line,
    expect_some_line,
    expect_whole,
    parts_of,
)
from tests.coursework.model import Catalogue, after
from tests.coursework.parts import expect_raised
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("legacy", first="loads")
_add = CATALOGUE.add
_rule = rules_of("legacy")


# Decryption ------------------------------------------------------------------------------------


SECRET = expected.legacy_key("secret")


def _process_bytes(student: Submission, ciphertext: bytes, secret: bytes = SECRET) -> str:
    if "decryption" in student.failed:  # the others can be seen if only the last block is missing
        ciphertext += ANOTHER_BLOCK
    text: str = student.call("process_bytes", ciphertext, secret, returns=str)
    return text


def _full_block(student: Submission) -> str:
    """Return an envelope that needs no padding."""
    size = 16 * student.draw.number(1, 4) - len(expected.envelope("", "00:00:00")) % 16
    return expected.envelope(student.draw.letters(size), student.draw.timestamp())


@_add(
    "decryption",
    "Received blocks become the envelope again",
    3,
    _rule("5.1"),
    "pyaes.AES(key).decrypt decrypts one block; chr gives the character of a number",
)
def decryption(student: Submission) -> None:
    case = facts.legacy_sent(facts.FULL_BLOCK)
    secret = expected.legacy_key(case["passphrase"])
    actual = _process_bytes(student, bytes.fromhex(case["ciphertext"]), secret)
    what = f"process_bytes, for the recorded message {case['name']!r}"
    expect_whole(actual, case["json"], what)
    text, secret = _full_block(student), student.draw.octets(32)
    actual = _process_bytes(student, expected.ecb(text.encode(), secret), secret)
    expect_whole(actual, text, "process_bytes, for a message and a key drawn for this run")


@_add(
    "tildes",
    "Every ~ is removed",
    1,
    _rule("5.1"),
    "rstrip removes only the padding; the original removes every ~: use text.replace",
    parts=["decryption"],
)
@after("decryption")
def tildes(student: Submission) -> None:
    for case in facts.LEGACY["sent"]:
        if "tilde" in case["name"] or case["name"] == "plain":
            secret = expected.legacy_key(case["passphrase"])
            actual = _process_bytes(student, bytes.fromhex(case["ciphertext"]), secret)
            expect(
                actual,
                case["json"].replace("~", ""),
                f"process_bytes, for the recorded message {case['name']!r}",
            )
    message, secret = "~".join(student.draw.words().split()), student.draw.octets(32)
    sealed = expected.legacy_sealed(message, "20:14:15", secret)
    wanted = expected.envelope(message, "20:14:15").replace("~", "")
    expect(_process_bytes(student, sealed, secret), wanted, f"process_bytes, for {message!r}")


@_add(
    "incomplete-block",
    "An incomplete last block is dropped",
    1,
    _rule("5.1"),
    "The last len(received) % 16 bytes are too few for a block: leave them out",
    parts=["decryption"],
)
@after("decryption")
def incomplete_block(student: Submission) -> None:
    case = facts.legacy_sent(facts.FULL_BLOCK)
    text, secret = _full_block(student), student.draw.octets(32)
    for wanted, whole, key in (
        (case["json"], bytes.fromhex(case["ciphertext"]), expected.legacy_key(case["passphrase"])),
        (text, expected.ecb(text.encode(), secret), secret),
    ):
        for extra in (1, student.draw.number(2, 14), 15):
            actual = _process_bytes(student, whole + student.draw.octets(extra), key)
            expect(actual, wanted, f"process_bytes of {len(whole)} bytes and {extra} more")
    expect(_process_bytes(student, student.draw.octets(15)), "", "process_bytes of 15 bytes")


@_add(
    "noise",
    "Any bytes can be decrypted, without an error",
    1,
    _rule("5.1"),
    'chr(number) and .decode("latin-1") take every byte; UTF-8 does not',
    parts=["decryption"],
)
@after("decryption")
def noise(student: Submission) -> None:
    """Use every byte value except ~, which has a check of its own."""
    wanted = bytes(student.draw.shuffled(range(256))).replace(b"~", b"-")
    actual = _process_bytes(student, expected.ecb(wanted, SECRET))
    expect(actual, wanted.decode("latin-1"), "process_bytes of blocks with every byte value")


# Display ---------------------------------------------------------------------------------------


def _line(message: str, tag: str = "☑", timestamp: str = "20:14:15") -> str:
    return expected.line(message, tag, timestamp)


@_add(
    "display",
    "A message is shown with its tag in column 80",
    3,
    _rule("6.1"),
    "Before the tag, write 80 - len(message) - len('Received : ') - 1 spaces",
)
def display(student: Submission) -> None:
    for message in ("hello", "", "naïve ☃ café", student.draw.words(), student.draw.foreign()):
        time = student.draw.timestamp()
        text = expected.envelope(message, time)
        _expect_line(student, "display", text, _line(message, timestamp=time))


def _expect_line(student: Submission, check: str, envelope: str, wanted: str | None) -> None:
    expect_line(student, check, student.attempt("verify_and_display", envelope), wanted, envelope)


@_add(
    "crossed-box",
    "A message whose hash is wrong is marked ☒",
    3,
    _rule("6"),
    "Hash the received message and compare the result with the received hash",
    parts=["display"],
)
def crossed_box(student: Submission) -> None:
    message = student.draw.words()
    for hashed in (message, message.upper(), f"{message} ", student.draw.words()):
        text = expected.envelope(message, "20:14:15", hashed)
        tag = TICKED if hashed == message else CROSSED
        _expect_line(student, "crossed-box", text, _line(message, tag))


@_add(
    "longest-line",
    "67 characters are shown, 68 are not",
    1,
    _rule("6.1"),
    "Return None if there is no space left before the tag",
    parts=["display"],
)
def longest_line(student: Submission) -> None:
    for length in (67, 68, student.draw.number(69, 99), 200):
        message = student.draw.letters(length)
        wanted = _line(message) if length <= 67 else None
        text = expected.envelope(message, "20:14:15")
        _expect_line(student, "longest-line", text, wanted)


@_add(
    "unrecognised",
    "A text that is no envelope raises UnrecognisedData",
    2,
    _rule("6.2"),
    "Raise UnrecognisedData if json.loads fails, if the JSON is not an object, or if a key is "
    "missing",
    parts=["display"],
)
def unrecognised(student: Submission) -> None:
    whole = expected.envelope(student.draw.words(), "20:14:15")
    recognised = student.attempt("verify_and_display", whole)
    if "display" in student.failed:
        expect_some_line(recognised, whole)  # whoever recognises nothing shows nothing
    fields = json.loads(whole)
    incomplete = [json.dumps({key: fields[key] for key in fields if key != k}) for k in fields]
    for text in ("noise", "", "[1, 2]", "17", whole * 2, *incomplete):
        expect_raised(student.attempt("verify_and_display", text), {"UnrecognisedData"})


_UNRECOGNISED = "Unrecognised Data or Broken PIPE "


@_add(
    "conversation",
    "Received bytes are shown as the original showed them",
    2,
    _rule("6"),
    "verify_and_display gets the text that process_bytes returns",
    ["display"],
    [
        "decryption",
        "tildes",
        "incomplete-block",
        "noise",
        "crossed-box",
        "longest-line",
        "unrecognised",
    ],
)
@after("decryption")
def conversation(student: Submission) -> None:
    """Leave out what needs a part that is wrong: its points are lost already."""
    for case in student.draw.some_of(facts.LEGACY["received"], 4):
        received, wanted = bytes.fromhex(case["received"]), case["receiver_prints"].rstrip("\n")
        if not student.failed & parts_of(len(received), wanted == _UNRECOGNISED):
            secret = expected.legacy_key(case["passphrase"])
            _expect_shown(student, received, secret, wanted, f"recorded message {case['name']!r}")
    secret, message, time = student.draw.octets(32), student.draw.words(), student.draw.timestamp()
    for what in ("message", "same message once more", "same message for the third time"):
        sealed = expected.legacy_sealed(message, time, secret)
        _expect_shown(student, sealed, secret, _line(message, timestamp=time), f"{what}, {message}")


def _expect_shown(
    student: Submission, received: bytes, secret: bytes, wanted: str, what: str
) -> None:
    text = _process_bytes(student, received, secret)
    if "tildes" in student.failed:
        text = text.replace("~", "")
    answer = student.attempt("verify_and_display", text)
    shown = _UNRECOGNISED if answer.raised else answer.value
    if "crossed-box" in student.failed and isinstance(shown, str):
        shown, wanted = (each.replace(CROSSED, TICKED) for each in (shown, wanted))
    expect(shown, wanted, f"the line for the {what}")
