"""Checks of `legacy_chat.py`, first half: from the passphrase to the bytes that are sent."""

from __future__ import annotations

import hashlib
import json

from tests.coursework import facts
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("legacy", first="loads")
_add = CATALOGUE.add
_rule = rules_of("legacy")


@_add(
    "loads",
    "legacy_chat.py can be imported",
    0,
    "A submission: the file legacy_chat.py only defines names when it is imported",
    "Run `python legacy_chat.py`: it must end at once and print nothing",
)
def loads(student: Submission) -> None:
    student.load()


# Key -------------------------------------------------------------------------------------------


@_add(
    "key",
    "A passphrase becomes a 32-byte key",
    2,
    _rule("1"),
    "hashlib's digest() gives the 32 bytes; hexdigest() gives 64 characters instead",
)
def key(student: Submission) -> None:
    expected = hashlib.sha256(b"secret").digest()
    actual = student.call("derive_key", "secret", returns=bytes)
    expect(actual, expected, 'derive_key("secret")')


@_add(
    "key-unicode",
    "A passphrase may contain any character",
    1,
    _rule("1"),
    'A hash takes bytes: turn text into them with .encode("utf-8")',
    ["key"],
)
def key_unicode(student: Submission) -> None:
    for passphrase in ("pässwörd 🔑", ""):
        actual = student.call("derive_key", passphrase, returns=bytes)
        expected = hashlib.sha256(passphrase.encode()).digest()
        expect(actual, expected, f'derive_key("{passphrase}")')


# Envelope --------------------------------------------------------------------------------------


def _envelope(student: Submission, message: str, timestamp: str) -> tuple[str, dict[str, object]]:
    text = student.call("build_envelope", message, timestamp, returns=str)
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Failure(
            f"  build_envelope({message!r}, {timestamp!r})\n\n  this is no JSON object: {text!r}"
        )
    return text, fields


@_add(
    "envelope",
    "A message travels in a JSON envelope",
    3,
    _rule("2"),
    "json.dumps keeps the order of a dict's keys and uses these separators by default",
)
def envelope(student: Submission) -> None:
    _expect_envelope(student, facts.legacy_sent("plain"))


def _expect_envelope(student: Submission, case: dict[str, str]) -> None:
    """Compare everything except the values of timestamp and hash: these have other checks."""
    text, fields = _envelope(student, case["message"], case["timestamp"])
    said = {name: str(fields.get(name, "(missing)")) for name in ("timestamp", "hash")}
    wanted = {"timestamp": said["timestamp"], "message": case["message"], "hash": said["hash"]}
    what = f"build_envelope({case['message']!r}, {case['timestamp']!r})"
    expect(text, json.dumps(wanted), what)


@_add(
    "timestamp",
    "The timestamp is HH:MM:SS",
    1,
    _rule("2.1"),
    "Put the timestamp into the envelope as it was passed to you",
    ["envelope"],
)
def timestamp(student: Submission) -> None:
    _, fields = _envelope(student, "hello", "09:08:07")
    expect(fields.get("timestamp"), "09:08:07", 'timestamp in build_envelope("hello", "09:08:07")')


@_add(
    "hash",
    "The hash is the SHA-256 of the message",
    2,
    _rule("2.2"),
    "Hash message.encode() and nothing else, and take hexdigest()",
    ["envelope"],
)
def message_hash(student: Submission) -> None:
    for message in ("hello", "naïve ☃ café"):
        _, fields = _envelope(student, message, "20:14:15")
        expected = hashlib.sha256(message.encode()).hexdigest()
        expect(fields.get("hash"), expected, f'hash in build_envelope("{message}", …)')


@_add(
    "envelope-ascii",
    "Every character of the envelope is one byte",
    2,
    _rule("2"),
    r"json.dumps writes a snowman as \u2603 if ensure_ascii is True, which is the default",
    ["envelope"],
)
def envelope_ascii(student: Submission) -> None:
    for name in ("non-ASCII travels as JSON escapes", "astral character"):
        _expect_envelope(student, facts.legacy_sent(name))


# Blocks ----------------------------------------------------------------------------------------


def _blocks(text: str) -> list[list[int]]:
    return [list(text[start : start + 16].encode()) for start in range(0, len(text), 16)]


SIXTEEN, THIRTY_TWO = "0123456789abcdef", "the quick brown fox jumps over ~"


@_add(
    "blocks",
    "The envelope is cut into blocks of 16",
    2,
    _rule("3"),
    "range(0, len(text), 16) gives the start of each block; ord gives a character's number",
)
def blocks(student: Submission) -> None:
    actual = student.call("process_text", THIRTY_TWO, returns=list)
    expect(actual[:2], _blocks(THIRTY_TWO), f'the first two blocks of process_text("{THIRTY_TWO}")')


@_add(
    "padding",
    "A short last block is filled with ~",
    2,
    _rule("3"),
    "(-len(text)) % 16 says how many ~ are missing",
    ["blocks"],
)
def padding(student: Submission) -> None:
    for text in (SIXTEEN + "tail", "x"):
        expected = _blocks(text + "~" * (-len(text) % 16))
        expect(
            student.call("process_text", text, returns=list), expected, f'process_text("{text}")'
        )


@_add(
    "full-block",
    "A full last block gets no padding",
    1,
    _rule("3"),
    "For a full block, 16 - len(text) % 16 is 16: that adds a block of ~",
    ["blocks"],
)
def full_block(student: Submission) -> None:
    for text in (SIXTEEN, THIRTY_TWO):
        actual = student.call("process_text", text, returns=list)
        expect(actual, _blocks(text), f'process_text("{text}")')


# Encryption ------------------------------------------------------------------------------------


@_add(
    "encryption",
    "One block is encrypted with AES-256",
    3,
    _rule("4"),
    "pyaes.AES(key).encrypt takes a list of 16 numbers and returns another one; bytes(…) turns "
    "it into bytes",
)
def encryption(student: Submission) -> None:
    actual = student.call("encrypt_blocks", [list(facts.ECB_PLAIN)], facts.ECB_KEY, returns=bytes)
    expect(actual, facts.ECB_CIPHER, "encrypt_blocks of one block (NIST SP 800-38A, F.1.5)")


@_add(
    "blocks-alone",
    "Every block is encrypted by itself",
    1,
    _rule("4"),
    "No block may depend on another block: use no mode and no IV. (Yes, that is a weakness.)",
    ["encryption"],
)
def blocks_alone(student: Submission) -> None:
    three = [list(facts.ECB_PLAIN)] * 3
    actual = student.call("encrypt_blocks", three, facts.ECB_KEY, returns=bytes)
    expect(actual, facts.ECB_CIPHER * 3, "encrypt_blocks of three equal blocks")


@_add(
    "seal",
    "A whole message becomes the bytes that are sent",
    3,
    _rule("4"),
    "In seal, call build_envelope, process_text and encrypt_blocks",
    [
        "timestamp",
        "hash",
        "envelope-ascii",
        "padding",
        "full-block",
        "blocks-alone",
    ],
)
def seal(student: Submission) -> None:
    for case in facts.LEGACY["sent"]:
        secret = hashlib.sha256(case["passphrase"].encode()).digest()
        actual = student.call("seal", case["message"], case["timestamp"], secret, returns=bytes)
        expect(
            actual,
            bytes.fromhex(case["ciphertext"]),
            f"seal, for the recorded message {case['name']!r}",
        )
