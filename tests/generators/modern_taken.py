"""Modern streams that a receiver takes: honest ones, and those that nobody honest sent so."""

from __future__ import annotations

from collections.abc import Iterator

from tests.generators.modern_wire import (
    AUTHKEY,
    CONFKEY,
    SPLICE_IV,
    Wire,
    acceptable,
    fill,
    invalid,
    spliced_block,
    spliced_iv,
    valid,
)
from tests.generators.shape import Case


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
