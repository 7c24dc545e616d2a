"""Makes `tests/vectors/hardened.json`: whole conversations of the third chat, with every draw.

    python -m tests.generators.hardened

Nothing of modern/ is imported: hardened_wire.py computes all bytes from the specification, so the
cases hold for any implementation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.generators import hardened_wire as wire

PATH = Path(__file__).resolve().parent.parent / "vectors" / "hardened.json"
NAMES = (b"client", b"server")
TEXT, PADDING, END = range(3)
Said = tuple[int, str]
"""Kind and text of one record."""

CONVERSATIONS: list[tuple[str, str, int, list[Said], list[Said]]] = [
    (
        "a short chat",
        "lamp river onion kite drum",
        256,
        [(TEXT, "hello bob\n"), (TEXT, "see you at ten ☃\n"), (END, "")],
        [(TEXT, "hello alice\n"), (END, "")],
    ),
    (
        "records without text, and the longest that fits",
        "naïve 🔑",
        256,
        [(PADDING, ""), (TEXT, "x" * 254), (PADDING, ""), (END, "")],
        [(END, "")],
    ),
    (
        "the smallest fill",
        "short",
        16,
        [(TEXT, "a"), (TEXT, "fourteen bytes"), (TEXT, "fifteen bytes.\n"), (END, "")],
        [(TEXT, "\0\x1b\x80"), (END, "")],
    ),
    (
        "the largest fill",
        "long enough to be a good one",
        1024,
        [(TEXT, "y" * 1022), (END, "")],
        [(PADDING, ""), (END, "")],
    ),
]


def draw(label: str, size: int) -> bytes:
    """Return bytes that look random and are the same each time."""
    return hashlib.sha256(f"tests/generators/hardened {label}".encode()).digest()[:size]


def seal_all(side: str, said: Sequence[Said], keys: Sequence[bytes], fill: int) -> list[Any]:
    """Return the records of one direction, each with what it says."""
    records = []
    for counter, (kind, text) in enumerate(said):
        iv = draw(f"{side} {fill} {counter} {text}", 16)
        record = wire.seal(kind, text.encode(), counter, keys[0], keys[1], iv, fill)
        records.append({"kind": kind, "text": text, "record": record.hex()})
    return records


def conversation(
    name: str, passphrase: str, fill: int, of_client: Sequence[Said], of_server: Sequence[Said]
) -> dict[str, Any]:
    """Return one conversation: draws, secrets, and all that is sent."""
    w = wire.stretch(passphrase.encode())
    x, y = (int.from_bytes(draw(f"{name} {who}", 32), "big") % wire.ORDER for who in "xy")
    agreed = wire.agree(w, x, y, NAMES, aad=b"\x01")
    keys = wire.four_keys(agreed)
    return {
        "name": name,
        "passphrase": passphrase,
        "fill": fill,
        **{letter: f"{number:064x}" for letter, number in (("w", w), ("x", x), ("y", y))},
        "client hello": (b"\x01" + agreed.share_a).hex(),
        "server hello": (b"\x01" + agreed.share_b).hex(),
        "client confirmation": agreed.confirmation_a.hex(),
        "server confirmation": agreed.confirmation_b.hex(),
        "keys": [key.hex() for key in keys],
        "client": seal_all("client", of_client, keys[:2], fill),
        "server": seal_all("server", of_server, keys[2:], fill),
    }


def main() -> None:
    """Write the file."""
    cases = [conversation(*each) for each in CONVERSATIONS]
    about = "whole conversations of modern/hardened, computed by tests/generators/hardened_wire.py"
    content = json.dumps({"about": about, "conversations": cases}, ensure_ascii=False, indent=1)
    PATH.write_text(content + "\n", encoding="utf-8")
    print(f"hardened.json: {len(cases)} conversations")


if __name__ == "__main__":
    main()
