"""The points in which programs related to the modern chat differ, each with its possible rules.

All of them send a header (IV and E(length)), its tag, a body (the encrypted chunk), and its tag.
Each point is an *axis*, and a dialect (dialects.py) picks one rule on each: how the keys are made,
what is sent before the IV, how the length is written and what it counts, where a message is cut,
how the body is padded, whether the newline is sent, which IV the body has, how a tag is made.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from typing import Literal, Protocol

from Crypto.Util.Padding import pad, unpad

from modern import protocol
from modern.errors import UsageError
from modern.protocol import BLOCK_SIZE, Keys

MAX_LENGTH = 1 << 20
"""A larger length, in bytes, is rejected: so long a line would only fill the memory."""


# Keys ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeySchedule:
    """How two secrets become two keys."""

    rule: str
    derive: Callable[[str, str], Keys] = field(repr=False)
    """Takes confkey and authkey. Raises UsageError for secrets that make no keys."""


def _encode(secret: str) -> bytes:
    return secret.encode(errors="surrogateescape")  # as `protocol.derive_keys` does


def _derive_chained(confkey: str, authkey: str) -> Keys:
    return protocol.derive_keys(confkey, confkey + authkey)


def _derive_with_raw_authkey(confkey: str, authkey: str) -> Keys:
    return Keys(protocol.derive_keys(confkey, "").confidentiality, _encode(authkey))


def _derive_raw(confkey: str, authkey: str) -> Keys:
    conf, auth = (_encode(secret).ljust(32, b"a") for secret in (confkey, authkey))
    if len(conf) > 32:  # noqa: PLR2004 - what AES-256 takes
        raise UsageError("this dialect takes a confkey of at most 32 bytes: it is the AES key")
    return Keys(conf, auth)


def _derive_hex_digits(confkey: str, authkey: str) -> Keys:
    conf, auth = (sha256(_encode(secret)).hexdigest()[:16] for secret in (confkey, authkey))
    return Keys(conf.encode(), auth.encode())


SHA256_OF_EACH = KeySchedule("SHA-256(authkey)", protocol.derive_keys)
SHA256_CHAINED = KeySchedule(
    "SHA-256(confkey followed by authkey): one hash object was updated twice", _derive_chained
)
RAW_AUTHKEY = KeySchedule("authkey itself, not hashed", _derive_with_raw_authkey)
RAW_KEYS = KeySchedule(
    "authkey itself, not hashed, filled up with `a` to 32 bytes; the AES key is made from confkey "
    "in the same way",
    _derive_raw,
)
HEX_DIGITS = KeySchedule(
    "the first 16 hex digits of SHA-256(authkey); the AES key is made from confkey in the same way,"
    " so it is AES-128",
    _derive_hex_digits,
)


# Before the IV -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prefix:
    """What is sent before the IV: `size` bytes, neither encrypted nor covered by a tag."""

    rule: str
    size: int


NOTHING = Prefix("nothing", 0)
SIZE_IN_THE_CLEAR = Prefix("4 bytes, big-endian: how many bytes of this frame follow", 4)


# Length --------------------------------------------------------------------------------------


class LengthForm(Protocol):
    """How a length is written before it is encrypted."""

    @property
    def rule(self) -> str:
        """The form, in words."""

    @property
    def size(self) -> int:
        """Bytes of E(length)."""

    def write(self, length: int) -> bytes:
        """Return the padded plaintext of E(length)."""

    def read(self, plaintext: bytes) -> int:
        """Return the length. Raises ValueError if the plaintext does not have this form."""


@dataclass(frozen=True)
class DecimalDigits:
    """ASCII decimal digits, PKCS#7-padded to one block."""

    rule: str = "decimal digits"
    size: int = BLOCK_SIZE

    def write(self, length: int) -> bytes:
        """Return the padded digits."""
        return pad(b"%d" % length, BLOCK_SIZE)

    def read(self, plaintext: bytes) -> int:
        """Return the number. Raises ValueError for anything but digits."""
        digits = unpad(plaintext, BLOCK_SIZE)
        if not digits.isdigit():
            raise ValueError("no decimal number")
        return int(digits)


Order = Literal["big", "little"]
Filling = Literal["PKCS#7", "zero bytes", "nothing more", "a block of PKCS#7"]


@dataclass(frozen=True)
class BinaryNumber:
    """A binary number of a fixed size, and what fills up the block behind it."""

    width: int
    """Bytes of the number."""
    order: Order
    filling: Filling

    @property
    def rule(self) -> str:
        """Return the form in words."""
        return f"{self.width} bytes, {self.order}-endian, then {self.filling}"

    @property
    def size(self) -> int:
        """Bytes of E(length)."""
        return 2 * BLOCK_SIZE if self.filling == "a block of PKCS#7" else BLOCK_SIZE

    def write(self, length: int) -> bytes:
        """Return the number and its filling."""
        number = length.to_bytes(self.width, self.order)
        if self.filling in ("PKCS#7", "a block of PKCS#7"):
            return pad(number, BLOCK_SIZE)
        return number.ljust(BLOCK_SIZE, b"\0")

    def read(self, plaintext: bytes) -> int:
        """Return the number. Raises ValueError if the filling is another one."""
        length = int.from_bytes(plaintext[: self.width], self.order)
        if length > MAX_LENGTH or self.write(length) != plaintext:
            raise ValueError("no such number")
        return length


