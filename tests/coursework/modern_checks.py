"""The checks of `modern_chat.py`, in the order in which a message travels.

The grader is the peer: frames that a submission must open or reject are recorded ones, or sealed
here with `modern.protocol`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from modern import protocol
from modern.errors import ModernError
from tests.coursework import vectors
from tests.coursework.compare import expect, visible
from tests.coursework.model import Catalogue, Failure
from tests.coursework.rules import rules_of
from tests.coursework.submission import Answer, Keys, Raised, Submission
from tests.recorded import MODERN

CATALOGUE = Catalogue("modern", first="loads")
_add = CATALOGUE.add
_rule = rules_of("modern")

CONFKEY, AUTHKEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
HELLO = vectors.modern_sent("hello\n")
FOX = vectors.modern_sent("the quick brown fox jumps over the lazy dog\n")
KEYS = vectors.keys_of(HELLO)
OTHER_KEYS = Keys(KEYS.confidentiality, hashlib.sha256(b"another authkey").digest())
FIELDS = {
    "iv": protocol.IV,
    "length": protocol.LENGTH,
    "length-tag": protocol.LENGTH_TAG,
    "chunk": protocol.CHUNK,
    "chunk-tag": protocol.CHUNK_TAG,
}


def seal_frame(chunk: bytes, length: int, keys: Keys = KEYS, iv: bytes = bytes(16)) -> bytes:
    """Return a sound frame, as an honest peer seals it."""
    own = protocol.Keys(keys.confidentiality, keys.authentication)
    return protocol.seal_frame(chunk, length, own, iv)


def flip(frame: bytes, bit: int) -> bytes:
    """Return the frame with one bit changed on the way."""
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@_add(
    "loads",
    "modern_chat.py can be imported",
    0,
    "The submission holds modern_chat.py, which does nothing but define names when imported",
    "Run `python modern_chat.py` by itself: it must end at once and print nothing",
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
    keys = student.call("derive_keys", CONFKEY, AUTHKEY, returns=Keys)
    what = f'the confidentiality key of derive_keys("{CONFKEY}", …)'
    expect(keys.confidentiality, KEYS.confidentiality, what)


@_add(
    "authkey",
    "The key that authenticates comes from authkey alone",
    1,
    _rule("1"),
    "Two hash objects: one that is updated with both secrets gives a key of both",
)
def authkey(student: Submission) -> None:
    keys = student.call("derive_keys", CONFKEY, AUTHKEY, returns=Keys)
    what = f'the authentication key of derive_keys(…, "{AUTHKEY}")'
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
    "PKCS#7 adds at least one byte, so that 15 are the most that fit a block of 16",
)
def chunks(student: Submission) -> None:
    for message in (
        "exactly15bytes!",
        "sixteen bytes ok",
        "forty-four bytes of text for three frames!!!",
    ):
        cut = _chunks(student, message)
        longest = max(cut, key=len, default=b"")
        if len(longest) > protocol.CHUNK_SIZE:
            raise Failure(
                f"  split_chunks({message!r})\n\n  expected  chunks of 15 bytes at the most\n"
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
    "Do not strip the line: a receiver shows what it gets and adds nothing",
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
    "UTF-8 bytes from 0x80 to 0xbf continue a character: go back before them",
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
                raise Failure(
                    f"  split_chunks({message!r})\n\n  this chunk is no whole text: {chunk!r}"
                ) from None


# One frame -------------------------------------------------------------------------------------


@_add(
    "tag",
    "A tag is an HMAC-SHA256",
    2,
    _rule("3.4"),
    "hmac.new(key, data, 'sha256').digest(); a plain hash of key and data is something else",
)
def tag(student: Submission) -> None:
    actual = student.call(
        "tag", vectors.HMAC_DATA, Keys(bytes(32), vectors.HMAC_KEY), returns=bytes
    )
    expect(actual, vectors.HMAC_TAG, "tag (RFC 4231, test case 4)")


def _frame(student: Submission, case: dict[str, str]) -> tuple[bytes, bytes]:
    """Return the submission's frame and the recorded one of the same chunk, IV and keys."""
    recorded = bytes.fromhex(case["frame"])
    chunk, iv = case["chunk"].encode(), recorded[protocol.IV]
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
    if len(made) != protocol.FRAME_SIZE:
        raise Failure(f"  seal_frame\n\n  expected  112 bytes\n  actual    {len(made)}")
    expect(made[protocol.IV], recorded[protocol.IV], "bytes 0 to 15, the IV, in seal_frame")


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
        expect(made[protocol.LENGTH], recorded[protocol.LENGTH], what)


