"""Mixtures: protocols that are none of our dialects, but mix their rules.

There are thousands of mixtures. The first tag shows the keys, the rule of the tag, and what is sent
before the IV. Then the decrypted length shows its form, and the second tag shows the rest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import product

from Crypto.Cipher import AES

from compat.identify.rules import number_forms, rules_of
from modern.axes import Length
from modern.dialects import Dialect
from modern.errors import UsageError
from modern.protocol import BLOCK_SIZE, TAG_SIZE, Keys

NAME = ""
"""A mixture has no name."""


def find_mixtures(data: bytes, confkey: str, authkey: str) -> Iterator[tuple[Dialect, Keys]]:
    """Yield the mixtures in which the tag of the first header fits, with their keys."""
    for schedule, rule, prefix in product(*map(rules_of, ("keys", "tag", "prefix"))):
        with contextlib.suppress(UsageError):
            keys = schedule.derive(confkey, authkey)
            head = Dialect(NAME, keys=schedule, tag=rule, prefix=prefix)
            for size in (BLOCK_SIZE, 2 * BLOCK_SIZE):
                if _header_fits(data, head, keys, size):
                    yield from ((each, keys) for each in _bodies(data, head, keys, size))


def _header_fits(data: bytes, head: Dialect, keys: Keys, size: int) -> bool:
    start = head.prefix.size
    end = start + BLOCK_SIZE + size
    tag = head.tag.start(keys.authentication)
    tag.update(data[start:end])
    return tag.digest() == data[end : end + TAG_SIZE]


def _bodies(data: bytes, head: Dialect, keys: Keys, size: int) -> Iterator[Dialect]:
    """Yield every way in which the frame can go on. The usual ways come first."""
    start = head.prefix.size + BLOCK_SIZE
    cipher = AES.new(keys.confidentiality, AES.MODE_CBC, iv=data[start - BLOCK_SIZE : start])
    plaintext = cipher.decrypt(data[start : start + size])
    for form in number_forms():
        with contextlib.suppress(ValueError):
            if form.size == size and form.read(plaintext) >= 0:
                others = product(*map(rules_of, _REST))
                for counting, body_iv, padding, newline, cut in others:
                    yield Dialect(
                        NAME,
                        head.keys,
                        head.prefix,
                        Length(form, counting),
                        cut,
                        padding,
                        newline,
                        body_iv,
                        head.tag,
                    )


_REST = ("length.counting", "body_iv", "padding", "newline", "cut")
