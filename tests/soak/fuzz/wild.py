"""What is fuzzed of old programs' wires: dialects, `identify`, recordings and captures."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from Crypto.Cipher import AES

from compat.errors import CompatError
from compat.identify.captures import from_text, read_captures
from compat.identify.search import identify
from compat.wiretap.capture import read_capture
from compat.wiretap.recording import read_recording
from modern import bulk, construction
from modern.dialects import DIALECTS, Dialect
from modern.errors import ModernError
from modern.protocol import BLOCK_SIZE, Keys

SECRETS = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
HONEST_LINE = "hi\n"
"""So short that it is one frame in every dialect."""
_DIALECTS = tuple(DIALECTS.values())
_KEYS = {dialect: dialect.derive_keys(*SECRETS) for dialect in _DIALECTS}
_HONEST = {
    dialect: b"".join(construction.Sealer(dialect, keys, bytes).seal([HONEST_LINE]))
    for dialect, keys in _KEYS.items()
}


@cache
def _folder() -> Path:
    """Return a folder for files that are read. It is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _choose(data: bytes) -> tuple[Dialect, Keys, bytes]:
    """Return a dialect, its keys, and the bytes that are left."""
    dialect = _DIALECTS[data[0] % len(_DIALECTS)] if data else _DIALECTS[0]
    return dialect, _KEYS[dialect], data[1:]


def dialect_stream(data: bytes) -> None:
    """Decode any bytes behind an honest line, in any dialect: no other line is ever shown."""
    dialect, keys, junk = _choose(data)
    shown = _decode_all_ways(dialect, keys, _HONEST[dialect] + junk)
    assert shown.decode().replace(HONEST_LINE, "") == ""
    assert shown


def dialect_fields(data: bytes) -> None:
    """Open a frame whose tags fit, over any length and any body, in any dialect."""
    dialect, keys, fields = _choose(data)
    size = dialect.length.form.size
    length, body = fields[:size].ljust(size, b"\1"), fields[size:]
    frame = _seal_raw(dialect, keys, length, body.ljust(-len(body) % BLOCK_SIZE + len(body), b"\1"))
    _decode_all_ways(dialect, keys, frame).decode()


def _seal_raw(dialect: Dialect, keys: Keys, length: bytes, body: bytes) -> bytes:
    """Return the first frame of a stream, over plaintext that no honest sealer would take."""
    iv = bytes(BLOCK_SIZE)
    header = iv + AES.new(keys.confidentiality, AES.MODE_CBC, iv=iv).encrypt(length)
    second_iv = iv if dialect.body_iv.own else b""
    first = iv if dialect.body_iv.own or dialect.body_iv.repeats else header[-BLOCK_SIZE:]
    encrypted = AES.new(keys.confidentiality, AES.MODE_CBC, iv=first).encrypt(body)
    tagged = second_iv + encrypted if dialect.body_iv.tagged else encrypted
    tags = []
    for covered in (header, tagged):
        running = dialect.tag.start(keys.authentication)
        running.update(covered)
        tags.append(running.digest())
    frame = header + tags[0] + second_iv + encrypted + tags[1]
    return len(frame).to_bytes(dialect.prefix.size, "big") + frame if dialect.prefix.size else frame


def _decode_all_ways(dialect: Dialect, keys: Keys, stream: bytes) -> bytes:
    """Return what is shown: the same in one piece, in many and in bulk; all fail, or none.

    They may fail differently: a bad header in half a frame is noticed by some, its end by all.
    """
    decoders: list[construction.Decoder | bulk.Decoder] = [
        construction.Decoder(dialect, keys) for _ in range(2)
    ]
    if dialect.has_plain_frames:
        decoders.append(bulk.Decoder(keys, dialect))
    outcomes = [
        _decode(decoder, stream, piece)
        for decoder, piece in zip(decoders, (len(stream) or 1, 7, 33), strict=False)
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    return outcomes[0][0]


def _decode(
    decoder: construction.Decoder | bulk.Decoder, stream: bytes, piece: int
) -> tuple[bytes, bool]:
    """Return what is shown, and whether it ended in a failure."""
    shown = b""
    try:
        for start in range(0, len(stream), piece):
            for text in decoder.feed(stream[start : start + piece]):
                shown += text
        decoder.close()
    except ModernError:
        return shown, True
    return shown, False


def identified(data: bytes) -> None:
    """Say what any bytes are: each statement has its place in them, and words."""
    report = identify(data, *SECRETS, typed="hi", passphrase="secret")
    for statement in report.statements:
        assert statement.sentence
        assert all(0 <= span.start < span.end <= len(data) for span in statement.spans)
    assert all(0 <= span.start < span.end <= len(data) for span in report.unexplained)


def recording_file(data: bytes) -> None:
    """Read any file as a recording, and as a capture in JSON or hexadecimal."""
    path = _folder() / "wire.json"
    path.write_bytes(data)
    for read in (read_recording, lambda path: read_captures(str(path))):
        with suppress(CompatError):
            read(path)
    assert len(from_text(data)) <= len(data)


def capture_file(data: bytes) -> None:
    """Read any file as a capture of packets: conversations, or one line that says what is wrong."""
    path = _folder() / "wire.pcapng"
    path.write_bytes(data)
    for read in (read_capture, read_recording):
        with suppress(CompatError):
            read(path)


WILD_TARGETS: tuple[Callable[[bytes], None], ...] = (
    dialect_stream,
    dialect_fields,
    identified,
    recording_file,
    capture_file,
)
