"""Checks of `modern_chat.py`, first part: from the two secrets to the bytes that are sent."""

from __future__ import annotations

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from tests.coursework import facts
from tests.coursework.answers import Keys
from tests.coursework.checks.modern_frames import (
    FIELDS,
    FOX,
    HEADER,
    KEYS,
    SIZE,
    right_tag,
    split_frames,
)
from tests.coursework.compare import expect
from tests.coursework.honest_peer import HonestPeer
from tests.coursework.model import Catalogue, Failure
from tests.coursework.rules import rules_of
from tests.coursework.submission import Submission

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")

MOST_IN_CHUNK = 15
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
    keys = student.call("derive_keys", facts.CONFKEY, facts.AUTHKEY, returns=Keys)
    what = f'the confidentiality key of derive_keys("{facts.CONFKEY}", …)'
    expect(keys.confidentiality, KEYS.confidentiality, what)


@_add(
    "authkey",
    "The key that authenticates comes from authkey alone",
    1,
    _rule("1"),
    "Use two hash objects: one object that gets both secrets mixes them into one key",
)
def authkey(student: Submission) -> None:
    keys = student.call("derive_keys", facts.CONFKEY, facts.AUTHKEY, returns=Keys)
    what = f'the authentication key of derive_keys(…, "{facts.AUTHKEY}")'
    expect(keys.authentication, KEYS.authentication, what)


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
    ["chunks"],
)
def newline(student: Submission) -> None:
    for message in ("hello\n", "\n"):
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
    for message in ("key 🔑🔑🔑🔑", "é" * 20, "aé☃🔑" * 9):
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
    actual = student.call("tag", facts.HMAC_DATA, Keys(bytes(32), facts.HMAC_KEY), returns=bytes)
    expect(actual, facts.HMAC_TAG, "tag (RFC 4231, test case 4)")


def _frame(student: Submission, case: dict[str, str]) -> tuple[bytes, bytes]:
    """Return the submission's frame and the recorded one of the same chunk, IV and keys."""
    recorded = bytes.fromhex(case["frame"])
    chunk, iv = case["chunk"].encode(), recorded[IV]
    frame = student.call("seal_frame", chunk, int(case["length"]), KEYS, iv, returns=bytes)
    return frame, recorded


@_add(
    "frame",
    "A frame has 112 bytes and starts with its IV",
    1,
    _rule("3"),
    "IV, E(length), tag, E(chunk), tag: 16 + 16 + 32 + 16 + 32",
)
def frame(student: Submission) -> None:
    made, recorded = _frame(student, FOX["frames"][0])
    if len(made) != SIZE:
        raise Failure(f"  seal_frame\n\n  expected  112 bytes\n  actual    {len(made)}")
    expect(made[IV], recorded[IV], "bytes 0 to 15, the IV, in seal_frame")


@_add(
    "length",
    "The length is encrypted under the IV",
    2,
    _rule("3.3"),
    "AES.new(key, AES.MODE_CBC, iv=iv).encrypt(pad(b'15', 16)): digits, then PKCS#7",
    ["frame"],
)
def length(student: Submission) -> None:
    for case in FOX["frames"]:
        made, recorded = _frame(student, case)
        what = f"bytes 16 to 31, E(length), in seal_frame of {case['chunk']!r}"
        expect(made[LENGTH], recorded[LENGTH], what)


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
    for case in FOX["frames"]:
        made, recorded = _frame(student, case)
        continued = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=made[LENGTH])
        if made[CHUNK] != continued.encrypt(pad(case["chunk"].encode(), 16)):
            what = f"bytes 64 to 79, E(chunk), in seal_frame of {case['chunk']!r}"
            expect(made[CHUNK], recorded[CHUNK], what)


def _compare_tag(student: Submission, covered: slice, tag_field: slice) -> None:
    for case in FOX["frames"]:
        made, _ = _frame(student, case)
        what = (
            f"bytes {tag_field.start} to {tag_field.stop - 1} of your frame, compared with the "
            f"HMAC-SHA256 of its bytes {covered.start} to {covered.stop - 1}"
        )
        expect(made[tag_field], right_tag(made[covered]), what)


@_add(
    "length-tag",
    "The first tag covers the IV and E(length)",
    2,
    _rule("3.4"),
    "Encrypt first; then make the tag of the 32 bytes that are sent",
    ["frame", "tag"],
)
def length_tag(student: Submission) -> None:
    _compare_tag(student, HEADER, FIELDS["length-tag"])


@_add(
    "chunk-tag",
    "The second tag covers E(chunk)",
    2,
    _rule("3.4"),
    "Encrypt first; then make the tag of the 16 bytes that are sent",
    ["frame", "tag"],
)
def chunk_tag(student: Submission) -> None:
    _compare_tag(student, CHUNK, FIELDS["chunk-tag"])


# Messages --------------------------------------------------------------------------------------

LONG = "a message that is long enough for a good many frames: " * 12 + "☃\n"


def _sealed_frames(student: Submission, message: str) -> list[bytes]:
    sealed = student.call("seal", message, KEYS, returns=bytes)
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
    ["newline", "characters", "length", "chunk", "length-tag", "chunk-tag"],
)
def seal(student: Submission) -> None:
    for message in ("hello\n", "key 🔑🔑🔑🔑\n", LONG):
        sealed = b"".join(_sealed_frames(student, message))
        what = f"seal({message[:20]!r}…), opened by an honest peer"
        try:
            opened = HonestPeer(KEYS).open(sealed)
        except Failure as refused:
            raise Failure(f"  {what}\n\n{refused}") from None
        expect(opened, message, what)


@_add(
    "fresh-iv",
    "Every frame has its own IV",
    3,
    _rule("3.1"),
    "Make a new IV for each frame, not one for each message or for the whole program",
    ["seal"],
)
def fresh_iv(student: Submission) -> None:
    ivs = [made[IV] for _ in range(2) for made in _sealed_frames(student, LONG)]
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
    ["fresh-iv"],
)
def random_iv(student: Submission) -> None:
    """By chance, a correct submission fails here less than once in 2**100 runs."""
    ivs = [made[IV] for made in _sealed_frames(student, LONG)]
    for position in range(16):
        if len({iv[position] for iv in ivs}) == 1:
            raise Failure(
                f"  seal: {len(ivs)} frames\n\n"
                f"  byte {position} of every IV is {ivs[0][position]:02x}: {ivs[0].hex(' ')}, "
                f"then {ivs[1].hex(' ')}"
            )
    seen = set(student.notes)
    student.restart()
    again = _sealed_frames(student, LONG)[0][IV]
    if again in seen:
        raise Failure(
            "  seal, after the program was started again\n\n"
            f"  it uses an IV of the first run again: {again.hex(' ')}"
        )
