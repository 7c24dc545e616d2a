"""Recorded and published facts of all protocols: the values that the checks expect.

The checks compare with these facts, not with what our own packages compute. So our packages are
graded in the same way as every submission.
"""

from __future__ import annotations

import json
from typing import Any

from tests.coursework.answers import Keys, Kind
from tests.coursework.places import REPOSITORY

RECORDINGS = REPOSITORY / "tests" / "vectors"


def _load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text("utf-8"))
    return content


PUBLIC = {name: _load(name) for name in ("legacy", "modern", "hardened")}
LEGACY, MODERN = PUBLIC["legacy"], PUBLIC["modern"]
"""What the original programs sent, accepted and showed, as it was recorded."""

HARDENED = PUBLIC["hardened"]["conversations"][0]
"""What two programs of the third chat sent each other, as it was recorded."""

CONFKEY, AUTHKEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
"""The two secrets that graded programs and functions get. Most recordings use them as well."""

ECB_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
ECB_PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
ECB_CIPHER = bytes.fromhex("f3eed1bdb5d2a03c064b5a7e3db181f8")
"""NIST SP 800-38A, F.1.5: the first block of ECB-AES256."""

HMAC_KEY = bytes(range(1, 26)) + bytes(7)
HMAC_DATA = b"\xcd" * 50
HMAC_TAG = bytes.fromhex("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
"""RFC 4231, test case 4. Its key has 25 bytes. HMAC fills a short key up with zero bytes, so 7 zero
bytes at its end do not change the tag. With them the key has 32 bytes, as in our chat."""

FULL_BLOCK = "JSON length a multiple of 16: no padding"
"""The name of a recorded legacy message that needs no padding."""


def legacy_sent(name: str) -> dict[str, str]:
    """Return the recorded legacy message with that name."""
    return next(case for case in LEGACY["sent"] if case["name"] == name)


def modern_sent(text: str) -> dict[str, Any]:
    """Return the recorded modern message with that text."""
    return next(case for case in MODERN["sent"] if case["text"] == text)


def keys_of(case: dict[str, Any]) -> Keys:
    """Return the keys of a recorded modern message."""
    return Keys(
        bytes.fromhex(case["confidentiality_key"]), bytes.fromhex(case["authentication_key"])
    )


def frames_of(case: dict[str, Any]) -> list[bytes]:
    """Return the frames of a recorded modern message."""
    return [bytes.fromhex(frame["frame"]) for frame in case["frames"]]


def hardened_keys() -> tuple[Keys, Keys]:
    """Return the keys of the recorded conversation: the client's and the server's."""
    first, second, third, fourth = map(bytes.fromhex, HARDENED["keys"])
    return Keys(first, second), Keys(third, fourth)


def hardened_sent(side: str) -> list[tuple[Kind, bytes, bytes]]:
    """Return kind, text and record of all that the client or the server sent."""
    return [
        (Kind(bytes([row["kind"]])), row["text"].encode(), bytes.fromhex(row["record"]))
        for row in HARDENED[side]
    ]
