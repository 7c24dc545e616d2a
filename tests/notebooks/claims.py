"""Claims of the notebooks that are made untrue: every one has to notice."""

from __future__ import annotations

from typing import NamedTuple


class Mended(NamedTuple):
    """A change of a package under which the claim of one experiment no longer holds."""

    row: str
    patched: str
    """Module and name, as in the notebook's cells."""
    by: str
    """An expression, where `real` is what stood there and `os` the module."""
    cells: tuple[str, ...]
    """What to run again; the last is the experiment that must fail."""


BULK, RECORDS, SESSION = (
    f"sys.modules['modern.hardened.{name}']" for name in ("bulk", "records", "session")
)

MENDED = {
    "2_breaking_it": [
        Mended(
            "L1",
            "protocol.encrypt_blocks",
            "lambda blocks, key: os.urandom(16 * len(blocks))",
            ("victims-code", "l1-experiment"),
        ),
        Mended(
            "L2",
            "protocol.encrypt_blocks",
            "lambda blocks, key: os.urandom(16 * len(blocks))",
            ("l2-experiment",),
        ),
        Mended(
            "L4",
            "protocol.process_bytes",
            "lambda data, key, seen=set(): "
            "real(b'' if data in seen else seen.add(data) or data, key)",
            ("victims-code", "l4-experiment"),
        ),
        Mended(
            "L9",
            "protocol.encrypt_blocks",
            "lambda blocks, key: os.urandom(16 * len(blocks))",
            ("l9-experiment",),
        ),
        Mended(
            "L11",
            "protocol.verify_and_display",
            "lambda text: real(text).replace('☒', '☑')",
            ("l11-change",),
        ),
        Mended(
            "L12",
            "protocol.parse_envelope",
            "lambda text: real(text)._replace(message='forgotten')",
            ("l12-experiment",),
        ),
    ],
    "3_the_modern_chat": [
        Mended(
            "M1",
            "protocol.seal",
            "lambda message, keys: real(message, keys, random_bytes=bytes)",
            ("m1-experiment",),
        ),
        Mended(
            "foreseen",
            "second_chat.CountingAlice._make_iv",
            "lambda self, size: os.urandom(size)",
            ("foreseen-experiment",),
        ),
        Mended("errors", "flip", "lambda frame, bit: frame", ("errors-experiment",)),
        Mended(
            "readings",
            "readings.understands",
            "lambda receiver, sender: real(receiver, sender) or receiver.keys == sender.keys",
            ("readings-experiment",),
        ),
        Mended("M2", "protocol.verify", "lambda frame, keys: None", ("m2-experiment",)),
        Mended("M3", "protocol.verify", "lambda frame, keys: None", ("m3-experiment", "m3-mended")),
    ],
    "4_what_is_still_open": [
        Mended(
            "M4",
            "attacks.splice",
            "lambda header, body: header",
            ("m4-known-experiment",),
        ),
        Mended(
            "M5",
            "lab.converse",
            "lambda secrets, text, answer: real(secrets, text, lambda sent: b'')",
            ("m5-experiment",),
        ),
        Mended(
            "M6",
            "protocol.seal",
            "lambda message, keys, **given: real(message.ljust(45), keys, **given)",
            ("m6-experiment",),
        ),
        Mended(
            "M7",
            "lab.converse",
            "lambda *given, **named: real(*given, **named)._replace(error='cut off')",
            ("m7-experiment",),
        ),
        Mended(
            "M9",
            "protocol.seal_frame",
            "lambda *given: real(*given)[:80]",
            ("m9-experiment",),
        ),
    ],
    "5_closing_the_doors": [
        Mended("M4", "hmac.compare_digest", "lambda *both: True", ("tag-experiment",)),
        Mended(
            "M5",
            f"{RECORDS}.Direction.advance",
            "lambda self, records=1: None",
            ("counter-experiment",),
        ),
        Mended(
            "L7",
            f"{SESSION}.derive_keys",
            "lambda *given: real(*given)[:1] * 2",
            ("direction-experiment",),
        ),
        Mended(
            "L10",
            f"{BULK}.measure",
            "lambda start: start and 2 + int.from_bytes(start[:2], 'big')",
            ("length-experiment",),
        ),
        Mended(
            "M6",
            f"{BULK}.fill_up",
            "lambda kind, text, fill: real(kind, text, 16)",
            ("size-experiment",),
        ),
        Mended("M7", f"{BULK}.Decoder.close", "lambda self: None", ("end-experiment",)),
        Mended("M2", "lab.play", "lambda *given: lab.Screen('', '')", ("verdicts-figure",)),
        Mended("L3", "lab.quick_w", "lambda passphrase: 7", ("pake-dry",)),
        Mended("M8", "pake.N", "pake.G * 0", ("middle-offline",)),
        Mended("L12", "pake.randbelow", "lambda most: 5", ("forward-experiment",)),
        Mended("M9", "lab.measure_costs", "lambda size: real(100)", ("cost-experiment",)),
    ],
}
"""For each notebook what is broken after its run: every claim has to notice.

For the third chat it is the other way round: its protection is taken away.
"""