@_add(
    "chunk",
    "The chunk is encrypted as the second block of the same stream",
    3,
    _rule("3.3"),
    "Use one cipher object for both: its second encrypt goes on where the first ended",
    ["frame"],
)
def chunk(student: Submission) -> None:
    """Let the chunk also go on from a wrong E(length), which has lost its points above."""
    for case in FOX["frames"]:
        made, recorded = _frame(student, case)
        goes_on = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=made[protocol.LENGTH])
        if made[protocol.CHUNK] != goes_on.encrypt(pad(case["chunk"].encode(), 16)):
            what = f"bytes 64 to 79, E(chunk), in seal_frame of {case['chunk']!r}"
            expect(made[protocol.CHUNK], recorded[protocol.CHUNK], what)


def _compare_tag(student: Submission, covered: slice, tag_field: slice) -> None:
    for case in FOX["frames"]:
        made, _ = _frame(student, case)
        wanted = hmac.digest(KEYS.authentication, made[covered], "sha256")
        what = (
            f"bytes {tag_field.start} to {tag_field.stop - 1} of your frame, against the "
            f"HMAC-SHA256 of its bytes {covered.start} to {covered.stop - 1}"
        )
        expect(made[tag_field], wanted, what)


@_add(
    "length-tag",
    "The first tag covers the IV and E(length)",
    2,
    _rule("3.4"),
    "Encrypt first, then tag the 32 bytes that are sent",
    ["frame", "tag"],
)
def length_tag(student: Submission) -> None:
    _compare_tag(student, protocol.HEADER, protocol.LENGTH_TAG)


@_add(
    "chunk-tag",
    "The second tag covers E(chunk)",
    2,
    _rule("3.4"),
    "Encrypt first, then tag the 16 bytes that are sent",
    ["frame", "tag"],
)
def chunk_tag(student: Submission) -> None:
    _compare_tag(student, protocol.CHUNK, protocol.CHUNK_TAG)


# Messages --------------------------------------------------------------------------------------

LONG = "a message that is long enough for a good many frames: " * 12 + "☃\n"


def _sealed_frames(student: Submission, message: str) -> list[bytes]:
    sealed = student.call("seal", message, KEYS, returns=bytes)
    size = protocol.FRAME_SIZE
    if not sealed or len(sealed) % size:
        raise Failure(
            f"  seal({message[:20]!r}…)\n\n  expected  frames of 112 bytes, joined\n"
            f"  actual    {len(sealed)} bytes"
        )
    frames = [sealed[start : start + size] for start in range(0, len(sealed), size)]
    student.notes += [made[protocol.IV] for made in frames]
    return frames


@_add(
    "seal",
    "A whole message becomes frames that a peer can open",
    2,
    _rule("3.2"),
    "seal calls split_chunks and, for each chunk and its length in bytes, seal_frame",
    ["newline", "characters", "length", "chunk", "length-tag", "chunk-tag"],
)
def seal(student: Submission) -> None:
    own = protocol.Keys(KEYS.confidentiality, KEYS.authentication)
    for message in ("hello\n", "key 🔑🔑🔑🔑\n", LONG):
        decoder = protocol.Decoder(own)
        try:
            opened = b"".join(decoder.feed(b"".join(_sealed_frames(student, message))))
        except ModernError as error:
            raise Failure(
                f"  seal({message[:20]!r}…)\n\n  an honest peer refuses it: {error}"
            ) from None
        expect(opened.decode(), message, f"seal({message[:20]!r}…), opened by an honest peer")


@_add(
    "fresh-iv",
    "Every frame has an IV of its own",
    3,
    _rule("3.1"),
    "Draw the IV where the frame is made, not once for a message or for the program",
    ["seal"],
)
def fresh_iv(student: Submission) -> None:
    ivs = [made[protocol.IV] for _ in range(2) for made in _sealed_frames(student, LONG)]
    for number, iv in enumerate(ivs):
        if iv in ivs[:number]:
            raise Failure(
                f"  seal, of the same message twice: {len(ivs)} frames\n\n"
                f"  frames {ivs.index(iv)} and {number} have the same IV: {iv.hex(' ')}"
            )


@_add(
    "random-iv",
    "Nobody can foresee an IV",
    2,
    _rule("3.1"),
    "os.urandom or the secrets module: no counter, no clock, no seed",
    ["fresh-iv"],
)
def random_iv(student: Submission) -> None:
    """Chance fails an honest submission once in more than 2**100 runs."""
    ivs = [made[protocol.IV] for made in _sealed_frames(student, LONG)]
    for position in range(16):
        if len({iv[position] for iv in ivs}) == 1:
            raise Failure(
                f"  seal: {len(ivs)} frames\n\n"
                f"  byte {position} of every IV is {ivs[0][position]:02x}: {ivs[0].hex(' ')}, "
                f"then {ivs[1].hex(' ')}"
            )
    seen = set(student.notes)
    student.restart()
    again = _sealed_frames(student, LONG)[0][protocol.IV]
    if again in seen:
        raise Failure(
            "  seal, after the program was started again\n\n"
            f"  an IV of the first run comes back: {again.hex(' ')}"
        )


