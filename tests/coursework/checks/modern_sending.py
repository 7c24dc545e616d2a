"""Checks of `modern_chat.py`, first part: from the two secrets to the bytes that are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad
from Crypto.Util.strxor import strxor

from tests.coursework import expected, facts
from tests.coursework.advice import COUNT_BYTES, encode_if_text
from tests.coursework.answers import Keys
from tests.coursework.checks.modern_frames import FOX, KEYS, own_tag
from tests.coursework.compare import expect
from tests.coursework.expected import keys_of_secrets
from tests.coursework.honest_peer import HonestPeer
from tests.coursework.model import Catalogue, Failure, Unseen, after
from tests.coursework.modern_parts import (
    FIELDS,
    SIZE,
    cut_frames,
    layout_of,
    let_chunks_be_usable,
    let_tag_be_usable,
    own_frame,
)
from tests.coursework.parts import Fields, as_bytes, joined, somehow_come_out
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")

MOST_IN_CHUNK = 15
_MESSAGES = 12


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
    if "chunks" in student.failed:
        chunks = [*map(as_bytes, chunks)]
    if not all(isinstance(chunk, bytes) for chunk in chunks):
        text = f"  split_chunks({message!r})\n\n  every chunk must be bytes: {chunks!r}"
        raise Failure(text, encode_if_text(chunks))
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
@after("chunks")
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
)
@after("chunks")
def characters(student: Submission) -> None:
    drawn = [student.draw.foreign(count) for count in (5, 20)]
    for message in ("key 🔑🔑🔑🔑", "é" * 20, "aé☃🔑" * 9, *drawn):
        cut = _chunks(student, message)
        expect(b"".join(cut), message.encode(), f"the chunks of {message!r}, joined")
        longest = max(cut, key=len)
        if len(longest) > MOST_IN_CHUNK and "chunks" not in student.failed:
            what = f"this chunk has {len(longest)} bytes: {longest!r}"
            raise Failure(f"  split_chunks({message!r})\n\n  {what}", COUNT_BYTES)
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
    "hmac.new(keys.authentication, data, 'sha256').digest() has 32 bytes; hexdigest() has 64, and "
    "a plain hash of key and data is not an HMAC",
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
    fields: Fields = FIELDS

    def part(self, *names: str) -> bytes:
        """Return some fields of the frame, joined."""
        return b"".join(self.frame[self.fields[name]] for name in names)

    def right_part(self, name: str) -> bytes:
        return self.right[FIELDS[name]]

    def place(self, *names: str) -> str:
        """Return where some fields are, in words: neighbours as one."""
        fields = [self.fields[name] for name in names]
        if fields[0].stop == fields[-1].start:
            fields = [slice(fields[0].start, fields[-1].stop)]
        return " and ".join(f"{each.start} to {each.stop - 1}" for each in fields)


def _frames(student: Submission) -> list[_Made]:
    """Let the submission make some frames: those of a recording, and some that are drawn.

    If its frames have another layout, its points are lost already: the fields are looked for.
    """
    let_tag_be_usable(student)
    frames = list(_made(student))
    if "frame" in student.failed:
        fields = layout_of((made.frame, made.right) for made in frames)
        frames = [made._replace(fields=fields) for made in frames]
    return frames


def _made(student: Submission) -> Iterator[_Made]:
    for case in FOX["frames"]:
        recorded, chunk = bytes.fromhex(case["frame"]), case["chunk"].encode()
        made = _whole_frame(student, chunk, KEYS, recorded[FIELDS["iv"]])
        yield _Made(chunk, KEYS, made, recorded)
    for size in (15, student.draw.number(1, 14)):
        chunk, keys = student.draw.letters(size).encode(), student.draw.keys()
        iv = student.draw.iv()
        made = _whole_frame(student, chunk, keys, iv)
        yield _Made(chunk, keys, made, expected.modern_frame(chunk, size, keys, iv))


def _whole_frame(student: Submission, chunk: bytes, keys: Keys, iv: bytes) -> bytes:
    """Return a frame that the submission made, with its IV if only that was left out."""
    made = own_frame(student, chunk, len(chunk), keys, iv)
    right = expected.modern_frame(chunk, len(chunk), keys, iv)
    return right if "frame" in student.failed and iv + made == right else made


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
        expect(made.part("iv"), made.right_part("iv"), "bytes 0 to 15, the IV, in seal_frame")


@_add(
    "length",
    "The length is encrypted under the IV",
    2,
    _rule("3.3"),
    "AES.new(key, AES.MODE_CBC, iv=iv).encrypt(pad(b'15', 16)): digits, then PKCS#7",
)
@after("frame")
def length(student: Submission) -> None:
    for made in _frames(student):
        what = f"bytes {made.place('length')}, E(length), in seal_frame of {made.chunk!r}"
        expect(made.part("length"), made.right_part("length"), what)


@_add(
    "chunk",
    "The chunk is encrypted as the second block of the same stream",
    3,
    _rule("3.3"),
    "Use one cipher object for both: its second encrypt continues where the first one ended",
)
@after("frame")
def chunk(student: Submission) -> None:
    """Accept a chunk that continues from a wrong E(length), which costs points in another check."""
    for made in _frames(student):
        continued = AES.new(made.keys.confidentiality, AES.MODE_CBC, iv=made.part("length"))
        if made.part("chunk") != continued.encrypt(pad(made.chunk, 16)):
            what = f"bytes {made.place('chunk')}, E(chunk), in seal_frame of {made.chunk!r}"
            expect(made.part("chunk"), made.right_part("chunk"), what)


def _compare_tag(student: Submission, tag_field: str, *covered: str) -> None:
    """Compare a tag; of one that is cut off, whose points are lost already, what is left."""
    for made in _frames(student):
        what = (
            f"bytes {made.place(tag_field)} of your frame, compared with the "
            f"HMAC-SHA256 of its bytes {made.place(*covered)}"
        )
        came, right = made.part(tag_field), expected.hmac_of(made.part(*covered), made.keys)
        if "frame" in student.failed:
            right = right[: len(came)]
        if came != right and "tag" in student.failed:
            right = own_tag(student, made.part(*covered), made.keys)
        expect(came, right, what)


@_add(
    "length-tag",
    "The first tag covers the IV and E(length)",
    2,
    _rule("3.4"),
    "Encrypt first; then make the tag of the 32 bytes that are sent",
)
@after("frame")
def length_tag(student: Submission) -> None:
    _compare_tag(student, "length-tag", "iv", "length")


@_add(
    "chunk-tag",
    "The second tag covers E(chunk)",
    2,
    _rule("3.4"),
    "Encrypt first; then make the tag of the 16 bytes that are sent",
)
@after("frame")
def chunk_tag(student: Submission) -> None:
    _compare_tag(student, "chunk-tag", "chunk")


# Messages --------------------------------------------------------------------------------------

_PARTS = ("length", "chunk", "length-tag", "chunk-tag")
_SEEN_BY_A_PEER = {"chunks", "newline", "characters", "tag", "frame", *_PARTS}
LONG = "a message that is long enough for a good many frames: " * 6 + "☃\n"


def _sealed_frames(student: Submission, message: str, keys: Keys) -> list[bytes]:
    """Return the frames of a message. Raises Failure."""
    let_tag_be_usable(student)
    let_chunks_be_usable(student, message)
    answer = student.attempt("seal", message, keys)
    if "seal" in student.failed:
        answer = replace(answer, value=joined(somehow_come_out(answer).value))
    sealed = student.value_of(answer, bytes)
    frames = cut_frames(student, sealed, message, keys)
    if not frames:
        raise Failure(
            f"  seal({message[:20]!r}…)\n\n  expected  frames of 112 bytes, joined\n"
            f"  actual    {len(sealed)} bytes",
            _hint_of_size(student, message),
        )
    if "frame" in student.failed and _leaves_out_ivs(student):
        return _with_ivs(frames, _chunks(student, message), keys)
    return frames


def _leaves_out_ivs(student: Submission) -> bool:
    keys, iv = student.draw.keys(), student.draw.iv()
    return own_frame(student, b"iv", 2, keys, iv) != _whole_frame(student, b"iv", keys, iv)


def _with_ivs(frames: list[bytes], chunks: list[bytes], keys: Keys) -> list[bytes]:
    """Return frames with the IVs that they were made with, which E(length) at their start tells."""
    size, cipher = AES.block_size, AES.new(keys.confidentiality, AES.MODE_ECB)
    return [
        strxor(cipher.decrypt(made[:size]), pad(b"%d" % len(chunk), size)) + made
        for made, chunk in zip(frames, chunks, strict=True)
    ]


def _hint_of_size(student: Submission, message: str) -> str:
    cut = _chunks(student, message)
    return COUNT_BYTES if any(len(chunk) > MOST_IN_CHUNK for chunk in cut) else ""


def _ivs_of(student: Submission, message: str, keys: Keys) -> list[bytes]:
    """Return the IVs of the frames of a message. If there are none, another check says why."""
    try:
        place = _place_of_iv(student)
        ivs = [made[place] for made in _sealed_frames(student, message, keys)]
    except Failure:
        if wrong := student.failed & {"frame", "chunks", "seal"}:
            raise Unseen(min(wrong)) from None
        raise
    student.notes += ivs
    return ivs


def _place_of_iv(student: Submission) -> slice:
    frames = _frames(student) if "frame" in student.failed else []
    return frames[0].fields["iv"] if frames else FIELDS["iv"]


@_add(
    "seal",
    "A whole message becomes frames that a peer can open",
    2,
    _rule("3.2"),
    "In seal, call split_chunks, and for each chunk call seal_frame with its length in bytes",
    parts=_PARTS,
)
@after("frame", "chunks")
def seal(student: Submission) -> None:
    """If a part is wrong, its points are lost already: here it only has to be used."""
    keys = student.draw.keys()
    place = _place_of_iv(student)
    messages = ["hello\n", LONG, f"{student.draw.words(20)}\n"]
    if "characters" not in student.failed:
        messages += ["key 🔑🔑🔑🔑\n", f"{student.draw.foreign(9)}\n"]
    for message in messages:
        frames = _sealed_frames(student, message, keys)
        student.notes += [made[place] for made in frames]
        if not student.failed & _SEEN_BY_A_PEER:
            _expect_opened(frames, message, keys)
        _expect_composed(student, frames, place, message, keys)


def _expect_opened(frames: list[bytes], message: str, keys: Keys) -> None:
    what = f"seal({message[:20]!r}…), opened by an honest peer"
    try:
        opened = HonestPeer(keys).open(b"".join(frames))
    except Failure as refused:
        raise Failure(f"  {what}\n\n{refused}") from None
    expect(opened, message, what)


def _expect_composed(
    student: Submission, frames: list[bytes], place: slice, message: str, keys: Keys
) -> None:
    """Compare with what the submission's own functions make of the message, with the same IVs."""
    cut = _chunks(student, message)
    if len(cut) != len(frames):
        expect(len(frames), len(cut), f"the number of frames in seal({message[:20]!r}…)")
    for number, (chunk, made) in enumerate(zip(cut, frames, strict=True)):
        right = _whole_frame(student, chunk, keys, made[place])
        what = f"seal({message[:20]!r}…), frame {number}, compared with seal_frame({chunk!r}, "
        expect(made, right, f"{what}{len(chunk)}, …) under the same IV")


