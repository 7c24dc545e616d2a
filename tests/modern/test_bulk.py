"""Many frames at once are the same frames: bulk.py held equal to protocol.py, and its promises."""

from __future__ import annotations

import hmac
import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern import bulk, protocol
from modern.dialects import CHAINED, INDEPENDENT
from modern.errors import AuthenticationError, FrameError, ModernError, TruncationError
from modern.protocol import FRAME_SIZE, Keys
from tests.decoders import RecognisingDecoder
from tests.modern.test_protocol import (
    AUTHKEY,
    CONFKEY,
    KEYS,
    OTHER_KEYS,
    OUTCOMES,
    REJECTED,
    RFC_4231,
    SENT,
    derive,
    forge,
)
from tests.recorded import MODERN

CHARACTER = st.characters(exclude_categories=["Cs"])
MESSAGES = st.lists(st.text(CHARACTER, max_size=60) | st.text("ab\n", max_size=60), max_size=8)
DIALECT = st.sampled_from([INDEPENDENT, CHAINED])
BATCH = st.integers(1, 9)
LINES = [f"line {number} of a longer text, naïve ☃ and 🔑🔑\n" for number in range(6)]
STREAM = b"".join(protocol.seal(line, KEYS) for line in LINES)


@contextmanager
def batches_of(frames: int) -> Iterator[None]:
    """Let a batch be small, so that a test has many."""
    with mock.patch.object(bulk, "BATCH_FRAMES", frames):
        yield


def outcome(decoder: protocol.Decoder, pieces: list[bytes]) -> tuple[bytes, str]:
    """Return the text that a decoder gives before the stream ends, and the error that ends it."""
    text = b""
    try:
        for piece in pieces:
            for part in decoder.feed(piece):
                text += part
        decoder.close()
    except ModernError as error:
        return text, type(error).__name__
    return text, "end"


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


class TestSealing:
    @given(MESSAGES, DIALECT, BATCH, st.integers())
    def test_gives_the_bytes_of_protocol_py(self, messages, dialect, batch, seed):
        randoms = random.Random(seed).randbytes(1 << 16)
        plain, many = io.BytesIO(randoms), io.BytesIO(randoms)
        sealer = bulk.Sealer(KEYS, dialect.count_lengths, many.read)
        with batches_of(batch):
            sealed = b"".join(sealer.seal(messages))
        assert sealed == b"".join(
            protocol.seal(message, KEYS, dialect.count_lengths, plain.read) for message in messages
        )

    @pytest.mark.parametrize("batch", [1, 1024])
    @SENT
    def test_gives_the_recorded_bytes(self, case, batch):
        ivs = io.BytesIO(bytes.fromhex("".join(frame["iv"] for frame in case["frames"])))
        count = CHAINED.count_lengths if case["key_schedule"] == "chained" else None
        sealer = bulk.Sealer(derive(case), count or protocol.count_chunks, ivs.read)
        with batches_of(batch):
            sealed = b"".join(sealer.seal([case["text"]]))
        assert sealed.hex() == "".join(frame["frame"] for frame in case["frames"])

    def test_comes_in_pieces_of_at_most_a_batch(self):
        messages = ["x" * 100_000, "short\n", "y" * 50_000]
        pieces = list(bulk.Sealer(KEYS).seal(messages))
        assert max(map(len, pieces)) == bulk.BATCH_FRAMES * FRAME_SIZE
        assert all(len(piece) % FRAME_SIZE == 0 for piece in pieces)

    def test_takes_no_more_messages_than_the_next_piece_needs(self):
        """So that an endless input is sealed in a bounded memory."""
        taken = 0

        def endless() -> Iterator[str]:
            nonlocal taken
            while True:
                taken += 1
                yield "fifteen bytes.\n"

        next(bulk.Sealer(KEYS).seal(endless()))
        assert taken == bulk.BATCH_FRAMES

    def test_every_frame_has_an_iv_of_its_own(self):
        sealed = b"".join(bulk.Sealer(KEYS).seal(["x" * 15 * 3000]))
        assert len({sealed[n : n + 16] for n in range(0, len(sealed), FRAME_SIZE)}) == 3000

    @pytest.mark.parametrize("number", RFC_4231)
    def test_tags_are_those_of_rfc_4231(self, number):
        key, data, expected = RFC_4231[number]
        assert [tag.hex() for tag in bulk.Tagger(key).tags([data, data])] == [expected] * 2


