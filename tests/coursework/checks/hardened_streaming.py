"""Checks of `hardened_chat.py`, third part: a stream of records, and the secrets of all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from tests.coursework import expected, facts
from tests.coursework.advice import encode_if_text
from tests.coursework.answers import Answer, Direction, Kind
from tests.coursework.checks.hardened_receiving import refusals_of
from tests.coursework.checks.hardened_records import Peer
from tests.coursework.checks.hardened_sending import NEAR_RENEWAL, derived
from tests.coursework.checks.modern_streaming import traces_of
from tests.coursework.compare import expect
from tests.coursework.hardened_parts import SIZE
from tests.coursework.model import Catalogue, Failure, Unseen, after
from tests.coursework.parts import expect_raised
from tests.coursework.rules import rules_of
from tests.coursework.submission import Decoder, Submission

CATALOGUE = Catalogue("hardened", first="loads")
_add = CATALOGUE.add
_rule = rules_of("hardened")

_REFUSED = {"AuthenticationError"}
_UNCOUNTED = "A record before this one was read. Is it counted, by a call of direction.advance()?"
_TOO_LARGE = (65535, 1088, 1073)
_BAD_LENGTHS = (*_TOO_LARGE, 0, 16, 48, 63, 65, 303)


# The length ------------------------------------------------------------------------------------


def _begin(student: Submission, rest: int) -> bytes:
    """Return the start of a record with that length, and some bytes that do not matter."""
    return rest.to_bytes(2, "big") + student.draw.octets(20)


@_add(
    "measure",
    "The first two bytes say how long a record is",
    1,
    _rule("5.6"),
    "int.from_bytes(start[:2], 'big') counts what follows: the two bytes come on top",
)
def measure(student: Submission) -> None:
    for rest in (64, 304, 1072, 16 * student.draw.number(5, 66)):
        start = _begin(student, rest)
        for given in (start, start * 3):
            made = student.call("measure", given, returns=int)
            expect(made, rest + 2, f"measure of a record that begins with {start[:2].hex(' ')}")
    for given in (b"", b"\x01"):
        answer = student.attempt("measure", given)
        if answer.raised or answer.value != 0:
            came = answer.raised or answer.value
            text = f"  measure({given!r})\n\n  expected  0\n  actual    {came}"
            raise Failure(text, "Less than two bytes are no length yet: return 0 and wait for more")


@_add(
    "bounds",
    "A length that no record has is refused",
    1,
    _rule("5.6"),
    "Behind its length, the shortest record has an IV, one block and a tag (16 + 16 + 32 bytes), "
    "and the longest has 64 blocks",
)
@after("measure")
def bounds(student: Submission) -> None:
    drawn = 16 * student.draw.number(5, 66) + student.draw.number(1, 15)
    for rest in student.draw.shuffled((*_BAD_LENGTHS, drawn)):
        sound = student.call("measure", _begin(student, 304))
        if "measure" not in student.failed:
            expect(sound, SIZE, "measure of a record with the length 304")
        answer = student.attempt("measure", _begin(student, rest))
        expect_raised(answer, _REFUSED, f"(the length is {rest})")


# A receiver ------------------------------------------------------------------------------------


def _texts(student: Submission, count: int) -> list[bytes]:
    return [f"{student.draw.words()}\n".encode() for _ in range(count)]


def _come_out(answer: Answer) -> bytes:
    """Return the texts that came out of a Decoder, joined. Raises Failure."""
    texts = answer.value or []
    if not all(isinstance(text, bytes) for text in texts):
        raise Failure(
            f"  {answer.call}\n\n  every text must be bytes: {texts!r}", encode_if_text(texts)
        )
    return b"".join(texts)


def _feed(decoder: Decoder, pieces: Sequence[bytes]) -> bytes:
    """Feed pieces of a sound stream; return the text. Raises Failure.

    It ends if more has come out than is in all pieces: what is wrong can be seen then.
    """
    received, most = b"", sum(map(len, pieces))
    for piece in pieces:
        if len(received) > most:
            break
        answer = decoder.feed(piece)
        if answer.raised:
            hint = _UNCOUNTED if received or answer.value else ""
            raise Failure(f"  {answer.call}\n\n  it raised {answer.raised}", hint)
        received += _come_out(answer)
    return received


def _peer_of(student: Submission) -> Peer:
    """Return a peer whose records a Decoder reads, also one that does not count them.

    The points of that are lost in `stream-pieces` and `stream-kinds`.
    """
    peer = Peer(student, counter=_first_number(student), content=True)
    if "stream-pieces" in student.failed:
        decoder, texts = student.decoder(peer.direction), _texts(student, 2)
        answers = [decoder.feed(peer.sealed_as(peer.counter, text)) for text in texts]
        peer.counts = not all(answer.value == [t] for answer, t in zip(answers, texts, strict=True))
    return peer


def _first_number(student: Submission) -> int:
    """Return the number of the first record: 0, if a Decoder then reads some records.

    If it replaces its keys too early, the points of that are lost in the checks of the renewal.
    """
    if "sealer-renewal" in student.failed:
        for counter in (0, student.draw.number(2, 99)):
            peer, texts = Peer(student, counter=counter, content=True), _texts(student, 3)
            answers = map(student.decoder(peer.direction).feed, map(peer.seal, texts))
            if b"".join(_come_out(each) for each in answers) == b"".join(texts):
                return counter
    return 0


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[start : start + size] for start in range(0, len(stream), size)]


def _recorded(student: Submission) -> list[tuple[Direction, bytes, bytes]]:
    """Return what the client of a recording has sent: direction, stream and text."""
    if student.failed & {"tag", "plaintext", "open", "stream-pieces"}:
        return []
    sent = facts.hardened_sent("client")
    stream, text = b"".join(each[2] for each in sent), b"".join(each[1] for each in sent)
    return [(Direction(facts.hardened_keys()[0]), stream, text)]


def _streams(student: Submission, count: int) -> list[tuple[Direction, bytes, bytes]]:
    peer, texts = _peer_of(student), _texts(student, count)
    direction = peer.direction
    drawn = (direction, b"".join(map(peer.seal, texts)), b"".join(texts))
    return [drawn] if direction.counter else [*_recorded(student), drawn]


@_add(
    "stream-pieces",
    "A record that arrives in pieces is read",
    1,
    _rule("5.7"),
    "Keep the received bytes; while measure says that a record is complete, take it from the front",
)
@after("open")
def stream_pieces(student: Submission) -> None:
    for number, (direction, stream, text) in enumerate(reversed(_streams(student, 1))):
        for size in (SIZE - 1, SIZE + 1) if number else (1, student.draw.number(20, 300)):
            received = _feed(student.decoder(direction), _cut(stream, size))
            expect(received, text, f"a Decoder that was fed {size} bytes at a time")


@_add(
    "stream-joined",
    "Records that arrive together are read",
    1,
    _rule("5.7"),
    "One feed may complete many records: loop until less than one record is left",
)
@after("open")
def stream_joined(student: Submission) -> None:
    for direction, stream, text in _streams(student, student.draw.number(2, 5)):
        received = _feed(student.decoder(direction), [stream])
        expect(received, text, f"a Decoder that was fed {len(stream)} bytes at once")


@_add(
    "stream-kinds",
    "Records without text show nothing, and they are counted",
    1,
    _rule("5.2"),
    "Call advance for each record, whatever its kind; yield the text of those that have one",
)
@after("open")
def stream_kinds(student: Submission) -> None:
    peer = Peer(student, counter=_first_number(student), content=True)
    decoder, texts = student.decoder(peer.direction), _texts(student, 3)
    sealed = []
    for text in texts:
        for _ in range(student.draw.number(1, 2)):
            sealed.append(peer.seal(b"", Kind.PADDING))
        sealed.append(peer.seal(text))
    what = "a Decoder that was fed texts, with records of kind PADDING between them"
    expect(_feed(decoder, [*sealed, peer.seal(b"", Kind.END)]), b"".join(texts), what)


@_add(
    "stream-bounded",
    "A length out of bounds is refused before the rest has arrived",
    1,
    _rule("5.6"),
    "Call measure as soon as two bytes are there, and let its error out: do not wait for the rest",
)
@after("open")
def stream_bounded(student: Submission) -> None:
    for rest in _TOO_LARGE:
        start = _begin(student, rest)
        cuts: list[tuple[bytes, ...]] = [(start[:2],), (start[:1], start[1:2]), (start,)]
        for pieces in cuts:
            if len(pieces) > 1 and "stream-pieces" in student.failed:
                continue
            decoder = _after_a_record(student)
            answers = [decoder.feed(piece) for piece in pieces]
            what = f"(after a text, {' and then '.join(f'{len(p)} bytes' for p in pieces)})"
            expect_raised(answers[-1], _REFUSED, f"{what}\n  (the length is {rest})")


def _after_a_record(student: Submission) -> Decoder:
    """Return a Decoder that has read a text, or the start of one if its `measure` is wrong."""
    if "measure" in student.failed:
        decoder = student.decoder(Direction(student.draw.keys()))
        if student.decoder(Direction(student.draw.keys())).feed(_begin(student, 304)).raised:
            raise Unseen("measure")
        return decoder
    peer = Peer(student, content=True)
    decoder, (text,) = student.decoder(peer.direction), _texts(student, 1)
    expect(_feed(decoder, [peer.seal(text)]), text, "a Decoder that was fed one record")
    return decoder


_MOVES = {
    "repeated at once": (1, 0),
    "repeated later": (2, 0),
    "that follows one left out": (1, 2),
    "exchanged with the first one": (0, 1),
}
"""How many records come in order, and which one comes then."""


@_add(
    "stream-moved",
    "A record that was repeated, left out or exchanged is noticed",
    1,
    _rule("5.2"),
    "Open each record with the number that is next, and count it only then",
)
@after("open")
def stream_moved(student: Submission) -> None:
    for what, (count, moved) in _MOVES.items():
        peer = Peer(student, counter=_first_number(student), content=True)
        refusals, texts = refusals_of(student, peer), _texts(student, 3)
        decoder = student.decoder(peer.direction)
        sent = [peer.seal(text) for text in texts]
        received = _feed(decoder, sent[:count])
        expect(received, b"".join(texts[:count]), f"a Decoder that was fed {count} records")
        answer = decoder.feed(sent[moved])
        expect(_come_out(answer), b"", f"a Decoder that was fed a record {what}")
        expect_raised(answer, refusals, f"(a record {what})")


@_add(
    "stream-bad-record",
    "Nothing comes out after a bad record",
    1,
    _rule("5.7"),
    "Yield the texts before the bad record, then raise; if fed again, raise again",
)
@after("open", "stream-pieces", "stream-joined")
def stream_bad_record(student: Submission) -> None:
    for counted in (True, False):
        peer, texts = _peer_of(student), _texts(student, 3)
        refusals = refusals_of(student, peer)
        decoder = student.decoder(peer.direction)
        sound, bad = peer.seal(texts[0]), peer.garble(b"forged", peer.counter).record
        answer = decoder.feed(sound + bad)
        expect(_come_out(answer), texts[0], "a Decoder that was fed a correct record and a forged")
        expect_raised(answer, refusals, "(a forged record after a correct one)")
        if (
            counted and peer.counts
        ):  # a receiver that counts the bad record would open these, the other one those
            peer.counter += 1
        before = f"a Decoder that was fed the text {texts[0]!r}, a forged record"
        for text in texts[1:]:
            again = decoder.feed(peer.seal(text))
            before += f", then the text {text!r} in a correct record"
            expect(_come_out(again), b"", f"{before}: nothing may come out after the forged one")
            expect_raised(again, refusals, f"({before})")


@_add(
    "stream-end",
    "Only a stream whose end was said may end",
    1,
    _rule("6"),
    "In close(), raise TruncationError unless a record of kind END has come",
)
@after("open")
def stream_end(student: Submission) -> None:
    peer, texts = _peer_of(student), _texts(student, 2)
    direction = peer.direction
    sent = [*map(peer.seal, texts), peer.seal(b"", Kind.END)]
    stream = b"".join(sent)
    decoder = student.decoder(direction)
    expect(_feed(decoder, sent), b"".join(texts), "a Decoder that was fed two texts and the end")
    answer = decoder.close()
    if answer.raised:
        raise Failure(f"  decoder.close() after the end\n\n  it raised {answer.raised}")
    whole = len(sent[0])
    inside = student.draw.number(2, whole - 2)
    for size in (0, whole, 2 * whole, inside, whole + inside, 3 * whole - 1):
        decoder = student.decoder(direction)
        for piece in _cut(stream[:size], whole):
            decoder.feed(piece)
        why = f"(after {size} bytes of {len(stream)}: the end was not said)"
        expect_raised(decoder.close(), {"TruncationError"}, why)


@_add(
    "stream-after-end",
    "A record after the end is refused",
    1,
    _rule("6"),
    "Remember that the end was said: whatever comes then raises RecordError",
)
@after("open")
def stream_after_end(student: Submission) -> None:
    for kind in (Kind.TEXT, Kind.END, Kind.PADDING):
        peer, (text, more) = _peer_of(student), _texts(student, 2)
        decoder = student.decoder(peer.direction)
        expect(_feed(decoder, [peer.seal(text)]), text, "a Decoder that was fed one record")
        _feed(decoder, [peer.seal(b"", Kind.END)])
        answer = decoder.feed(peer.seal(more if kind is Kind.TEXT else b"", kind))
        inside = f" with the text {more!r}" if kind is Kind.TEXT else ""
        before = (
            f"a Decoder that was fed the text {text!r}, a record of {Kind.END}, then a correct "
            f"record of {kind}{inside}"
        )
        expect(_come_out(answer), b"", f"{before}: nothing may come out after the end")
        expect_raised(answer, {"RecordError"}, f"({before})")


@_add(
    "stream-renewal",
    "A receiver replaces its keys after 2^20 records",
    1,
    _rule("7"),
    "Call advance of the direction after each record; the next one is opened with its keys",
)
@after("open")
def stream_renewal(student: Submission) -> None:
    for counter in NEAR_RENEWAL:
        peer = Peer(student, counter=counter, content=True)
        decoder, texts = student.decoder(peer.direction), _texts(student, 4)
        what = f"a Decoder whose direction had {counter} records before"
        expect(_feed(decoder, [*map(peer.seal, texts)]), b"".join(texts), what)


# Secrets ---------------------------------------------------------------------------------------


@_add(
    "no-secrets",
    "No secret is ever shown",
    1,
    _rule("4.1"),
    "Remove what you printed while debugging. Keep keys out of exceptions and of repr. Keep right "
    "tags out of them, too: an attacker who learns the right tag of a forged record can use it",
)
def no_secrets(student: Submission) -> None:
    right_tags, shown = _all_shown(student)
    for place, text in shown.items():
        if found := traces_of(student.secrets | right_tags, text):
            raise Failure(f"  {place}\n\n  shows {' and '.join(found)}")


def _all_shown(student: Submission) -> tuple[dict[bytes, str], dict[str, str]]:
    """Call most functions; return secrets, and everything that a person could then read.

    What is wrong or not written yet shows nothing. Raises Unseen if that is everything.
    """
    shown: dict[str, str] = {}
    right: dict[bytes, str] = {}
    agreed, transcript = student.draw.octets(16), student.draw.octets(132)
    peer = Peer.for_any(student, expected.keys_of_directions(agreed, transcript)[0])
    forged = peer.forge(student.draw.letters(6).encode(), 0).record
    with suppress(Failure):
        shown["repr of the keys"] = " ".join(
            keys.shown for keys in derived(student, agreed, transcript)
        )
    with suppress(Failure):
        student.sealer(peer.direction).seal(f"{student.draw.words()}\n")
        shown["sealing"] = ""
    with suppress(Failure):
        _feed(student.decoder(peer.direction), [peer.sealed_as(0, b"hello")])
    with suppress(Failure):
        refused = student.attempt("open_record", forged, 0, peer.keys)
        shown["the text of an exception"] = refused.raised.text if refused.raised else ""
        covered = expected.numbered(0, peer.covered(forged))
        right[expected.hmac_of(covered, peer.keys)] = "the right tag of a forged record"
    if not shown:
        raise Unseen("loads" if "loads" in student.failed else "client-keys")
    shown["what the program printed"] = student.printed().decode("latin-1")
    return right, shown
