"""Makes `tests/vectors/wycheproof_*.json`: cases in the shape that Project Wycheproof gave them.

    python -m tests.trust.make_vectors

Each case has an id, a comment in plain words, flags that name the weakness or rule it is about,
and a verdict: `valid` (an honest peer sends this), `invalid` (it must not be believed) or
`acceptable` (every receiver that follows the specification takes it, and yet nobody honest sent it
so, or nobody would today). Nothing of ours is imported: bytes and verdicts are written from the
specifications alone, so the cases hold for any implementation.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from Crypto.Cipher import AES

FOLDER = Path(__file__).resolve().parent.parent / "vectors"
Case = dict[str, Any]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def fill(data: bytes) -> bytes:
    """Pad as PKCS#7 does."""
    missing = 16 - len(data)
    return data + bytes([missing]) * missing


# Modern --------------------------------------------------------------------------------------

CONFKEY, AUTHKEY = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"

MODERN_NOTES = {
    "Honest": "what a sender that follows the specification sends",
    "Dialect": "the chained dialect: its key schedule, its lengths",
    "Keys": "unusual secrets",
    "Utf8": "characters of several bytes, and chunk borders between them",
    "Control": "control characters are text; only a terminal must not obey them",
    "BitFlip": "one bit changed on the way",
    "WrongKey": "sealed under another key, or the key made in another way",
    "WrongTag": "a tag of another length, hash, place or text",
    "Swapped": "fields or blocks that stand in each other's place",
    "Length": "a tag that fits over a length that is none, or too small",
    "OddLength": "a length that an honest sender does not write so, and that is still one",
    "Padding": "a tag that fits over wrong PKCS#7 padding",
    "NotUtf8": "a tag that fits over bytes that are no UTF-8",
    "Truncation": "the stream ends inside a frame",
    "Cut": "M7: the stream ends between frames, in the middle of a message",
    "Replay": "M5: a frame or message comes twice",
    "Drop": "M5: a frame or message is missing",
    "Reorder": "M5: frames or messages change places",
    "Reflection": "M5: what one side said comes back to it",
    "Splice": "M4: the header of one frame and the body of another",
    "Cbc": "blocks encrypted in another mode or under another IV",
    "Junk": "bytes that no sender makes",
}


class Wire:
    """Seals frames under two secrets; its IVs are counted, so that the file is always the same."""

    def __init__(self, confkey: str, authkey: str, dialect: str) -> None:
        conf, auth = (secret.encode(errors="surrogateescape") for secret in (confkey, authkey))
        self.confidentiality = sha256(conf)
        self.authentication = sha256(conf + auth if dialect == "chained" else auth)
        self._count = itertools.count()

    def iv(self) -> bytes:
        return sha256(b"iv %d" % next(self._count))[:16]

    def tag(self, data: bytes) -> bytes:
        return hmac.digest(self.authentication, data, "sha256")

    def blocks(self, length_block: bytes, chunk_block: bytes, iv: bytes) -> tuple[bytes, bytes]:
        """Return header and body: a CBC stream over two blocks that are padded already."""
        cipher = AES.new(self.confidentiality, AES.MODE_CBC, iv)
        return iv + cipher.encrypt(length_block), cipher.encrypt(chunk_block)

    def join(self, header: bytes, body: bytes) -> bytes:
        return header + self.tag(header) + body + self.tag(body)

    def raw(self, length_block: bytes, chunk_block: bytes) -> bytes:
        return self.join(*self.blocks(length_block, chunk_block, self.iv()))

    def frame(self, chunk: bytes, length: bytes | None = None) -> bytes:
        digits = b"%d" % len(chunk) if length is None else length
        return self.raw(fill(digits), fill(chunk))

    def seal(self, text: str) -> bytes:
        """Return the frames of text whose characters all have one byte."""
        return b"".join(
            self.frame(text[start : start + 15].encode()) for start in range(0, len(text), 15)
        )


def modern_case(comment: str, flag: str, stream: bytes, text: str, error: str | None) -> Case:
    return {
        "comment": comment,
        "flags": [flag],
        "stream": stream.hex(),
        "text": text,
        "error": error,
    }


def valid(comment: str, flag: str, stream: bytes, text: str) -> Case:
    return modern_case(comment, flag, stream, text, None) | {"result": "valid"}


def acceptable(comment: str, flag: str, stream: bytes, text: str) -> Case:
    return modern_case(comment, flag, stream, text, None) | {"result": "acceptable"}


def invalid(comment: str, flag: str, stream: bytes, text: str, error: str) -> Case:
    return modern_case(comment, flag, stream, text, error) | {"result": "invalid"}