# Opening ---------------------------------------------------------------------------------------


@_add(
    "open",
    "A sound frame gives its chunk",
    3,
    _rule("4"),
    "Cut the frame into its five fields, check both tags, then decrypt with one cipher object",
    ["tag"],
)
def open_sound_frames(student: Submission) -> None:
    for case in MODERN["sent"]:
        if case["key_schedule"] == "independent":
            for recorded in case["frames"]:
                received = bytes.fromhex(recorded["frame"])
                actual = student.call("open_frame", received, vectors.keys_of(case), returns=bytes)
                expect(actual, recorded["chunk"].encode(), f"open_frame of {recorded['chunk']!r}")


@_add(
    "lengths",
    "Every honest length is taken",
    1,
    _rule("4.2"),
    "Other programs count the characters that are still to come: compare with <, not with ==; "
    "characters, not bytes: len(chunk.decode())",
    ["open"],
)
def lengths(student: Submission) -> None:
    for declared, text in ((5, "hello"), (44, "hello"), (999999999999999, "hello"), (3, "☃☃☃")):
        received = seal_frame(text.encode(), declared)
        actual = student.call("open_frame", received, KEYS, returns=bytes)
        expect(actual, text.encode(), f"open_frame of {text!r} with the length {declared}")


def _kinds(answer: Answer) -> set[str]:
    return set(answer.raised.kinds) if answer.raised else set()


def _demand(answer: Answer, kinds: set[str], why: str) -> None:
    """Raise Failure unless the call raised one of `kinds`."""
    if not _kinds(answer) & kinds:
        outcome = f"raised {answer.raised}" if answer.raised else f"returned {answer.value!r}"
        raise Failure(
            f"  {answer.call}\n  {why}\n\n  expected  {' or '.join(sorted(kinds))} raised\n"
            f"  actual    {outcome}"
        )


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
    _demand(answer, {"AuthenticationError"}, "(both tags made with another authentication key)")


def _reject_every_byte(student: Submission, field: slice, name: str) -> None:
    (sound,) = vectors.frames_of(HELLO)
    for byte in range(field.start, field.stop):
        bit = byte % 8
        answer = student.attempt("open_frame", flip(sound, byte * 8 + bit), KEYS)
        why = f"(bit {bit} of byte {byte} flipped, in {name})"
        _demand(answer, {"AuthenticationError", "FrameError"}, why)


def _reject_sound_padding(student: Submission, other: bytes, tag_field: slice, why: str) -> None:
    """Send a frame that only its old tag gives away: a mere flip breaks the padding, too."""
    (sound,) = vectors.frames_of(HELLO)
    forged = other[: tag_field.start] + sound[tag_field] + other[tag_field.stop :]
    answer = student.attempt("open_frame", forged, KEYS)
    _demand(answer, {"AuthenticationError"}, f"({why}, the tag is still the old one)")


_REJECTIONS = {
    "iv": ("A changed IV is refused", "the IV", "The first tag covers the IV, too"),
    "length": ("A changed length is refused", "E(length)", "Check the first tag, too"),
    "length-tag": (
        "A changed first tag is refused",
        "the first tag",
        "Compare all 32 bytes, not the first few",
    ),
    "chunk": ("A changed chunk is refused", "E(chunk)", "Check the second tag, too"),
    "chunk-tag": (
        "A changed second tag is refused",
        "the second tag",
        "Compare all 32 bytes, not the first few",
    ),
}
for _name, (_title, _where, _hint) in _REJECTIONS.items():

    @_add(f"reject-{_name}", _title, 2, _rule("4"), _hint, ["wrong-keys"])
    def reject(student: Submission, name: str = _name, where: str = _where) -> None:
        _reject_every_byte(student, FIELDS[name], where)
        iv = vectors.frames_of(HELLO)[0][protocol.IV]
        if name == "length":
            other = seal_frame(b"hello\n", 7, iv=iv)
            _reject_sound_padding(student, other, protocol.LENGTH_TAG, "another sound length")
        if name == "chunk":
            other = seal_frame(b"jello\n", 6, iv=iv)
            _reject_sound_padding(student, other, protocol.CHUNK_TAG, "another sound chunk")


