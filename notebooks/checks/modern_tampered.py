"""More checks of notebook 3: tags and how an error spreads (M2), a padding oracle (M3)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from Crypto.Cipher import AES

from modern import attacks, protocol
from modern.protocol import Keys
from notebooks.checks.judging import Answer, Wrong, judge, require
from notebooks.second_chat import Chat, draw_keys

KEYS = draw_keys("the checks of notebook 3")
BLOCK = protocol.BLOCK_SIZE

# M2: both tags -------------------------------------------------------------------------------


class Spied(bytes):
    """Bytes of a frame that notice when somebody compares them with == or !=."""

    __slots__ = ()
    noticed: list[str] = []  # noqa: RUF012 - of all of them

    def __getitem__(self, place: Any) -> Any:
        """Return a part, spied, too."""
        part = super().__getitem__(place)
        return Spied(part) if isinstance(part, bytes) else part

    def __add__(self, other: Any) -> Spied:
        """Join, and stay spied."""
        return Spied(super().__add__(other))

    def __eq__(self, other: object) -> bool:
        """Compare, and take note."""
        self.noticed.append("==")
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        """Compare, and take note."""
        self.noticed.append("!=")
        return super().__ne__(other)

    __hash__ = bytes.__hash__


def check_tags(tags_fit: Any) -> None:
    """Check that both tags are checked, in constant time and before anything is decrypted."""
    spied = (Spied.__getitem__, Spied.__add__, Spied.__eq__, Spied.__ne__)
    answer = Answer("tags_fit", tags_fit, allowed=spied)
    frame = protocol.seal_frame(b"hello\n", 6, KEYS, bytes(range(16)))
    judge(
        "896 of 896 changed frames rejected, the honest one accepted.",
        lambda: _accepts(answer, frame),
        lambda: _rejects_flips(answer, frame),
        lambda: _needs_the_key(answer, frame),
        lambda: _is_constant(answer, frame),
    )


def _accepts(answer: Answer, frame: bytes) -> None:
    require(
        answer(frame, KEYS.authentication),
        "the honest frame is rejected: the first tag covers bytes 0 to 31, the second 64 to 79",
    )
    require(not answer.watched.decrypted, "no tag needs AES: yours decrypts something")


def _rejects_flips(answer: Answer, frame: bytes) -> None:
    hints = (
        (protocol.IV, "a changed IV is accepted: the first tag covers the IV, too"),
        (protocol.LENGTH, "a changed E(length) is accepted: the first tag covers it"),
        (protocol.LENGTH_TAG, "a changed first tag is accepted: compare all 32 bytes of it"),
        (protocol.CHUNK, "a changed E(chunk) is accepted: both tags must fit"),
        (protocol.CHUNK_TAG, "a changed second tag is accepted: compare all 32 bytes of it"),
    )
    for field, hint in hints:
        for bit in range(8 * field.start, 8 * field.stop):
            changed = bytearray(frame)
            changed[bit // 8] ^= 0x80 >> bit % 8
            require(not answer(bytes(changed), KEYS.authentication), hint)


def _needs_the_key(answer: Answer, frame: bytes) -> None:
    other = draw_keys("of somebody else").authentication
    require(not answer(frame, other), "a frame of another key is accepted")
    theirs = protocol.seal_frame(b"hi\n", 3, Keys(bytes(32), other), bytes(16))
    require(answer(theirs, other), "use the key that is given, not one of the page")


def _is_constant(answer: Answer, frame: bytes) -> None:
    Spied.noticed.clear()
    fits = answer(Spied(frame), KEYS.authentication)
    require(
        fits and answer.watched.compared and not Spied.noticed,
        "it works, but its running time tells how much of a tag was right: compare both tags with "
        "hmac.compare_digest",
    )


# M2b: how an error spreads -------------------------------------------------------------------


def check_spread(changed: Any) -> None:
    """Check which bytes of a text change when a byte of IV and ciphertext is changed."""
    answer = Answer("changed", changed)
    judge(
        "An error garbles one block, and then one byte of the next. Then it is over.",
        lambda: _spreads(answer, 64, (0, 5, 15, 16, 21, 31, 47, 48, 63)),
        lambda: _spreads(answer, 32, (3, 16, 31)),
    )


def flip_and_see(place: int, size: int) -> set[int]:
    """Return which bytes of some texts change: those that do for at least one of them."""
    draw = random.Random(place)  # noqa: S311 - texts of a check
    seen: set[int] = set()
    for _ in range(6):
        sent, key = draw.randbytes(size), draw.randbytes(32)
        broken = bytearray(sent)
        broken[place] ^= draw.randrange(1, 256)
        one, other = (_decrypt(key, bytes(data)) for data in (sent, broken))
        seen |= {n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b}
    return seen


def _decrypt(key: bytes, sent: bytes) -> bytes:
    return AES.new(key, AES.MODE_CBC, iv=sent[:BLOCK]).decrypt(sent[BLOCK:])


def _spreads(answer: Answer, size: int, places: Iterable[int]) -> None:
    for place in places:
        found = answer(place, size)
        try:
            numbers = set(found)
        except TypeError:
            raise Wrong("return several numbers, for example as a set or a list") from None
        right = flip_and_see(place, size)
        if numbers != right:
            raise Wrong(f"changed({place}, {size}): {_compare(numbers, right, place, size)}")


def _compare(found: set[int], right: set[int], place: int, size: int) -> str:
    if place < BLOCK:
        return (
            f"byte {place} is in the IV, which is not decrypted by AES: it is XORed with the first "
            f"block of the text, and yours says {shorten(found)}"
        )
    if found and max(found) >= size - BLOCK:
        return (
            f"the text has only {size - BLOCK} bytes, 0 to {size - BLOCK - 1} (the IV is no text)"
        )
    if missing := right - found:
        block = place // BLOCK - 1
        what = "its own block" if min(missing) // BLOCK == block else "the block after it"
        return f"bytes {shorten(missing)} change, too: look at {what}"
    return f"bytes {shorten(found - right)} do not change: flip a byte, decrypt and compare"


def shorten(numbers: Iterable[int]) -> str:
    """Return numbers as a person writes them: 16 to 31, 35."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    spans = [str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return ", ".join(spans) or "none"


