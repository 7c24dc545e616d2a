"""Your modern chat. Write one function after the other, from top to bottom.

The specification is `modern/README.md`. Each function names its step there. To try the examples:

    python -m doctest modern_chat.py

To grade yourself, in the folder above this one:

    python grade.py

You need `hashlib`, `hmac` and `os`, which come with Python, and an AES library. Any library is
allowed. In pycryptodome you need `from Crypto.Cipher import AES` and
`from Crypto.Util.Padding import pad, unpad`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


class AuthenticationError(Exception):
    """A tag is wrong: the frame was changed on the way, or the peer has other keys."""


class FrameError(Exception):
    """Both tags are right, but the length, the padding or the text in the frame is wrong."""


class TruncationError(Exception):
    """The stream ended inside a frame."""


@dataclass(frozen=True)
class Keys:
    """The two 32-byte keys of a chat. With `repr=False`, printing the object does not show them."""

    confidentiality: bytes = field(repr=False)
    authentication: bytes = field(repr=False)


def derive_keys(confkey: str, authkey: str) -> Keys:
    """Step 1. Return the keys that belong to the two secrets.

    >>> derive_keys("c" * 32, "a" * 32).authentication.hex()[:16]
    '3ba3f5f43b926026'
    """
    raise NotImplementedError


def split_chunks(message: str) -> list[bytes]:
    r"""Step 2. Cut a message, with its newline, into UTF-8 chunks of at most 15 bytes.

    >>> split_chunks("exactly15bytes!\n")
    [b'exactly15bytes!', b'\n']
    """
    raise NotImplementedError


def tag(data: bytes, keys: Keys) -> bytes:
    """Step 3.4. Return the 32-byte HMAC-SHA256 of `data` under the authentication key.

    >>> tag(b"data", Keys(bytes(32), bytes(32))).hex()[:16]
    'e528c4d99e6177f5'
    """
    raise NotImplementedError


def seal_frame(chunk: bytes, length: int, keys: Keys, iv: bytes) -> bytes:
    """Step 3. Return the 112-byte frame of one chunk under the 16-byte `iv`.

    >>> seal_frame(b"hello", 5, Keys(bytes(32), bytes(32)), bytes(16))[16:32].hex()
    '2a568859dadec067ba13515d6585421f'
    """
    raise NotImplementedError


def seal(message: str, keys: Keys) -> bytes:
    """Return the frames of a message, each with its own IV: steps 2 and 3 in one call.

    >>> len(seal("sixteen bytes ok", Keys(bytes(32), bytes(32))))
    224
    """
    raise NotImplementedError


def open_frame(frame: bytes, keys: Keys) -> bytes:
    """Step 4. Return the chunk of one 112-byte frame.

    If a tag is wrong, decrypt nothing and raise AuthenticationError. If both tags are right but
    the content is wrong, raise FrameError.

    >>> keys = Keys(bytes(32), bytes(32))
    >>> open_frame(seal("hello", keys), keys)
    b'hello'
    """
    raise NotImplementedError


class Decoder:
    """Step 5. Takes a stream in pieces of any size and returns the chunks of its frames.

    >>> keys = Keys(bytes(32), bytes(32))
    >>> decoder, sealed = Decoder(keys), seal("hello", keys)
    >>> [list(decoder.feed(piece)) for piece in (sealed[:100], sealed[100:])]
    [[], [b'hello']]
    """

    def __init__(self, keys: Keys):
        raise NotImplementedError

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece of the stream; return the chunks of all frames that are now complete.

        At a bad frame, raise AuthenticationError or FrameError, but only after the chunks before
        it: so use `yield`. After a bad frame no more chunks come out.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the stream. If it ends inside a frame, raise TruncationError."""
        raise NotImplementedError
