"""All cases of the legacy wire: what each `recv` of a receiver shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence

from Crypto.Cipher import AES

from tests.generators.shape import Case, number_cases, sha256

PASSPHRASE, CLOCK = "secret", "12:34:56"
UNRECOGNISED = "Unrecognised Data or Broken PIPE "

LEGACY_NOTES = {
    "Honest": "what the original sends, shown as it was meant",
    "Passphrase": "unusual passphrases",
    "Control": "control characters travel as JSON escapes; only a terminal must not obey them",
    "Tilde": "L11: `~` is data and padding at once",
    "Length": "68 characters or more are verified and never shown; 1024 bytes are one recv",
    "Framing": "L10: one recv is one message, whatever TCP made of it",
    "Hash": "L6: the hash says whether a message was garbled, not who sent it",
    "WrongKey": "encrypted under another key",
    "Json": "JSON that an original does not write, and reads",
    "NotJson": "no JSON object with three texts",
    "Replay": "L4: a recorded message is sent again",
    "Redate": "L5: block 1 holds the clock, and nothing covers it",
    "Reflection": "L7: a message comes back to who sent it",
    "Order": "L8: messages missing, doubled, swapped",
    "Blocks": "L1: blocks are encrypted alone, so they can be cut out and put in",
    "BitFlip": "a bit changed on the way garbles one block",
    "Junk": "bytes that no sender makes",
}


def encrypt(text: str, passphrase: str = PASSPHRASE, key_size: int = 32) -> bytes:
    """Encrypt text, each character one byte, block by block."""
    data = text.encode("latin-1")
    key = sha256(passphrase.encode())[:key_size]
    return AES.new(key, AES.MODE_ECB).encrypt(data + b"~" * (-len(data) % 16))


def envelope(message: str, clock: str = CLOCK, hashed: str | None = None) -> str:
    digest = sha256(message.encode()).hex() if hashed is None else hashed
    return json.dumps({"timestamp": clock, "message": message, "hash": digest})


def shown(message: str, tag: str = "☑", clock: str = CLOCK) -> str:
    return f"Received : {message}{' ' * (68 - len(message))}{tag}  {clock}"


def legacy_case(
    result: str, comment: str, flag: str, received: Sequence[bytes], lines: Sequence[str]
) -> Case:
    return {
        "comment": comment,
        "flags": [flag],
        "recvs": [data.hex() for data in received],
        "lines": list(lines),
        "result": result,
    }


def legacy_honest(passphrase: str) -> Iterator[Case]:
    for comment, message in [
        ("a word", "hello"),
        ("nothing", ""),
        ("a space", " "),
        ("quotes", 'say "hi"'),
        ("backslashes", "C:\\new\\u0041"),
        ("a brace and a bracket", '}{"][,:'),
        ("two bytes in UTF-8", "naïve café"),
        ("three bytes", "☃☃☃"),
        ("beyond the BMP", "key 🔑"),
        ("right-to-left", "שלום"),
        ("looks like an envelope", '{"timestamp": "00:00:00"}'),
        ("looks like the end command", " quit()"),
        ("a hash", sha256(b"hello").hex()),
        ("67 characters, the most that is shown", "x" * 67),
        ("66 characters", "x" * 66),
        ("an envelope that fills its blocks", "m" * 12),
        ("67 keys", "🔑" * 67),
    ]:
        received = [encrypt(envelope(message), passphrase)]
        yield legacy_case("valid", comment, "Honest", received, [shown(message)])
    for message in ["a\ttab", "\x1b[2J", "\0", "\x7f", "\x9b31m", "bell\a", "\r", "\u2028"]:
        received = [encrypt(envelope(message), passphrase)]
        yield legacy_case("valid", f"{message!r}", "Control", received, [shown(message)])


def legacy_lost(passphrase: str) -> Iterator[Case]:
    for message in ["~", "a~b", "~start", "end~", "~~~", "12~34~56"]:
        bare = message.replace("~", "")
        received = [encrypt(envelope(message), passphrase)]
        yield legacy_case(
            "invalid", f"{message!r} loses its tildes", "Tilde", received, [shown(bare, "☒")]
        )
    for size in (68, 69, 100, 400, 800):
        received = [encrypt(envelope("y" * size), passphrase)]
        yield legacy_case("invalid", f"{size} characters are not shown", "Length", received, [])
    one, two = (encrypt(envelope(message), passphrase) for message in ("one", "two"))
    long = encrypt(envelope("z" * 1000), passphrase)
    for comment, flag, received in [
        ("an envelope of more than one recv", "Length", [long[:1024], long[1024:]]),
        ("two messages in one recv", "Framing", [one + two]),
        ("the same message twice in one recv", "Framing", [one + one]),
        ("a message in two recvs", "Framing", [one[:80], one[80:]]),
        ("cut inside a block", "Framing", [one[:50], one[50:]]),
        ("all but the last block", "Framing", [one[:-16]]),
        ("the first byte alone", "Framing", [one[:1], one[1:]]),
        ("a stray byte in front", "Framing", [b"\0" + one]),
        ("a byte is missing", "Framing", [one[1:]]),
        ("a message and half of the next", "Framing", [one + two[:64], two[64:]]),
    ]:
        yield legacy_case("invalid", comment, flag, received, [UNRECOGNISED] * len(received))


def legacy_wrong(passphrase: str) -> Iterator[Case]:
    good = sha256(b"hello").hex()
    for comment, hashed in [
        ("the hash of another message", sha256(b"other").hex()),
        ("no hash", ""),
        ("the hash in capitals", good.upper()),
        ("half the hash", good[:32]),
        ("a space behind the hash", good + " "),
        ("SHA-1", hashlib.sha1(b"hello").hexdigest()),
        ("MD5", hashlib.md5(b"hello").hexdigest()),
        ("zeros", "0" * 64),
        ("the hash of the message in UTF-16", sha256("hello".encode("utf-16")).hex()),
        ("the hash of message and clock", sha256(f"hello{CLOCK}".encode()).hex()),
    ]:
        received = [encrypt(envelope("hello", hashed=hashed), passphrase)]
        yield legacy_case("invalid", comment, "Hash", received, [shown("hello", "☒")])
    fields = {"timestamp": CLOCK, "message": "hello", "hash": good}
    texts = {
        f"no {name}": json.dumps({k: v for k, v in fields.items() if k != name}) for name in fields
    }
    texts |= {
        f"{name} is {value!r}": json.dumps(fields | {name: value})
        for name in fields
        for value in (5, None, ["x"], {"x": 1}, True)
    }
    texts |= {
        "an array": json.dumps(list(fields.values())),
        "a text": '"hello"',
        "a number": "5",
        "null": "null",
        "not a number": "NaN",
        "nothing": "",
        "an empty object": "{}",
        "half an object": envelope("hello")[:-1],
        "two objects": envelope("one") + envelope("two"),
        "text behind the object": envelope("hello") + " hello",
        "single quotes": envelope("hello").replace('"', "'"),
        "open brackets": "[" * 1000,
        "a comma too many": envelope("hello")[:-1] + ",}",
        "a newline inside a text": envelope("hello").replace("hello", "hel\nlo"),
        "a lone surrogate": envelope("hello").replace("hello", "\\ud83d"),
        "a long number": envelope("hello")[:-1] + ', "n": ' + "9" * 700 + ".}",
        "a byte order mark in front": "ï»¿" + envelope("hello"),
    }
    for comment, text in texts.items():
        received = [encrypt(text, passphrase)] if text else [b"\0"]
        yield legacy_case("invalid", comment, "NotJson", received, [UNRECOGNISED])
    yield from legacy_noise(passphrase)


def legacy_noise(passphrase: str) -> Iterator[Case]:
    wire = encrypt(envelope("hello"), passphrase)
    blocks = [wire[start : start + 16] for start in range(0, len(wire), 16)]
    for comment, flag, data in [
        ("another passphrase", "WrongKey", encrypt(envelope("hello"), "Secret")),
        ("a space behind the passphrase", "WrongKey", encrypt(envelope("hello"), passphrase + " ")),
        ("a key of 128 bits", "WrongKey", encrypt(envelope("hello"), passphrase, 16)),
        ("not encrypted", "Junk", envelope("hello").ljust(160, "~").encode()),
        ("zeros", "Junk", bytes(64)),
        ("ones", "Junk", b"\xff" * 1024),
        ("a block too short", "Junk", b"\x55" * 15),
        ("text", "Junk", b"GET / HTTP/1.1\r\n\r\n"),
        ("the first block is missing", "Blocks", b"".join(blocks[1:])),
        ("the first block twice", "Blocks", blocks[0] + wire),
        (
            "blocks 1 and 2 change places",
            "Blocks",
            b"".join([blocks[0], blocks[2], blocks[1], *blocks[3:]]),
        ),
        ("all blocks backwards", "Blocks", b"".join(blocks[::-1])),
    ]:
        yield legacy_case("invalid", comment, flag, [data], [UNRECOGNISED])
    for bit in range(0, 128, 16):
        flipped = bytearray(wire)
        flipped[bit // 8] ^= 1
        yield legacy_case(
            "invalid",
            f"bit {bit} of the first block flipped",
            "BitFlip",
            [bytes(flipped)],
            [UNRECOGNISED],
        )


def legacy_taken_and_yet(passphrase: str) -> Iterator[Case]:
    one, two = (encrypt(envelope(message), passphrase) for message in ("one", "two"))
    later = encrypt(envelope("one", "19:59:59"), passphrase)
    tildes = encrypt("~" * 16, passphrase)
    escaped = envelope("a!b", hashed=sha256(b"a~b").hex()).replace("!", "\\u007e")
    escaped_tilde = encrypt(escaped, passphrase)
    for comment, flag, received, lines in [
        ("the same bytes again", "Replay", [one, one], [shown("one")] * 2),
        ("a conversation again", "Replay", [one, two, one, two], [shown("one"), shown("two")] * 2),
        (
            "another message's clock",
            "Redate",
            [one[:16] + later[16:32] + one[32:]],
            [shown("one", clock="19:59:59")],
        ),
        ("our own words come back", "Reflection", [one], [shown("one")]),
        ("messages change places", "Order", [two, one], [shown("two"), shown("one")]),
        ("a block of padding behind", "Blocks", [one + tildes], [shown("one")]),
        ("a block of padding in front", "Blocks", [tildes + one], [shown("one")]),
        (
            "a block of padding in the middle",
            "Blocks",
            [one[:48] + tildes + one[48:]],
            [shown("one")],
        ),
        (
            "padding up to a whole recv",
            "Blocks",
            [one + tildes * ((1024 - len(one)) // 16)],
            [shown("one")],
        ),
        ("bytes behind that are no block", "Framing", [one + b"\0" * 15], [shown("one")]),
        ("~ as a JSON escape", "Tilde", [escaped_tilde], [shown("a~b")]),
    ]:
        yield legacy_case("acceptable", comment, flag, received, lines)
    fields = json.loads(envelope("héllo"))
    backwards = dict(reversed(fields.items()))
    for comment, text, message, clock in [
        ("the fields in another order", json.dumps(backwards), "héllo", CLOCK),
        ("no spaces", json.dumps(fields, separators=(",", ":")), "héllo", CLOCK),
        ("on several lines", json.dumps(fields, indent=1), "héllo", CLOCK),
        ("spaces around", f"  {json.dumps(fields)}\r\n", "héllo", CLOCK),
        ("not escaped, as latin-1", json.dumps(fields, ensure_ascii=False), "héllo", CLOCK),
        ("escapes in capitals", json.dumps(fields).replace("\\u00e9", "\\u00E9"), "héllo", CLOCK),
        (
            "letters escaped",
            json.dumps(fields).replace("llo", "\\u006c\\u006c\\u006f"),
            "héllo",
            CLOCK,
        ),
        ("a field more", json.dumps(fields | {"from": "bob"}), "héllo", CLOCK),
        (
            "a field twice: the last one counts",
            '{"message": "no", ' + json.dumps(fields)[1:],
            "héllo",
            CLOCK,
        ),
        (
            "a clock that is none",
            json.dumps(fields | {"timestamp": "yesterday"}),
            "héllo",
            "yesterday",
        ),
        ("no time at all", json.dumps(fields | {"timestamp": ""}), "héllo", ""),
        (
            "a clock with an escape sequence",
            json.dumps(fields | {"timestamp": "\x1b[2J"}),
            "héllo",
            "\x1b[2J",
        ),
    ]:
        yield legacy_case(
            "acceptable",
            comment,
            "Json",
            [encrypt(text, passphrase)],
            [shown(message, clock=clock)],
        )


def legacy_hello(passphrase: str) -> Iterator[Case]:
    yield legacy_case(
        "valid", "hello", "Passphrase", [encrypt(envelope("hello"), passphrase)], [shown("hello")]
    )


LEGACY_GROUPS: list[tuple[str, Sequence[Callable[[str], Iterator[Case]]]]] = [
    (PASSPHRASE, [legacy_honest, legacy_lost, legacy_wrong, legacy_taken_and_yet]),
    *((passphrase, [legacy_hello]) for passphrase in ("", " ", "пароль", "🔑", "x" * 1000, "a\tb")),
]


def legacy_vectors() -> Case:
    groups = []
    for passphrase, makers in LEGACY_GROUPS:
        cases = [case for make in makers for case in make(passphrase)]
        groups.append({"passphrase": passphrase, "tests": cases})
    return number_cases("what each recv of a legacy receiver shows", LEGACY_NOTES, groups)
