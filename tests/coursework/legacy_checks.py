"""The checks of `legacy_chat.py`, in the order in which a message travels."""

from __future__ import annotations

import hashlib
import json

from legacy import protocol
from tests.coursework import vectors
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission
from tests.recorded import LEGACY

CATALOGUE = Catalogue("legacy", first="loads")
_add = CATALOGUE.add
_rule = rules_of("legacy")


@_add(
    "loads",
    "legacy_chat.py can be imported",
    0,
    "The submission holds legacy_chat.py, which does nothing but define names when imported",
    "Run `python legacy_chat.py` by itself: it must end at once and print nothing",
)
def loads(student: Submission) -> None:
    student.load()


# Key -------------------------------------------------------------------------------------------


@_add(
    "key",
    "A passphrase becomes a 32-byte key",
    2,
    _rule("1"),
    "hashlib's digest() gives the 32 bytes; hexdigest() gives 64 characters that name them",
)
def key(student: Submission) -> None:
    expected = hashlib.sha256(b"secret").digest()
    actual = student.call("derive_key", "secret", returns=bytes)
    expect(actual, expected, 'derive_key("secret")')


@_add(
    "key-unicode",
    "A passphrase may hold any character",
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
        raise Failure(f"  build_envelope({message!r}, {timestamp!r})\n\n  no JSON object: {text!r}")
    return text, fields


@_add(
    "envelope",
    "A message travels in a JSON envelope",
    3,
    _rule("2"),
    "json.dumps of a dict keeps the order of its keys, and its default separators are these",
)
def envelope(student: Submission) -> None:
    _expect_envelope(student, vectors.legacy_sent("plain"))


def _expect_envelope(student: Submission, case: dict[str, str]) -> None:
    """Hash and timestamp have checks of their own: here they may say what they like."""
    text, fields = _envelope(student, case["message"], case["timestamp"])
    said = {name: str(fields.get(name, "(missing)")) for name in ("timestamp", "hash")}
    wanted = {"timestamp": said["timestamp"], "message": case["message"], "hash": said["hash"]}
    what = f"build_envelope({case['message']!r}, {case['timestamp']!r})"
    expect(text, json.dumps(wanted), what)


@_add(
    "timestamp",
    "The timestamp says HH:MM:SS",
    1,
    _rule("2.1"),
    "Put the timestamp that you are given into the envelope as it is",
    ["envelope"],
)
def timestamp(student: Submission) -> None:
    _, fields = _envelope(student, "hello", "09:08:07")
    expect(fields.get("timestamp"), "09:08:07", 'timestamp in build_envelope("hello", "09:08:07")')


@_add(
    "hash",
    "The hash is that of the message",
    2,
    _rule("2.2"),
    "Hash message.encode(), nothing before and nothing after it, and take hexdigest()",
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
    r"json.dumps writes \u2603 for a snowman as long as ensure_ascii stays True",
    ["envelope"],
)
def envelope_ascii(student: Submission) -> None:
    for name in ("non-ASCII travels as JSON escapes", "astral character"):
        _expect_envelope(student, vectors.legacy_sent(name))


# Blocks ----------------------------------------------------------------------------------------


def _blocks(text: str) -> list[list[int]]:
    return [list(text[start : start + 16].encode()) for start in range(0, len(text), 16)]


SIXTEEN, THIRTY_TWO = "0123456789abcdef", "the quick brown fox jumps over ~"


@_add(
    "blocks",
    "The envelope is cut into blocks of 16",
    2,
    _rule("3"),
    "range(0, len(text), 16) gives the starts; ord gives the number of a character",
)
def blocks(student: Submission) -> None:
    actual = student.call("process_text", THIRTY_TWO, returns=list)
    expect(actual[:2], _blocks(THIRTY_TWO), f'the first two blocks of process_text("{THIRTY_TWO}")')


@_add(
    "padding",
    "A short last block is filled with ~",
    2,
    _rule("3"),
    "(-len(text)) % 16 is the number of ~ that are missing",
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
    "16 - len(text) % 16 is 16 for a full block: one block too many",
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
    "pyaes.AES(key).encrypt takes one list of 16 numbers and gives another; join them "
    "with bytes(…)",
)
def encryption(student: Submission) -> None:
    actual = student.call(
        "encrypt_blocks", [list(vectors.ECB_PLAIN)], vectors.ECB_KEY, returns=bytes
    )
    expect(actual, vectors.ECB_CIPHER, "encrypt_blocks of one block (NIST SP 800-38A, F.1.5)")


@_add(
    "blocks-alone",
    "Every block is encrypted alone",
    1,
    _rule("4"),
    "No block may depend on another one: no mode, no IV. (Yes, that is a weakness.)",
    ["encryption"],
)
def blocks_alone(student: Submission) -> None:
    three = [list(vectors.ECB_PLAIN)] * 3
    actual = student.call("encrypt_blocks", three, vectors.ECB_KEY, returns=bytes)
    expect(actual, vectors.ECB_CIPHER * 3, "encrypt_blocks of three equal blocks")


@_add(
    "seal",
    "A whole message becomes the bytes of the wire",
    3,
    _rule("4"),
    "seal calls build_envelope, process_text and encrypt_blocks",
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
    for case in LEGACY["sent"]:
        secret = hashlib.sha256(case["passphrase"].encode()).digest()
        actual = student.call("seal", case["message"], case["timestamp"], secret, returns=bytes)
        expect(actual, bytes.fromhex(case["ciphertext"]), f"seal, the recorded {case['name']!r}")


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
    "pyaes.AES(key).decrypt undoes encrypt, one block at a time; chr gives a number's character",
)
def decryption(student: Submission) -> None:
    case = vectors.legacy_sent(vectors.FULL_BLOCK)
    actual = _process_bytes(student, bytes.fromhex(case["ciphertext"]), case["passphrase"])
    expect(actual, case["json"], f"process_bytes, the recorded {case['name']!r}")


@_add(
    "tildes",
    "Every ~ is removed",
    1,
    _rule("5.1"),
    "rstrip takes the padding only, the original takes all: text.replace",
    ["decryption"],
)
def tildes(student: Submission) -> None:
    for case in LEGACY["sent"]:
        if "tilde" in case["name"] or case["name"] == "plain":
            actual = _process_bytes(student, bytes.fromhex(case["ciphertext"]), case["passphrase"])
            expect(actual, case["json"].replace("~", ""), f"process_bytes, {case['name']!r}")


@_add(
    "incomplete-block",
    "An incomplete last block is dropped",
    1,
    _rule("5.1"),
    "len(received) % 16 bytes at the end are too few for AES: leave them out",
    ["decryption"],
)
def incomplete_block(student: Submission) -> None:
    case = vectors.legacy_sent(vectors.FULL_BLOCK)
    whole = bytes.fromhex(case["ciphertext"])
    for extra in (1, 15):
        actual = _process_bytes(student, whole + bytes(extra), case["passphrase"])
        expect(actual, case["json"], f"process_bytes of {len(whole)} bytes and {extra} more")
    expect(_process_bytes(student, whole[:15]), "", "process_bytes of 15 bytes")


@_add(
    "noise",
    "Noise decrypts to noise, not to an error",
    1,
    _rule("5.1"),
    'chr(number) knows every byte, and so does .decode("latin-1"); UTF-8 does not',
    ["decryption"],
)
def noise(student: Submission) -> None:
    """Every byte value but that of ~, which has a check of its own."""
    wanted = bytes(range(256)).replace(b"~", b"-")
    actual = _process_bytes(student, _encrypt(wanted))
    expect(actual, wanted.decode("latin-1"), "process_bytes of blocks that hold every byte value")


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
    "80 - len(message) - len('Received : ') - 1 spaces stand before the tag",
)
def display(student: Submission) -> None:
    for message in ("hello", "", "naïve ☃ café"):
        actual = student.call("verify_and_display", _json(message), returns=str)
        expect(actual, _line(message), f"verify_and_display of the envelope of {message!r}")


