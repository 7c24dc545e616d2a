"""Frames for the checks of the modern chat: recorded ones, honest ones and forged ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from Crypto.Util.Padding import pad

from tests.coursework import expected, facts
from tests.coursework.answers import Answer, Keys, encode
from tests.coursework.model import Failure, Unseen
from tests.coursework.modern_parts import (
    COVERED,
    FIELDS,
    OTHERS_COVERED,
    SIZE,
    TAG_SIZE,
    layout_of,
    let_tag_be_usable,
    own_frame,
)
from tests.coursework.parts import ANY_TAG, Fields, holds, refusal, somehow_come_out
from tests.coursework.submission import Submission

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


def own_tag(student: Submission, data: bytes, keys: Keys) -> bytes:
    """Return what the submission's own function `tag` returns. Raises Unseen if that is no tag."""
    try:
        made: bytes = student.call("tag", data, keys, returns=bytes)
    except Failure:
        raise Unseen("tag") from None
    if len(made) != TAG_SIZE:
        raise Unseen("tag")
    return made


def split_frames(stream: bytes) -> list[bytes]:
    """Cut a stream into pieces of a frame's size."""
    return [stream[start : start + SIZE] for start in range(0, len(stream), SIZE)]


def mixtures(one: bytes, other: bytes) -> Iterator[bytes]:
    """Yield what is made of `one` by exchanging 16 bytes with those of another frame."""
    for start in range(0, len(one), 16):
        mixed = one[:start] + other[start : start + 16] + one[start + 16 :]
        if mixed != one:
            yield mixed


def opened_somehow(student: Submission, answer: Answer, chunk: bytes) -> bool:
    """Whether the chunk came in any form, and the points of `open` are lost for that."""
    return "open" in student.failed and holds(somehow_come_out(answer).value, chunk)


_MORE_THAN_A_BLOCK = 99