@_add(
    "fresh-iv",
    "Every frame has its own IV",
    3,
    _rule("3.1"),
    "Make a new IV for each frame, not one for each message or for the whole program",
    parts=_PARTS,
)
def fresh_iv(student: Submission) -> None:
    keys = student.draw.keys()
    ivs = [iv for _ in range(2) for iv in _ivs_of(student, LONG, keys)]
    for number, iv in enumerate(ivs):
        if iv in ivs[:number]:
            raise Failure(
                f"  seal, of the same message twice: {len(ivs)} frames\n\n"
                f"  frames {ivs.index(iv)} and {number} have the same IV: {iv.hex(' ')}"
            )


@_add(
    "random-iv",
    "Nobody can predict an IV",
    2,
    _rule("3.1"),
    "Use os.urandom or the secrets module: no counter, no clock, no seed",
    parts=_PARTS,
)
def random_iv(student: Submission) -> None:
    """By chance, a correct submission fails here less than once in 2**80 runs."""
    keys = student.draw.keys()
    messages = [LONG, *(f"{student.draw.words()}\n" for _ in range(_MESSAGES))]
    ivs = list(dict.fromkeys(iv for each in messages for iv in _ivs_of(student, each, keys)))
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
    again = _ivs_of(student, LONG, keys)[0]
    if again in seen:
        raise Failure(
            "  seal, after the program was started again\n\n"
            f"  it uses an IV of the first run again: {again.hex(' ')}"
        )
