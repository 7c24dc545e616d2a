"""What the dialects of the modern wire cost the people who use them, found out by trying.

Each dialect is one reading of the same description: header, tag, body, tag. Nothing here is a
list of opinions: rules and sizes come from `DIALECTS`, and each attack is carried out against the
real reader of that dialect.
"""

from __future__ import annotations

import math
import random
import string
from collections.abc import Callable, Sequence
from typing import NamedTuple

from compat.wiretap.shapes import FrameShape
from modern.construction import Decoder, Sealer
from modern.dialects import DIALECTS, Dialect
from modern.errors import ModernError
from modern.protocol import BLOCK_SIZE, Keys

SECRETS = ("c" * 32, "a" * 32)
"""The confkey and the authkey of the conversations here."""
SHORT, LONG = "x" * 10, "x" * 100
"""Lines whose bytes on the wire are counted."""

_LINES = ("pay mallory 10\n", "pay alice 3300\n")  # as long as each other, and one frame each
_SAMPLES = 500  # secrets from which keys are made


class Reading(NamedTuple):
    """One dialect, and what it costs."""

    name: str
    letters: tuple[str, ...]
    """For each axis a letter, the same for equal rules; none for the rule of `independent`."""
    short: int
    """Bytes on the wire for a line of ten characters."""
    long: int
    """Bytes on the wire for a line of a hundred characters."""
    key_bits: int
    """Of the AES key: so many at most can be unknown, rounded."""
    attacks: dict[str, bool]
    """For each attack whether it succeeds."""


AXES = tuple(axis for axis, _ in next(iter(DIALECTS.values())).rules())
"""Where dialects differ, as `modern` calls it."""


def examine(dialect: Dialect) -> Reading:
    """Try everything on one dialect."""
    return Reading(
        dialect.name,
        tuple(_letter(axis, rule) for axis, rule in dialect.rules()),
        len(seal(dialect, [f"{SHORT}\n"])),
        len(seal(dialect, [f"{LONG}\n"])),
        count_key_bits(dialect),
        {name: attack(dialect) for name, attack in ATTACKS.items()},
    )


def _letter(axis: str, rule: str) -> str:
    known = dict.fromkeys(dict(dialect.rules())[axis] for dialect in DIALECTS.values())
    index = list(known).index(rule)
    return string.ascii_lowercase[index] if index else ""


# Talking -------------------------------------------------------------------------------------


def seal(dialect: Dialect, lines: Sequence[str]) -> bytes:
    """Return what a program of this dialect sends."""
    return b"".join(_sealer(dialect).seal(lines))


def _sealer(dialect: Dialect) -> Sealer:
    randomness = random.Random(1).randbytes  # noqa: S311 - the same in every run
    return Sealer(dialect, dialect.derive_keys(*SECRETS), randomness)


def receive(dialect: Dialect, stream: bytes) -> str | None:
    """Return what a program of this dialect shows, or None if it refuses any of it."""
    decoder = Decoder(dialect, dialect.derive_keys(*SECRETS))
    try:
        chunks = list(decoder.feed(stream))
        decoder.close()
    except ModernError:
        return None
    return b"".join(chunks).decode()


def understands(receiver: Dialect, sender: Dialect) -> bool:
    """Return whether one program can read what another sends."""
    return receive(receiver, seal(sender, [_LINES[0]])) == _LINES[0]


# Attacks -------------------------------------------------------------------------------------


def _two_frames(dialect: Dialect) -> tuple[bytes, bytes]:
    one, two = _sealer(dialect).seal(_LINES)
    return one, two


def flipping_works(dialect: Dialect) -> bool:
    """Return whether a flipped bit of a frame can make another text that is accepted."""
    frame, _ = _two_frames(dialect)
    shown = {
        receive(dialect, frame[:byte] + bytes([frame[byte] ^ 1]) + frame[byte + 1 :])
        for byte in range(len(frame))
    }
    return bool(shown - {None, _LINES[0]})


def splicing_works(dialect: Dialect) -> bool:
    """Return whether the body of one frame is read behind the header of another."""
    one, two = _two_frames(dialect)
    start = FrameShape.of(dialect).body_start
    return receive(dialect, one + two[:start] + one[start:]) == 2 * _LINES[0]


def replaying_works(dialect: Dialect) -> bool:
    """Return whether a frame that is sent again is shown again."""
    frame, _ = _two_frames(dialect)
    return receive(dialect, frame * 2) == 2 * _LINES[0]


def equal_blocks_show(dialect: Dialect) -> bool:
    """Return whether a line that begins like the block of its length is encrypted like it."""
    chunks = dialect.cut.split("x" * BLOCK_SIZE + "\n")
    text = dialect.length.form.write(dialect.count_lengths(chunks)[0])[:BLOCK_SIZE].decode()
    frame = next(_sealer(dialect).seal([f"{text}\n"]))
    shape = FrameShape.of(dialect)
    start = sum(size for _, size in shape.fields)  # of the encrypted text
    header = shape.prefix + BLOCK_SIZE  # the length stands behind the IV
    return frame[start : start + BLOCK_SIZE] == frame[header : header + BLOCK_SIZE]


ATTACKS: dict[str, Callable[[Dialect], bool]] = {
    "replay": replaying_works,
    "other body": splicing_works,
    "flipped bit": flipping_works,
    "equal blocks": equal_blocks_show,
}


def count_key_bits(dialect: Dialect) -> int:
    """Return how many bits of the AES key can be unknown, if the secrets are 32 characters.

    Counted are the values that a byte of the key takes over many random secrets.
    """
    choice = random.Random(2).choices  # noqa: S311 - the same in every run
    characters = string.digits + string.ascii_letters + string.punctuation
    keys: list[Keys] = [
        dialect.derive_keys("".join(choice(characters, k=32)), "".join(choice(characters, k=32)))
        for _ in range(_SAMPLES)
    ]
    values = {byte for each in keys for byte in each.confidentiality}
    return round(len(keys[0].confidentiality) * math.log2(len(values)))


# Words ---------------------------------------------------------------------------------------


def describe(readings: Sequence[Reading]) -> str:
    """Return in words what a table of them shows."""
    differing = [sum(map(bool, reading.letters)) for reading in readings[1:]]
    sizes = ", ".join(
        f"{characters} characters: {min(counts)} to {max(counts)}"
        for characters, counts in (
            (len(SHORT), [reading.short for reading in readings]),
            (len(LONG), [reading.long for reading in readings]),
        )
    )
    weakest = min(readings, key=lambda reading: reading.key_bits)
    attacks = ". ".join(f"{name}: {_who(name, readings)}" for name in ATTACKS)
    return (
        f"A table with a row for each of {len(readings)} dialects. Columns of letters show where "
        f"it differs from {readings[0].name}: in {min(differing)} to {max(differing)} of "
        f"{len(AXES)} rules. Bars show the bytes on the wire for a line of {sizes}. A number "
        f"says how many bits of the AES key can be unknown: {readings[0].key_bits} in most, only "
        f"{weakest.key_bits} in {weakest.name}. The last columns say which attacks succeed. "
        f"{attacks}."
    )


def _who(attack: str, readings: Sequence[Reading]) -> str:
    open_to = [reading.name for reading in readings if reading.attacks[attack]]
    if len(open_to) <= len(readings) // 2:
        return "succeeds in " + (" and ".join(open_to) or "none")
    safe = [reading.name for reading in readings if not reading.attacks[attack]]
    return "succeeds in all but " + " and ".join(safe) if safe else "succeeds in all"
