"""Your records of the third chat. Write one function after the other, from top to bottom.

The specification is `modern/hardened/README.md`, steps 4 to 7. Each function names its step there.
The key that both sides have agreed on is given: you write neither the agreement nor a program. To
try the examples:

    python -m doctest hardened_chat.py

To grade yourself, in the folder above this one:

    python grade.py

You need `hashlib`, `hmac` and `os`, which come with Python, and an AES library. Any library is
allowed. In pycryptodome you need `from Crypto.Cipher import AES`; it has HKDF as well, in
`Crypto.Protocol.KDF`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum


class AuthenticationError(Exception):
    """A tag does not fit, or a length is out of bounds: the record is not what the peer sent."""


class RecordError(Exception):
    """The tag fits, but an honest peer does not send such a record."""


class TruncationError(Exception):
    """The stream ended, and the peer had not said its end."""


class Kind(Enum):
    """What a record says: its first encrypted byte."""

    TEXT = b"\x00"
    PADDING = b"\x01"
    END = b"\x02"


@dataclass(frozen=True)
class Keys:
    """The two 32-byte keys of a direction. With `repr=False`, printing them does not show them."""

    confidentiality: bytes = field(repr=False)
    authentication: bytes = field(repr=False)


def derive_keys(agreed_key: bytes, transcript: bytes) -> tuple[Keys, Keys]:
    """Step 4. Return the keys of what the client sends, and of what the server sends.

    `agreed_key` is Ke. `transcript` is both first messages, joined (not the transcript of step 3).

    >>> client, server = derive_keys(bytes(16), b"both first messages")
    >>> client.confidentiality.hex()[:16], server.authentication.hex()[:16]
    ('dc679b5d79678b9d', '11208173962a823f')
    """
    raise NotImplementedError


def renew(keys: Keys) -> Keys:
    """Step 7. Return the keys that follow after 2**20 records.

    >>> renew(Keys(bytes(32), bytes(32))).authentication.hex()[:16]
    '049e84dacb09a272'
    """
    raise NotImplementedError


def split_text(text: bytes, size: int) -> list[bytes]:
    r"""Step 5. Cut UTF-8 text into pieces of at most `size` bytes, never inside a character.

    >>> split_text("a café".encode(), 5)
    [b'a caf', b'\xc3\xa9']
    """
    raise NotImplementedError


def fill_up(kind: Kind, text: bytes) -> bytes:
    r"""Step 5.1. Return the 256 bytes that are encrypted.

    >>> filled = fill_up(Kind.TEXT, b"hello")
    >>> len(filled), filled[:8]
    (256, b'\x00hello\x80\x00')
    """
    raise NotImplementedError


def tag(counter: int, record: bytes, keys: Keys) -> bytes:
    """Step 5.2. Return the 32-byte tag of a record that has no tag yet.

    >>> tag(1, b"record", Keys(bytes(32), bytes(32))).hex()[:16]
    'ce525ed3a61d8f84'
    """
    raise NotImplementedError


def seal_record(kind: Kind, text: bytes, counter: int, keys: Keys, iv: bytes) -> bytes:
    """Step 5. Return one record of 306 bytes under the 16-byte `iv`.

    >>> sealed = seal_record(Kind.TEXT, b"hello", 0, Keys(bytes(32), bytes(32)), bytes(16))
    >>> len(sealed), sealed[18:34].hex()
    (306, '605fcca063c46d116032c1e693636d62')
    """
    raise NotImplementedError


def read_plaintext(plaintext: bytes) -> tuple[Kind, bytes]:
    r"""Step 5.5. Return the kind and the text. `plaintext`, what was decrypted, has any size.

    Raise RecordError if an honest peer does not send it.

    >>> read_plaintext(b"\x00hello\x80" + bytes(9))
    (<Kind.TEXT: b'\x00'>, b'hello')
    """
    raise NotImplementedError


def open_record(record: bytes, counter: int, keys: Keys) -> tuple[Kind, bytes]:
    r"""Step 5.3. Return the kind and the text of one whole record.

    If the tag does not fit, decrypt nothing and raise AuthenticationError.

    >>> keys = Keys(bytes(32), bytes(32))
    >>> open_record(seal_record(Kind.END, b"", 5, keys, bytes(16)), 5, keys)
    (<Kind.END: b'\x02'>, b'')
    """
    raise NotImplementedError


def measure(start: bytes) -> int:
    r"""Step 5.6. Return the size of the record that begins with `start`; 0 for less than two bytes.

    If the length is out of bounds, raise AuthenticationError.

    >>> measure(b""), measure(b"\x01\x30 and more")
    (0, 306)
    """
    raise NotImplementedError


@dataclass
class Direction:
    """Steps 5.2 and 7. One direction's keys, and how many records it had before.

    >>> direction = Direction(Keys(bytes(32), bytes(32)), 2**20 - 1)
    >>> direction.advance()
    >>> direction.counter, direction.keys == renew(Keys(bytes(32), bytes(32)))
    (1048576, True)
    """

    keys: Keys
    counter: int = 0

    def advance(self) -> None:
        """Count one record; replace the keys if it is time."""
        raise NotImplementedError


class Sealer:
    """Steps 5 and 6. Seals what one side sends; the counter is in its `Direction`.

    >>> sealer = Sealer(Direction(Keys(bytes(32), bytes(32))))
    >>> len(b"".join(sealer.seal("hello"))), len(sealer.seal_empty(Kind.END))
    (306, 306)
    """

    def __init__(self, direction: Direction):
        raise NotImplementedError

    def seal(self, text: str) -> Iterator[bytes]:
        """Yield the records of a text, each with an IV of its own."""
        raise NotImplementedError

    def seal_empty(self, kind: Kind) -> bytes:
        """Return one record without text, of kind PADDING or END."""
        raise NotImplementedError


class Decoder:
    """Steps 5.7 and 6. Takes a stream in pieces of any size and returns the texts of its records.

    >>> keys = Keys(bytes(32), bytes(32))
    >>> sealed = seal_record(Kind.TEXT, b"hi", 0, keys, bytes(16))
    >>> decoder = Decoder(Direction(keys))
    >>> [list(decoder.feed(piece)) for piece in (sealed[:100], sealed[100:])]
    [[], [b'hi']]
    """

    def __init__(self, direction: Direction):
        raise NotImplementedError

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece of the stream; return the texts of all records now complete.

        At a bad record, raise AuthenticationError or RecordError, but only after the texts before
        it: so use `yield`. After a bad record no more texts come out, and feeding raises again.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Take the end of the stream. If the peer has not said its end, raise TruncationError."""
        raise NotImplementedError
