"""Checks of `hardened_chat.py`, second part: opening one record, and refusing a forged one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tests.coursework import expected, facts
from tests.coursework.answers import Answer, Kind
from tests.coursework.checks.hardened_records import Numbered, Peer, flip
from tests.coursework.checks.modern_receiving import tell_apart, text_of
from tests.coursework.compare import expect
from tests.coursework.model import Catalogue, Failure, Unseen, after
from tests.coursework.parts import NOTHING, expect_raised, holds, refusal
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("hardened", first="loads")
_add = CATALOGUE.add
_rule = rules_of("hardened")

_FILLS = (16, 256, 1024)


# What was decrypted ----------------------------------------------------------------------------


def _read(student: Submission, kind: Kind, text: bytes, size: int) -> None:
    """Raise Failure unless this is read; if `plaintext` has failed, it may come in any form."""
    if "plaintext" in student.failed:
        answer = student.attempt("read_plaintext", expected.filled(kind.value, text, size))
        if not holds(answer.value, text):
            raise Unseen("plaintext")
        return
    made = student.call("read_plaintext", expected.filled(kind.value, text, size), returns=list)
    expect(made, [kind, text], f"read_plaintext of {kind} and {text[:12]!r}… in {size} bytes")


@_add(
    "plaintext",
    "The kind and the text are read from what was decrypted",
    1,
    _rule("5.1"),
    "Take the zeros off the end, then one byte 0x80: a text may end with zeros as well. Return the "
    "kind, and then the text as bytes",
)
def plaintext(student: Submission) -> None:
    for size in _FILLS:
        text = student.draw.letters(student.draw.number(1, 13)).encode()
        _read(student, Kind.TEXT, text, size)
        _read(student, Kind.TEXT, f"{student.draw.letters(6)}\0\0".encode(), size)
    _read(student, Kind.TEXT, student.draw.foreign().encode(), 256)
    for kind in Kind:
        _read(student, kind, b"", student.draw.shuffled(_FILLS)[0])


def _refuse(student: Submission, cases: Iterable[tuple[bytes, str]]) -> None:
    """Ask for plaintexts that no honest peer sends, and for honest ones among them."""
    for plain, why in cases:
        _read(student, Kind.TEXT, student.draw.letters(9).encode(), 256)
        expect_raised(student.attempt("read_plaintext", plain), {"RecordError"}, f"({why})")


@_add(
    "bad-padding",
    "Wrong padding is refused",
    1,
    _rule("5.5"),
    "Look for the last byte that is not zero: it must be 0x80",
)
@after("plaintext")
def bad_padding(student: Submission) -> None:
    start = b"\0" + student.draw.letters(5).encode()
    pkcs7 = 256 - len(start)
    _refuse(
        student,
        (
            (start.ljust(256, b"\0"), "there is no byte 0x80"),
            (start + bytes([pkcs7]) * pkcs7, "the padding is PKCS#7"),
            ((start + b"\x80").ljust(255, b"\0") + b"\x01", "the last byte is 1"),
            (bytes(256), "there are only zeros"),
        ),
    )


@_add(
    "bad-kind",
    "A kind that does not exist is refused, and text where there is none",
    1,
    _rule("5.5"),
    "Kind(plaintext[:1]) raises ValueError for other bytes: raise RecordError instead, and also if "
    "a record of another kind than TEXT has a text",
)
@after("plaintext")
def bad_kind(student: Submission) -> None:
    text = student.draw.letters(5).encode()
    unknown = (b"\x03", b"0", bytes([student.draw.number(4, 127)]))
    cases = [(expected.filled(kind, b""), f"the kind is {kind!r}") for kind in unknown]
    cases += [(expected.filled(b"", b""), "there is no kind")]
    for kind in (Kind.PADDING, Kind.END):
        cases.append((expected.filled(kind.value, text), f"a record of {kind} with a text"))
    _refuse(student, cases)


@_add(
    "bad-text",
    "A text that is not UTF-8 is refused",
    1,
    _rule("5.5"),
    "Decode each text by itself; where UnicodeDecodeError is raised, raise RecordError instead",
)
@after("plaintext")
def bad_text(student: Submission) -> None:
    drawn = student.draw.letters(6).encode()
    texts = (b"\xff\xfe", drawn + "☃".encode()[:2], "é".encode()[1:] + drawn)
    _refuse(student, ((expected.filled(b"\0", each), f"the text is {each!r}") for each in texts))


# One record ------------------------------------------------------------------------------------


@_add(
    "open",
    "A correct record is opened, and its kind and text are returned",
    1,
    _rule("5.3"),
    "The tag is the last 32 bytes, and it covers the counter and all before it",
)
@after("plaintext")
def open_sound_records(student: Submission) -> None:
    peer = Peer(student)
    if not student.failed & {"tag", "plaintext"}:
        for side, keys in zip(("client", "server"), facts.hardened_keys(), strict=True):
            for counter, (kind, text, record) in enumerate(facts.hardened_sent(side)):
                made = student.call("open_record", record, counter, keys, returns=list)
                expect(made, [kind, text], f"open_record of record {counter} of a recording")
    for size in _FILLS:
        counter, text = student.draw.number(0, 1 << 30), student.draw.letters(9).encode()
        record = peer.sealed_as(counter, text, size=size)
        made = student.call("open_record", record, counter, peer.keys, returns=list)
        expect(made, [Kind.TEXT, text], f"open_record of {text!r}, record {counter}")


# Forged records --------------------------------------------------------------------------------

_PROPER = {"AuthenticationError"}


def _answers(student: Submission, peer: Peer, forged: Sequence[Numbered]) -> list[Answer]:
    """Let the submission open forged records, with sound ones among them, in a drawn order.

    Whoever refuses everything refuses the sound ones, too: then the answers say nothing.
    """
    numbers = [student.draw.number(0, 999) for _ in range(3)]
    texts = [student.draw.letters(6).encode() for _ in numbers]
    sound = [
        Numbered(peer.sealed_as(number, text), number)
        for number, text in zip(numbers, texts, strict=True)
    ]
    answers = {
        each: student.attempt("open_record", each.record, each.counter, peer.keys)
        for each in student.draw.shuffled([*forged, *sound])
    }
    refusals = {refusal(answers[each]) for each in forged} - {""}
    for answer in map(answers.__getitem__, sound):
        if refusal(answer) in refusals | _PROPER:
            if "open" in student.failed:
                raise Unseen("open")
            came = answer.raised or NOTHING
            raise Failure(f"  {answer.call}\n\n  a correct record is refused: {came}")
    return [answers[each] for each in forged]


def refusals_of(student: Submission, peer: Peer) -> set[str]:
    """Return how this submission says that a tag is wrong; the check `wrong-keys` judges that.

    Raises Unseen if it does not say so at all.
    """
    for forged in (peer.forge(b"forged", 0), peer.garble(b"forged", 0)):
        (answer,) = _answers(student, peer, [forged])
        if answer.raised or ("wrong-keys" in student.failed and refusal(answer)):
            return {refusal(answer), *_PROPER}
        if "wrong-keys" not in student.failed:
            break
    raise Unseen("wrong-keys")


@_add(
    "wrong-keys",
    "A record under other keys is refused, also one that comes back to its sender",
    1,
    _rule("5.3"),
    "Compute the tag yourself, compare with hmac.compare_digest, raise AuthenticationError",
)
def wrong_keys(student: Submission) -> None:
    client, server = expected.keys_of_directions(student.draw.octets(16), student.draw.octets(132))
    peer = Peer(student, client)
    text = student.draw.letters(6).encode()
    forged = [peer.forge(text, 0), peer.forge(text, 7), peer.forge(text, 7, server)]
    *others, reflected = _answers(student, peer, forged)
    for answer in others:
        expect_raised(answer, _PROPER, "(the tag is made with another authentication key)")
    # Whoever decrypts first finds nonsense here. That costs points in `verify-first` alone.
    kinds = _PROPER | {"RecordError"}
    expect_raised(reflected, kinds, "(it is made with the keys of the other direction)")


def _reject_changed(student: Submission, field: str, count: int) -> None:
    """Change one bit each in some bytes of a field, also in its first and last. Take any refusal.

    A wrong exception costs points in `wrong-keys` alone.
    """
    peer = Peer(student)
    refusals = refusals_of(student, peer)
    forged, reasons = [], []
    for place in _places(student, peer, field, count):
        byte, bit = divmod(place, 8)
        counter, text = student.draw.number(0, 99), student.draw.letters(6).encode()
        forged.append(Numbered(flip(peer.sealed_as(counter, text), place), counter))
        reasons.append(f"(bit {bit} of byte {byte} is flipped)")
    for answer, why in zip(_answers(student, peer, forged), reasons, strict=True):
        expect_raised(answer, refusals | {"RecordError"}, why)


def _places(student: Submission, peer: Peer, field: str, count: int) -> list[int]:
    """Return bits of a field. One bit of the IV changes a letter alone: only the tag can tell."""
    first, last = peer.fields[field].start, peer.fields[field].stop - 1
    drawn = (student.draw.number(first, last) for _ in range(count))
    bits = [byte * 8 + student.draw.number(0, 7) for byte in sorted({first, last, *drawn})]
    return [*bits, _bit_of(peer, *_BITS["sound"])] if field == "iv" else bits


@_add(
    "reject-changed",
    "A changed length, IV or ciphertext is refused",
    1,
    _rule("5.2"),
    "The tag covers the length and the IV as they arrived, and the ciphertext",
)
def reject_changed(student: Submission) -> None:
    for field, count in (("length", 0), ("iv", 4), ("body", 12)):
        _reject_changed(student, field, count)


@_add(
    "reject-tag",
    "A changed tag is refused",
    1,
    _rule("5.3"),
    "Compare all 32 bytes, not only the first few",
)
def reject_tag(student: Submission) -> None:
    _reject_changed(student, "tag", 20)


@_add(
    "reject-moved",
    "A record with another number is refused",
    1,
    _rule("5.2"),
    "Compute the tag with the counter that you are given, and with no other one",
)
def reject_moved(student: Submission) -> None:
    peer = Peer(student)
    refusals = refusals_of(student, peer)
    forged, reasons = [], []
    for _ in range(4):
        sealed = student.draw.number(2, 1 << 20)
        record = peer.sealed_as(sealed, student.draw.letters(6).encode())
        near = sealed + student.draw.number(2, 9)
        for opened in (sealed - 1, sealed + 1, near, sealed + 256, sealed + (1 << 32)):
            forged.append(Numbered(record, opened))
            reasons.append(f"(it was sealed as number {sealed})")
    for answer, why in zip(_answers(student, peer, forged), reasons, strict=True):
        expect_raised(answer, refusals, why)


# The order of opening --------------------------------------------------------------------------

_BITS = {
    "sound": ("iv", 3 * 8),
    "of an unknown kind": ("iv", 6),
    "with wrong padding": ("body", -16 * 8),
    "with text that is not UTF-8": ("iv", 3 * 8 + 7),
}
"""Bits to flip: of the IV, which changes the first block that is decrypted, or of the last block.

