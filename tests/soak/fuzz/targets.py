"""What is fuzzed: one function for each parser, which holds what must be so for any bytes at all.

Where a tag or a cipher would stop every input at the door, the target lets it in: it seals the
fuzzer's bytes with the right keys, as a peer who has them could.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import takewhile

from Crypto.Util.Padding import pad

from compat.aes import FastAES
from compat.careful.envelopes import Reader, Skipped
from legacy import protocol as legacy_protocol
from modern import bulk, protocol
from modern.console import MAX_MESSAGE, defuse, read_messages
from modern.errors import ModernError, ProtocolError
from modern.hardened import bulk as hardened_bulk
from modern.hardened import pake
from modern.hardened import records as hardened_records
from modern.hardened.errors import AgreementError
from modern.hardened.session import HardenedSession
from modern.protocol import BLOCK_SIZE, FRAME_SIZE
from tests.decoders import RecognisingDecoder
from tests.soak.fuzz.wild import WILD_TARGETS

SECRETS = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
KEYS = protocol.derive_keys(*SECRETS)
LEGACY_CIPHER = FastAES(legacy_protocol.derive_key("secret"))
HONEST_CHUNKS = [b"an honest messa", b"ge of three fra", b"mes\n"]
HONEST_FRAMES = {
    protocol.seal_frame(chunk, len(chunk), KEYS, bytes([number]) * BLOCK_SIZE): chunk
    for number, chunk in enumerate(HONEST_CHUNKS)
}
HONEST = b"".join(HONEST_FRAMES)
HONEST_TEXT = "an honest message ☃\n".encode()
HONEST_RECORDS = hardened_records.seal_record(
    hardened_records.Kind.TEXT, HONEST_TEXT, 0, KEYS, bytes(BLOCK_SIZE)
)


def modern_stream(data: bytes) -> None:
    """Decode any bytes behind an honest message: shown is what is honest, up to what is not."""
    stream = HONEST + data
    expected = b"".join(_take_honest(stream))
    for decoder in (protocol.Decoder(KEYS), bulk.Decoder(KEYS), RecognisingDecoder(*SECRETS)):
        shown, failed = b"", False
        try:
            for piece in _pieces(stream):
                for text in decoder.feed(piece):
                    shown += text
            decoder.close()
        except ProtocolError:
            failed = True
        assert shown == expected
        assert failed or len(stream) % FRAME_SIZE == 0


def _take_honest(stream: bytes) -> Iterator[bytes]:
    for start in range(0, len(stream), FRAME_SIZE):
        text = HONEST_FRAMES.get(stream[start : start + FRAME_SIZE])
        if text is None:
            return
        yield text


def modern_frame(data: bytes) -> None:
    """Open frames whose tags fit, over any two blocks: both ways of opening agree."""
    size = 2 * BLOCK_SIZE
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    _open_both_ways([_seal_raw(block.ljust(size, b"\x01")) for block in blocks])


def modern_fields(data: bytes) -> None:
    """Open frames that are padded as they should be, over any length and chunk (between `|`)."""
    fields = [field[: BLOCK_SIZE - 1] for field in data.split(b"|")]
    pairs = list(zip(fields[::2], fields[1::2], strict=False))
    sealed = [
        _seal_raw(pad(length, BLOCK_SIZE) + pad(chunk, BLOCK_SIZE)) for length, chunk in pairs
    ]
    shown = _open_both_ways(sealed)
    assert shown == b"".join(chunk for _, chunk in takewhile(_is_right, pairs))


def _is_right(pair: tuple[bytes, bytes]) -> bool:
    """Say in other words than the protocol code whether a length and a chunk can be taken."""
    length, chunk = pair
    try:
        characters = len(chunk.decode())
    except UnicodeDecodeError:
        return False
    return re.fullmatch(b"[0-9]+", length) is not None and int(length) >= characters


def _open_both_ways(frames: list[bytes]) -> bytes:
    """Return what both decoders show of these frames."""
    outcomes = []
    for decoder in (protocol.Decoder(KEYS), bulk.Decoder(KEYS)):
        shown, failure = b"", None
        try:
            for text in decoder.feed(b"".join(frames)):
                text.decode()
                shown += text
            decoder.close()
        except ModernError as error:
            failure = type(error)
        outcomes.append((shown, failure))
    assert outcomes[0] == outcomes[1]
    return outcomes[0][0]


def _seal_raw(blocks: bytes) -> bytes:
    from Crypto.Cipher import AES  # noqa: PLC0415 - not to be instrumented

    cipher = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=bytes(BLOCK_SIZE))
    header = bytes(BLOCK_SIZE) + cipher.encrypt(blocks[:BLOCK_SIZE])
    body = cipher.encrypt(blocks[BLOCK_SIZE:])
    return header + protocol.tag(header, KEYS) + body + protocol.tag(body, KEYS)


def modern_message(data: bytes) -> None:
    """Send what is typed: it arrives as it was, and cannot drive a terminal."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    frames = protocol.seal(text, KEYS)
    assert len(frames) % FRAME_SIZE == 0
    assert b"".join(protocol.Decoder(KEYS).feed(frames)) == data
    assert b"".join(bulk.Decoder(KEYS).feed(b"".join(bulk.Sealer(KEYS).seal([text])))) == data
    shown = defuse(data).decode().replace("\r\n", "\n")
    assert not [mark for mark in shown if unicodedata.category(mark) == "Cc" and mark not in "\n\t"]


