"""Seals modern frames, right and wrong ones, from the specification alone."""

from __future__ import annotations

import hmac
import itertools

from Crypto.Cipher import AES

from tests.generators.shape import Case, sha256

CONFKEY, AUTHKEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


def fill(data: bytes) -> bytes:
    """Pad as PKCS#7 does."""
    missing = 16 - len(data)
    return data + bytes([missing]) * missing


class Wire:
    """Seals frames under two secrets; its IVs are counted, so that the file is always the same."""

    def __init__(self, confkey: str, authkey: str, dialect: str) -> None:
        conf, auth = (secret.encode(errors="surrogateescape") for secret in (confkey, authkey))
        self.confidentiality = sha256(conf)
        self.authentication = sha256(conf + auth if dialect == "chained" else auth)
        self._count = itertools.count()

    def iv(self) -> bytes:
        return sha256(b"iv %d" % next(self._count))[:16]

    def tag(self, data: bytes) -> bytes:
        return hmac.digest(self.authentication, data, "sha256")

    def blocks(self, length_block: bytes, chunk_block: bytes, iv: bytes) -> tuple[bytes, bytes]:
        """Return header and body: a CBC stream over two blocks that are padded already."""
        cipher = AES.new(self.confidentiality, AES.MODE_CBC, iv)
        return iv + cipher.encrypt(length_block), cipher.encrypt(chunk_block)

    def join(self, header: bytes, body: bytes) -> bytes:
        return header + self.tag(header) + body + self.tag(body)

    def raw(self, length_block: bytes, chunk_block: bytes) -> bytes:
        return self.join(*self.blocks(length_block, chunk_block, self.iv()))

    def frame(self, chunk: bytes, length: bytes | None = None) -> bytes:
        digits = b"%d" % len(chunk) if length is None else length
        return self.raw(fill(digits), fill(chunk))

    def seal(self, text: str) -> bytes:
        """Return the frames of text whose characters all have one byte."""
        return b"".join(
            self.frame(text[start : start + 15].encode()) for start in range(0, len(text), 15)
        )


def modern_case(comment: str, flag: str, stream: bytes, text: str, error: str | None) -> Case:
    return {
        "comment": comment,
        "flags": [flag],
        "stream": stream.hex(),
        "text": text,
        "error": error,
    }


def valid(comment: str, flag: str, stream: bytes, text: str) -> Case:
    return modern_case(comment, flag, stream, text, None) | {"result": "valid"}


def acceptable(comment: str, flag: str, stream: bytes, text: str) -> Case:
    return modern_case(comment, flag, stream, text, None) | {"result": "acceptable"}


def invalid(comment: str, flag: str, stream: bytes, text: str, error: str) -> Case:
    return modern_case(comment, flag, stream, text, error) | {"result": "invalid"}


# A splice that is taken ----------------------------------------------------------------------

SPLICE_IV = 3463909
"""Found by `search_splice`: about one pair of frames in some millions gives text that is UTF-8."""


def spliced_iv(number: int) -> bytes:
    return sha256(b"splice %d" % number)[:16]


def spliced_block(wire: Wire, header: bytes, own_header: bytes, body: bytes) -> str | None:
    """Return the text that a body gives behind another header, if it gives any."""
    block = AES.new(wire.confidentiality, AES.MODE_CBC, header[16:]).decrypt(body)
    if not 1 <= block[15] <= 16 or block[16 - block[15] :] != block[15:] * block[15]:
        return None
    try:
        return block[: -block[15]].decode()
    except UnicodeDecodeError:
        return None


def search_splice() -> int:
    """Return the first number whose header gives text with the body above: some minutes."""
    wire = Wire(CONFKEY, AUTHKEY, "independent")
    own_header, body = wire.blocks(fill(b"15"), fill(b"fourteen bytes\n"), spliced_iv(0))
    for number in itertools.count(1):
        header, _ = wire.blocks(fill(b"15"), b"", spliced_iv(number))
        if spliced_block(wire, header, own_header, body):
            return number
    raise AssertionError
