"""Your legacy chat: fill in the functions, from top to bottom.

The specification is `legacy/README.md`; the numbers below are its steps. Start with
`python -m doctest legacy_chat.py`, and grade with

    pytest tests/coursework --protocol legacy --submission=FOLDER-OF-THIS-FILE

What you need: `hashlib` and `json` of Python, and an AES: `import pyaes` (its `AES(key).encrypt`
and `.decrypt` take and give a block: a list of 16 numbers) or pycryptodome.
"""


class UnrecognisedData(Exception):  # noqa: N818 - the original's word for it
    """What was received is no envelope."""


def derive_key(passphrase: str) -> bytes:
    """Step 1. Return the 32-byte key of a passphrase.

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
    """Step 3. Cut an envelope into blocks of 16 byte values; fill a short last one with `~`.

    >>> process_text("0123456789abcdefgh")[1]
    [103, 104, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126, 126]
    """
    raise NotImplementedError


def encrypt_blocks(blocks: list[list[int]], key: bytes) -> bytes:
    """Step 4. Encrypt each block alone with AES-256 and join the results.

    >>> encrypt_blocks([[0] * 16], bytes(32)).hex()
    'dc95c078a2408989ad48a21492842087'
    """
    raise NotImplementedError


def seal(message: str, timestamp: str, key: bytes) -> bytes:
    """Return, in one call of steps 2 to 4, the bytes that one message puts on the wire.

    >>> len(seal("hello", "20:14:15", bytes(32)))
    128
    """
    raise NotImplementedError


def process_bytes(received: bytes, key: bytes) -> str:
    r"""Step 5.1. Decrypt what one `recv` gave, block by block, and remove every `~`.

    >>> process_bytes(bytes.fromhex("dc95c078a2408989ad48a21492842087"), bytes(32))[:2]
    '\x00\x00'
    """
    raise NotImplementedError


def verify_and_display(text: str) -> str | None:
    """Step 6. Return the line that the console shows for a decrypted envelope.

    None where the message is too long to be shown. Raises UnrecognisedData where the text is no
    envelope.

    >>> verify_and_display('{"timestamp": "20:14:15", "message": "hi", "hash": "0"}')[11:19]
    'hi      '
    """
    raise NotImplementedError