@_add(
    "verify-first",
    "Both tags are checked before anything is decrypted",
    4,
    _rule("4"),
    "Move the tag checks up. An answer about the padding of a forged frame is an oracle: whoever "
    "gets it can decrypt without the key",
    ["wrong-keys", *(f"reject-{name}" for name in _REJECTIONS)],
)
def verify_first(student: Submission) -> None:
    """In each pair the same tag is wrong; only the padding differs, which nobody may notice."""
    sound = [seal_frame(b"hello", 5, iv=iv) for iv in (bytes(16), bytes(range(1, 17)))]
    for tag_name, sound_padding, broken_padding in (("first", 0, 31 * 8), ("second", 640, 632)):
        bits = {"sound": sound_padding, "broken": broken_padding}
        told = {
            padding: [
                _refuse_blindly(
                    student, flip(frame, bit), f"{tag_name} tag wrong, padding {padding}"
                )
                for frame in sound
            ]
            for padding, bit in bits.items()
        }
        if _tells_apart([raised.kind for raised in each] for each in told.values()) or (
            _tells_apart([raised.text for raised in each] for each in told.values())
        ):
            lines = "\n".join(f"  padding {padding}: {each[0]}" for padding, each in told.items())
            raise Failure(f"  open_frame, {tag_name} tag wrong: its answer shows more\n\n{lines}")


def _tells_apart(answers: Iterable[list[str]]) -> bool:
    """Whether what is said of one padding, to all frames alike, is not said of the other.

    Words that differ from frame to frame, such as those that quote it, tell nothing.
    """
    said = [set(each) for each in answers]
    return said[0] != said[1] and any(len(each) == 1 for each in said)


def _refuse_blindly(student: Submission, received: bytes, why: str) -> Raised:
    answer = student.attempt("open_frame", received, KEYS)
    _demand(answer, {"AuthenticationError"}, f"(forged: {why})")
    if answer.decryptions:
        raise Failure(
            f"  {answer.call}\n  (forged: {why})\n\n"
            "  it was refused, and yet something was decrypted before"
        )
    assert answer.raised
    return answer.raised


def _sealed_nonsense(length_block: bytes, chunk_block: bytes) -> bytes:
    """Return a frame whose tags fit although what it holds is none of this protocol's."""
    cipher = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=bytes(16))
    header = bytes(16) + cipher.encrypt(length_block)
    body = cipher.encrypt(chunk_block)
    tags = [hmac.digest(KEYS.authentication, part, "sha256") for part in (header, body)]
    return header + tags[0] + body + tags[1]


@_add(
    "bad-length",
    "A length that cannot be is refused",
    1,
    _rule("4.2"),
    "bytes.isdigit() tells a number; compare it with the number of characters",
    ["open"],
)
def bad_length(student: Submission) -> None:
    for declared in (b"", b"five", b"-5", b"5.0", b"0x5", b"4"):
        answer = student.attempt(
            "open_frame", _sealed_nonsense(pad(declared, 16), pad(b"hello", 16)), KEYS
        )
        _demand(answer, {"FrameError"}, f"(sound tags, chunk b'hello', length {declared!r})")


@_add(
    "bad-padding",
    "Wrong padding is refused",
    1,
    _rule("4.3"),
    "Crypto.Util.Padding.unpad looks at every padding byte; cutting off the last byte's number "
    "does not",
    ["open"],
)
def bad_padding(student: Submission) -> None:
    for block in (
        b"hello" + b"\x0b" * 10 + b"\x00",
        b"hello" + bytes(10) + b"\x0b",
        b"x" * 15 + b"\x11",
    ):
        answer = student.attempt("open_frame", _sealed_nonsense(pad(b"5", 16), block), KEYS)
        _demand(answer, {"FrameError"}, f"(sound tags, the chunk's block is {block!r})")


@_add(
    "bad-text",
    "A chunk that is no text is refused",
    1,
    _rule("4.3"),
    "Decode the chunk by itself, and turn UnicodeDecodeError into FrameError",
    ["open"],
)
def bad_text(student: Submission) -> None:
    for text in (b"\xff\xfe", "é".encode()[:1]):
        answer = student.attempt("open_frame", _sealed_nonsense(pad(b"5", 16), pad(text, 16)), KEYS)
        _demand(answer, {"FrameError"}, f"(sound tags, chunk {text!r})")


# Streaming -------------------------------------------------------------------------------------


def _feed(student: Submission, pieces: Iterator[bytes] | list[bytes]) -> bytes:
    decoder = student.decoder(KEYS)
    given = b""
    for piece in pieces:
        answer = decoder.feed(piece)
        if answer.raised:
            raise Failure(f"  {answer.call}\n\n  it raised {answer.raised}")
        given += _join(answer)
    return given


