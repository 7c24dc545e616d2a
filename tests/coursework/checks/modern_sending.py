"""Checks of `modern_chat.py`, first part: from the two secrets to the bytes that are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from tests.coursework import expected, facts
from tests.coursework.answers import Keys
from tests.coursework.checks.modern_frames import (
    FIELDS,
    FOX,
    HEADER,
    KEYS,
    SIZE,
    own_tag,
    split_frames,
)
from tests.coursework.compare import expect
from tests.coursework.expected import keys_of_secrets
from tests.coursework.honest_peer import HonestPeer
from tests.coursework.model import Catalogue, Failure, Unseen
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")

MOST_IN_CHUNK = 15
_MESSAGES = 12
IV, LENGTH, CHUNK = FIELDS["iv"], FIELDS["length"], FIELDS["chunk"]


@_add(
    "loads",
    "modern_chat.py can be imported",
    0,
    "A submission: the file modern_chat.py only defines names when it is imported",
    "Run `python modern_chat.py`: it must end at once and print nothing",
)
def loads(student: Submission) -> None:
    student.load()


# Keys ------------------------------------------------------------------------------------------


@_add(
    "confkey",
    "The key that encrypts comes from confkey",
    1,
    _rule("1"),
    "Keys(confidentiality, authentication): 32 bytes each, from digest() and not hexdigest()",
)
def confkey(student: Submission) -> None:
    for conf, auth in _secrets(student):
        keys = student.call("derive_keys", conf, auth, returns=Keys)
        what = f'the confidentiality key of derive_keys("{conf}", …)'
        expect(keys.confidentiality, keys_of_secrets(conf, auth).confidentiality, what)


def _secrets(student: Submission) -> list[tuple[str, str]]:
    drawn = [(student.draw.secret(), student.draw.secret()) for _ in range(2)]
    return [(facts.CONFKEY, facts.AUTHKEY), *drawn]


@_add(
    "authkey",
    "The key that authenticates comes from authkey alone",
    1,
    _rule("1"),
    "Use two hash objects: one object that gets both secrets mixes them into one key",
)
def authkey(student: Submission) -> None:
    for conf, auth in _secrets(student):
        keys = student.call("derive_keys", conf, auth, returns=Keys)
        what = f'the authentication key of derive_keys(…, "{auth}")'
        expect(keys.authentication, keys_of_secrets(conf, auth).authentication, what)


# Chunks ----------------------------------------------------------------------------------------


def _chunks(student: Submission, message: str) -> list[bytes]:
    chunks: list[bytes] = student.call("split_chunks", message, returns=list)
    if not all(isinstance(chunk, bytes) for chunk in chunks):
        raise Failure(f"  split_chunks({message!r})\n\n  every chunk must be bytes: {chunks!r}")
    return chunks


@_add(
    "chunks",
    "A message is cut into chunks of at most 15 bytes",
    2,
    _rule("2"),
    "PKCS#7 adds at least one byte, so at most 15 bytes fit into a block of 16",
)
def chunks(student: Submission) -> None:
    for message in (
        "exactly15bytes!",
        "sixteen bytes ok",
        "forty-four bytes of text for three frames!!!",
        *(student.draw.letters(size) for size in (15, 16, student.draw.number(31, 99))),
    ):
        cut = _chunks(student, message)
        longest = max(cut, key=len, default=b"")
        if len(longest) > MOST_IN_CHUNK:
            raise Failure(
                f"  split_chunks({message!r})\n\n  expected  chunks of at most 15 bytes\n"
                f"  actual    {longest!r} has {len(longest)}"
            )
        if b"" in cut:
            raise Failure(f"  split_chunks({message!r})\n\n  no chunk may be empty: {cut!r}")
        expect(b"".join(cut), message.encode(), f"the chunks of {message!r}, joined")


@_add(
    "newline",
    "The newline is part of the message",
    1,
    _rule("2"),
    "Do not strip the line: the receiver shows what it gets and adds no newline",
    parts=["chunks"],
)
def newline(student: Submission) -> None:
    if "chunks" in student.failed and b"".join(_chunks(student, "hello")) != b"hello":
        raise Unseen("chunks")
    for message in ("hello\n", "\n", f"{student.draw.words()}\n"):
        actual = b"".join(_chunks(student, message))
        expect(actual, message.encode(), f"the chunks of {message!r}, joined")


@_add(
    "characters",
    "No chunk ends inside a character",
    2,
    _rule("2"),
    "In UTF-8, a byte from 0x80 to 0xbf continues a character: no chunk may begin with one",
    ["chunks"],
)
def characters(student: Submission) -> None:
    drawn = [student.draw.foreign(count) for count in (5, 20)]
    for message in ("key 🔑🔑🔑🔑", "é" * 20, "aé☃🔑" * 9, *drawn):
        cut = _chunks(student, message)
        expect(b"".join(cut), message.encode(), f"the chunks of {message!r}, joined")
        for chunk in cut:
            try:
                chunk.decode()
            except UnicodeDecodeError:
                what = f"this chunk ends inside a character: {chunk!r}"
                raise Failure(f"  split_chunks({message!r})\n\n  {what}") from None


# One frame -------------------------------------------------------------------------------------


@_add(
    "tag",
    "A tag is an HMAC-SHA256",
    2,
    _rule("3.4"),
    "hmac.new(key, data, 'sha256').digest(); a plain hash of key and data is not an HMAC",
)
def tag(student: Submission) -> None:
    published = Keys(bytes(32), facts.HMAC_KEY)
    actual = student.call("tag", facts.HMAC_DATA, published, returns=bytes)
    expect(actual, facts.HMAC_TAG, "tag (RFC 4231, test case 4)")
    for size in (16, 32, student.draw.number(0, 99)):
        data, keys = student.draw.octets(size), student.draw.keys()
        actual = student.call("tag", data, keys, returns=bytes)
        expect(actual, expected.hmac_of(data, keys), f"tag of {size} bytes, drawn for this run")


class _Made(NamedTuple):
    """A frame that the submission made, and what it should be."""

    chunk: bytes
    keys: Keys
    frame: bytes
    right: bytes


def _frames(student: Submission) -> Iterator[_Made]:
    """Let the submission make some frames: those of a recording, and some that are drawn."""
    for case in FOX["frames"]:
        recorded = bytes.fromhex(case["frame"])
        chunk = case["chunk"].encode()
        made = student.call("seal_frame", chunk, len(chunk), KEYS, recorded[IV], returns=bytes)
        yield _Made(chunk, KEYS, made, recorded)
    for size in (15, student.draw.number(1, 14)):
        chunk, keys = student.draw.letters(size).encode(), student.draw.keys()
        iv = student.draw.iv()
        made = student.call("seal_frame", chunk, size, keys, iv, returns=bytes)
        yield _Made(chunk, keys, made, expected.modern_frame(chunk, size, keys, iv))


@_add(
    "frame",
    "A frame has 112 bytes and starts with its IV",
    1,
    _rule("3"),
    "IV, E(length), tag, E(chunk), tag: 16 + 16 + 32 + 16 + 32",
)
def frame(student: Submission) -> None:
    for made in _frames(student):
        if len(made.frame) != SIZE:
            actual = len(made.frame)
            raise Failure(f"  seal_frame\n\n  expected  112 bytes\n  actual    {actual}")
        expect(made.frame[IV], made.right[IV], "bytes 0 to 15, the IV, in seal_frame")


@_add(
    "length",
    "The length is encrypted under the IV",
    2,
    _rule("3.3"),
    "AES.new(key, AES.MODE_CBC, iv=iv).encrypt(pad(b'15', 16)): digits, then PKCS#7",
    ["frame"],
)
def length(student: Submission) -> None:
    for made in _frames(student):
        what = f"bytes 16 to 31, E(length), in seal_frame of {made.chunk!r}"
        expect(made.frame[LENGTH], made.right[LENGTH], what)


@_add(
    "chunk",
    "The chunk is encrypted as the second block of the same stream",
    3,
    _rule("3.3"),
    "Use one cipher object for both: its second encrypt continues where the first one ended",
    ["frame"],
)
def chunk(student: Submission) -> None:
    """Accept a chunk that continues from a wrong E(length), which costs points in another check."""
    for made in _frames(student):
        continued = AES.new(made.keys.confidentiality, AES.MODE_CBC, iv=made.frame[LENGTH])
        if made.frame[CHUNK] != continued.encrypt(pad(made.chunk, 16)):
            what = f"bytes 64 to 79, E(chunk), in seal_frame of {made.chunk!r}"
            expect(made.frame[CHUNK], made.right[CHUNK], what)


def _compare_tag(student: Submission, covered: slice, tag_field: slice) -> None:
    for made in _frames(student):
        what = (
            f"bytes {tag_field.start} to {tag_field.stop - 1} of your frame, compared with the "
            f"HMAC-SHA256 of its bytes {covered.start} to {covered.stop - 1}"
        )
        right = expected.hmac_of(made.frame[covered], made.keys)
        if made.frame[tag_field] != right and "tag" in student.failed:
            right = own_tag(student, made.frame[covered], made.keys)
        expect(made.frame[tag_field], right, what)


@_add(
    "length-tag",
    "The first tag covers the IV and E(length)",
    2,
    _rule("3.4"),
    "Encrypt first; then make the tag of the 32 bytes that are sent",
    ["frame"],
)
def length_tag(student: Submission) -> None:
    _compare_tag(student, HEADER, FIELDS["length-tag"])


@_add(
    "chunk-tag",
    "The second tag covers E(chunk)",
    2,
    _rule("3.4"),
    "Encrypt first; then make the tag of the 16 bytes that are sent",
    ["frame"],
)
def chunk_tag(student: Submission) -> None:
    _compare_tag(student, CHUNK, FIELDS["chunk-tag"])


# Messages --------------------------------------------------------------------------------------

_PARTS = ("length", "chunk", "length-tag", "chunk-tag")
LONG = "a message that is long enough for a good many frames: " * 6 + "☃\n"


def _sealed_frames(student: Submission, message: str, keys: Keys) -> list[bytes]:
    sealed = student.call("seal", message, keys, returns=bytes)
    if not sealed or len(sealed) % SIZE:
        raise Failure(
            f"  seal({message[:20]!r}…)\n\n  expected  frames of 112 bytes, joined\n"
            f"  actual    {len(sealed)} bytes"
        )
    frames = split_frames(sealed)
    student.notes += [made[IV] for made in frames]
    return frames


@_add(
    "seal",
    "A whole message becomes frames that a peer can open",
    2,
    _rule("3.2"),
    "In seal, call split_chunks, and for each chunk call seal_frame with its length in bytes",
    ["frame", "chunks"],
    _PARTS,
)
def seal(student: Submission) -> None:
    """If a part is wrong, its points are lost already: here it only has to be used."""
    keys = student.draw.keys()
    drawn = f"{student.draw.foreign(9)}\n"
    for message in ("hello\n", "key 🔑🔑🔑🔑\n", LONG, drawn, f"{student.draw.words(20)}\n"):
        frames = _sealed_frames(student, message, keys)
        if not student.failed.intersection(("newline", "characters", "tag", *_PARTS)):
            _expect_opened(frames, message, keys)
        _expect_composed(student, frames, message, keys)


def _expect_opened(frames: list[bytes], message: str, keys: Keys) -> None:
    what = f"seal({message[:20]!r}…), opened by an honest peer"
    try:
        opened = HonestPeer(keys).open(b"".join(frames))
    except Failure as refused:
        raise Failure(f"  {what}\n\n{refused}") from None
    expect(opened, message, what)


def _expect_composed(student: Submission, frames: list[bytes], message: str, keys: Keys) -> None:
    """Compare with what the submission's own functions make of the message, with the same IVs."""
    cut = _chunks(student, message)
    if len(cut) != len(frames):
        expect(len(frames), len(cut), f"the number of frames in seal({message[:20]!r}…)")
    for number, (chunk, made) in enumerate(zip(cut, frames, strict=True)):
        right = student.call("seal_frame", chunk, len(chunk), keys, made[IV], returns=bytes)
        what = f"seal({message[:20]!r}…), frame {number}, compared with seal_frame({chunk!r}, "
        expect(made, right, f"{what}{len(chunk)}, …) under the same IV")


