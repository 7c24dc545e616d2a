"""Checks of `modern_chat.py`, third part: a stream of frames, and the secrets of the whole file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from tests.coursework import facts
from tests.coursework.advice import encode_if_text
from tests.coursework.answers import Answer, Keys
from tests.coursework.checks.modern_frames import FOX, KEYS, Sealer
from tests.coursework.checks.modern_receiving import refusals_of
from tests.coursework.compare import expect, visible
from tests.coursework.expected import keys_of_secrets
from tests.coursework.model import Catalogue, Failure, Unseen, after
from tests.coursework.parts import NOTHING, bytes_in, expect_raised, somehow_come_out
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")


class _Stream(NamedTuple):
    """Frames, joined, and the text in them."""

    keys: Keys
    frames: list[bytes]
    text: bytes

    @property
    def joined(self) -> bytes:
        return b"".join(self.frames)


RECORDED = _Stream(KEYS, facts.frames_of(FOX), FOX["text"].encode())


def _draw_stream(student: Submission, sealer: Sealer, count: int = 3) -> _Stream:
    """Return a stream whose chunks are drawn; the last one ends with a newline."""
    sizes = [student.draw.number(1, 15) for _ in range(count)]
    chunks = [student.draw.letters(size).encode() for size in sizes]
    if not student.failed & {"open", "stream-pieces"}:  # what is printed has newlines of its own
        chunks[-1] = chunks[-1][:-1] + b"\n"
    frames = [sealer.seal(chunk) for chunk in chunks]
    if "open" in student.failed and not _mends(student, sealer):
        # Then this is about what it makes of frames, right or wrong.
        chunks = [_opened(student, frame, sealer.keys) for frame in frames]
    return _Stream(sealer.keys, frames, b"".join(chunks))


def _mends(student: Submission, sealer: Sealer) -> bool:
    """Whether a Decoder makes the right chunk of what `open_frame` wrongly returns."""
    chunk = student.draw.letters(9).encode()
    answer = student.decoder(sealer.keys).feed(sealer.seal(chunk))
    return not answer.raised and _join(student, answer) == chunk


def _opened(student: Submission, frame: bytes, keys: Keys) -> bytes:
    value = bytes_in(somehow_come_out(student.attempt("open_frame", frame, keys)).value)
    if not value:
        raise Unseen("open")
    return value


def _streams(student: Submission, count: int) -> list[_Stream]:
    drawn = _draw_stream(student, Sealer(student, content=True), count)
    return [drawn] if student.failed & {"open", "tag", "stream-pieces"} else [RECORDED, drawn]


def _feed(student: Submission, keys: Keys, pieces: Sequence[bytes]) -> bytes:
    """Feed pieces, until more has come out than is in all of them. Raises Failure."""
    decoder, most = student.decoder(keys), sum(map(len, pieces))
    received = b""
    for piece in pieces:
        if len(received) > most:
            break
        answer = decoder.feed(piece)
        if answer.raised:
            raise Failure(f"  {answer.call}\n\n  it raised {answer.raised}")
        received += _join(student, answer)
    return received


def _join(student: Submission, answer: Answer) -> bytes:
    chunks = answer.value or []
    if "open" in student.failed:
        return bytes_in(chunks)
    if not all(isinstance(item, bytes) for item in chunks):
        raise Failure(
            f"  {answer.call}\n\n  every chunk must be bytes: {chunks!r}", encode_if_text(chunks)
        )
    return b"".join(chunks)


@_add(
    "stream-pieces",
    "A frame that arrives in pieces is read",
    3,
    _rule("5"),
    "Keep the received bytes in a buffer; while it has 112 bytes, take a frame from its front",
)
def stream_pieces(student: Submission) -> None:
    *recorded, drawn = _streams(student, 2)
    cases = [(stream, size) for stream in recorded for size in (16, 113)]
    cases += [(drawn, size) for size in (1, student.draw.number(17, 110), 111)]
    for stream, size in cases:
        whole = stream.joined
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        received = _feed(student, stream.keys, pieces)
        expect(received, stream.text, f"a Decoder that was fed {size} bytes at a time")


@_add(
    "stream-joined",
    "Frames that arrive together are read",
    2,
    _rule("5"),
    "One feed may complete many frames: loop until less than one frame is left",
)
def stream_joined(student: Submission) -> None:
    for stream in _streams(student, student.draw.number(2, 5)):
        received = _feed(student, stream.keys, [stream.joined])
        expect(received, stream.text, f"a Decoder that was fed {len(stream.joined)} bytes at once")


@_add(
    "stream-at-once",
    "A chunk comes out as soon as its frame is complete",
    1,
    _rule("5"),
    "Do not wait for the end of the line or for the next frame",
)
def stream_at_once(student: Submission) -> None:
    sealer = Sealer(student, content=True)
    chunk = student.draw.letters(7).encode()  # no newline: the line goes on
    frame = sealer.seal(chunk)
    if "open" in student.failed and not _mends(student, sealer):
        chunk = _opened(student, frame, sealer.keys)
    received = _feed(student, sealer.keys, [frame])
    expect(received, chunk, "a Decoder that was fed one whole frame")


@_add(
    "stream-bad-frame",
    "Nothing comes out after a bad frame",
    2,
    _rule("4.1"),
    "Yield the chunks before the bad frame, then raise; if fed again, raise again",
)
def stream_bad_frame(student: Submission) -> None:
    """Feed whole frames, one at a time: how pieces are joined is judged by other checks."""
    if student.failed >= {"stream-pieces", "stream-joined"}:
        raise Unseen("stream-pieces")  # it keeps nothing from one call to the next
    sealer = Sealer(student, content=True)
    refusals = refusals_of(student, sealer)
    first, *rest = (_draw_stream(student, sealer, 1) for _ in range(3))
    decoder = student.decoder(sealer.keys)
    received = _join(student, decoder.feed(first.joined))
    if received != first.text and student.failed & {"open", "stream-pieces", "stream-joined"}:
        raise Unseen("stream-joined")
    answer = _without_nothing(decoder.feed(sealer.garble(sealer.forge(b"forged"))), refusals)
    received += _join(student, answer)
    expect_raised(answer, refusals, "(a forged frame after a correct one)")
    for frame in rest:
        received += _join(student, decoder.feed(frame.joined))
    what = "a Decoder that was fed a correct frame, a forged one and two correct ones"
    expect(received, first.text, what)


def _without_nothing(answer: Answer, refusals: set[str]) -> Answer:
    """Leave out what came for a frame if it was nothing, and that is how it is refused."""
    if NOTHING not in refusals or not isinstance(answer.value, list):
        return answer
    return replace(answer, value=[each for each in answer.value if each])


@_add(
    "stream-end",
    "A stream may end between two frames, but not inside one",
    1,
    _rule("5"),
    "In close(), raise TruncationError if the buffer still has a part of a frame",
)
@after("stream-pieces")
def stream_end(student: Submission) -> None:
    stream = _draw_stream(student, Sealer(student, content=True))
    for fed in ([], stream.frames):
        decoder = student.decoder(stream.keys)
        for frame in fed:
            decoder.feed(frame)
        answer = decoder.close()
        if answer.raised:
            size = sum(map(len, fed))
            raise Failure(f"  decoder.close() after {size} bytes\n\n  it raised {answer.raised}")
    first, second = map(len, stream.frames[:2])
    drawn = student.draw.number(2, first - 2), student.draw.number(1, second - 1)
    for before, more in ((0, 1), (0, drawn[0]), (0, first - 1), (first, drawn[1])):
        decoder = student.decoder(stream.keys)
        decoder.feed(stream.joined[:before])
        decoder.feed(stream.joined[before : before + more])
        expect_raised(decoder.close(), {"TruncationError"}, f"(after {before + more} bytes)")


# Secrets ---------------------------------------------------------------------------------------


def traces_of(secrets: Mapping[bytes, str], shown: str) -> list[str]:
    """Return the names of the secrets that can be read in `shown`, as text, hex or base64."""
    found: dict[str, None] = {}
    lowered = shown.lower()
    for secret, name in secrets.items() if shown else ():
        spellings = {
            secret.decode("latin-1"),
            visible(secret.decode("latin-1")),
            repr(secret)[2:-1],
            secret.hex(),
            secret.hex(" "),
            base64.b64encode(secret).decode(),
        }
        if any(spelling.lower() in lowered for spelling in spellings):
            found[name] = None
    return list(found)


@_add(
    "no-secrets",
    "No secret is ever shown",
    1,
    _rule("1.1"),
    "Remove what you printed while debugging. Keep keys out of exceptions and of repr. Keep right "
    "tags out of them, too: an attacker who learns the right tag of a forged frame can use it",
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
    confkey, authkey = student.draw.secret(), student.draw.secret()
    sealer = Sealer.for_any(student, keys_of_secrets(confkey, authkey))
    forged = sealer.forge(student.draw.letters(6).encode())
    with suppress(Failure):
        keys = student.call("derive_keys", confkey, authkey, returns=Keys)
        shown["repr of the keys"] = keys.shown
    with suppress(Failure):
        student.attempt("seal", f"{student.draw.words()}\n", sealer.keys)
        shown["sealing"] = ""
    with suppress(Failure):
        _feed(student, sealer.keys, [sealer.seal(student.draw.letters(6).encode())])
    with suppress(Failure):
        refused = student.attempt("open_frame", forged, sealer.keys)
        shown["the text of an exception"] = refused.raised.text if refused.raised else ""
        right |= sealer.right_tags(forged)
    if not shown:
        raise Unseen("loads" if "loads" in student.failed else "confkey")
    shown["what the program printed"] = student.printed().decode("latin-1")
    return right, shown
