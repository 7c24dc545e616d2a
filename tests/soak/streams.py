"""Honest modern streams, what the wire can do to them, and what a receiver may make of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

from modern import bulk, protocol
from modern.errors import ModernError, ProtocolError
from modern.protocol import FRAME_SIZE
from tests.generators.modern_wire import SPLICE_IV, Wire, fill, spliced_iv
from tests.programs import AUTHKEY, CONFKEY

KEYS = protocol.derive_keys(CONFKEY, AUTHKEY)
HEADER_SIZE = 64
"""IV, E(length) and their tag: what a splice keeps together; the body and its tag are the rest."""


class Honest:
    """Frames that were really sent, and what each says."""

    def __init__(self, keys: protocol.Keys, texts: list[str]) -> None:
        self.keys = keys
        self.text_of: dict[bytes, bytes] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> bytes:
        """Seal a text and remember its frames; return them joined."""
        stream = protocol.seal(text, self.keys)
        for frame, chunk in zip(cut(stream), protocol.split_chunks(text), strict=True):
            self.remember(frame, chunk)
        return stream

    def remember(self, frame: bytes, chunk: bytes) -> None:
        """Count a frame as sent."""
        self.text_of[frame] = chunk

    def is_splice(self, frame: bytes) -> bool:
        """Whether a frame is the header of one that was sent and the body of another."""
        return (
            frame not in self.text_of
            and any(sent.startswith(frame[:HEADER_SIZE]) for sent in self.text_of)
            and any(sent.endswith(frame[HEADER_SIZE:]) for sent in self.text_of)
        )


def cut(stream: bytes) -> list[bytes]:
    """Return the whole frames of a stream."""
    whole = len(stream) - len(stream) % FRAME_SIZE
    return [stream[start : start + FRAME_SIZE] for start in range(0, whole, FRAME_SIZE)]


def receive(
    decoder: protocol.Decoder, pieces: Iterator[bytes] | list[bytes]
) -> tuple[list[bytes], ModernError | None]:
    """Return what a decoder gives for a stream, and the error that it ends in."""
    given: list[bytes] = []
    try:
        for piece in pieces:
            given.extend(decoder.feed(piece))
        decoder.close()
    except ProtocolError as error:
        return given, error
    return given, None


def check(honest: Honest, stream: bytes, given: list[bytes], error: ModernError | None) -> int:
    """Hold that a decoder gave exactly the honest frames up to the first that is not.

    Frame by frame: `given` comes from `protocol.Decoder`. Return how many splices were taken.
    """
    frames = cut(stream)
    splices = 0
    for frame, text in zip(frames, given, strict=False):
        if frame in honest.text_of:
            assert text == honest.text_of[frame]
        else:
            assert honest.is_splice(frame), "a frame was taken that nobody sent"
            splices += 1
    if len(given) < len(frames):
        assert error, "the stream was given up without an error"
        assert frames[len(given)] not in honest.text_of, "an honest frame was refused"
    else:
        assert len(given) == len(frames)
        assert bool(error) == bool(len(stream) % FRAME_SIZE)
    return splices


# What the wire can do ------------------------------------------------------------------------

Mutation = Callable[[random.Random, bytes], bytes]


def flip(dice: random.Random, stream: bytes) -> bytes:
    """Change one bit."""
    place = dice.randrange(len(stream))
    changed = stream[place] ^ 1 << dice.randrange(8)
    return stream[:place] + bytes([changed]) + stream[place + 1 :]


def overwrite(dice: random.Random, stream: bytes) -> bytes:
    """Put other bytes in the place of some."""
    place, size = dice.randrange(len(stream)), dice.randrange(1, 40)
    return stream[:place] + dice.randbytes(size) + stream[place + size :]


def insert(dice: random.Random, stream: bytes) -> bytes:
    """Put bytes in between."""
    place = dice.randrange(len(stream) + 1)
    return stream[:place] + dice.randbytes(dice.randrange(1, 130)) + stream[place:]


def drop(dice: random.Random, stream: bytes) -> bytes:
    """Take bytes away."""
    place = dice.randrange(len(stream))
    return stream[:place] + stream[place + dice.randrange(1, 130) :]


def double(dice: random.Random, stream: bytes) -> bytes:
    """Send some bytes twice."""
    place = dice.randrange(len(stream))
    end = place + dice.randrange(1, 230)
    return stream[:end] + stream[place:end] + stream[end:]


def truncate(dice: random.Random, stream: bytes) -> bytes:
    """End early."""
    return stream[: dice.randrange(len(stream))]


def _by_frames(change: Callable[[random.Random, list[bytes]], object]) -> Mutation:
    def mutation(dice: random.Random, stream: bytes) -> bytes:
        frames = cut(stream)
        rest = stream[len(frames) * FRAME_SIZE :]
        if frames:
            change(dice, frames)
        return b"".join(frames) + rest

    mutation.__name__ = change.__name__
    return mutation


@_by_frames
def drop_frame(dice: random.Random, frames: list[bytes]) -> None:
    """Take a frame away."""
    frames.pop(dice.randrange(len(frames)))


@_by_frames
def replay_frame(dice: random.Random, frames: list[bytes]) -> None:
    """Send a frame again, later or earlier."""
    frames.insert(dice.randrange(len(frames) + 1), dice.choice(frames))


@_by_frames
def swap_frames(dice: random.Random, frames: list[bytes]) -> None:
    """Change the order."""
    dice.shuffle(frames)


@_by_frames
def splice_frames(dice: random.Random, frames: list[bytes]) -> None:
    """Put the body of one frame behind the header of another."""
    place = dice.randrange(len(frames))
    frames[place] = frames[place][:HEADER_SIZE] + dice.choice(frames)[HEADER_SIZE:]


@_by_frames
def swap_fields(dice: random.Random, frames: list[bytes]) -> None:
    """Put a field of one frame into another."""
    start, end = dice.choice([(0, 16), (16, 32), (32, 64), (64, 80), (80, 112)])
    place = dice.randrange(len(frames))
    other = dice.choice(frames)
    frames[place] = frames[place][:start] + other[start:end] + frames[place][end:]


MUTATIONS: list[Mutation] = [
    flip, overwrite, insert, drop, double, truncate,
    drop_frame, replay_frame, swap_frames, splice_frames, swap_fields,
]  # fmt: skip


def mutate(dice: random.Random, stream: bytes) -> bytes:
    """Do one to three things to a stream."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        if stream:
            stream = dice.choice(MUTATIONS)(dice, stream)
    return stream