class TestOpening:
    @given(MESSAGES, DIALECT, BATCH, st.lists(st.integers(0), max_size=6))
    def test_gives_what_was_sealed_in_whatever_pieces_it_comes(
        self, messages, dialect, batch, places
    ):
        stream = b"".join(protocol.seal(text, KEYS, dialect.count_lengths) for text in messages)
        with batches_of(batch):
            given_text, end = outcome(bulk.Decoder(KEYS), cut(stream, places))
        assert (given_text.decode(), end) == ("".join(messages), "end")

    @given(st.integers(0, len(STREAM) * 8 - 1), BATCH, st.lists(st.integers(0), max_size=4))
    def test_a_flipped_bit_ends_it_as_in_protocol_py(self, bit, batch, places):
        flipped = bytearray(STREAM)
        flipped[bit // 8] ^= 1 << bit % 8
        pieces = cut(bytes(flipped), places)
        with batches_of(batch):
            ended = outcome(bulk.Decoder(KEYS), pieces)
        assert ended == outcome(protocol.Decoder(KEYS), pieces)
        assert ended[1] == "AuthenticationError"

    @given(st.data(), BATCH)
    def test_any_blocks_whose_tags_fit_are_taken_or_refused_as_in_protocol_py(self, data, batch):
        lengths = st.sampled_from([b"0", b"1", b"5", b"05", b"99", b"-1", b"", b" 5", b"x" * 15])
        texts = st.sampled_from([b"", b"hello", b"x" * 15, b"\xff", "☃☃".encode(), b"\xe2\x98"])
        padded = st.one_of(lengths, texts).map(lambda text: protocol.pad(text, 16))
        broken = st.binary(min_size=16, max_size=16) | st.sampled_from(
            [bytes(16), b"x" * 15 + b"\x11", b"x" * 14 + b"\x01\x02", b"\x10" * 16]
        )
        frames = st.tuples(padded | broken, padded | broken) | st.just(
            (protocol.pad(b"5", 16), protocol.pad(b"right", 16))
        )
        stream = b"".join(
            forge(length, chunk) for length, chunk in data.draw(st.lists(frames, max_size=6))
        )
        with batches_of(batch):
            ended = outcome(bulk.Decoder(KEYS), [stream])
        assert ended == outcome(protocol.Decoder(KEYS), [stream])

    def test_characters_may_not_be_spread_over_two_chunks(self):
        """Joined they would be fine: each chunk has to be UTF-8 by itself."""
        half, rest = "☃".encode()[:2], "☃".encode()[2:]
        stream = b"".join(forge(protocol.pad(b"9", 16), protocol.pad(c, 16)) for c in (half, rest))
        assert outcome(bulk.Decoder(KEYS), [stream])[0] == b""
        with pytest.raises(FrameError):
            bulk.Opener(KEYS).open(stream)

    @pytest.mark.parametrize("length", [b"", b"-1", b"+5", b" 5", b"5_0", b"0x5", b"4", b"5\n"])
    def test_a_length_that_does_not_fit_is_refused(self, length):
        frame = forge(protocol.pad(length, 16), protocol.pad(b"hello", 16))
        with pytest.raises(FrameError):
            bulk.Opener(KEYS).open(STREAM + frame + STREAM)

    @REJECTED
    def test_refuses_what_was_recorded_as_refused(self, case):
        decoder = bulk.Decoder(derive(MODERN["rejected"]))
        _, end = outcome(decoder, [bytes.fromhex(case["received"])])
        assert end.startswith(OUTCOMES[case["outcome"]].__name__)

    @pytest.mark.parametrize("frame", [0, 1, 10, 20])
    def test_what_came_before_a_bad_frame_is_given_and_nothing_after_it(self, frame):
        bad = bytearray(STREAM)
        bad[frame * FRAME_SIZE + 100] ^= 1
        decoder = bulk.Decoder(KEYS)
        text, end = outcome(decoder, [bytes(bad)])
        chunks = [chunk for line in LINES for chunk in protocol.split_chunks(line)]
        assert text == b"".join(chunks[:frame])
        assert end.startswith("AuthenticationError")
        assert outcome(decoder, [STREAM]) == (b"", end)  # nothing gets past it later

    @given(BATCH)
    def test_any_number_of_frames_is_opened_at_once_but_none_behind_a_bad_batch(self, batch):
        opener = bulk.Opener(KEYS)
        with batches_of(batch):
            assert opener.open(STREAM).decode() == "".join(LINES)
            for place in (0, len(STREAM) // 2, len(STREAM) - 1):
                bad = bytearray(STREAM)
                bad[place] ^= 1
                with pytest.raises(AuthenticationError):
                    opener.open(bytes(bad))
            assert opener.open(STREAM).decode() == "".join(LINES)  # it does not remember that

    def test_a_batch_is_not_larger_than_it_may_be(self):
        """Larger ones take longer for each frame."""
        with batches_of(3), mock.patch.object(bulk, "_read", wraps=bulk._read) as read:
            bulk.Opener(KEYS).open(STREAM)
        sizes = [len(call.kwargs["padded"]) for call in read.call_args_list]
        assert (max(sizes), sum(sizes)) == (3, len(STREAM) // FRAME_SIZE)

    def test_nothing_of_a_batch_is_decrypted_before_all_its_tags_fit(self):
        bad = STREAM[:-1] + bytes([STREAM[-1] ^ 1])
        with mock.patch.object(bulk.AES, "new") as cipher:
            opener = bulk.Opener(KEYS)
        with pytest.raises(AuthenticationError):
            opener.open(bad)
        cipher.return_value.decrypt.assert_not_called()

    def test_all_tags_of_a_batch_are_compared_at_once_in_constant_time(self):
        with mock.patch.object(hmac, "compare_digest", wraps=hmac.compare_digest) as compare:
            bulk.Opener(KEYS).open(STREAM)
        (expected, received), _ = compare.call_args
        assert compare.call_count == 1
        assert len(expected) == len(received) == 64 * (len(STREAM) // FRAME_SIZE)

    def test_other_keys_are_refused(self):
        assert outcome(bulk.Decoder(OTHER_KEYS), [STREAM]) == (b"", "AuthenticationError")

    def test_an_end_inside_a_frame_is_a_truncation(self):
        text, end = outcome(bulk.Decoder(KEYS), [STREAM[:-1]])
        assert "".join(LINES).startswith(text.decode())
        assert end.startswith(TruncationError.__name__)


class TestDialects:
    @given(DIALECT, st.lists(st.integers(0), max_size=4))
    def test_a_recognising_decoder_goes_on_in_bulk(self, dialect, places):
        keys = dialect.derive_keys(CONFKEY, AUTHKEY)
        stream = b"".join(bulk.Sealer(keys, dialect.count_lengths).seal(LINES))
        decoder = RecognisingDecoder(CONFKEY, AUTHKEY)
        text = b"".join(part for piece in cut(stream, places) for part in decoder.feed(piece))
        decoder.close()
        assert text.decode() == "".join(LINES)
        assert decoder.dialect is dialect


def test_keys_do_not_show_in_any_repr():
    for thing in (bulk.Sealer(KEYS), bulk.Opener(KEYS), bulk.Tagger(KEYS.authentication)):
        for key in (KEYS.confidentiality, KEYS.authentication):
            assert repr(key)[2:-1] not in repr(thing)


def test_short_keys_work_as_in_protocol_py():
    keys = Keys(bytes(32), b"short")
    assert b"".join(protocol.Decoder(keys).feed(b"".join(bulk.Sealer(keys).seal(["hello"]))))
