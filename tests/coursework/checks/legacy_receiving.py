"""Checks of `legacy_chat.py`, second half: from the received bytes to the line on the screen."""

from __future__ import annotations

import hashlib
import json

from legacy import protocol
from tests.coursework import facts
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission, expect_raised

CATALOGUE = Catalogue("legacy", first="loads")
_add = CATALOGUE.add
_rule = rules_of("legacy")


# Decryption ------------------------------------------------------------------------------------


def _process_bytes(student: Submission, ciphertext: bytes, passphrase: str = "secret") -> str:
    secret = hashlib.sha256(passphrase.encode()).digest()
    text: str = student.call("process_bytes", ciphertext, secret, returns=str)
    return text


@_add(
    "decryption",
    "Received blocks become the envelope again",
    3,
    _rule("5.1"),
    "pyaes.AES(key).decrypt decrypts one block; chr gives the character of a number",
)
def decryption(student: Submission) -> None:
    case = facts.legacy_sent(facts.FULL_BLOCK)
    actual = _process_bytes(student, bytes.fromhex(case["ciphertext"]), case["passphrase"])
    expect(actual, case["json"], f"process_bytes, for the recorded message {case['name']!r}")


@_add(
    "tildes",
    "Every ~ is removed",
    1,
    _rule("5.1"),
    "rstrip removes only the padding; the original removes every ~: use text.replace",
    ["decryption"],
)
def tildes(student: Submission) -> None:
    for case in facts.LEGACY["sent"]:
        if "tilde" in case["name"] or case["name"] == "plain":
            actual = _process_bytes(student, bytes.fromhex(case["ciphertext"]), case["passphrase"])
            expect(
                actual,
                case["json"].replace("~", ""),
                f"process_bytes, for the recorded message {case['name']!r}",
            )


@_add(
    "incomplete-block",
    "An incomplete last block is dropped",
    1,
    _rule("5.1"),
    "The last len(received) % 16 bytes are too few for a block: leave them out",
    ["decryption"],
)
def incomplete_block(student: Submission) -> None:
    case = facts.legacy_sent(facts.FULL_BLOCK)
    whole = bytes.fromhex(case["ciphertext"])
    for extra in (1, 15):
        actual = _process_bytes(student, whole + bytes(extra), case["passphrase"])
        expect(actual, case["json"], f"process_bytes of {len(whole)} bytes and {extra} more")
    expect(_process_bytes(student, whole[:15]), "", "process_bytes of 15 bytes")


@_add(
    "noise",
    "Any bytes can be decrypted, without an error",
    1,
    _rule("5.1"),
    'chr(number) and .decode("latin-1") take every byte; UTF-8 does not',
    ["decryption"],
)
def noise(student: Submission) -> None:
    """Use every byte value except ~, which has a check of its own."""
    wanted = bytes(range(256)).replace(b"~", b"-")
    actual = _process_bytes(student, _encrypt(wanted))
    expect(actual, wanted.decode("latin-1"), "process_bytes of blocks with every byte value")


def _encrypt(plain: bytes) -> bytes:
    blocks_of_plain = [list(plain[start : start + 16]) for start in range(0, len(plain), 16)]
    return protocol.encrypt_blocks(blocks_of_plain, hashlib.sha256(b"secret").digest())


# Display ---------------------------------------------------------------------------------------


def _json(message: str, timestamp: str = "20:14:15", hash_of: str | None = None) -> str:
    digest = hashlib.sha256((message if hash_of is None else hash_of).encode()).hexdigest()
    return json.dumps({"timestamp": timestamp, "message": message, "hash": digest})


def _line(message: str, tag: str = "☑", timestamp: str = "20:14:15") -> str:
    return f"Received : {message}{' ' * (68 - len(message))}{tag}  {timestamp}"


@_add(
    "display",
    "A message is shown with its tag in column 80",
    3,
    _rule("6.1"),
    "Before the tag, write 80 - len(message) - len('Received : ') - 1 spaces",
)
def display(student: Submission) -> None:
    for message in ("hello", "", "naïve ☃ café"):
        actual = student.call("verify_and_display", _json(message), returns=str)
        expect(actual, _line(message), f"verify_and_display of the envelope of {message!r}")


@_add(
    "crossed-box",
    "A message whose hash is wrong is marked ☒",
    3,
    _rule("6"),
    "Hash the received message and compare the result with the received hash",
    ["display"],
)
def crossed_box(student: Submission) -> None:
    for hashed in ("Hello", "hello "):
        actual = student.call(
            "verify_and_display", _json("hello", hash_of=hashed), returns=(str, type(None))
        )
        expect(actual, _line("hello", "☒"), 'verify_and_display of "hello" with another hash')


@_add(
    "longest-line",
    "67 characters are shown, 68 are not",
    1,
    _rule("6.1"),
    "Return None if there is no space left before the tag",
    ["display"],
)
def longest_line(student: Submission) -> None:
    shown = student.call("verify_and_display", _json("x" * 67), returns=(str, type(None)))
    expect(shown, _line("x" * 67), "verify_and_display of 67 characters")
    for length in (68, 200):
        actual = student.call("verify_and_display", _json("x" * length), returns=(str, type(None)))
        expect(actual, None, f"verify_and_display of {length} characters")


@_add(
    "unrecognised",
    "A text that is no envelope raises UnrecognisedData",
    2,
    _rule("6.2"),
    "Raise UnrecognisedData if json.loads fails, if the JSON is not an object, or if a key is "
    "missing",
    ["display"],
)
def unrecognised(student: Submission) -> None:
    incomplete = json.dumps({"timestamp": "20:14:15", "message": "hello"})
    for text in ("noise", "", "[1, 2]", "17", incomplete, _json("a") + _json("b")):
        expect_raised(student.attempt("verify_and_display", text), {"UnrecognisedData"})


@_add(
    "conversation",
    "Recorded bytes are shown as the original showed them",
    2,
    _rule("6"),
    "verify_and_display gets the text that process_bytes returns",
    ["tildes", "incomplete-block", "noise", "crossed-box", "longest-line", "unrecognised"],
)
def conversation(student: Submission) -> None:
    for case in facts.LEGACY["received"]:
        text = _process_bytes(student, bytes.fromhex(case["received"]), case["passphrase"])
        answer = student.attempt("verify_and_display", text)
        shown = "Unrecognised Data or Broken PIPE " if answer.raised else answer.value
        what = f"the line for the recorded message {case['name']!r}"
        expect(shown, case["receiver_prints"].removesuffix("\n"), what)