def split(dice: random.Random, stream: bytes) -> list[bytes]:
    """Cut a stream into pieces, as TCP does."""
    places = sorted(dice.randrange(len(stream) + 1) for _ in range(dice.randrange(4)))
    return [
        stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)
    ]


# Many mutated streams ------------------------------------------------------------------------


def spliceable_frames() -> tuple[bytes, bytes]:
    """Return two honest frames whose splice is taken: one pair in millions, found by search."""
    wire = Wire(CONFKEY, AUTHKEY, "independent")
    header, other = wire.blocks(fill(b"15"), fill(b"nobody said so\n"), spliced_iv(SPLICE_IV))
    own, body = wire.blocks(fill(b"15"), fill(b"fourteen bytes\n"), spliced_iv(0))
    return wire.join(header, other), wire.join(own, body)


def make_honest() -> Honest:
    """Return a pool of honest frames, two of which can be spliced."""
    texts = [f"message {number}, {'é☃🔑~' * (number % 7)}\n" for number in range(30)]
    honest = Honest(KEYS, texts)
    for frame, chunk in zip(
        spliceable_frames(), (b"nobody said so\n", b"fourteen bytes\n"), strict=True
    ):
        honest.remember(frame, chunk)
    return honest


def run_mutated_streams(count: int, seed: int) -> Counter[str]:
    """Mutate that many streams, hold what comes of each, and count how they ended."""
    dice = random.Random(seed)
    honest = make_honest()
    pool = list(honest.text_of)
    counts: Counter[str] = Counter(bytes=0, splices=0)
    for number in range(count):
        stream = mutate(dice, b"".join(dice.choices(pool, k=dice.randrange(1, 7))))
        pieces = split(dice, stream)
        given, error = receive(protocol.Decoder(KEYS), pieces)
        counts["splices"] += check(honest, stream, given, error)
        if number % 4 == 0:
            together, same = receive(bulk.Decoder(KEYS), pieces)
            assert (b"".join(together), type(same)) == (b"".join(given), type(error))
        counts[type(error).__name__ if error else "no error"] += 1
        counts["bytes"] += len(stream)
        counts["frames taken"] += len(given)
    return counts
