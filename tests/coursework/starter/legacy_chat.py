"""Your legacy chat. Write one function after the other, from top to bottom.

The specification is `legacy/README.md`. Each function names its step there. To try the examples:

    python -m doctest legacy_chat.py

To grade yourself, in the folder above this one:

    python grade.py

You need `hashlib` and `json`, which come with Python, and an AES library, such as
pycryptodome or pyaes. In pyaes, `AES(key).encrypt` and `AES(key).decrypt` take a block and return
one. A block is a list of 16 numbers.
"""


class UnrecognisedData(Exception):  # noqa: N818 - the original's word for it
    """The received text is not an envelope."""


def derive_key(passphrase: str) -> bytes:
    """Step 1. Return the 32-byte key that belongs to a passphrase.

    >>> derive_key("secret").hex()[:16]
    '2bb80d537b1da3e3'
    """
    raise NotImplementedError


def build_envelope(message: str, timestamp: str) -> str:
    r"""Step 2. Return the JSON envelope of a message that is sent at `timestamp` (`HH:MM:SS`).

    >>> build_envelope("☃", "20:14:15")[:58]
    '{"timestamp": "20:14:15", "message": "\\u2603", "hash": "51'
    """
    raise NotImplementedError


def process_text(text: str) -> list[list[int]]:
    """Step 3. Cut an envelope into blocks of 16 byte values. Fill a short last block with `~`.

    >>> process_text("0123456789abcdefgh")[1]
    [103, 104, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126]
    """
    raise NotImplementedError


def encrypt_blocks(blocks: list[list[int]], key: bytes) -> bytes:
    """Step 4. Encrypt each block by itself with AES-256, and join the results.

    >>> encrypt_blocks([[0] * 16], bytes(32)).hex()
    'dc95c078a2408989ad48a21492842087'
    """
    raise NotImplementedError


def seal(message: str, timestamp: str, key: bytes) -> bytes:
    """Return the bytes that are sent for one message: steps 2 to 4 in one call.

    >>> len(seal("hello", "20:14:15", bytes(32)))
    128
    """
    raise NotImplementedError


def process_bytes(received: bytes, key: bytes) -> str:
    r"""Step 5.1. Decrypt what one `recv` returned, block by block, and remove every `~`.

    >>> process_bytes(bytes.fromhex("dc95c078a2408989ad48a21492842087"), bytes(32))[:2]
    '\x00\x00'
    """
    raise NotImplementedError


def verify_and_display(text: str) -> str | None:
    """Step 6. Return the line that is shown for a decrypted envelope.

    Return None if the message is too long to be shown. Raise UnrecognisedData if the text is not
    an envelope.

    >>> verify_and_display('{"timestamp": "20:14:15", "message": "hi", "hash": "0"}')[11:19]
    'hi      '
    """
    raise NotImplementedError
