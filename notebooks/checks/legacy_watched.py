"""The checks of L1, L2 and L3: what somebody learns who only watches the legacy chat."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from Crypto.Cipher import AES

from legacy import attacks, protocol
from notebooks.checks.judging import Answer, Wrong, judge, require

_KEY = sha256(b"a key that only the checks use").digest()

# L1. Equal blocks ------------------------------------------------------------------------------

_A, _B, _C = (bytes([letter]) * 16 for letter in b"abc")
_LADDER = bytes(range(48))  # three blocks, all different


def check_repeated_blocks(repeated_blocks: Any) -> None:
    """Check the search for blocks that occur more than once."""
    found = Answer("repeated_blocks", repeated_blocks, (set, frozenset), [attacks.split_blocks])
    judge(
        "right: these blocks are equal text, and no key was needed",
        lambda: _finds(found, [_A + _B + _A], {_A}, "a block is repeated in one ciphertext"),
        lambda: _finds(found, [_A + _B, _C + _B], {_B}, "count over all ciphertexts together"),
        lambda: _finds(found, [_LADDER, _C], set(), "return only what occurs more than once"),
        lambda: _finds(found, [b"x" * 8 + _A + b"y" * 8], set(), "cut at 0, 16, 32, … only"),
        lambda: _finds(found, [_LADDER[:32] + _A, b"12" + _A + _B[2:]], set(), "cut at 0, 16, …"),
        lambda: _finds(found, [_A + _A + _B + _A + _B], {_A, _B}, "twice or more often is enough"),
        lambda: _finds(found, [], set(), "nothing was captured"),
    )


def _finds(found: Answer, ciphertexts: list[bytes], expected: set[bytes], hint: str) -> None:
    blocks = found(ciphertexts)
    if blocks != expected:
        sizes = sorted({len(block) if isinstance(block, bytes) else 0 for block in blocks} - {16})
        require(not sizes, "each element must be a block: 16 bytes")
        raise Wrong(
            f"{hint}. In {[_spell(one) for one in ciphertexts]}, the number of repeated blocks is "
            f"{len(expected)}, and yours is {len(blocks)}"
        )


def _spell(ciphertext: bytes) -> str:
    """Write a ciphertext as one character for each block: its letter, or `.` if it has several."""
    blocks = attacks.split_blocks(ciphertext)
    return " ".join(chr(block[0]) if len({*block}) == 1 else "." for block in blocks)


# L2. Structure ---------------------------------------------------------------------------------

_STRIPES = b"".join(bytes([40 + 10 * (row // 8 % 3)]) * 256 for row in range(64))
_DISTINCT = b"".join(number.to_bytes(16, "big") for number in range(1024))


def check_ecb_detector(looks_like_ecb: Any) -> None:
    """Check a detector of ECB."""
    detector = Answer("looks_like_ecb", looks_like_ecb, bool, [attacks.split_blocks])
    ecb = AES.new(_KEY, AES.MODE_ECB)
    once = ecb.encrypt(_DISTINCT[:8000] + _DISTINCT[16:32] + _DISTINCT[8000:])
    sound = {
        "CBC": AES.new(_KEY, AES.MODE_CBC, iv=bytes(16)).encrypt(_STRIPES),
        "CTR": AES.new(_KEY, AES.MODE_CTR, nonce=bytes(8)).encrypt(_STRIPES),
    }
    judge(
        "right: a detector that needs no key",
        lambda: _is_ecb(detector, ecb.encrypt(_STRIPES), "in ECB equal blocks stay equal"),
        lambda: _is_not_ecb(detector, sound),
        lambda: _is_ecb(detector, once, "one repeated block is enough, even far from the first"),
    )


def _is_ecb(detector: Answer, ciphertext: bytes, hint: str) -> None:
    require(detector(ciphertext), f"a ciphertext was made with ECB, and you say no: {hint}")


def _is_not_ecb(detector: Answer, sound: dict[str, bytes]) -> None:
    for mode, ciphertext in sound.items():
        require(
            not detector(ciphertext),
            f"a ciphertext was made with {mode}, and you say ECB: no block of 16 bytes, cut at "
            "0, 16, 32, …, is repeated there",
        )


# L3. One guess ---------------------------------------------------------------------------------

SECRET = "open sesame"  # noqa: S105 - for the checks alone
BLOCK = AES.new(sha256(SECRET.encode()).digest(), AES.MODE_ECB).encrypt(b'{"timestamp": "1')
NEARLY = {
    "guess 25": "the 16th byte alone says yes to one wrong guess in 85",
    "guess 513": "the first byte alone says yes to one wrong guess in 256",
    "guess 394": "the first and the last byte alone say yes to too many wrong guesses",
    "guess 3871": "noise can be valid UTF-8 by chance",
    "guess 61634": "noise can be ASCII by chance",
    "guess 25245": "the first two bytes alone say yes to one wrong guess in 65,536",
}
"""Wrong guesses under which BLOCK decrypts to something that is a little like an envelope.

They were found by trying 61,635 guesses.
"""


def check_guess(fits: Any) -> None:
    """Check the test of one guess."""
    allowed = (protocol.derive_key, protocol.block_cipher, protocol.process_bytes)
    fitting = Answer("fits", fits, bool, (*allowed, protocol.encrypt_blocks))
    judge(
        "right: sixteen bytes, one hash and one AES block test a passphrase",
        lambda: _accepts(fitting, SECRET, "12:00:00"),
        lambda: _rejects(fitting),
        lambda: _accepts(fitting, SECRET, "09:59:59"),
        lambda: _accepts(fitting, SECRET, "23:59:59"),
        lambda: _accepts(fitting, "naïve ☃", "12:00:00"),
    )


def _accepts(fitting: Answer, secret: str, timestamp: str) -> None:
    block = protocol.seal("hello", timestamp, protocol.derive_key(secret))[:16]
    hints = {
        "09:59:59": "the 16th character is the first digit of an hour: 0, 1 or 2",
        "23:59:59": "the 16th character is the first digit of an hour: 0, 1 or 2",
    }
    hint = hints.get(timestamp, "SHA-256 of the guess is the key; how does every envelope begin?")
    text = "a passphrase is hashed as its UTF-8 bytes" if not secret.isascii() else hint
    require(
        fitting(secret, block, hint=text), f"{secret!r} is right at {timestamp}, you say no: {text}"
    )


def _rejects(fitting: Answer) -> None:
    for guess in ("open Sesame", "", *(f"guess {number}" for number in range(25))):
        require(not fitting(guess, BLOCK), f"the wrong guess {guess!r} fits: decrypt and compare")
    for guess, why in NEARLY.items():
        require(
            not fitting(guess, BLOCK),
            f"the wrong guess {guess!r} fits: {why}, and the attack tries 200,560. "
            "Test all the text that you know",
        )


CHECKS = {"L1": check_repeated_blocks, "L2": check_ecb_detector, "L3": check_guess}