def hardened_stream(data: bytes) -> None:
    """Decode any bytes behind an honest message of the third chat, however they are cut."""
    stream = HONEST_RECORDS + data
    for make in (hardened_records.Decoder, hardened_bulk.Decoder):
        decoder = make(hardened_records.Direction(KEYS))
        shown, failed = b"", False
        try:
            for piece in _pieces(stream):
                for text in decoder.feed(piece):
                    shown += text
                assert len(decoder._pending) < 2 + hardened_records.LARGEST_REST
            decoder.close()
        except ProtocolError:
            failed = True
        assert shown == HONEST_TEXT
        assert failed, "nobody has said the end"
        assert not decoder.has_ended


def hardened_record(data: bytes) -> None:
    """Open records whose tags fit, over any content (between `|`): both ways of opening agree."""
    contents = [part.ljust(-(-len(part) // BLOCK_SIZE) * BLOCK_SIZE or BLOCK_SIZE, b"\0")[:1024]
                for part in data.split(b"|")]  # fmt: skip
    stream = b"".join(_seal_content(content, number) for number, content in enumerate(contents))
    outcomes = []
    for make in (hardened_records.Decoder, hardened_bulk.Decoder):
        decoder = make(hardened_records.Direction(KEYS))
        shown, failure = b"", None
        try:
            for text in decoder.feed(stream):
                text.decode()
                shown += text
            decoder.close()
        except ModernError as error:
            failure = str(error)
        outcomes.append((shown, failure, decoder.has_ended))
    assert outcomes[0] == outcomes[1]


def _seal_content(content: bytes, counter: int) -> bytes:
    from Crypto.Cipher import AES  # noqa: PLC0415 - not to be instrumented

    iv = counter.to_bytes(BLOCK_SIZE, "big")
    sealed = iv + AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=iv).encrypt(content)
    record = (len(sealed) + 32).to_bytes(2, "big") + sealed
    return record + hardened_records.tag(counter, record, KEYS)


def hardened_agreement(data: bytes) -> None:
    """Agree with any bytes: no side is ever ready, however they are cut."""
    for is_client, hides_nothing in ((True, pake.encode(pake.N)), (False, pake.encode(pake.M))):
        session = HardenedSession(1, is_client=is_client)
        failed = False
        try:
            for piece in _pieces(data):
                assert not list(session.receive(piece))
                session.replies()
        except AgreementError:
            failed = True
        is_share = _is_hello(data) and data[1:66] != hides_nothing
        assert failed == (len(data) >= 98 or not is_share)
        assert not session.ready


def _is_hello(data: bytes) -> bool:
    """Say in other words whether the first 66 bytes can be a hello, if so many there are."""
    x, y = (int.from_bytes(data[start : start + 32], "big") for start in (2, 34))
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    is_on_curve = x < prime and y < prime and (y * y - x**3 + 3 * x - b) % prime == 0
    if len(data) < 66:
        return data[:1] in (b"", b"\x01")
    return data[:2] == b"\x01\x04" and is_on_curve


def typed_lines(data: bytes) -> None:
    """Cut standard input into messages: nothing is lost, and none is too long."""
    pieces = _pieces(data)

    class Input:
        def read(self, _: int) -> bytes:
            return next(pieces, b"")

    messages = [message for batch in read_messages(Input()) for message in batch]  # type: ignore[arg-type]
    assert b"".join(messages) == data
    assert all(len(message) <= 2 * MAX_MESSAGE for message in messages)
    assert all(b"\n" not in message[:-1] for message in messages)


def legacy_text(data: bytes) -> None:
    """Display any decrypted text: one line, none, or UnrecognisedData; a tag that is right."""
    text = data.decode("latin-1").replace("~", "")
    try:
        line = legacy_protocol.verify_and_display(text)
        envelope = legacy_protocol.parse_envelope(text)
    except legacy_protocol.UnrecognisedData:
        return
    if line is None:
        assert len(envelope.message) >= 68
        return
    assert line.startswith(f"Received : {envelope.message} ")
    tag = "☑" if legacy_protocol.hash_message(envelope.message) == envelope.hash else "☒"
    assert line.endswith(f"{tag}  {envelope.timestamp}")


def legacy_message(data: bytes) -> None:
    """Send what is typed: without `~` it arrives as it was."""
    message = data.decode(errors="replace")
    wire = LEGACY_CIPHER.encrypt(bytes(byte for block in _process(message) for byte in block))
    (envelope,) = Reader(LEGACY_CIPHER).feed(wire)
    assert not isinstance(envelope, Skipped)
    assert envelope.message == message.replace("~", "") or envelope.message == message
    assert envelope.verified or "~" in message


def _process(message: str) -> list[list[int]]:
    return legacy_protocol.process_text(legacy_protocol.build_envelope(message, "12:34:56"))


def careful_reader(data: bytes) -> None:
    """Read any decrypted blocks: however they are cut, the same comes out."""
    wire = LEGACY_CIPHER.encrypt(data.ljust(-(-len(data) // BLOCK_SIZE) * BLOCK_SIZE, b"~"))
    whole, in_pieces = (
        list(_read(Reader(LEGACY_CIPHER), pieces)) for pieces in (iter([wire]), _pieces(wire))
    )
    assert [item for item in whole if not isinstance(item, Skipped)] == [
        item for item in in_pieces if not isinstance(item, Skipped)
    ]
    for items in (whole, in_pieces):
        assert sum(item.size for item in items if isinstance(item, Skipped)) <= len(wire)


def careful_reader_wire(data: bytes) -> None:
    """Read any bytes of the wire, between two messages: both are read."""
    message = LEGACY_CIPHER.encrypt(bytes(byte for block in _process("hello") for byte in block))
    items = list(_read(Reader(LEGACY_CIPHER), _pieces(message + data + message)))
    messages = [item.message for item in items if not isinstance(item, Skipped)]
    assert messages[0] == "hello"
    assert messages[-1] == "hello"
    assert len(messages) >= 2


def _read(reader: Reader, pieces: Iterator[bytes]) -> Iterator[object]:
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.close()


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cut data in a way that depends on it alone."""
    start = 0
    while start < len(data):
        size = 1 + (data[start] * 7 + start) % 150
        yield data[start : start + size]
        start += size


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        modern_stream,
        modern_frame,
        modern_fields,
        modern_message,
        hardened_stream,
        hardened_record,
        hardened_agreement,
        typed_lines,
        legacy_text,
        legacy_message,
        careful_reader,
        careful_reader_wire,
        *WILD_TARGETS,
    )
}
