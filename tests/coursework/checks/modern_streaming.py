"""Checks of `modern_chat.py`, third part: a stream of frames, and the secrets of the whole file."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from tests.coursework import facts
from tests.coursework.answers import Answer, Keys
from tests.coursework.checks.modern_frames import (
    FIELDS,
    FOX,
    HEADER,
    KEYS,
    OTHER_KEYS,
    SIZE,
    right_tag,
    seal_frame,
)
from tests.coursework.compare import expect, visible
from tests.coursework.model import Catalogue, Failure
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission, expect_raised

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")

STREAM = b"".join(facts.frames_of(FOX))
FOX_TEXT = FOX["text"].encode()
FIRST_CHUNK = FOX["frames"][0]["chunk"].encode()


def _feed(student: Submission, pieces: Sequence[bytes]) -> bytes:
    decoder = student.decoder(KEYS)
    received = b""
    for piece in pieces:
        answer = decoder.feed(piece)
        if answer.raised:
            raise Failure(f"  {answer.call}\n\n  it raised {answer.raised}")
        received += _join(answer)
    return received


def _join(answer: Answer) -> bytes:
    chunks = answer.value or []
    if not all(isinstance(item, bytes) for item in chunks):
        raise Failure(f"  {answer.call}\n\n  every chunk must be bytes: {chunks!r}")
    return b"".join(chunks)


@_add(
    "stream-pieces",
    "A frame that arrives in pieces is read",
    3,
    _rule("5"),
    "Keep the received bytes in a buffer; while it has 112 bytes, take a frame from its front",
    ["open"],
)
def stream_pieces(student: Submission) -> None:
    for size in (1, 16, 111, 113):
        pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
        expect(_feed(student, pieces), FOX_TEXT, f"a Decoder that was fed {size} bytes at a time")


@_add(
    "stream-joined",
    "Frames that arrive together are read",
    2,
    _rule("5"),
    "One feed may complete many frames: loop until less than one frame is left",
    ["open"],
)
def stream_joined(student: Submission) -> None:
    received = _feed(student, [STREAM])
    expect(received, FOX_TEXT, f"a Decoder that was fed {len(STREAM)} bytes at once")


@_add(
    "stream-at-once",
    "A chunk comes out as soon as its frame is complete",
    1,
    _rule("5"),
    "Do not wait for the end of the line or for the next frame",
    ["open"],
)
def stream_at_once(student: Submission) -> None:
    received = _feed(student, [STREAM[:SIZE]])
    expect(received, FIRST_CHUNK, "a Decoder that was fed one whole frame")


@_add(
    "stream-bad-frame",
    "Nothing comes out after a bad frame",
    2,
    _rule("4.1"),
    "Yield the chunks before the bad frame, then raise; if fed again, raise again",
    ["stream-pieces", "stream-joined", "stream-at-once", "wrong-keys"],
)
def stream_bad_frame(student: Submission) -> None:
    decoder = student.decoder(KEYS)
    received = _join(decoder.feed(STREAM[:SIZE]))
    answer = decoder.feed(seal_frame(b"forged", 6, OTHER_KEYS))
    received += _join(answer)
    expect_raised(answer, {"AuthenticationError"}, "(a forged frame after a correct one)")
    received += _join(decoder.feed(STREAM[SIZE:]))
    what = "a Decoder that was fed a correct frame, a forged one and two correct ones"
    expect(received, FIRST_CHUNK, what)


@_add(
    "stream-end",
    "A stream may end between two frames, but not inside one",
    1,
    _rule("5"),
    "In close(), raise TruncationError if the buffer still has a part of a frame",
    ["stream-pieces", "stream-joined"],
)
def stream_end(student: Submission) -> None:
    for fed in (b"", STREAM):
        decoder = student.decoder(KEYS)
        decoder.feed(fed)
        answer = decoder.close()
        if answer.raised:
            raise Failure(
                f"  decoder.close() after {len(fed)} bytes\n\n  it raised {answer.raised}"
            )
    for size in (1, 111, 300):
        decoder = student.decoder(KEYS)
        decoder.feed(STREAM[:size])
        expect_raised(decoder.close(), {"TruncationError"}, f"(after {size} bytes)")


# Secrets ---------------------------------------------------------------------------------------


def traces_of(secrets: dict[str, bytes], shown: str) -> list[str]:
    """Return the names of the secrets that can be read in `shown`, as text, hex or base64."""
    found = []
    for name, secret in secrets.items():
        spellings = {
            secret.decode("latin-1"),
            visible(secret.decode("latin-1")),
            repr(secret)[2:-1],
            secret.hex(),
            secret.hex(" "),
            base64.b64encode(secret).decode(),
        }
        if any(spelling.lower() in shown.lower() for spelling in spellings):
            found.append(name)
    return found


@_add(
    "no-secrets",
    "No secret is ever shown",
    1,
    _rule("1.1"),
    "Remove what you printed while debugging. Keep keys out of exceptions and of repr. Keep right "
    "tags out of them, too: an attacker who learns the right tag of a forged frame can use it",
    ["wrong-keys", "stream-joined", "confkey", "authkey"],
)
def no_secrets(student: Submission) -> None:
    forged = seal_frame(b"forged", 6, OTHER_KEYS)
    secrets = {
        "confkey": facts.CONFKEY.encode(),
        "authkey": facts.AUTHKEY.encode(),
        "the confidentiality key": KEYS.confidentiality,
        "the authentication key": KEYS.authentication,
        "the right first tag of a forged frame": right_tag(forged[HEADER]),
        "the right second tag of a forged frame": right_tag(forged[FIELDS["chunk"]]),
    }
    for place, text in _all_shown(student, forged).items():
        if found := traces_of(secrets, text):
            raise Failure(f"  {place}\n\n  shows {' and '.join(found)}")


def _all_shown(student: Submission, forged: bytes) -> dict[str, str]:
    """Call most functions once; return everything that a person could then read."""
    keys = student.call("derive_keys", facts.CONFKEY, facts.AUTHKEY, returns=Keys)
    student.attempt("seal", "hello\n", KEYS)
    _feed(student, [STREAM])
    refused = student.attempt("open_frame", forged, KEYS)
    return {
        "repr of the keys": keys.shown,
        "the text of an exception": refused.raised.text if refused.raised else "",
        "what the program printed": student.printed().decode("latin-1"),
    }
