"""Your modern chat: fill in the functions, from top to bottom.

The specification is `modern/README.md`; the numbers below are its steps. Start with
`python -m doctest modern_chat.py`, and grade with

    pytest tests/coursework --protocol modern --submission=FOLDER-OF-THIS-FILE

What you need: `hashlib`, `hmac` and `os` of Python, and pycryptodome: `from Crypto.Cipher import
AES` and `from Crypto.Util.Padding import pad, unpad`. Another AES library will do as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


class AuthenticationError(Exception):
    """A tag does not fit: the frame was changed on the way, or the peer has other keys."""


class FrameError(Exception):
    """Both tags fit, and yet the frame holds no length, no padded chunk or no text."""


class TruncationError(Exception):
    """The stream ended inside a frame."""


@dataclass(frozen=True)
class Keys:
    """The two 32-byte keys of a chat; `repr=False` keeps them off the screen."""

    confidentiality: bytes = field(repr=False)
    authentication: bytes = field(repr=False)


def derive_keys(confkey: str, authkey: str) -> Keys:
    """Step 1. Return the keys of the two secrets.

    >>> derive_keys("c" * 32, "a" * 32).authentication.hex()[:16]
    '3ba3f5f43b926026'
    """
    raise NotImplementedError


def split_chunks(message: str) -> list[bytes]:
    r"""Step 2. Cut a message, newline included, into UTF-8 chunks of at most 15 bytes.

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
    """Return, in one call of steps 2 and 3, a message's frames, each with an IV of its own.

    >>> len(seal("sixteen bytes ok", Keys(bytes(32), bytes(32))))
    224
    """
    raise NotImplementedError


def open_frame(frame: bytes, keys: Keys) -> bytes:
    """Step 4. Return the chunk of one 112-byte frame.

    Raises AuthenticationError where a tag does not fit, and then decrypts nothing; FrameError
    where both fit and what they vouch for is wrong.

    >>> keys = Keys(bytes(32), bytes(32))
    >>> open_frame(seal("hello", keys), keys)
    b'hello'
    """
    raise NotImplementedError


class Decoder:
    """Step 5. Takes a stream in any pieces and gives the chunks of its frames.

    >>> keys = Keys(bytes(32), bytes(32))
    >>> decoder, sealed = Decoder(keys), seal("hello", keys)
    >>> [list(decoder.feed(piece)) for piece in (sealed[:100], sealed[100:])]
    [[], [b'hello']]
    """

    def __init__(self, keys: Keys):
        raise NotImplementedError

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next piece of the stream; return the chunks that are complete with it.

        Raises AuthenticationError or FrameError at a bad frame, after the chunks before it were
        given: `yield` them. Nothing ever comes out behind a bad frame.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Say that the stream has ended. Raises TruncationError inside a frame."""
        raise NotImplementedError
