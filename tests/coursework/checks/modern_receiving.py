"""Checks of `modern_chat.py`, second part: opening one frame, and refusing a forged one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from Crypto.Util.Padding import pad

from tests.coursework import facts
from tests.coursework.answers import Answer, Keys
from tests.coursework.checks.modern_frames import Sealer, flip, opened_somehow
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure, Unseen
from tests.coursework.parts import NOTHING, expect_raised, refusal
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")


@_add(
    "open",
    "A correct frame is opened, and its chunk is returned",
    3,
    _rule("4"),
    "Cut the frame into its five fields, check both tags, then decrypt with one cipher object",
)
def open_sound_frames(student: Submission) -> None:
    """Leave lengths that count more than the chunk to the check of the lengths."""
    sealer = Sealer(student)
    if "tag" not in student.failed:
        for keys, frame, chunk, length in _recorded_frames():
            if length == len(chunk):
                actual = student.call("open_frame", frame, keys, returns=bytes)
                expect(actual, chunk, f"open_frame of {chunk.decode()!r}")
    for size in (15, 1, student.draw.number(2, 14)):
        chunk = student.draw.letters(size).encode()
        actual = student.call("open_frame", sealer.seal(chunk), sealer.keys, returns=bytes)
        expect(actual, chunk, f"open_frame of {chunk!r}")


def _recorded_frames() -> Iterator[tuple[Keys, bytes, bytes, int]]:
    """Yield the keys, the frame, the chunk and the length of what was recorded."""
    for case in facts.MODERN["sent"]:
        if case["key_schedule"] == "independent":
            for row in case["frames"]:
                frame, chunk = bytes.fromhex(row["frame"]), row["chunk"].encode()
                yield facts.keys_of(case), frame, chunk, row["length"]


def _readable(student: Submission) -> Sealer:
    """Return a Sealer whose frames the submission opens. Raises Unseen if there is none."""
    sealer = Sealer(student, content=True)
    if "open" in student.failed and not sealer.is_read:
        raise Unseen("open")
    return sealer


def _expect_opened(student: Submission, frame: bytes, keys: Keys, chunk: bytes, what: str) -> None:
    """Raise Failure unless the chunk comes; if `open` has failed, it may come in any form."""
    answer = student.attempt("open_frame", frame, keys)
    if not opened_somehow(student, answer, chunk):
        expect(student.value_of(answer, bytes), chunk, what)


@_add(
    "lengths",
    "Every length that is large enough is accepted",
    1,
    _rule("4.2"),
    "Some programs declare how many characters are still to come, so compare with < and not with "
    "==. Count characters, not bytes: len(chunk.decode())",
)
def lengths(student: Submission) -> None:
    sealer = _readable(student)
    if not student.failed & {"tag", "open"}:
        for keys, frame, chunk, length in _recorded_frames():
            what = f"open_frame of {chunk.decode()!r} with the length {length}"
            _expect_opened(student, frame, keys, chunk, what)
    drawn = student.draw.letters(9)
    for declared, text in (
        (5, "hello"),
        (44, "hello"),
        (999999999999999, "hello"),
        (3, "☃☃☃"),
        (9, drawn),
        (student.draw.number(10, 99999), drawn),
    ):
        received = sealer.seal(text.encode(), declared)
        what = f"open_frame of {text!r} with the length {declared}"
        _expect_opened(student, received, sealer.keys, text.encode(), what)


# Forged frames ---------------------------------------------------------------------------------

_PROPER = {"AuthenticationError"}


@_add(
    "wrong-keys",
    "A frame under another authentication key is refused",
    3,
    _rule("4.1"),
    "Compute both tags yourself, compare with hmac.compare_digest, raise AuthenticationError",
)
def wrong_keys(student: Submission) -> None:
    sealer = Sealer(student)
    forged = [sealer.forge(student.draw.letters(6).encode()) for _ in range(3)]
    answers = _answers(student, sealer, forged)
    for answer in answers:
        expect_raised(answer, _PROPER, "(both tags are made with another authentication key)")


def _answers(student: Submission, sealer: Sealer, forged: list[bytes]) -> list[Answer]:
    """Let the submission open forged frames, with sound ones among them, in an order drawn afresh.

    Whoever refuses everything refuses the sound ones, too: then the answers say nothing.
    """
    sound = [sealer.seal(student.draw.letters(6).encode()) for _ in range(3)]
    answers = {
        frame: student.attempt("open_frame", frame, sealer.keys)
        for frame in student.draw.shuffled([*forged, *sound])
    }
    refusals = {refusal(answers[each]) for each in forged} - {""}
    for answer in map(answers.__getitem__, sound):
        if refusal(answer) in refusals | _PROPER:
            if "open" in student.failed:
                raise Unseen("open")
            came = answer.raised or NOTHING
            raise Failure(f"  {answer.call}\n\n  a correct frame is refused: {came}")
    return [answers[each] for each in forged]


def refusals_of(student: Submission, sealer: Sealer) -> set[str]:
    """Return how this submission says that a tag is wrong; the check `wrong-keys` judges that.

    Raises Unseen if it does not say so at all.
    """
    forged = sealer.forge(b"forged")
    for each in (forged, sealer.garble(forged)):
        (answer,) = _answers(student, sealer, [each])
        if answer.raised or ("wrong-keys" in student.failed and refusal(answer)):
            return {refusal(answer), *_PROPER}
        if "wrong-keys" not in student.failed:
            break
    raise Unseen("wrong-keys")


def _reject_every_byte(student: Submission, part: str, name: str, refusals: set[str]) -> None:
    """Flip a bit in each byte of a field; every frame is another one."""
    sealer = Sealer(student)
    field = sealer.fields[part]
    forged, reasons = [], []
    for byte in range(field.start, field.stop):
        bit = student.draw.number(0, 7)
        sound = sealer.seal(student.draw.letters(6).encode())
        forged.append(flip(sound, byte * 8 + bit))
        reasons.append(f"(bit {bit} of byte {byte} is flipped, in {name})")
    for answer, why in zip(_answers(student, sealer, forged), reasons, strict=True):
        expect_raised(answer, refusals | {"FrameError"}, why)


def _reject_sound_padding(
    student: Submission, name: str, chunks: tuple[bytes, bytes], refusals: set[str]
) -> None:
    """Send a frame in which only a tag is wrong; a flipped bit would break the padding as well."""
    sealer, iv = Sealer(student), student.draw.iv()
    lengths = (6, 7) if name == "length" else (6, 6)
    sound, other = (sealer.seal(each, size, iv) for each, size in zip(chunks, lengths, strict=True))
    field = sealer.fields[f"{name}-tag"]
    forged = other[: field.start] + sound[field] + other[field.stop :]
    (answer,) = _answers(student, sealer, [forged])
    expect_raised(answer, refusals, f"(another correct {name}, but the tag is still the old one)")


def _reject_another_length(student: Submission, refusals: set[str]) -> None:
    """Change the IV so that a 6 becomes a 9 in what is decrypted under it: the rest stays right."""
    sealer = Sealer(student)
    sound = sealer.seal(student.draw.letters(6).encode())
    forged = bytearray(sound)
    forged[sealer.fields["iv"].start] ^= ord("6") ^ ord("9")
    (answer,) = _answers(student, sealer, [bytes(forged)])
    expect_raised(answer, refusals, "(the IV is changed, so that the length is another number)")


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

    @_add(f"reject-{_name}", _title, 2, _rule("4"), _hint)
    def reject(student: Submission, name: str = _name, where: str = _where) -> None:
        """Take any refusal: a wrong exception costs points in `wrong-keys` alone."""
        refusals = refusals_of(student, Sealer(student))
        _reject_every_byte(student, name, where, refusals)
        text = student.draw.letters(6).encode()
        if name == "iv":
            _reject_another_length(student, refusals)
        if name == "length":
            _reject_sound_padding(student, name, (text, text), refusals)
        if name == "chunk":
            other = student.draw.letters(6).encode()
            _reject_sound_padding(student, name, (text, other), refusals)


_REJECTS = [f"reject-{name}" for name in _REJECTIONS]

# The order of opening --------------------------------------------------------------------------

_PADDING_PLACES = {
    "first": {"correct": ("length-tag", 0), "broken": ("length", -1)},
    "second": {"correct": ("chunk-tag", 0), "broken": ("chunk", -1)},
}
"""For each tag two bytes. If one is changed, the padding stays correct; if the other is, it breaks.

