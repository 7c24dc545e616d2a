"""The search for encryption: every key, mode and place, until the result cannot be chance.

A result is measured in bits: they say how unlikely it is that random bytes look like this. A byte
of the typed line, of a padding or of a number's leading zeros counts 8 bits. Any other printable
character counts little more than 1 bit. A proof needs `_PROOF` bits. The search makes fewer than
2^20 attempts, so random bytes pass once in billions of captures. One or two bytes of padding prove
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from Crypto.Cipher import AES
from Crypto.Cipher._mode_ecb import EcbMode
from Crypto.Util.strxor import strxor

from compat.identify.keys import CandidateKey

BLOCK = AES.block_size
PRINTABLE = frozenset(b"\t\n\r" + bytes(range(0x20, 0x7F)))

_PROOF = 52.0
_PRINTABLE_BITS = 1.4
_BLOCK_BITS = 16.0
"""How many bits a block needs to belong to the same run as the blocks beside it."""
_LEAST_TYPED = 6
"""At least so many bytes of the typed line are looked for in the middle of other bytes."""
_PROMISING = re.compile(rb"(.)\1{4}|[\t\n\r\x20-\x7e]{15}", re.DOTALL)


@dataclass(frozen=True)
class Deciphered:
    """Bytes that a key decrypts to something that cannot be chance."""

    start: int
    end: int
    mode: str
    key: CandidateKey
    plaintext: bytes
    iv: int | None
    """The offset of the 16-byte IV; None if it is zero bytes, or if there is no IV."""
    iv_words: str = ""
    """What the sentence says about the IV, if it does not name its offset."""


# What cannot be chance -----------------------------------------------------------------------


def _run(block: bytes) -> int:
    """Return how many equal bytes are at the end of a block."""
    return len(block) - len(block.rstrip(block[-1:]))


def weigh(block: bytes) -> float:
    """Return how many bits speak against this block being random."""
    run = _run(block)
    is_pkcs7 = run >= block[-1] > 0
    filled = block[-1] if is_pkcs7 else run
    bits = 8.0 * filled - (4 if is_pkcs7 or not block[-1] else 8)
    rest = block[: len(block) - filled] if bits > filled * _PRINTABLE_BITS else block
    bits = max(bits, 0) if len(rest) < len(block) else 0
    zeros = len(rest) - len(rest.lstrip(b"\0"))
    printable = sum(byte in PRINTABLE for byte in rest[zeros:])
    return bits + 8 * max(zeros - 1, 0) + _PRINTABLE_BITS * printable


def typed_forms(typed: str | None) -> list[bytes]:
    """Return the typed line as it may be before padding: with its newline, and without."""
    if not typed:
        return []
    line = typed.removesuffix("\n").encode(errors="surrogateescape")
    return [line + b"\n", line]


def _weigh_blocks(plain: bytes, forms: Sequence[bytes]) -> list[float]:
    weights = [weigh(plain[at : at + BLOCK]) for at in range(0, len(plain) - BLOCK + 1, BLOCK)]
    for form in forms:
        at = plain.find(form) if len(form) >= _LEAST_TYPED else -1
        while at >= 0:
            for block in range(at // BLOCK, min((at + len(form) - 1) // BLOCK + 1, len(weights))):
                inside = min(at + len(form), (block + 1) * BLOCK) - max(at, block * BLOCK)
                weights[block] = max(weights[block], 8.0 * inside)
            at = plain.find(form, at + len(form))
        for block, weight in enumerate(weights):  # the line begins here, whole or cut
            rest = plain[block * BLOCK :][: len(form)]
            if form.startswith(rest) and weight < 8 * BLOCK:
                weights[block] = weight + (8 - _PRINTABLE_BITS) * min(len(rest), BLOCK)
    return weights


def evident_runs(plain: bytes, forms: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each run of blocks that cannot be chance, in bytes."""
    if not _PROMISING.search(plain) and not any(
        form in plain for form in forms if len(form) >= _LEAST_TYPED
    ):
        return
    weights = [*_weigh_blocks(plain, forms), 0.0]
    start = 0
    for block, weight in enumerate(weights):
        if weight >= _BLOCK_BITS:
            continue
        # Equal blocks count once: a capture that repeats itself repeats a chance result as well.
        proofs = {plain[at * BLOCK : (at + 1) * BLOCK]: weights[at] for at in range(start, block)}
        if sum(proofs.values()) >= _PROOF:
            yield start * BLOCK, block * BLOCK
        start = block + 1


