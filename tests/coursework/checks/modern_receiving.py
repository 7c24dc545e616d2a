"""Checks of `modern_chat.py`, second part: opening one frame, and refusing a forged one."""

from __future__ import annotations

from collections.abc import Iterable

from Crypto.Util.Padding import pad

from tests.coursework import facts
from tests.coursework.answers import Raised
from tests.coursework.checks.modern_frames import (
    FIELDS,
    HELLO,
    KEYS,
    OTHER_KEYS,
    flip,
    seal_frame,
    seal_nonsense,
)
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission, expect_raised

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")


@_add(
    "open",
    "A correct frame is opened, and its chunk is returned",
    3,
    _rule("4"),
    "Cut the frame into its five fields, check both tags, then decrypt with one cipher object",
    ["tag"],
)
def open_sound_frames(student: Submission) -> None:
    for case in facts.MODERN["sent"]:
        if case["key_schedule"] == "independent":
            for recorded in case["frames"]:
                received = bytes.fromhex(recorded["frame"])
                actual = student.call("open_frame", received, facts.keys_of(case), returns=bytes)
                expect(actual, recorded["chunk"].encode(), f"open_frame of {recorded['chunk']!r}")


@_add(
    "lengths",
    "Every length that is large enough is accepted",
    1,
    _rule("4.2"),
    "Some programs declare how many characters are still to come, so compare with < and not with "
    "==. Count characters, not bytes: len(chunk.decode())",
    ["open"],
)
def lengths(student: Submission) -> None:
    for declared, text in ((5, "hello"), (44, "hello"), (999999999999999, "hello"), (3, "☃☃☃")):
        received = seal_frame(text.encode(), declared)
        actual = student.call("open_frame", received, KEYS, returns=bytes)
        expect(actual, text.encode(), f"open_frame of {text!r} with the length {declared}")


# Forged frames ---------------------------------------------------------------------------------


@_add(
    "wrong-keys",
    "A frame under another authentication key is refused",
    3,
    _rule("4.1"),
    "Compute both tags yourself, compare with hmac.compare_digest, raise AuthenticationError",
    ["open"],
)
def wrong_keys(student: Submission) -> None:
    answer = student.attempt("open_frame", seal_frame(b"forged", 6, OTHER_KEYS), KEYS)
    expect_raised(
        answer, {"AuthenticationError"}, "(both tags are made with another authentication key)"
    )


def _reject_every_byte(student: Submission, field: slice, name: str) -> None:
    (sound,) = facts.frames_of(HELLO)
    for byte in range(field.start, field.stop):
        bit = byte % 8
        answer = student.attempt("open_frame", flip(sound, byte * 8 + bit), KEYS)
        why = f"(bit {bit} of byte {byte} is flipped, in {name})"
        expect_raised(answer, {"AuthenticationError", "FrameError"}, why)


def _reject_sound_padding(student: Submission, other: bytes, tag_field: slice, why: str) -> None:
    """Send a frame in which only a tag is wrong; a flipped bit would break the padding as well."""
    (sound,) = facts.frames_of(HELLO)
    forged = other[: tag_field.start] + sound[tag_field] + other[tag_field.stop :]
    answer = student.attempt("open_frame", forged, KEYS)
    expect_raised(answer, {"AuthenticationError"}, f"({why}, but the tag is still the old one)")


_REJECTIONS = {
    "iv": ("A changed IV is refused", "the IV", "The first tag covers the IV, too"),
    "length": ("A changed length is refused", "E(length)", "Check the first tag, too"),
    "length-tag": (
        "A changed first tag is refused",
        "the first tag",
        "Compare all 32 bytes, not only the first few",
    ),
    "chunk": ("A changed chunk is refused", "E(chunk)", "Check the second tag, too"),
    "chunk-tag": (
        "A changed second tag is refused",
        "the second tag",
        "Compare all 32 bytes, not only the first few",
    ),
}
for _name, (_title, _where, _hint) in _REJECTIONS.items():

    @_add(f"reject-{_name}", _title, 2, _rule("4"), _hint, ["wrong-keys"])
    def reject(student: Submission, name: str = _name, where: str = _where) -> None:
        _reject_every_byte(student, FIELDS[name], where)
        iv = facts.frames_of(HELLO)[0][FIELDS["iv"]]
        if name == "length":
            other = seal_frame(b"hello\n", 7, iv=iv)
            _reject_sound_padding(student, other, FIELDS["length-tag"], "another correct length")
        if name == "chunk":
            other = seal_frame(b"jello\n", 6, iv=iv)
            _reject_sound_padding(student, other, FIELDS["chunk-tag"], "another correct chunk")