In both cases the tag is wrong. A receiver that answers them differently is a padding oracle.
"""


@_add(
    "verify-first",
    "Both tags are checked before anything is decrypted",
    4,
    _rule("4"),
    "Check the tags before you decrypt. If the answer to a forged frame depends on its padding, "
    "an attacker can use it to decrypt without the key",
)
def verify_first(student: Submission) -> None:
    sealer = Sealer(student)
    refusals = refusals_of(student, sealer)
    sound = [sealer.seal(student.draw.letters(5).encode()) for _ in range(2)]
    for tag_name, places in _PADDING_PLACES.items():
        answers = {}
        for padding, (part, place) in places.items():
            why = f"{tag_name} tag wrong, padding {padding}"
            byte = range(len(sound[0]))[sealer.fields[part]][place]
            forged = [flip(frame, byte * 8) for frame in sound]
            answers[padding] = _refuse_unopened(student, sealer, forged, why, refusals)
        kinds = [[*map(refusal, each)] for each in answers.values()]
        texts = [[*map(text_of, each)] for each in answers.values()]
        if tell_apart(kinds) or tell_apart(texts):
            lines = [
                f"  padding {padding}: {each[0].raised or NOTHING}"
                for padding, each in answers.items()
            ]
            head = f"  open_frame, {tag_name} tag wrong: its answer depends on the padding\n\n"
            raise Failure(head + "\n".join(lines))


def text_of(answer: Answer) -> str:
    """Return what a refusal says, or prints."""
    return answer.raised.text if answer.raised else answer.shown


def tell_apart(answers: Iterable[list[str]]) -> bool:
    """Return whether an answer shows which padding the frame had.

    Answers that differ from frame to frame, for example because they quote the frame, show nothing.
    """
    said = [set(each) for each in answers]
    return said[0] != said[1] and any(len(each) == 1 for each in said)


def _refuse_unopened(
    student: Submission, sealer: Sealer, forged: list[bytes], why: str, refusals: set[str]
) -> list[Answer]:
    answers = _answers(student, sealer, forged)
    for answer in answers:
        wrong = [name for name in _REJECTS if name in student.failed]
        if wrong and refusal(answer) not in refusals:
            raise Unseen(wrong[0])
        expect_raised(answer, refusals, f"(forged: {why})")
        if answer.decryptions:
            raise Failure(
                f"  {answer.call}\n  (forged: {why})\n\n"
                "  it was refused, but something was decrypted before that"
            )
    return answers


# Right tags, wrong content ---------------------------------------------------------------------


@_add(
    "bad-length",
    "An impossible length is refused",
    1,
    _rule("4.2"),
    "bytes.isdigit() recognises a number; compare it with the number of characters",
)
def bad_length(student: Submission) -> None:
    sealer, chunk = _readable(student), student.draw.letters(5).encode()
    for declared in (b"", b"five", b"-5", b"5.0", b"0x5", b"4", b"%d" % student.draw.number(0, 3)):
        why = f"(the tags are right, the chunk is {chunk!r}, the length {declared!r})"
        if received := sealer.declaring(declared, chunk):
            answer = student.attempt("open_frame", received, sealer.keys)
            expect_raised(answer, {"FrameError"}, why)


@_add(
    "bad-padding",
    "Wrong padding is refused",
    1,
    _rule("4.3"),
    "Crypto.Util.Padding.unpad checks every byte of the padding; it is not enough to read the last "
    "byte and cut off that many",
)
def bad_padding(student: Submission) -> None:
    sealer, chunk = _readable(student), student.draw.letters(5).encode()
    for block in (
        chunk + b"\x0b" * 10 + b"\x00",
        chunk + bytes(10) + b"\x0b",
        chunk * 3 + b"\x11",
    ):
        received = sealer.nonsense(pad(b"%d" % sealer.length_of(chunk), 16), block)
        why = f"(the tags are right, the block of the chunk is {block!r})"
        expect_raised(student.attempt("open_frame", received, sealer.keys), {"FrameError"}, why)


@_add(
    "bad-text",
    "A chunk that is not UTF-8 is refused",
    1,
    _rule("4.3"),
    "Decode each chunk by itself; where UnicodeDecodeError is raised, raise FrameError instead",
)
def bad_text(student: Submission) -> None:
    sealer, drawn = _readable(student), student.draw.letters(6).encode()
    for text in (b"\xff\xfe", "é".encode()[:1], drawn + "☃".encode()[:2]):
        received = sealer.seal(text)
        why = f"(the tags are right, the chunk is {text!r})"
        expect_raised(student.attempt("open_frame", received, sealer.keys), {"FrameError"}, why)