def _join(answer: Answer) -> bytes:
    chunks_given = answer.value or []
    if not all(isinstance(item, bytes) for item in chunks_given):
        raise Failure(f"  {answer.call}\n\n  every chunk must be bytes: {chunks_given!r}")
    return b"".join(chunks_given)


STREAM = b"".join(vectors.frames_of(FOX))
FOX_TEXT = FOX["text"].encode()


@_add(
    "stream-pieces",
    "Frames are read however the network splits them",
    3,
    _rule("5"),
    "Keep what came in a buffer; take frames from its front while it holds 112 bytes",
    ["open"],
)
def stream_pieces(student: Submission) -> None:
    for size in (1, 16, 111, 113):
        pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
        expect(_feed(student, pieces), FOX_TEXT, f"a Decoder that was fed {size} bytes at a time")


@_add(
    "stream-joined",
    "Frames are read however the network joins them",
    2,
    _rule("5"),
    "One feed may complete many frames: loop until less than a frame is left",
    ["open"],
)
def stream_joined(student: Submission) -> None:
    given = _feed(student, [STREAM])
    expect(given, FOX_TEXT, f"a Decoder that was fed {len(STREAM)} bytes at once")


@_add(
    "stream-at-once",
    "Text comes out as soon as its frame is complete",
    1,
    _rule("5"),
    "Do not wait for the end of the line or for the next frame",
    ["open"],
)
def stream_at_once(student: Submission) -> None:
    first = FOX["frames"][0]["chunk"].encode()
    given = _feed(student, [STREAM[: protocol.FRAME_SIZE]])
    expect(given, first, "a Decoder that was fed one whole frame")


@_add(
    "stream-bad-frame",
    "Nothing comes out after a bad frame",
    2,
    _rule("4.1"),
    "What came before it is given; then raise, and stay with the bad frame when fed again",
    ["stream-pieces", "stream-joined", "stream-at-once", "wrong-keys"],
)
def stream_bad_frame(student: Submission) -> None:
    first = FOX["frames"][0]["chunk"].encode()
    forged = seal_frame(b"forged", 6, OTHER_KEYS)
    decoder = student.decoder(KEYS)
    given = b""
    for piece in (STREAM[: protocol.FRAME_SIZE], forged):
        answer = decoder.feed(piece)
        given += _join(answer)
    _demand(answer, {"AuthenticationError"}, "(a forged frame behind a sound one)")
    given += _join(decoder.feed(STREAM[protocol.FRAME_SIZE :]))
    expect(given, first, "a Decoder that was fed a sound, a forged and two sound frames")


@_add(
    "stream-end",
    "An end inside a frame is an error, an end between frames is none",
    1,
    _rule("5"),
    "close() raises TruncationError while the buffer holds part of a frame",
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
        _demand(decoder.close(), {"TruncationError"}, f"(after {size} bytes)")


# Secrets ---------------------------------------------------------------------------------------


def traces_of(secrets: dict[str, bytes], shown: str) -> list[str]:
    """Return which secrets can be read in what was shown, as they are or in a usual spelling."""
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
    "Remove the print that helped you; keep keys out of exceptions and out of repr, and right tags "
    "as well: whoever is told the right tag of a forged frame can send it once more, with that tag",
    ["wrong-keys", "stream-joined", "confkey", "authkey"],
)
def no_secrets(student: Submission) -> None:
    keys = student.call("derive_keys", CONFKEY, AUTHKEY, returns=Keys)
    student.attempt("seal", "hello\n", KEYS)
    _feed(student, [STREAM])
    forged = seal_frame(b"forged", 6, OTHER_KEYS)
    refused = student.attempt("open_frame", forged, KEYS)
    shown = {
        "repr of the keys": keys.shown,
        "the words of an exception": refused.raised.text if refused.raised else "",
        "what the program printed": student.printed().decode("latin-1"),
    }
    secrets = {
        "confkey": CONFKEY.encode(),
        "authkey": AUTHKEY.encode(),
        "the confidentiality key": KEYS.confidentiality,
        "the authentication key": KEYS.authentication,
    }
    for number, part in (("first", protocol.HEADER), ("second", protocol.CHUNK)):
        right = hmac.digest(KEYS.authentication, forged[part], "sha256")
        secrets[f"the right {number} tag of a forged frame"] = right
    for place, text in shown.items():
        if found := traces_of(secrets, text):
            raise Failure(f"  {place}\n\n  shows {' and '.join(found)}")