@_add(
    "crossed-box",
    "A message that does not fit its hash is marked ☒",
    3,
    _rule("6"),
    "Hash the message that came and compare with the hash that came",
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
    "Return None where less than one space is left",
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
    "What is no envelope is refused",
    2,
    _rule("6.2"),
    "Catch what json.loads and a missing key raise, and JSON that is no object, and raise "
    "UnrecognisedData instead",
    ["display"],
)
def unrecognised(student: Submission) -> None:
    incomplete = json.dumps({"timestamp": "20:14:15", "message": "hello"})
    for text in ("noise", "", "[1, 2]", "17", incomplete, _json("a") + _json("b")):
        answer = student.attempt("verify_and_display", text)
        if not answer.raised or "UnrecognisedData" not in answer.raised.kinds:
            outcome = f"raised {answer.raised}" if answer.raised else f"returned {answer.value!r}"
            raise Failure(
                f"  {answer.call}\n\n  expected  UnrecognisedData raised\n  actual    {outcome}"
            )


@_add(
    "conversation",
    "Recorded bytes are shown as the original shows them",
    2,
    _rule("6"),
    "process_bytes gives what verify_and_display takes",
    ["tildes", "incomplete-block", "noise", "crossed-box", "longest-line", "unrecognised"],
)
def conversation(student: Submission) -> None:
    for case in LEGACY["received"]:
        text = _process_bytes(student, bytes.fromhex(case["received"]), case["passphrase"])
        answer = student.attempt("verify_and_display", text)
        shown = "Unrecognised Data or Broken PIPE " if answer.raised else answer.value
        expect(shown, case["receiver_prints"].removesuffix("\n"), f"the recorded {case['name']!r}")
