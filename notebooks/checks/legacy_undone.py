"""The checks of L9 to L12: secrets a byte at a time, segments, padding, and keys that stay."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count, takewhile
from typing import Any

from Crypto.Cipher import AES

from legacy import protocol
from legacy.attacks import PLAIN_CHARACTERS, split_blocks
from notebooks.checks.judging import Answer, Wrong, judge, require

_KEY = protocol.derive_key("a key that only the checks use")

# L9. Byte at a time ----------------------------------------------------------------------------

Door = Callable[[str], bytes]
_SECRETS = ("ring at 48, Tango!", "Zebra")


def open_door(secret: str, most: int) -> Door:
    """Return a front door of this secret, where a second passes between two notes.

    After `most` notes it raises Wrong.
    """
    notes = count()
    cipher = AES.new(_KEY, AES.MODE_ECB)

    def front_door(note: str) -> bytes:
        number = next(notes)
        require(number < most, f"more than {most} notes: try one character at a time")
        at = f"20:{number // 60 % 60:02}:{number % 60:02}"
        envelope = protocol.build_envelope(note + secret, at)
        return cipher.encrypt((envelope + "~" * (-len(envelope) % 16)).encode())

    return front_door


def check_characters(first_characters: Any) -> None:
    """Check the decryption of a secret, a byte at a time."""
    allowed: tuple[Callable[..., object], ...] = (open_door("", 0), split_blocks)
    recover = Answer("first_characters", first_characters, (str, list), allowed)
    judge(
        "right: AES is unbroken, and the secret is read",
        lambda: _recovers(recover, _SECRETS[0], 1),
        lambda: _recovers(recover, _SECRETS[0], 4),
        lambda: _recovers(recover, _SECRETS[1], 3),
        lambda: _recovers(recover, _SECRETS[0], len(_SECRETS[0])),
    )


def _recovers(recover: Answer, secret: str, number: int) -> None:
    door = open_door(secret, 20 + number * (len(PLAIN_CHARACTERS) + 3))
    found = "".join(recover(door, number))
    wanted = secret[:number]
    if found == wanted:
        return
    right = len([*takewhile(lambda pair: pair[0] == pair[1], zip(found, wanted, strict=False))])
    raise Wrong(
        f"asked for the first {number} of a secret, it returns {found!r}. {_explain(right, secret)}"
    )


def _explain(right: int, secret: str) -> str:
    if right == 0 and not secret[0].islower():
        return "Try all of attacks.PLAIN_CHARACTERS: a secret may have capitals and digits"
    if right == 0:
        return (
            "The first unknown character must be the last of its block: the message starts at "
            "offset 38. And the clock, in block 1, goes on: compare no block before block 2"
        )
    if right < 10:  # noqa: PLR2004 - the first ten fill block 2
        return (
            f"Right so far: {secret[:right]!r}. For the next, one A less, and write what you know "
            "before each guess"
        )
    return (
        f"Right so far: {secret[:right]!r}. There are no A left to take away: begin again with 15 "
        "more, and compare the next block"
    )


# L10. Segments ---------------------------------------------------------------------------------

_PLAIN = ("are you at the station?", "yes", "is it safe to talk?")
_NASTY = ("x}{y", "a } b", '"}{"', 'say {"a": "}"}', "{", '{"timestamp": "', "\\", "☃")


def check_reader(read_all: Any) -> None:
    """Check a reader of joined messages."""
    allowed = (protocol.process_bytes, protocol.parse_envelope, protocol.block_cipher)
    read = Answer("read_all", read_all, (list, tuple), allowed)
    judge(
        "right: no message is lost when TCP joins them",
        lambda: _reads(read, ["yes"], "protocol.process_bytes gives the text"),
        lambda: _reads(read, [*_PLAIN], "after one object, go on where it ended"),
        lambda: _reads(read, [], "then return an empty list"),
        lambda: _reads(
            read, ["x" * size for size in (0, 9, 10, 11, 40)], "messages differ in length"
        ),
        *(partial(_reads, read, [one, "yes"], "a message may hold braces") for one in _NASTY),
        lambda: _reads(read, [*_NASTY], "a message may hold braces and quotation marks"),
    )


def _reads(read: Answer, messages: list[str], hint: str) -> None:
    wire = b"".join(protocol.seal(message, "20:00:00", _KEY) for message in messages)
    sent = f"{messages} were joined" if messages else "no message came"
    found = [*read(wire, _KEY, hint=f"{sent}; {hint}")]
    require(found == messages, f"{sent}, and read_all returns {found}: {hint}")


# L11. A careful sender -------------------------------------------------------------------------


def check_careful_sender(careful_envelope: Any) -> None:
    """Check envelopes whose message may have a `~`."""
    allowed = (protocol.build_envelope, protocol.hash_message)
    write = Answer("careful_envelope", careful_envelope, str, allowed)
    judge(
        "right: the old receiver shows every ~, with a ticked box",
        lambda: _arrives(write, "hi", "an ordinary message must arrive as before"),
        lambda: _arrives(write, "~5 people", "in JSON, ~ can be written as \\u007e"),
        lambda: _arrives(write, "~~ ☃ ~", "every ~ must be written as \\u007e"),
        lambda: _arrives(
            write,
            "C:\\~ \\u007e",
            "replace ~ after json.dumps, not before, or json.dumps escapes your backslash, too",
        ),
    )


def _arrives(write: Answer, message: str, hint: str) -> None:
    envelope = write(message, "12:34:56")
    require(envelope.isascii(), "an envelope has only ASCII characters: leave that to json.dumps")
    require(
        "~" not in envelope,
        f"a ~ stands in the envelope of {message!r}, and the receiver removes it: {hint}",
    )
    try:
        sealed = protocol.encrypt_blocks(protocol.process_text(envelope), _KEY)
        read = protocol.parse_envelope(protocol.process_bytes(sealed, _KEY))
    except protocol.UnrecognisedData:
        raise Wrong(f"the receiver does not recognise {envelope!r} as JSON: {hint}") from None
    require(read.message == message, f"{message!r} arrives as {read.message!r}: {hint}")
    require(read.timestamp == "12:34:56", f"the time arrives as {read.timestamp!r}")
    require(read.verified, f"{message!r} gets ☒: hash the message itself, with each ~")


# L12. A ratchet --------------------------------------------------------------------------------

_HALVES = (slice(0, 16), slice(16, 32))
_LEAST = 32


def check_ratchet(next_key: Any) -> None:
    """Check the smallest ratchet."""
    ratchet = Answer("next_key", next_key, bytes)
    judge(
        "right: today's key does not decrypt earlier messages. (It still decrypts later ones)",
        lambda: _has_form(ratchet),
        lambda: _spreads(ratchet),
        lambda: _goes_on(ratchet),
    )


def _has_form(ratchet: Answer) -> None:
    key = ratchet(_KEY)
    require(len(key) == 32, f"AES-256 needs a key of 32 bytes, and yours has {len(key)}")  # noqa: PLR2004
    require(key == ratchet(_KEY), "both sides must compute the same key, so nothing may be random")
    require(key != _KEY, "the key must change")


def _spreads(ratchet: Answer) -> None:
    """Raise Wrong unless one changed bit of the old key changes both halves of the new one."""
    new = ratchet(_KEY)
    for at in range(32):
        changed = ratchet(_KEY[:at] + bytes([_KEY[at] ^ 1]) + _KEY[at + 1 :])
        differ = [_count_bits(new[half], changed[half]) for half in _HALVES]
        require(
            any(differ), f"byte {at} of the old key changes nothing of the new one: hash all of it"
        )
        require(
            min(differ) > _LEAST,
            f"one changed bit in byte {at} of the old key changes too little of the new: in its "
            f"halves, {differ[0]} and {differ[1]} of 128 bits. So there is a way back, as from "
            "encryption under a known key. Use a hash",
        )


def _count_bits(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def _goes_on(ratchet: Answer) -> None:
    keys = [_KEY]
    for _ in range(100):
        keys.append(ratchet(keys[-1]))
    require(len({*keys}) == len(keys), "after some steps, a key comes again")


CHECKS = {
    "L9": check_characters,
    "L10": check_reader,
    "L11": check_careful_sender,
    "L12": check_ratchet,
}
