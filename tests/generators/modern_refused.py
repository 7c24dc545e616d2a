"""Modern streams that a receiver must refuse, each with the error that it ends in."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from Crypto.Cipher import AES

from tests.generators.modern_wire import AUTHKEY, CONFKEY, Wire, fill, invalid
from tests.generators.shape import Case, sha256


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