# The order of opening --------------------------------------------------------------------------

_PADDING_BITS = {
    "first": {"correct": 0, "broken": 31 * 8},
    "second": {"correct": 80 * 8, "broken": 79 * 8},
}
"""For each tag two bits. If one is flipped, the padding stays correct; if the other is, it breaks.

In both cases the tag is wrong. A receiver that answers them differently is a padding oracle.
"""


@_add(
    "verify-first",
    "Both tags are checked before anything is decrypted",
    4,
    _rule("4"),
    "Check the tags before you decrypt. If the answer to a forged frame depends on its padding, "
    "an attacker can use it to decrypt without the key",
    ["wrong-keys", *(f"reject-{name}" for name in _REJECTIONS)],
)
def verify_first(student: Submission) -> None:
    sound = [seal_frame(b"hello", 5, iv=iv) for iv in (bytes(16), bytes(range(1, 17)))]
    for tag_name, bits in _PADDING_BITS.items():
        answers = {}
        for padding, bit in bits.items():
            why = f"{tag_name} tag wrong, padding {padding}"
            answers[padding] = [_refuse_unopened(student, flip(frame, bit), why) for frame in sound]
        kinds = [[raised.kind for raised in each] for each in answers.values()]
        texts = [[raised.text for raised in each] for each in answers.values()]
        if _tell_apart(kinds) or _tell_apart(texts):
            lines = [f"  padding {padding}: {each[0]}" for padding, each in answers.items()]
            head = f"  open_frame, {tag_name} tag wrong: its answer depends on the padding\n\n"
            raise Failure(head + "\n".join(lines))


def _tell_apart(answers: Iterable[list[str]]) -> bool:
    """Return whether an answer shows which padding the frame had.

    Answers that differ from frame to frame, for example because they quote the frame, show nothing.
    """
    said = [set(each) for each in answers]
    return said[0] != said[1] and any(len(each) == 1 for each in said)


def _refuse_unopened(student: Submission, received: bytes, why: str) -> Raised:
    answer = student.attempt("open_frame", received, KEYS)
    expect_raised(answer, {"AuthenticationError"}, f"(forged: {why})")
    if answer.decryptions:
        raise Failure(
            f"  {answer.call}\n  (forged: {why})\n\n"
            "  it was refused, but something was decrypted before that"
        )
    assert answer.raised
    return answer.raised


# Right tags, wrong content ---------------------------------------------------------------------


@_add(
    "bad-length",
    "An impossible length is refused",
    1,
    _rule("4.2"),
    "bytes.isdigit() recognises a number; compare it with the number of characters",
    ["open"],
)
def bad_length(student: Submission) -> None:
    for declared in (b"", b"five", b"-5", b"5.0", b"0x5", b"4"):
        received = seal_nonsense(pad(declared, 16), pad(b"hello", 16))
        why = f"(the tags are right, the chunk is b'hello', the length {declared!r})"
        expect_raised(student.attempt("open_frame", received, KEYS), {"FrameError"}, why)


@_add(
    "bad-padding",
    "Wrong padding is refused",
    1,
    _rule("4.3"),
    "Crypto.Util.Padding.unpad checks every byte of the padding; it is not enough to read the last "
    "byte and cut off that many",
    ["open"],
)
def bad_padding(student: Submission) -> None:
    for block in (
        b"hello" + b"\x0b" * 10 + b"\x00",
        b"hello" + bytes(10) + b"\x0b",
        b"x" * 15 + b"\x11",
    ):
        received = seal_nonsense(pad(b"5", 16), block)
        why = f"(the tags are right, the block of the chunk is {block!r})"
        expect_raised(student.attempt("open_frame", received, KEYS), {"FrameError"}, why)


@_add(
    "bad-text",
    "A chunk that is not UTF-8 is refused",
    1,
    _rule("4.3"),
    "Decode each chunk by itself; where UnicodeDecodeError is raised, raise FrameError instead",
    ["open"],
)
def bad_text(student: Submission) -> None:
    for text in (b"\xff\xfe", "é".encode()[:1]):
        received = seal_nonsense(pad(b"5", 16), pad(text, 16))
        why = f"(the tags are right, the chunk is {text!r})"
        expect_raised(student.attempt("open_frame", received, KEYS), {"FrameError"}, why)