def honest_texts(wire: Wire) -> Iterator[Case]:
    for comment, text in [
        ("nothing at all", ""),
        ("an empty line", "\n"),
        ("a short line", "hello\n"),
        ("a full chunk of 15 bytes", "fourteen bytes\n"),
        ("one byte more than a chunk", "fifteen bytes!!\n"),
        ("two full chunks", "twice fifteen bytes it is, ok\n"),
        ("two lines", "first\nsecond\n"),
        ("a last line without its newline", "no newline"),
        ("a tilde, which the legacy chat would lose", "a~b~~\n"),
        ("a long line", "abcdefghijklmno" * 20 + "\n"),
    ]:
        yield valid(comment, "Honest", b"".join(map(wire.seal, text.splitlines(True))), text)
    for comment, chunks in [
        ("a character of two bytes", ["é\n"]),
        ("a character of three bytes", ["☃\n"]),
        ("a character of four bytes", ["🔑\n"]),
        (
            "a chunk that ends early, because the next character does not fit",
            ["fourteen bytes", "é\n"],
        ),
        ("three keys fit in a chunk, the fourth does not", ["🔑🔑🔑", "🔑\n"]),
        ("a combining accent in a chunk of its own", ["abcdefghijklmne", "\u0301\n"]),
        ("the highest character", ["\U0010ffff\n"]),
        ("a byte order mark is text", ["\ufeffx\n"]),
        ("right-to-left text", ["שלום\n"]),
    ]:
        stream = b"".join(wire.frame(chunk.encode()) for chunk in chunks)
        yield valid(comment, "Utf8", stream, "".join(chunks))
    for comment, text in [
        ("a NUL", "a\0b\n"),
        ("an escape sequence", "\x1b[2J\n"),
        ("a carriage return before the newline", "dos\r\n"),
        ("a C1 control", "\x9b31m\n"),
        ("a line separator is no newline", "a\u2028b\n"),
        ("delete", "\x7f\n"),
    ]:
        yield valid(comment, "Control", wire.frame(text.encode()), text)


