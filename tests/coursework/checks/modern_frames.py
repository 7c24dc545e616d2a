"""Frames for the checks of the modern chat: recorded ones, honest ones and forged ones."""

from __future__ import annotations

from Crypto.Util.Padding import pad

from modern import protocol
from tests.coursework import expected, facts
from tests.coursework.answers import Keys
from tests.coursework.model import Failure, Unseen
from tests.coursework.submission import Submission

SIZE = protocol.FRAME_SIZE
FIELDS = {
    "iv": protocol.IV,
    "length": protocol.LENGTH,
    "length-tag": protocol.LENGTH_TAG,
    "chunk": protocol.CHUNK,
    "chunk-tag": protocol.CHUNK_TAG,
}
HEADER = protocol.HEADER
"""The bytes under the first tag: the IV and E(length)."""

HELLO = facts.modern_sent("hello\n")
FOX = facts.modern_sent("the quick brown fox jumps over the lazy dog\n")
KEYS = facts.keys_of(HELLO)
"""The keys of both recordings. They come from the secrets CONFKEY and AUTHKEY in `facts.py`."""


def other_keys(keys: Keys) -> Keys:
    """Return the keys of an attacker, who does not know the right authentication key."""
    return Keys(keys.confidentiality, expected.legacy_key(keys.authentication.hex()))


def flip(frame: bytes, bit: int) -> bytes:
    """Return the frame with one bit changed, as an attacker on the wire may do."""
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def split_frames(stream: bytes) -> list[bytes]:
    """Cut a stream into pieces of a frame's size."""
    return [stream[start : start + SIZE] for start in range(0, len(stream), SIZE)]


def own_tag(student: Submission, data: bytes, keys: Keys) -> bytes:
    """Return what the submission's own function `tag` returns. Raises Unseen if that is no tag."""
    try:
        made: bytes = student.call("tag", data, keys, returns=bytes)
    except Failure:
        raise Unseen("tag") from None
    if len(made) != protocol.TAG_SIZE:
        raise Unseen("tag")
    return made


class Sealer:
    """Makes frames that are right for one submission.

    Their tags are HMACs. But if the submission's own `tag` is wrong, and it opens no frame with a
    right tag, they are what that function returns: the mistake costs the points of its own check,
    and the others can still see what they look for.
    """

    def __init__(self, student: Submission, keys: Keys | None = None):
        self._student = student
        self._use_own_tags = False
        self.keys = keys or student.draw.keys()
        if "tag" in student.failed:
            self._use_own_tags = not self._is_opened(b"right tags")

    def _is_opened(self, chunk: bytes) -> bool:
        answer = self._student.attempt("open_frame", self.seal(chunk), self.keys)
        return bool(answer.value == chunk)

    def tag(self, data: bytes, keys: Keys | None = None) -> bytes:
        chosen = keys or self.keys
        if self._use_own_tags:
            return own_tag(self._student, data, chosen)
        return expected.hmac_of(data, chosen)

    def seal(self, chunk: bytes, length: int | None = None, iv: bytes | None = None) -> bytes:
        """Return the frame of a chunk. Its length may be another, and its IV a certain one."""
        declared = len(chunk) if length is None else length
        return self.nonsense(pad(b"%d" % declared, 16), pad(chunk, 16), iv)

    def nonsense(self, length: bytes, chunk: bytes, iv: bytes | None = None) -> bytes:
        """Return a frame with right tags around two blocks of plaintext, whatever they are."""
        return self._frame(length, chunk, self.keys, iv)

    def forge(self, chunk: bytes) -> bytes:
        """Return a frame of an attacker, who knows the key that encrypts, but not the other."""
        other = other_keys(self.keys)
        return self._frame(pad(b"%d" % len(chunk), 16), pad(chunk, 16), other)

    def _frame(self, length: bytes, chunk: bytes, keys: Keys, iv: bytes | None = None) -> bytes:
        first = iv or self._student.draw.iv()
        size, body = expected.blocks(length, chunk, keys, first)
        header = first + size
        return header + self.tag(header, keys) + body + self.tag(body, keys)