class Sealer:
    """Makes frames that are right for one submission.

    Mostly they are what the rules say. But if a submission opens no such frame, its mistake costs
    the points of `tag` or `open`, and the others can still see what they look for: the frames then
    have a length that is large enough for whoever leaves the padding on; or tags that cover what
    its `open_frame` expects, or that its own `tag` makes; or are those of its own `seal_frame`.
    Where only the `content` matters, one tag can stand for all.
    """

    def __init__(
        self,
        student: Submission,
        keys: Keys | None = None,
        *,
        content: bool = False,
        written: bool = True,
    ):
        self._student = student
        self._has_own_tags = self._makes_own_frames = False
        self.keys = keys or student.draw.keys()
        self.fields = FIELDS
        """Where the fields are in these frames."""
        self._covered, self._least_length = COVERED, 0
        self.is_read = written and (not student.failed & {"tag", "open"} or self._adapt(content))
        """Whether the submission gets the chunk out of them, in some form."""

    @classmethod
    def for_any(cls, student: Submission, keys: Keys) -> Sealer:
        """Return a Sealer also for a submission whose functions are not written, or never end."""
        try:
            return cls(student, keys)
        except Failure:
            return cls(student, keys, written=False)

    def _adapt(self, content: bool) -> bool:
        """Find frames that the submission opens; return whether there are any."""
        failed = self._student.failed
        if self._is_opened():
            return True
        if "open" in failed and (
            self._opens_a_large_length() or self._opens_other_tags() or self._opens_its_own()
        ):
            return True
        self._has_own_tags = "tag" in failed
        let_tag_be_usable(self._student)
        return self._is_opened() or (content and "open" in failed and self._opens_any_tag())

    def _opens_a_large_length(self) -> bool:
        """Declare more than a block has, if the submission then opens frames."""
        self._least_length = _MORE_THAN_A_BLOCK
        if self._is_opened():
            return True
        self._least_length = 0
        return False

    def _opens_other_tags(self) -> bool:
        """Let a tag cover other fields, if the submission then opens frames, and no changed ones.

        What is not covered costs points where it is changed.
        """
        student = self._student
        for covered in OTHERS_COVERED if student.covers is None else student.covers:
            self._covered = covered
            if self._is_opened() and self._is_authenticated():
                student.covers = [covered]
                return True
        self._covered, student.covers = COVERED, student.covers or []
        return False

    def _opens_any_tag(self) -> bool:
        """Let one tag stand for all, if the submission then opens frames."""
        student, before = self._student, self._has_own_tags
        self._has_own_tags, others = True, student.instead
        student.instead = others | {"tag": encode(ANY_TAG)}
        if self._is_opened():
            return True
        self._has_own_tags, student.instead = before, others
        return False

    def _is_opened(self) -> bool:
        chunk = self._student.draw.letters(9).encode()
        return self._makes_of(self.seal(chunk), chunk)

    def _makes_of(self, frame: bytes, chunk: bytes) -> bool:
        answer = self._student.attempt("open_frame", frame, self.keys)
        return answer.value == chunk or opened_somehow(self._student, answer, chunk)

    def _opens_its_own(self) -> bool:
        """Use the submission's own frames, if it opens them, and if they are really sealed.

        Whoever seals and opens without a key gets no more points than by opening nothing.
        """
        self._makes_own_frames = True
        try:
            self.fields = self._own_layout()
            if self._is_opened() and self._is_encrypted() and self._is_authenticated():
                return True
        except (Failure, Unseen):
            pass
        self._makes_own_frames, self.fields = False, FIELDS
        return False

    def _is_authenticated(self) -> bool:
        """Whether a frame under another authentication key is refused, and a changed one, too."""
        forged = self.forge(self._student.draw.letters(9).encode())
        answer = self._student.attempt("open_frame", forged, self.keys)
        return bool(refusal(answer)) and self._notices_changes()

    def _notices_changes(self) -> bool:
        """Exchange parts of a frame with those of another one; only the IV may be untagged."""
        one, other = (self.seal(self._student.draw.letters(9).encode()) for _ in range(2))
        answers = [
            self._student.attempt("open_frame", each, self.keys) for each in mixtures(one, other)
        ]
        return sum(not refusal(answer) for answer in answers) <= 1

    def _is_encrypted(self) -> bool:
        """Whether no other key opens a frame to its chunk, even if its tag does not matter."""
        chunk = self._student.draw.letters(9).encode()
        frame = self.seal(chunk)
        other = Keys(self._student.draw.octets(32), self.keys.authentication)
        return chunk not in frame and not holds(
            self._student.attempt("open_frame", frame, other).value, chunk
        )

    def _own_layout(self) -> Fields:
        chunk, iv = self._student.draw.letters(9).encode(), self._student.draw.iv()
        right = expected.modern_frame(chunk, len(chunk), self.keys, iv)
        return layout_of([(self.seal(chunk, iv=iv), right)])

    def tag(self, data: bytes, keys: Keys | None = None) -> bytes:
        chosen = keys or self.keys
        if self._has_own_tags:
            return own_tag(self._student, data, chosen)
        return expected.hmac_of(data, chosen)

    def seal(self, chunk: bytes, length: int | None = None, iv: bytes | None = None) -> bytes:
        """Return the frame of a chunk. Its length may be another, and its IV a certain one."""
        declared = self.length_of(chunk) if length is None else length
        return self._sealed(chunk, declared, self.keys, iv or self._student.draw.iv())

    def length_of(self, chunk: bytes) -> int:
        """Return what a frame of this chunk declares."""
        return max(len(chunk), self._least_length)

    def nonsense(self, length: bytes, chunk: bytes) -> bytes:
        """Return a frame with right tags around two blocks of plaintext, whatever they are.

        Raises Unseen if only the submission itself could make it.
        """
        if self._makes_own_frames:
            raise Unseen("open")
        return self._frame(length, chunk, self.keys, self._student.draw.iv())

    def declaring(self, length: bytes, chunk: bytes) -> bytes:
        """Return a frame that declares any text as its length; nothing if it cannot be made."""
        if not self._makes_own_frames:
            return self.nonsense(pad(length, 16), pad(chunk, 16))
        return self.seal(chunk, int(length)) if length.removeprefix(b"-").isdigit() else b""

    def forge(self, chunk: bytes) -> bytes:
        """Return a frame of an attacker, who knows the key that encrypts, but not the other."""
        return self._sealed(chunk, len(chunk), other_keys(self.keys), self._student.draw.iv())

    def garble(self, frame: bytes) -> bytes:
        """Return the frame with the tags of another one; drawn tags, if one stands for all."""
        other = self.seal(self._student.draw.letters(9).encode())
        if self._student.instead.get("tag") == encode(ANY_TAG):
            other = self._student.draw.octets(len(frame))
        for place in (self.fields["length-tag"], self.fields["chunk-tag"]):
            frame = frame[: place.start] + other[place] + frame[place.stop :]
        return frame

    def _sealed(self, chunk: bytes, length: int, keys: Keys, iv: bytes) -> bytes:
        if self._makes_own_frames:
            return own_frame(self._student, chunk, length, keys, iv)
        return self._frame(pad(b"%d" % length, 16), pad(chunk, 16), keys, iv)

    def _frame(self, length: bytes, chunk: bytes, keys: Keys, iv: bytes) -> bytes:
        size, body = expected.blocks(length, chunk, keys, iv)
        made = {"iv": iv, "length": size, "chunk": body}
        for name in self._covered:
            made[name] = self.tag(self._under(name, made), keys)
        return b"".join(made[name] for name in FIELDS)

    def _under(self, name: str, made: Mapping[str, bytes]) -> bytes:
        return b"".join(made[each] for each in self._covered[name])

    def right_tags(self, frame: bytes) -> dict[bytes, str]:
        """Return the tags that a frame should have, and what they are."""
        made = {name: frame[place] for name, place in FIELDS.items()}
        names = {"length-tag": "first", "chunk-tag": "second"}
        return {
            self.tag(self._under(name, made)): f"the right {which} tag of a forged frame"
            for name, which in names.items()
        }