# Modes in which a block depends on the one before --------------------------------------------


def _cbc(cipher: EcbMode, data: bytes) -> bytes:
    return strxor(cipher.decrypt(data[BLOCK:]), data[:-BLOCK])


def _ecb(cipher: EcbMode, data: bytes) -> bytes:
    return cipher.decrypt(data)


def _cfb(cipher: EcbMode, data: bytes) -> bytes:
    return strxor(cipher.encrypt(data[:-BLOCK]), data[BLOCK:])


_CHAINS: dict[str, tuple[Callable[[EcbMode, bytes], bytes], int]] = {
    "AES-CBC": (_cbc, BLOCK),
    "AES-ECB": (_ecb, 0),
    "AES-CFB": (_cfb, BLOCK),
}
"""A function that decrypts all blocks at once, and how many bytes it needs before the first one."""


def find_chains(
    data: bytes, keys: Sequence[CandidateKey], forms: Sequence[bytes]
) -> list[Deciphered]:
    """Find encrypted blocks. In CBC and CFB, each block depends on the one directly before it."""
    found = []
    for key in keys:
        cipher = AES.new(key.value, AES.MODE_ECB)
        for shift in range(min(BLOCK, len(data))):
            whole = data[shift : len(data) - (len(data) - shift) % BLOCK]
            for mode, (decipher, first) in _CHAINS.items():
                if len(whole) > first:
                    plain = decipher(cipher, whole)
                    for start, end in evident_runs(plain, forms):
                        at = shift + first + start
                        found.append(
                            Deciphered(
                                at,
                                shift + first + end,
                                mode,
                                key,
                                plain[start:end],
                                at - BLOCK if first else None,
                            )
                        )
    return found


def chain_plaintext(data: bytes, found: Deciphered) -> tuple[int, bytes]:
    """Decrypt all blocks that are whole blocks away from `found`; return their offset and text."""
    decipher, first = _CHAINS[found.mode]
    shift = found.start % BLOCK
    whole = data[shift : len(data) - (len(data) - shift) % BLOCK]
    return shift + first, decipher(AES.new(found.key.value, AES.MODE_ECB), whole)


# An IV in another place ----------------------------------------------------------------------


def find_first_block(
    data: bytes, start: int, key: CandidateKey, forms: Sequence[bytes]
) -> Deciphered | None:
    """Decrypt the CBC block at `start` with each IV that the data may contain, and with zeros."""
    block = data[start : start + BLOCK]
    if len(block) < BLOCK:
        return None
    opened = AES.new(key.value, AES.MODE_ECB).decrypt(block)
    for iv in (None, *range(len(data) - BLOCK + 1)):
        value = bytes(BLOCK) if iv is None else data[iv : iv + BLOCK]
        plain = strxor(opened, value)
        if any(True for _ in evident_runs(plain, forms)):
            words = "the IV is 16 zero bytes" if iv is None else ""
            return Deciphered(start, start + BLOCK, "AES-CBC", key, plain, iv, words)
    return None


def _first_blocks(form: bytes) -> Iterator[bytes]:
    """Yield the possible first blocks of a typed line."""
    if len(form) >= BLOCK:
        yield form[:BLOCK]
        return
    missing = BLOCK - len(form)
    yield form + bytes([missing]) * missing
    yield form.ljust(BLOCK, b"\0")
    yield form.ljust(BLOCK, b" ")


def find_typed_block(
    data: bytes, keys: Sequence[CandidateKey], forms: Sequence[bytes]
) -> Deciphered | None:
    """Find a CBC block that is the typed line. Its IV may be anywhere in the data."""
    windows = {data[at : at + BLOCK]: at for at in reversed(range(len(data) - BLOCK + 1))}
    blocks = b"".join(data[at : at + BLOCK] for at in range(len(data) - BLOCK + 1))
    for key in keys if blocks else ():
        opened = AES.new(key.value, AES.MODE_ECB).decrypt(blocks)
        for first in (first for form in forms for first in _first_blocks(form)):
            ivs = strxor(opened, first * (len(blocks) // BLOCK))
            for at in range(len(data) - BLOCK + 1):
                iv = windows.get(ivs[at * BLOCK : (at + 1) * BLOCK])
                if iv is not None and abs(iv - at) >= BLOCK:
                    return Deciphered(at, at + BLOCK, "AES-CBC", key, first, iv)
    return None