@dataclass(frozen=True)
class Counting:
    """What a length counts. If it counts text, some programs mean bytes, others characters."""

    rule: str
    count: protocol.CountLengths = field(repr=False)
    """Takes all chunks of a message and returns a length for each."""
    of_padded: bool = False
    """Whether the length counts the chunks with their padding."""


def _count_rest(chunks: Sequence[bytes]) -> list[int]:
    characters = [len(chunk.decode()) for chunk in chunks]
    return list(accumulate(reversed(characters)))[::-1]


OF_CHUNK = Counting("the bytes of this chunk", protocol.count_chunks)
OF_REST = Counting("the characters that are not sent yet, this chunk included", _count_rest)
OF_PADDED_BODY = Counting("the bytes of the padded body", protocol.count_chunks, of_padded=True)


@dataclass(frozen=True)
class Length:
    """How a length is written, and what it counts."""

    form: LengthForm
    counting: Counting

    @property
    def rule(self) -> str:
        """Return both in words."""
        return f"counts {self.counting.rule}; written as {self.form.rule}"


# Cut, padding, newline -----------------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """Where a message is cut into the chunks of its frames."""

    rule: str
    split: Callable[[str], list[bytes]] = field(repr=False)
    most: int
    """The most characters of a chunk. Many programs cut by characters, and then send more bytes."""


CHUNKS_OF_15 = Cut("chunks of at most 15 bytes", protocol.split_chunks, protocol.CHUNK_SIZE)
WHOLE_LINE = Cut("the whole line in one frame", lambda line: [line.encode()], MAX_LENGTH)


@dataclass(frozen=True)
class Padding:
    """What fills the last block of a body."""

    rule: str
    pad: Callable[[bytes], bytes] = field(repr=False)
    unpad: Callable[[bytes, int], bytes] = field(repr=False)
    """Takes the padded chunk and the length in its header; raises ValueError."""


def _pad_zeros(chunk: bytes, least: int) -> bytes:
    return chunk + bytes((-len(chunk) - least) % BLOCK_SIZE + least)


def _unpad_zeros(padded: bytes, length: int, least: int) -> bytes:
    size = max(len(padded.rstrip(b"\0")), length)  # a length of bytes keeps zeros of the text
    if _pad_zeros(padded[:size], least) != padded:
        raise ValueError("no such padding")
    return padded[:size]


PKCS7 = Padding(
    "PKCS#7", lambda chunk: pad(chunk, BLOCK_SIZE), lambda padded, _: unpad(padded, BLOCK_SIZE)
)
ZEROS_1_TO_16 = Padding(
    "1 to 16 zero bytes",
    lambda chunk: _pad_zeros(chunk, 1),
    lambda padded, length: _unpad_zeros(padded, length, 1),
)
ZEROS_0_TO_15 = Padding(
    "0 to 15 zero bytes",
    lambda chunk: _pad_zeros(chunk, 0),
    lambda padded, length: _unpad_zeros(padded, length, 0),
)


@dataclass(frozen=True)
class Newline:
    """What becomes of the newline at the end of a line."""

    rule: str
    sent: bool


SENT = Newline("it is sent", sent=True)
NOT_SENT = Newline("it is not sent; the receiver ends the line", sent=False)


# The body's IV -------------------------------------------------------------------------------


@dataclass(frozen=True)
class BodyIV:
    """Under which IV a body is encrypted."""

    rule: str
    own: bool = False  # a second IV before E(body)
    tagged: bool = True  # the second tag covers that second IV
    repeats: bool = False  # the header's IV once more


GOES_ON = BodyIV("E(length) and E(body) are one CBC stream")
SAME_IV = BodyIV("the body starts again under the same IV", repeats=True)
SECOND_IV = BodyIV("a second IV before E(body), covered by the second tag", own=True)
UNTAGGED_SECOND_IV = BodyIV("a second IV before E(body), covered by no tag", own=True, tagged=False)


# Tags ----------------------------------------------------------------------------------------


class RunningTag(Protocol):
    """A tag of data that comes piece by piece; it can be read after each piece."""

    def update(self, data: bytes) -> None:
        """Take the next piece."""

    def digest(self) -> bytes:
        """Return the 32-byte tag of all pieces so far."""


class _Twice:
    def __init__(self, key: bytes):
        self._key, self._data = key, b""

    def update(self, data: bytes) -> None:
        self._data += data

    def digest(self) -> bytes:
        return hmac.digest(self._key, self._data * 2, "sha256")


class _HashWithKey:
    def __init__(self, key: bytes):
        self._key, self._hash = key, sha256()

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        last = self._hash.copy()
        last.update(self._key)
        return last.digest()


@dataclass(frozen=True)
class TagRule:
    """How a tag is made."""

    rule: str
    start: Callable[[bytes], RunningTag] = field(repr=False)
    """Takes the authentication key."""
    runs_on: bool = False
    """Whether each tag also covers the headers (or the bodies) of all earlier frames."""


HMAC_SHA256 = TagRule("HMAC-SHA256", lambda key: hmac.new(key, digestmod="sha256"))
HMAC_TWICE = TagRule(
    "HMAC-SHA256 over the data twice: it is given to `hmac.new`, and again to `update`", _Twice
)
HASH_WITH_KEY = TagRule("SHA-256(data followed by the key), which is no HMAC", _HashWithKey)
HMAC_RUNNING = TagRule(
    "HMAC-SHA256, where each tag also covers the earlier frames: the first tag all headers so far, "
    "the second all bodies so far",
    HMAC_SHA256.start,
    runs_on=True,
)
