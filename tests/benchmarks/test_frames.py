"""Frames in memory: the plain way, protocol.py, bulk.py, and the floor that hashing sets."""

from __future__ import annotations

import hashlib
import os
from statistics import median
from time import perf_counter

import pytest

from modern import bulk, protocol
from tests.benchmarks import plain

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

KEYS = protocol.derive_keys("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")
FRAMES = 10_000
PLAIN_SHARE = 0.1
SENTENCE = "The quick brown fox jumps over the lazy dog, and then it sleeps. "
LINE = "see you at ten\n"
SIZES = [10**exponent for exponent in range(8)]


def text_of(size: int) -> str:
    """Return so many bytes of text, in lines of 65."""
    return (SENTENCE[:-1] + "\n") * (size // 65) + SENTENCE[: size % 65]


def lines_of(text: str) -> list[str]:
    return text.splitlines(keepends=True)


TEXT = (SENTENCE * FRAMES)[: FRAMES * protocol.CHUNK_SIZE]
SHORT_TEXT = TEXT[: int(len(TEXT) * PLAIN_SHARE)]


def seal(messages: list[str]) -> bytes:
    return b"".join(bulk.Sealer(KEYS).seal(messages))


def open_(frames: bytes) -> bytes:
    return b"".join(bulk.Decoder(KEYS).feed(frames))


def new_hmac_of_copied_states():
    """Return HMAC-SHA256 as one writes it with copied states of the standard library."""
    key = KEYS.authentication.ljust(64, b"\0")
    inner_state = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
    outer_state = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def tag(data: bytes) -> bytes:
        inner, outer = inner_state.copy(), outer_state.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()

    return tag


def new_floor():
    """Return a function that makes the two tags of FRAMES frames, and nothing else."""
    tag = new_hmac_of_copied_states()
    headers = [os.urandom(32) for _ in range(FRAMES)]
    bodies = [os.urandom(16) for _ in range(FRAMES)]
    assert tag(headers[0]) == protocol.tag(headers[0], KEYS)

    def floor() -> list[bytes]:
        return [part for pair in zip(headers, bodies, strict=True) for part in map(tag, pair)]

    return floor


def test_seal_many(compare):
    assert plain.open_frames(seal([TEXT]), KEYS).decode() == TEXT
    compare.faster(
        "seal 10,000 frames, against the plain way",
        lambda: seal([TEXT]),
        lambda: plain.seal(SHORT_TEXT, KEYS),
        share=PLAIN_SHARE,
        rounds=15,
        goal="goal: ≥ 45 ×",
    )


def test_open_many(compare):
    frames = plain.seal(TEXT, KEYS)
    assert open_(frames).decode() == TEXT
    compare.faster(
        "open 10,000 frames, against the plain way",
        lambda: open_(frames),
        lambda: plain.open_frames(frames[: int(len(frames) * PLAIN_SHARE)], KEYS),
        share=PLAIN_SHARE,
        rounds=15,
        goal="goal: ≥ 45 ×",
    )


def test_the_floor_itself(compare):
    """How far from the plain way anything in Python can get that makes the tags this way."""
    compare.faster(
        "two tags of copied states alone, 10,000 frames, against the plain way to seal",
        new_floor(),
        lambda: plain.seal(SHORT_TEXT, KEYS),
        share=PLAIN_SHARE,
        rounds=15,
    )


def test_seal_many_against_the_floor(compare):
    compare.costs(
        "seal 10,000 frames, against two tags of copied states alone",
        lambda: seal([TEXT]),
        new_floor(),
        rounds=45,
        goal="goal: ≤ 1.12 ×",
    )


def test_open_many_against_the_floor(compare):
    frames = plain.seal(TEXT, KEYS)
    compare.costs(
        "open 10,000 frames, against two tags of copied states alone",
        lambda: open_(frames),
        new_floor(),
        rounds=45,
        goal="goal: ≤ 1.12 ×",
    )


def test_seal_one_line(compare):
    sealer = bulk.Sealer(KEYS)
    assert plain.open_frames(b"".join(sealer.seal([LINE])), KEYS).decode() == LINE
    compare.faster(
        "seal one short line, one frame, against the plain way",
        lambda: [list(sealer.seal([LINE])) for _ in range(1000)],
        lambda: plain.seal(LINE, KEYS),
        loops=1000,
        goal="goal: ≥ 5 ×",
    )


def test_open_one_line(compare):
    decoder, frame = bulk.Decoder(KEYS), plain.seal(LINE, KEYS)
    assert b"".join(decoder.feed(frame)).decode() == LINE
    compare.faster(
        "open one short line, one frame, against the plain way",
        lambda: [list(decoder.feed(frame)) for _ in range(1000)],
        lambda: plain.open_frames(frame, KEYS),
        loops=1000,
    )


def test_protocol_seals_one_line(compare):
    compare.faster(
        "seal one short line with protocol.py, against the plain way",
        lambda: [protocol.seal(LINE, KEYS) for _ in range(1000)],
        lambda: plain.seal(LINE, KEYS),
        loops=1000,
    )


def test_protocol_opens_one_line(compare):
    frame = plain.seal(LINE, KEYS)
    compare.faster(
        "open one short line with protocol.py, against the plain way",
        lambda: [protocol.open_frame(frame, KEYS) for _ in range(1000)],
        lambda: plain.open_frames(frame, KEYS),
        loops=1000,
    )


@pytest.mark.parametrize("size", SIZES)
def test_seal_by_size(compare, size):
    text = text_of(size)
    lines, loops = lines_of(text), max(1, 10_000 // size)
    share = min(1, 10_000 / size)
    some = lines_of(text[: int(size * share)])
    sealer = bulk.Sealer(KEYS)
    compare.faster(
        f"seal {size:,} bytes in lines of 65, against the plain way",
        lambda: [list(sealer.seal(lines)) for _ in range(loops)],
        lambda: [plain.seal(line, KEYS) for line in some],
        share=share,
        loops=loops,
    )


@pytest.mark.parametrize("size", SIZES)
def test_open_by_size(compare, size):
    frames, loops = seal(lines_of(text_of(size))), max(1, 10_000 // size)
    share = min(1, 10_000 / size)
    some = frames[: int(len(frames) // protocol.FRAME_SIZE * share) * protocol.FRAME_SIZE]
    decoder = bulk.Decoder(KEYS)
    compare.faster(
        f"open {size:,} bytes in lines of 65, against the plain way",
        lambda: [list(decoder.feed(frames)) for _ in range(loops)],
        lambda: plain.open_frames(some, KEYS),
        share=share,
        loops=loops,
    )


def test_ten_megabytes_in_one_piece_cost_ten_times_one(compare):
    """What is opened at once must not depend on how much there is: caches are small."""
    one, ten = (seal(lines_of(text_of(size * 10**6))) for size in (1, 10))
    opener = bulk.Opener(KEYS)
    assert opener.open(one).decode() == text_of(10**6)
    compare.costs(
        "open 10 MB in one piece, against ten times 1 MB",
        lambda: opener.open(ten),
        lambda: opener.open(one),
        share=0.1,
        goal="goal: 1.0 ×",
    )


def test_where_the_time_goes(note):
    """The profile of sealing and opening a batch, by its steps, in microseconds a frame."""
    frames = bulk.BATCH_FRAMES
    sealer, opener = bulk.Sealer(KEYS), bulk.Opener(KEYS)
    text = TEXT[: frames * protocol.CHUNK_SIZE]
    sealed = seal([text])
    headers = [sealed[start:][protocol.HEADER] for start in range(0, len(sealed), 112)]
    bodies = [sealed[start:][protocol.CHUNK] for start in range(0, len(sealed), 112)]
    blocks = b"".join(bodies)
    state, tagger = hashlib.sha256(bytes(64)), bulk.Tagger(KEYS.authentication)

    def cost(work) -> float:
        times = []
        for _ in range(101):
            start = perf_counter()
            work()
            times.append(perf_counter() - start)
        return median(times) / frames * 1e6

    tags = cost(lambda: (tagger.tags(headers), tagger.tags(bodies)))
    aes = cost(lambda: (sealer._encrypt(blocks), sealer._encrypt(blocks)))
    xor = cost(lambda: (bulk._xor(blocks, blocks), bulk._xor(blocks, blocks)))
    copying = cost(lambda: [state.copy() for _ in range(4 * frames)])
    feeding = cost(lambda: [state.update(body) for body in bodies for _ in range(4)])
    reading = cost(lambda: [state.digest() for _ in range(4 * frames)])
    sealing, opening = cost(lambda: list(sealer.seal([text]))), cost(lambda: opener.open(sealed))
    ivs = cost(lambda: os.urandom(16 * frames))
    note(
        f"µs a frame: seal {sealing:.2f} = tags {tags:.2f} + IVs {ivs:.2f} + XOR {xor:.2f} + "
        f"AES {aes:.2f} + cutting, padding, joining {sealing - tags - ivs - xor - aes:.2f}; "
        f"open {opening:.2f} = tags {tags:.2f} + the rest {opening - tags:.2f}"
    )
    note(
        f"the two tags, {tags:.2f}, are four copies of a hash state {copying:.2f}, "
        f"four updates {feeding:.2f}, four digests {reading:.2f}"
    )