@_add(
    "fresh-iv",
    "Every frame has its own IV",
    3,
    _rule("3.1"),
    "Make a new IV for each frame, not one for each message or for the whole program",
    ["frame"],
    _PARTS,
)
def fresh_iv(student: Submission) -> None:
    keys = student.draw.keys()
    ivs = [made[IV] for _ in range(2) for made in _seen_frames(student, LONG, keys)]
    for number, iv in enumerate(ivs):
        if iv in ivs[:number]:
            raise Failure(
                f"  seal, of the same message twice: {len(ivs)} frames\n\n"
                f"  frames {ivs.index(iv)} and {number} have the same IV: {iv.hex(' ')}"
            )


def _seen_frames(student: Submission, message: str, keys: Keys) -> list[bytes]:
    """Return the frames of a message. If there are none, another check says why."""
    try:
        return _sealed_frames(student, message, keys)
    except Failure:
        if "seal" in student.failed:
            raise Unseen("seal") from None
        raise


@_add(
    "random-iv",
    "Nobody can predict an IV",
    2,
    _rule("3.1"),
    "Use os.urandom or the secrets module: no counter, no clock, no seed",
    ["frame"],
    _PARTS,
)
def random_iv(student: Submission) -> None:
    """By chance, a correct submission fails here less than once in 2**80 runs."""
    keys = student.draw.keys()
    messages = [LONG, *(f"{student.draw.words()}\n" for _ in range(_MESSAGES))]
    ivs = list(
        dict.fromkeys(made[IV] for each in messages for made in _seen_frames(student, each, keys))
    )
    if "fresh-iv" in student.failed and len(ivs) < _MESSAGES:
        raise Unseen("fresh-iv")
    for position in range(16):
        if len({iv[position] for iv in ivs}) == 1:
            raise Failure(
                f"  seal: {len(ivs)} frames\n\n"
                f"  byte {position} of every IV is {ivs[0][position]:02x}: {ivs[0].hex(' ')}, "
                f"then {ivs[1].hex(' ')}"
            )
    seen = set(student.notes)
    student.restart()
    again = _seen_frames(student, LONG, keys)[0][IV]
    if again in seen:
        raise Failure(
            "  seal, after the program was started again\n\n"
            f"  it uses an IV of the first run again: {again.hex(' ')}"
        )