# M3: the last byte of a block ----------------------------------------------------------------

TEXTS = ("hello\n", "exactly15bytes!", "pay bob 10\n")


def check_last_byte(last_byte: Any) -> None:
    """Check the first step of a padding oracle attack."""
    chat = Chat(KEYS)
    ask = attacks.padding_oracle(chat.careless)
    asked: list[bytes] = []

    def oracle(frame: bytes) -> bool:
        asked.append(frame)
        return ask(frame)

    answer = Answer("last_byte", last_byte, int, [oracle, attacks.xor])
    blocks = [(text, chat.alice_says(text)) for text in TEXTS * 2]
    judge(
        "You have read a byte without the key. With fifteen more, you have the whole block.",
        lambda: _reads_all(answer, blocks, oracle, asked),
    )


Blocks = list[tuple[str, bytes]]
Oracle = Callable[[bytes], bool]


def _read(answer: Answer, pair: tuple[bytes, bytes], oracle: Oracle, asked: list[bytes]) -> int:
    hint = "one of the 256 values for the last byte of the IV makes the padding right"
    try:
        return int(answer(*pair, oracle, hint=hint))
    except Wrong as wrong:
        if asked and "nothing yet" in str(wrong):
            count = len(asked)
            raise Wrong(f"last_byte asks {count} times and returns nothing: {hint}") from None
        raise


def _reads_all(answer: Answer, blocks: Blocks, oracle: Oracle, asked: list[bytes]) -> None:
    pairs = [(frame[protocol.CHUNK], frame[protocol.LENGTH]) for _, frame in blocks]
    found = []
    for pair in pairs:
        asked.clear()
        found.append(_read(answer, pair, oracle, asked))
    wanted = [BLOCK - len(text) for text, _ in blocks]
    last = [previous[-1] for _, previous in pairs]
    for offset, why in (
        ([0] * len(last), ""),
        (last, "nearly right: this is the last byte of D. XOR it with the last byte of `previous`"),
        ([1] * len(last), "nearly right: if the padding is right, the XOR gives 01, not 00"),
        (
            [1 ^ byte for byte in last],
            "this is the last byte of your IV: what does it tell about D, and about the text?",
        ),
    ):
        if [a ^ b for a, b in zip(found, offset, strict=True)] == wanted:
            require(not why, why)
            return
    right = sum(a == b for a, b in zip(found, wanted, strict=True))
    raise Wrong(
        f"{right} of {len(wanted)} blocks are right: start with an IV of zeros, and try all 256 "
        "values for its last byte"
    )


CHECKS = {"M2": check_tags, "M2b": check_spread, "M3": check_last_byte}