def changed_on_the_way(wire: Wire) -> Iterator[Case]:
    frame = wire.frame(b"not shown\n")
    shown = wire.seal("shown\n")
    fields = {"IV": (0, 16), "E(length)": (16, 32), "the first tag": (32, 64)}
    fields |= {"E(chunk)": (64, 80), "the second tag": (80, 112)}
    for name, (start, end) in fields.items():
        for place, byte in (("first", start), ("middle", (start + end) // 2), ("last", end - 1)):
            for bit in (0, 7):
                flipped = bytearray(frame)
                flipped[byte] ^= 1 << bit
                comment = f"bit {bit} of the {place} byte of {name} flipped, behind a good frame"
                stream = shown + bytes(flipped)
                yield invalid(comment, "BitFlip", stream, "shown\n", "AuthenticationError")


def wrong_tags(wire: Wire) -> Iterator[Case]:
    header, body = wire.blocks(fill(b"2"), fill(b"x\n"), wire.iv())
    first, second = wire.tag(header), wire.tag(body)
    other = Wire("another", "pair of keys", "independent")
    plain = Wire(CONFKEY, AUTHKEY, "independent")
    plain.authentication = AUTHKEY.encode()
    chained = Wire(CONFKEY, AUTHKEY, "chained")
    sha1 = hmac.digest(wire.authentication, header, "sha1").ljust(32, b"\0")
    for comment, flag, stream in [
        ("no tags: zeros", "WrongTag", header + bytes(32) + body + bytes(32)),
        ("first tag right, second zeros", "WrongTag", header + first + body + bytes(32)),
        ("second tag right, first zeros", "WrongTag", header + bytes(32) + body + second),
        ("both tags of ones", "WrongTag", header + b"\xff" * 32 + body + b"\xff" * 32),
        ("tags in each other's place", "Swapped", header + second + body + first),
        ("the first tag twice", "WrongTag", header + first + body + first),
        ("first tag without the IV", "WrongTag", header + wire.tag(header[16:]) + body + second),
        ("first tag over the IV alone", "WrongTag", header + wire.tag(header[:16]) + body + second),
        (
            "second tag over the whole frame",
            "WrongTag",
            header + first + body + wire.tag(header + body),
        ),
        (
            "second tag over the chunk in clear",
            "WrongTag",
            header + first + body + wire.tag(b"x\n"),
        ),
        (
            "tags cut to 16 bytes, rest zeros",
            "WrongTag",
            header + first[:16] + bytes(16) + body + second[:16] + bytes(16),
        ),
        ("HMAC-SHA1 instead of HMAC-SHA256", "WrongTag", header + sha1 + body + second),
        ("bare SHA-256 instead of HMAC", "WrongTag", header + sha256(header) + body + sha256(body)),
        (
            "SHA-256 of key and text instead of HMAC",
            "WrongTag",
            header
            + sha256(wire.authentication + header)
            + body
            + sha256(wire.authentication + body),
        ),
        (
            "tags under the confidentiality key",
            "WrongKey",
            b"".join(
                part + hmac.digest(wire.confidentiality, part, "sha256") for part in (header, body)
            ),
        ),
        ("tags under the authkey itself, not its hash", "WrongKey", plain.join(header, body)),
        ("tags of the chained dialect", "WrongKey", chained.join(header, body)),
        ("a frame of other keys", "WrongKey", other.frame(b"x\n")),
        ("header and body in each other's place", "Swapped", body + second + header + first),
        ("a tag before what it covers", "Swapped", first + header + second + body),
        ("a frame without its IV", "Junk", header[16:] + first + body + second + bytes(16)),
        ("112 zeros", "Junk", bytes(112)),
        ("112 times 0xff", "Junk", b"\xff" * 112),
        ("text instead of frames", "Junk", b"GET / HTTP/1.1\r\n" * 7),
        ("a stray byte before a frame", "Junk", b"\0" + wire.join(header, body)),
    ]:
        yield invalid(comment, flag, stream, "", "AuthenticationError")
    yield invalid(
        "a stray byte between two frames",
        "Junk",
        wire.seal("shown\n") + b"\0" + wire.seal("not shown\n"),
        "shown\n",
        "AuthenticationError",
    )


def wrong_content(wire: Wire) -> Iterator[Case]:
    for digits in [
        b"",
        b" 2",
        b"2 ",
        b"+2",
        b"-2",
        b"2.0",
        b"0x2",
        b"2e0",
        b"two",
        b"\n2",
        b"2\0",
        "２".encode(),
        "٢".encode(),
        b"\xb2",
        b"1_0",
        b"2,",
    ]:
        frame = wire.frame(b"x\n", digits)
        yield invalid(f"the length {digits!r}", "Length", frame, "", "FrameError")
    for digits, chunk in [
        (b"0", b"x\n"),
        (b"1", b"x\n"),
        (b"14", b"fourteen bytes\n"),
        (b"0", b" "),
    ]:
        yield invalid(
            f"length {digits.decode()} for a chunk of {len(chunk)}",
            "Length",
            wire.frame(chunk, digits),
            "",
            "FrameError",
        )
    for comment, block in [
        ("padding of 0", b"x\n" + bytes(14)),
        ("padding of 17", b"x\n" + b"\x11" * 14),
        ("padding that says one byte too many", b"x\n" + b"\x0f" * 14),
        ("padding whose first byte is wrong", b"x\n\x0d" + b"\x0e" * 13),
        ("padding whose middle is wrong", b"x\n" + b"\x0e" * 7 + b"\x0d" + b"\x0e" * 6),
        ("a full block without padding", b"sixteen letters!"),
        ("ISO/IEC 7816-4 padding", b"x\n\x80" + bytes(13)),
        ("ANSI X9.23 padding", b"x\n" + bytes(13) + b"\x0e"),
        ("tilde padding, as in the legacy chat", b"x\n" + b"~" * 14),
        ("a block of zeros", bytes(16)),
        ("padding of 255", b"\xff" * 16),
    ]:
        yield invalid(f"chunk: {comment}", "Padding", wire.raw(fill(b"2"), block), "", "FrameError")
        if comment != "a full block without padding":
            yield invalid(
                f"length: {comment}", "Padding", wire.raw(block, fill(b"x\n")), "", "FrameError"
            )
    for comment, chunk in [
        ("0xff", b"\xff"),
        ("a lone continuation byte", b"\x80"),
        ("a character that is cut", b"caf\xc3"),
        ("the second half of a character", b"\xa9\n"),
        ("an overlong slash", b"\xc0\xaf"),
        ("an overlong NUL", b"\xc0\x80"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("a pair of surrogates", b"\xed\xa0\xbd\xed\xb4\x91"),
        ("more than U+10FFFF", b"\xf4\x90\x80\x80"),
        ("latin-1", "café\n".encode("latin-1")),
        ("UTF-16", "hi\n".encode("utf-16")),
    ]:
        frame = wire.frame(chunk)
        yield invalid(comment, "NotUtf8", wire.seal("shown\n") + frame, "shown\n", "FrameError")


def other_modes(wire: Wire) -> Iterator[Case]:
    iv = wire.iv()
    ecb = AES.new(wire.confidentiality, AES.MODE_ECB)
    length, chunk = fill(b"2"), fill(b"x\n")
    header, _ = wire.blocks(length, chunk, iv)
    restarted = AES.new(wire.confidentiality, AES.MODE_CBC, iv).encrypt(chunk)
    zero_iv = AES.new(wire.confidentiality, AES.MODE_CBC, bytes(16)).encrypt(length)
    counter = AES.new(wire.confidentiality, AES.MODE_CTR, nonce=b"", initial_value=iv)
    for comment, stream in [
        ("both blocks in ECB", wire.join(iv + ecb.encrypt(length), ecb.encrypt(chunk))),
        ("the chunk in ECB", wire.join(header, ecb.encrypt(chunk))),
        ("the chunk under the IV instead of E(length)", wire.join(header, restarted)),
        ("the length under an IV of zeros", wire.join(iv + zero_iv, restarted)),
        ("both blocks in CTR", wire.join(iv + counter.encrypt(length), counter.encrypt(chunk))),
        ("both blocks in clear", wire.join(iv + length, chunk)),
    ]:
        yield invalid(comment, "Cbc", stream, "", "FrameError")


def truncated(wire: Wire) -> Iterator[Case]:
    shown, cut = wire.seal("shown\n"), wire.seal("not shown\n")
    for size in (1, 15, 16, 31, 32, 63, 64, 79, 80, 111):
        yield invalid(
            f"the end after {size} of 112 bytes",
            "Truncation",
            shown + cut[:size],
            "shown\n",
            "TruncationError",
        )
    yield invalid("the end in the first frame", "Truncation", cut[:50], "", "TruncationError")


def taken_and_yet(wire: Wire) -> Iterator[Case]:
    for digits, chunk in [
        (b"3", b"x\n"),
        (b"999", b"x\n"),
        (b"002", b"x\n"),
        (b"0", b""),
        (b"7", b""),
        (b"999999999999999", b"x\n"),
        (b"2", "é".encode()),
        (b"1", "é".encode()),
    ]:
        yield acceptable(
            f"the length {digits.decode()} for {chunk.decode()!r}",
            "OddLength",
            wire.frame(chunk, digits),
            chunk.decode(),
        )
    one, two, three = (wire.seal(text) for text in ("one\n", "two\n", "three\n"))
    long = wire.seal("I owe you nothing, and that is that.\n")
    frames = [long[start : start + 112] for start in range(0, len(long), 112)]
    for comment, flag, stream, text in [
        ("a message comes twice", "Replay", one + one, "one\none\n"),
        ("a whole conversation again", "Replay", one + two + one + two, "one\ntwo\none\ntwo\n"),
        (
            "a frame of a message comes twice",
            "Replay",
            frames[0] * 2 + b"".join(frames[1:]),
            "I owe you nothiI owe you nothing, and that is that.\n",
        ),
        ("a message is missing", "Drop", one + three, "one\nthree\n"),
        (
            "the middle of a message is missing",
            "Drop",
            frames[0] + frames[2],
            "I owe you nothi that.\n",
        ),
        ("messages change places", "Reorder", two + one, "two\none\n"),
        (
            "the frames of a message change places",
            "Reorder",
            b"".join(frames[::-1]),
            " that.\nng, and that isI owe you nothi",
        ),
        ("the end between two frames of a message", "Cut", frames[0], "I owe you nothi"),
        ("a message comes back to who sent it", "Reflection", one, "one\n"),
    ]:
        yield acceptable(comment, flag, stream, text)


SPLICE_IV = 3463909
"""Found by `search_splice`: about one pair of frames in some millions gives text that is UTF-8."""


def splices(wire: Wire) -> Iterator[Case]:
    one, two = wire.frame(b"pay alice 1\n"), wire.frame(b"pay bob 22\n")
    for comment, stream in [
        ("header of the first, body of the second", one[:64] + two[64:]),
        ("header of the second, body of the first", two[:64] + one[64:]),
    ]:
        yield invalid(comment, "Splice", stream, "", "FrameError")
    body_of = wire.blocks(fill(b"15"), fill(b"fourteen bytes\n"), spliced_iv(0))
    header_of = wire.blocks(fill(b"15"), fill(b"nobody said so\n"), spliced_iv(SPLICE_IV))
    text = spliced_block(wire, header_of[0], *body_of)
    assert text is not None
    yield acceptable(
        "a header and a body of two frames, and what comes out happens to be padded text: "
        "nobody sent it",
        "Splice",
        wire.join(header_of[0], body_of[1]),
        text,
    )


def spliced_iv(number: int) -> bytes:
    return sha256(b"splice %d" % number)[:16]


def spliced_block(wire: Wire, header: bytes, own_header: bytes, body: bytes) -> str | None:
    """Return the text that a body gives behind another header, if it gives any."""
    block = AES.new(wire.confidentiality, AES.MODE_CBC, header[16:]).decrypt(body)
    if not 1 <= block[15] <= 16 or block[16 - block[15] :] != block[15:] * block[15]:
        return None
    try:
        return block[: -block[15]].decode()
    except UnicodeDecodeError:
        return None


def search_splice() -> int:
    """Return the first number whose header gives text with the body above: some minutes."""
    wire = Wire(CONFKEY, AUTHKEY, "independent")
    own_header, body = wire.blocks(fill(b"15"), fill(b"fourteen bytes\n"), spliced_iv(0))
    for number in itertools.count(1):
        header, _ = wire.blocks(fill(b"15"), b"", spliced_iv(number))
        if spliced_block(wire, header, own_header, body):
            return number
    raise AssertionError


def chained_texts(wire: Wire) -> Iterator[Case]:
    for comment, chunks, lengths in [
        ("one chunk", [b"hello\n"], [6]),
        ("lengths count what is left", [b"sixteen letters", b"!\n"], [17, 2]),
        ("lengths count characters, not bytes", ["naïve\n".encode()], [6]),
        ("characters of four bytes", ["🔑🔑🔑".encode(), "🔑\n".encode()], [5, 2]),
        ("three digits", [b"abcdefghijklmno"] * 7 + [b"\n"], [106 - 15 * n for n in range(8)]),
    ]:
        stream = b"".join(
            wire.frame(chunk, b"%d" % length) for chunk, length in zip(chunks, lengths, strict=True)
        )
        yield valid(comment, "Dialect", stream, b"".join(chunks).decode())
    yield invalid(
        "tags of the independent dialect",
        "Dialect",
        Wire(CONFKEY, AUTHKEY, "independent").seal("hello\n"),
        "",
        "AuthenticationError",
    )


def hello(wire: Wire) -> Iterator[Case]:
    yield valid("hello", "Keys", wire.seal("hello\n"), "hello\n")


MakeCases = Callable[[Wire], Iterator[Case]]
MODERN_GROUPS: list[tuple[str, str, str, Sequence[MakeCases]]] = [
    (
        CONFKEY,
        AUTHKEY,
        "independent",
        [
            honest_texts,
            changed_on_the_way,
            wrong_tags,
            wrong_content,
            other_modes,
            truncated,
            taken_and_yet,
            splices,
        ],
    ),
    (CONFKEY, AUTHKEY, "chained", [chained_texts]),
    ("", "", "independent", [hello]),
    ("short", "keys", "independent", [hello]),
    ("same key twice", "same key twice", "independent", [hello]),
    ("пароль ☃ 🔑", "ключ", "independent", [hello]),
    ("x" * 1000, "y" * 1000, "chained", [hello]),
    ("spaces at the end  ", "\ttabs\t", "independent", [hello]),
]


def modern_vectors() -> Case:
    groups = []
    for confkey, authkey, dialect, makers in MODERN_GROUPS:
        wire = Wire(confkey, authkey, dialect)
        cases = [case for make in makers for case in make(wire)]
        groups.append({"confkey": confkey, "authkey": authkey, "dialect": dialect, "tests": cases})
    return number_cases("streams of AES-256-CBC and HMAC-SHA256 frames", MODERN_NOTES, groups)


# Legacy --------------------------------------------------------------------------------------

PASSPHRASE, CLOCK = "secret", "12:34:56"
UNRECOGNISED = "Unrecognised Data or Broken PIPE "

LEGACY_NOTES = {
    "Honest": "what the original sends, shown as it was meant",
    "Passphrase": "unusual passphrases",
    "Control": "control characters travel as JSON escapes; only a terminal must not obey them",
    "Tilde": "L11: `~` is data and padding at once",
    "Length": "68 characters or more are verified and never shown; 1024 bytes are one recv",
    "Framing": "L10: one recv is one message, whatever TCP made of it",
    "Hash": "L6: the hash says whether a message was garbled, not who sent it",
    "WrongKey": "encrypted under another key",
    "Json": "JSON that an original does not write, and reads",
    "NotJson": "no JSON object with three texts",
    "Replay": "L4: a recorded message is sent again",
    "Redate": "L5: block 1 holds the clock, and nothing covers it",
    "Reflection": "L7: a message comes back to who sent it",
    "Order": "L8: messages missing, doubled, swapped",
    "Blocks": "L1: blocks are encrypted alone, so they can be cut out and put in",
    "BitFlip": "a bit changed on the way garbles one block",
    "Junk": "bytes that no sender makes",
}


def encrypt(text: str, passphrase: str = PASSPHRASE, key_size: int = 32) -> bytes:
    """Encrypt text, each character one byte, block by block."""
    data = text.encode("latin-1")
    key = sha256(passphrase.encode())[:key_size]
    return AES.new(key, AES.MODE_ECB).encrypt(data + b"~" * (-len(data) % 16))


def envelope(message: str, clock: str = CLOCK, hashed: str | None = None) -> str:
    digest = sha256(message.encode()).hex() if hashed is None else hashed
    return json.dumps({"timestamp": clock, "message": message, "hash": digest})


def shown(message: str, tag: str = "☑", clock: str = CLOCK) -> str:
    return f"Received : {message}{' ' * (68 - len(message))}{tag}  {clock}"


def legacy_case(
    result: str, comment: str, flag: str, received: Sequence[bytes], lines: Sequence[str]
) -> Case:
    return {
        "comment": comment,
        "flags": [flag],
        "recvs": [data.hex() for data in received],
        "lines": list(lines),
        "result": result,
    }


def legacy_honest(passphrase: str) -> Iterator[Case]:
    for comment, message in [
        ("a word", "hello"),
        ("nothing", ""),
        ("a space", " "),
        ("quotes", 'say "hi"'),
        ("backslashes", "C:\\new\\u0041"),
        ("a brace and a bracket", '}{"][,:'),
        ("two bytes in UTF-8", "naïve café"),
        ("three bytes", "☃☃☃"),
        ("beyond the BMP", "key 🔑"),
        ("right-to-left", "שלום"),
        ("looks like an envelope", '{"timestamp": "00:00:00"}'),
        ("looks like the end command", " quit()"),
        ("a hash", sha256(b"hello").hex()),
        ("67 characters, the most that is shown", "x" * 67),
        ("66 characters", "x" * 66),
        ("an envelope that fills its blocks", "m" * 12),
        ("67 keys", "🔑" * 67),
    ]:
        received = [encrypt(envelope(message), passphrase)]
        yield legacy_case("valid", comment, "Honest", received, [shown(message)])
    for message in ["a\ttab", "\x1b[2J", "\0", "\x7f", "\x9b31m", "bell\a", "\r", "\u2028"]:
        received = [encrypt(envelope(message), passphrase)]
        yield legacy_case("valid", f"{message!r}", "Control", received, [shown(message)])


def legacy_lost(passphrase: str) -> Iterator[Case]:
    for message in ["~", "a~b", "~start", "end~", "~~~", "12~34~56"]:
        bare = message.replace("~", "")
        received = [encrypt(envelope(message), passphrase)]
        yield legacy_case(
            "invalid", f"{message!r} loses its tildes", "Tilde", received, [shown(bare, "☒")]
        )
    for size in (68, 69, 100, 400, 800):
        received = [encrypt(envelope("y" * size), passphrase)]
        yield legacy_case("invalid", f"{size} characters are not shown", "Length", received, [])
    one, two = (encrypt(envelope(message), passphrase) for message in ("one", "two"))
    long = encrypt(envelope("z" * 1000), passphrase)
    for comment, flag, received in [
        ("an envelope of more than one recv", "Length", [long[:1024], long[1024:]]),
        ("two messages in one recv", "Framing", [one + two]),
        ("the same message twice in one recv", "Framing", [one + one]),
        ("a message in two recvs", "Framing", [one[:80], one[80:]]),
        ("cut inside a block", "Framing", [one[:50], one[50:]]),
        ("all but the last block", "Framing", [one[:-16]]),
        ("the first byte alone", "Framing", [one[:1], one[1:]]),
        ("a stray byte in front", "Framing", [b"\0" + one]),
        ("a byte is missing", "Framing", [one[1:]]),
        ("a message and half of the next", "Framing", [one + two[:64], two[64:]]),
    ]:
        yield legacy_case("invalid", comment, flag, received, [UNRECOGNISED] * len(received))


def legacy_wrong(passphrase: str) -> Iterator[Case]:
    good = sha256(b"hello").hex()
    for comment, hashed in [
        ("the hash of another message", sha256(b"other").hex()),
        ("no hash", ""),
        ("the hash in capitals", good.upper()),
        ("half the hash", good[:32]),
        ("a space behind the hash", good + " "),
        ("SHA-1", hashlib.sha1(b"hello").hexdigest()),
        ("MD5", hashlib.md5(b"hello").hexdigest()),
        ("zeros", "0" * 64),
        ("the hash of the message in UTF-16", sha256("hello".encode("utf-16")).hex()),
        ("the hash of message and clock", sha256(f"hello{CLOCK}".encode()).hex()),
    ]:
        received = [encrypt(envelope("hello", hashed=hashed), passphrase)]
        yield legacy_case("invalid", comment, "Hash", received, [shown("hello", "☒")])
    fields = {"timestamp": CLOCK, "message": "hello", "hash": good}
    texts = {
        f"no {name}": json.dumps({k: v for k, v in fields.items() if k != name}) for name in fields
    }
    texts |= {
        f"{name} is {value!r}": json.dumps(fields | {name: value})
        for name in fields
        for value in (5, None, ["x"], {"x": 1}, True)
    }
    texts |= {
        "an array": json.dumps(list(fields.values())),
        "a text": '"hello"',
        "a number": "5",
        "null": "null",
        "not a number": "NaN",
        "nothing": "",
        "an empty object": "{}",
        "half an object": envelope("hello")[:-1],
        "two objects": envelope("one") + envelope("two"),
        "text behind the object": envelope("hello") + " hello",
        "single quotes": envelope("hello").replace('"', "'"),
        "open brackets": "[" * 1000,
        "a comma too many": envelope("hello")[:-1] + ",}",
        "a newline inside a text": envelope("hello").replace("hello", "hel\nlo"),
        "a lone surrogate": envelope("hello").replace("hello", "\\ud83d"),
        "a long number": envelope("hello")[:-1] + ', "n": ' + "9" * 700 + ".}",
        "a byte order mark in front": "ï»¿" + envelope("hello"),
    }
    for comment, text in texts.items():
        received = [encrypt(text, passphrase)] if text else [b"\0"]
        yield legacy_case("invalid", comment, "NotJson", received, [UNRECOGNISED])
    yield from legacy_noise(passphrase)


def legacy_noise(passphrase: str) -> Iterator[Case]:
    wire = encrypt(envelope("hello"), passphrase)
    blocks = [wire[start : start + 16] for start in range(0, len(wire), 16)]
    for comment, flag, data in [
        ("another passphrase", "WrongKey", encrypt(envelope("hello"), "Secret")),
        ("a space behind the passphrase", "WrongKey", encrypt(envelope("hello"), passphrase + " ")),
        ("a key of 128 bits", "WrongKey", encrypt(envelope("hello"), passphrase, 16)),
        ("not encrypted", "Junk", envelope("hello").ljust(160, "~").encode()),
        ("zeros", "Junk", bytes(64)),
        ("ones", "Junk", b"\xff" * 1024),
        ("a block too short", "Junk", b"\x55" * 15),
        ("text", "Junk", b"GET / HTTP/1.1\r\n\r\n"),
        ("the first block is missing", "Blocks", b"".join(blocks[1:])),
        ("the first block twice", "Blocks", blocks[0] + wire),
        (
            "blocks 1 and 2 change places",
            "Blocks",
            b"".join([blocks[0], blocks[2], blocks[1], *blocks[3:]]),
        ),
        ("all blocks backwards", "Blocks", b"".join(blocks[::-1])),
    ]:
        yield legacy_case("invalid", comment, flag, [data], [UNRECOGNISED])
    for bit in range(0, 128, 16):
        flipped = bytearray(wire)
        flipped[bit // 8] ^= 1
        yield legacy_case(
            "invalid",
            f"bit {bit} of the first block flipped",
            "BitFlip",
            [bytes(flipped)],
            [UNRECOGNISED],
        )


def legacy_taken_and_yet(passphrase: str) -> Iterator[Case]:
    one, two = (encrypt(envelope(message), passphrase) for message in ("one", "two"))
    later = encrypt(envelope("one", "19:59:59"), passphrase)
    tildes = encrypt("~" * 16, passphrase)
    escaped = envelope("a!b", hashed=sha256(b"a~b").hex()).replace("!", "\\u007e")
    escaped_tilde = encrypt(escaped, passphrase)
    for comment, flag, received, lines in [
        ("the same bytes again", "Replay", [one, one], [shown("one")] * 2),
        ("a conversation again", "Replay", [one, two, one, two], [shown("one"), shown("two")] * 2),
        (
            "another message's clock",
            "Redate",
            [one[:16] + later[16:32] + one[32:]],
            [shown("one", clock="19:59:59")],
        ),
        ("our own words come back", "Reflection", [one], [shown("one")]),
        ("messages change places", "Order", [two, one], [shown("two"), shown("one")]),
        ("a block of padding behind", "Blocks", [one + tildes], [shown("one")]),
        ("a block of padding in front", "Blocks", [tildes + one], [shown("one")]),
        (
            "a block of padding in the middle",
            "Blocks",
            [one[:48] + tildes + one[48:]],
            [shown("one")],
        ),
        (
            "padding up to a whole recv",
            "Blocks",
            [one + tildes * ((1024 - len(one)) // 16)],
            [shown("one")],
        ),
        ("bytes behind that are no block", "Framing", [one + b"\0" * 15], [shown("one")]),
        ("~ as a JSON escape", "Tilde", [escaped_tilde], [shown("a~b")]),
    ]:
        yield legacy_case("acceptable", comment, flag, received, lines)
    fields = json.loads(envelope("héllo"))
    backwards = dict(reversed(fields.items()))
    for comment, text, message, clock in [
        ("the fields in another order", json.dumps(backwards), "héllo", CLOCK),
        ("no spaces", json.dumps(fields, separators=(",", ":")), "héllo", CLOCK),
        ("on several lines", json.dumps(fields, indent=1), "héllo", CLOCK),
        ("spaces around", f"  {json.dumps(fields)}\r\n", "héllo", CLOCK),
        ("not escaped, as latin-1", json.dumps(fields, ensure_ascii=False), "héllo", CLOCK),
        ("escapes in capitals", json.dumps(fields).replace("\\u00e9", "\\u00E9"), "héllo", CLOCK),
        (
            "letters escaped",
            json.dumps(fields).replace("llo", "\\u006c\\u006c\\u006f"),
            "héllo",
            CLOCK,
        ),
        ("a field more", json.dumps(fields | {"from": "bob"}), "héllo", CLOCK),
        (
            "a field twice: the last one counts",
            '{"message": "no", ' + json.dumps(fields)[1:],
            "héllo",
            CLOCK,
        ),
        (
            "a clock that is none",
            json.dumps(fields | {"timestamp": "yesterday"}),
            "héllo",
            "yesterday",
        ),
        ("no time at all", json.dumps(fields | {"timestamp": ""}), "héllo", ""),
        (
            "a clock with an escape sequence",
            json.dumps(fields | {"timestamp": "\x1b[2J"}),
            "héllo",
            "\x1b[2J",
        ),
    ]:
        yield legacy_case(
            "acceptable",
            comment,
            "Json",
            [encrypt(text, passphrase)],
            [shown(message, clock=clock)],
        )


def legacy_hello(passphrase: str) -> Iterator[Case]:
    yield legacy_case(
        "valid", "hello", "Passphrase", [encrypt(envelope("hello"), passphrase)], [shown("hello")]
    )


LEGACY_GROUPS: list[tuple[str, Sequence[Callable[[str], Iterator[Case]]]]] = [
    (PASSPHRASE, [legacy_honest, legacy_lost, legacy_wrong, legacy_taken_and_yet]),
    *((passphrase, [legacy_hello]) for passphrase in ("", " ", "пароль", "🔑", "x" * 1000, "a\tb")),
]


def legacy_vectors() -> Case:
    groups = []
    for passphrase, makers in LEGACY_GROUPS:
        cases = [case for make in makers for case in make(passphrase)]
        groups.append({"passphrase": passphrase, "tests": cases})
    return number_cases("what each recv of a legacy receiver shows", LEGACY_NOTES, groups)


# Files ---------------------------------------------------------------------------------------


def number_cases(subject: str, notes: dict[str, str], groups: list[Case]) -> Case:
    """Give each case its id, and tell how many there are."""
    number = itertools.count(1)
    for group in groups:
        group["tests"] = [{"tcId": next(number), **case} for case in group["tests"]]
    total = sum(len(group["tests"]) for group in groups)
    return {
        "subject": subject,
        "generator": "tests/trust/make_vectors.py",
        "numberOfTests": total,
        "notes": notes,
        "testGroups": groups,
    }


def render(vectors: Case) -> str:
    return json.dumps(vectors, indent=1) + "\n"


FILES = {"wycheproof_modern": modern_vectors, "wycheproof_legacy": legacy_vectors}


def main() -> None:
    """Write both files."""
    for name, make in FILES.items():
        vectors = make()
        (FOLDER / f"{name}.json").write_text(render(vectors), encoding="utf-8")
        print(f"{name}.json: {vectors['numberOfTests']} cases")


if __name__ == "__main__":
    main()
