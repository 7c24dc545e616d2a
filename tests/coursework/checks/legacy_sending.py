"""Checks of `legacy_chat.py`, first half: from the passphrase to the bytes that are sent."""

from __future__ import annotations

import json

from tests.coursework import expected, facts
from tests.coursework.compare import expect
from tests.coursework.legacy_parts import SEAL_PARTS, build_envelope, compose, expect_one_byte_each
from tests.coursework.model import Catalogue
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
    for passphrase in ("secret", student.draw.words(), student.draw.letters(9)):
        actual = student.call("derive_key", passphrase, returns=bytes)
        expect(actual, expected.legacy_key(passphrase), f'derive_key("{passphrase}")')


@_add(
    "key-unicode",
    "A passphrase may contain any character",
    1,
    _rule("1"),
    'A hash takes bytes: turn text into them with .encode("utf-8")',
    ["key"],
)
def key_unicode(student: Submission) -> None:
    for passphrase in ("pässwörd 🔑", "", student.draw.foreign()):
        actual = student.call("derive_key", passphrase, returns=bytes)
        expect(actual, expected.legacy_key(passphrase), f'derive_key("{passphrase}")')


# Envelope --------------------------------------------------------------------------------------


@_add(
    "envelope",
    "A message travels in a JSON envelope",
    3,
    _rule("2"),
    "json.dumps keeps the order of a dict's keys and uses these separators by default",
)
def envelope(student: Submission) -> None:
    recorded = facts.legacy_sent("plain")
    _expect_envelope(student, recorded["message"], recorded["timestamp"])
    for message in (student.draw.words(), f'"{student.draw.letters(5)}" \\ {{}}'):
        _expect_envelope(student, message, student.draw.timestamp())


def _expect_envelope(student: Submission, message: str, timestamp: str) -> None:
    """Compare everything except the values of timestamp and hash: these have other checks."""
    made = build_envelope(student, message, timestamp)
    said = {name: str(made.fields.get(name, "(missing)")) for name in ("timestamp", "hash")}
    wanted = {"timestamp": said["timestamp"], "message": message, "hash": said["hash"]}
    made.expect(made.text, json.dumps(wanted), f"build_envelope({message!r}, {timestamp!r})")


@_add(
    "timestamp",
    "The timestamp is HH:MM:SS",
    1,
    _rule("2.1"),
    "Put the timestamp into the envelope as it was passed to you",
    parts=["envelope"],
)
def timestamp(student: Submission) -> None:
    for message, time in (("hello", "09:08:07"), (student.draw.words(), student.draw.timestamp())):
        made = build_envelope(student, message, time)
        what = f'timestamp in build_envelope("{message}", "{time}")'
        made.expect(made.fields.get("timestamp"), time, what)


@_add(
    "hash",
    "The hash is the SHA-256 of the message",
    2,
    _rule("2.2"),
    "Hash message.encode() and nothing else, and take hexdigest()",
    parts=["envelope"],
)
def message_hash(student: Submission) -> None:
    for message in ("hello", "naïve ☃ café", student.draw.words(), student.draw.foreign()):
        made = build_envelope(student, message, "20:14:15")
        what = f'hash in build_envelope("{message}", …)'
        made.expect(made.fields.get("hash"), expected.hash_of(message), what)


@_add(
    "envelope-ascii",
    "Every character of the envelope is one byte",
    2,
    _rule("2"),
    r"json.dumps writes a snowman as \u2603 if ensure_ascii is True, which is the default",
    parts=["envelope"],
)
def envelope_ascii(student: Submission) -> None:
    cases = [
        (recorded["message"], recorded["timestamp"])
        for recorded in map(facts.legacy_sent, _NOT_ASCII)
    ]
    for message, time in (*cases, (student.draw.foreign(), student.draw.timestamp())):
        if "envelope" not in student.failed:
            _expect_envelope(student, message, time)
            continue
        what = f"in build_envelope({message!r}, {time!r})"
        expect_one_byte_each(build_envelope(student, message, time), message, what)


_NOT_ASCII = ("non-ASCII travels as JSON escapes", "astral character")

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
    for text in (THIRTY_TWO, student.draw.letters(32)):
        actual = student.call("process_text", text, returns=list)
        expect(actual[:2], _blocks(text), f'the first two blocks of process_text("{text}")')


@_add(
    "padding",
    "A short last block is filled with ~",
    2,
    _rule("3"),
    "(-len(text)) % 16 says how many ~ are missing",
    ["blocks"],
)
def padding(student: Submission) -> None:
    drawn = [student.draw.letters(size + 16 * student.draw.number(0, 3)) for size in (1, 7, 15)]
    for text in (SIXTEEN + "tail", "x", *drawn):
        wanted = _blocks(text + "~" * (-len(text) % 16))
        expect(student.call("process_text", text, returns=list), wanted, f'process_text("{text}")')


@_add(
    "full-block",
    "A full last block gets no padding",
    1,
    _rule("3"),
    "For a full block, 16 - len(text) % 16 is 16: that adds a block of ~",
    ["blocks"],
)
def full_block(student: Submission) -> None:
    drawn = [student.draw.letters(16 * student.draw.number(*sizes)) for sizes in ((1, 2), (3, 9))]
    for text in (SIXTEEN, THIRTY_TWO, *drawn):
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
    for plain, secret, source in (
        (facts.ECB_PLAIN, facts.ECB_KEY, "NIST SP 800-38A, F.1.5"),
        (student.draw.octets(16), student.draw.octets(32), "drawn for this run"),
    ):
        actual = student.call("encrypt_blocks", [list(plain)], secret, returns=bytes)
        expect(actual, expected.ecb(plain, secret), f"encrypt_blocks of one block ({source})")


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
    plain, secret = student.draw.octets(16 * student.draw.number(3, 9)), student.draw.octets(32)
    drawn = [list(plain[start : start + 16]) for start in range(0, len(plain), 16)]
    actual = student.call("encrypt_blocks", drawn, secret, returns=bytes)
    expect(actual, expected.ecb(plain, secret), f"encrypt_blocks of {len(drawn)} blocks")


@_add(
    "seal",
    "A whole message becomes the bytes that are sent",
    3,
    _rule("4"),
    "In seal, call build_envelope, process_text and encrypt_blocks",
    parts=SEAL_PARTS,
)
def seal(student: Submission) -> None:
    """If a part is wrong, its points are lost already: here it only has to be used."""
    cases = [
        (case["message"], case["timestamp"], expected.legacy_key(case["passphrase"]), case["name"])
        for case in student.draw.some_of(facts.LEGACY["sent"], 4)
    ]
    drawn = [student.draw.letters(student.draw.number(0, 60)) for _ in range(4)]
    for message in (student.draw.words(), student.draw.foreign(), *drawn):
        cases.append((message, student.draw.timestamp(), student.draw.octets(32), message))
    recorded = {case["name"]: bytes.fromhex(case["ciphertext"]) for case in facts.LEGACY["sent"]}
    for message, time, secret, name in cases:
        if student.failed.intersection(SEAL_PARTS):
            compose(student, message, time, secret).expect_sealed_by(
                student, (message, time, secret)
            )
            continue
        wanted = recorded.get(name, expected.legacy_sealed(message, time, secret))
        actual = student.call("seal", message, time, secret, returns=bytes)
        expect(actual, wanted, f"seal, for the message {name!r}")