A bit below 0 is counted from the end of its field.

The tag is wrong in all cases. A receiver that answers them differently is an oracle.
"""


@_add(
    "verify-first",
    "The tag is checked before anything is decrypted",
    2,
    _rule("5.3"),
    "Check the tag before you decrypt: if the answer to a forged record depends on its content, an "
    "attacker can use it to decrypt without the key",
)
def verify_first(student: Submission) -> None:
    peer = Peer(student)
    refusals = refusals_of(student, peer)
    texts = [student.draw.letters(9).encode() for _ in range(2)]
    sound = [peer.sealed_as(number, text) for number, text in enumerate(texts)]
    said = {}
    for content, place in _BITS.items():
        bit = _bit_of(peer, *place)
        forged = [Numbered(flip(each, bit), number) for number, each in enumerate(sound)]
        said[content] = _refuse_unopened(student, peer, forged, refusals)
    views: tuple[Callable[[Answer], str], ...] = (refusal, text_of)
    for content, refused in said.items():
        for view in views:
            if tell_apart([list(map(view, each)) for each in (said["sound"], refused)]):
                both = [each[0].raised or NOTHING for each in (said["sound"], refused)]
                lines = f"  a sound record: {both[0]}\n  one {content}: {both[1]}"
                head = "  open_record, tag wrong: its answer depends on the content"
                raise Failure(f"{head}\n\n{lines}")


def _bit_of(peer: Peer, field: str, bit: int) -> int:
    place = peer.fields[field]
    return (place.start if bit >= 0 else place.stop) * 8 + bit


def _refuse_unopened(
    student: Submission, peer: Peer, forged: Sequence[Numbered], refusals: set[str]
) -> list[Answer]:
    answers = _answers(student, peer, forged)
    for answer in answers:
        wrong = student.failed & {"reject-changed", "reject-tag"}
        if wrong and refusal(answer) not in refusals:
            raise Unseen(min(wrong))
        expect_raised(answer, refusals, "(one bit is flipped)")
        if answer.decryptions:
            why = "it was refused, but something was decrypted before that"
            raise Failure(f"  {answer.call}\n  (one bit is flipped)\n\n  {why}")
    return answers


def _expect_opened(student: Submission, answer: Answer, text: bytes) -> None:
    if "open" not in student.failed or not holds(answer.value, text):
        expect(answer.value, [Kind.TEXT, text], answer.call)


@_add(
    "constant-time",
    "The tag is compared in constant time",
    1,
    _rule("5.3"),
    "Use hmac.compare_digest, or what your library has for it: == stops at the first difference, "
    "and the time tells an attacker how much of a tag was right",
)
@after("open")
def constant_time(student: Submission) -> None:
    peer = Peer(student)
    for _ in range(3):
        counter, text = student.draw.number(0, 999), student.draw.letters(6).encode()
        record = peer.sealed_as(counter, text)
        for bit in (None, peer.fields["tag"].start * 8, peer.fields["tag"].stop * 8 - 1):
            changed = record if bit is None else flip(record, bit)
            answer = student.attempt("open_record", changed, counter, peer.keys)
            if bit is None:
                _expect_opened(student, answer, text)
            if not answer.comparisons and "wrong-keys" in student.failed:
                raise Unseen("wrong-keys")
            if not answer.comparisons:
                told = "it answered without a comparison that takes the same time for all tags"
                raise Failure(f"  {answer.call}\n\n  {told}")
