"""Records: against an independent computation, and what must hold for all texts, kinds and fills.

Each test of reading runs on both decoders: records.py, one record at a time, and bulk.py.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern.errors import AuthenticationError, ModernError
from modern.hardened import bulk, records
from modern.hardened.errors import RecordError
from modern.hardened.records import FILLS, Direction, Kind
from modern.protocol import Keys
from tests import rarely
from tests.generators import hardened_wire as plain

KEYS = Keys(bytes(range(32)), bytes(range(32, 64)))
DECODERS: dict[str, Callable[[Direction], records.Decoder | bulk.Decoder]] = {
    "records": records.Decoder,
    "bulk": bulk.Decoder,
}
both_decoders = pytest.mark.parametrize("make", DECODERS.values(), ids=DECODERS)
CHARACTER = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTER, max_size=600)
SHORT = st.text(CHARACTER, max_size=60)
FILL = st.sampled_from(FILLS)
COUNTER = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**20 - 1, 2**20, 2**64 - 1])
IV = st.binary(min_size=16, max_size=16)
PLACES = st.lists(st.integers(0), max_size=8)
MOST_KEPT = 1074


def flip_last_bit(record: bytes) -> bytes:
    """Return a record that is surely another one. Any fixed last byte may be there already."""
    return record[:-1] + bytes([record[-1] ^ 1])


def opened(
    decoder: records.Decoder | bulk.Decoder, pieces: Sequence[bytes]
) -> tuple[bytes, str, bool]:
    """Return the text that a decoder gives, how it ends, and whether the end was said."""
    text = b""
    try:
        for piece in pieces:
            for part in decoder.feed(piece):
                text += part
        decoder.close()
    except ModernError as error:
        return text, type(error).__name__, decoder.has_ended
    return text, "end", decoder.has_ended


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def split(stream: bytes) -> list[bytes]:
    """Return the records of an honest stream."""
    found = []
    while stream:
        size = records.measure(stream)
        found.append(stream[:size])
        stream = stream[size:]
    return found


def sealed(texts: Sequence[str], fill: int = 256, *, end: bool = True) -> bytes:
    """Return a stream by bulk.py: texts, one after the other, and the end."""
    sealer = bulk.Sealer(Direction(KEYS), fill)
    stream = b"".join(part for text in texts for part in sealer.seal([text]))
    return stream + (sealer.seal_empty(Kind.END) if end else b"")


def forge(content: bytes, counter: int = 0) -> bytes:
    """Seal what is encrypted as it is: what a peer with the keys could do, and no stranger."""
    with mock.patch.object(records, "fill_up", return_value=content):
        return records.seal_record(Kind.TEXT, b"", counter, KEYS, bytes(16))


# One record ----------------------------------------------------------------------------------


class TestOneRecord:
    @given(SHORT, FILL, COUNTER, IV, st.sampled_from(Kind))
    def test_is_what_the_independent_computation_gives(self, text, fill, counter, iv, kind):
        content = text.encode() if kind is Kind.TEXT else b""
        ours = records.seal_record(kind, content, counter, KEYS, iv, fill=fill)
        assert ours == plain.seal(
            kind.value[0], content, counter, KEYS.confidentiality, KEYS.authentication, iv, fill
        )
        assert records.open_record(ours, counter, KEYS) == (kind, content)

    @pytest.mark.parametrize("kind", Kind)
    @pytest.mark.parametrize("fill", FILLS)
    def test_all_kinds_have_one_size(self, kind, fill):
        text = "x" if kind is Kind.TEXT else ""
        record = records.seal_record(kind, text.encode(), 0, KEYS, bytes(16), fill=fill)
        assert len(record) == 2 + 16 + fill + 32

    @pytest.mark.parametrize("fill", FILLS)
    def test_the_longest_text_fits_and_costs_one_record(self, fill):
        size = records.capacity(fill)
        assert size == {16: 254, 256: 254, 1024: 1022}[fill]
        record = records.seal_record(Kind.TEXT, b"x" * size, 0, KEYS, bytes(16), fill=fill)
        assert records.open_record(record, 0, KEYS) == (Kind.TEXT, b"x" * size)
        assert len(record) == 2 + 16 + max(fill, 256) + 32 <= MOST_KEPT

    @pytest.mark.parametrize("fill", FILLS)
    def test_every_flipped_bit_is_refused(self, fill):
        record = records.seal_record(Kind.TEXT, b"pay 10\n", 7, KEYS, bytes(16), fill=fill)
        for bit in range(len(record) * 8):
            flipped = bytearray(record)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises(AuthenticationError):
                records.open_record(bytes(flipped), 7, KEYS)

    @given(COUNTER, COUNTER)
    def test_it_is_refused_at_any_other_place(self, counter, other):
        record = records.seal_record(Kind.TEXT, b"once\n", counter, KEYS, bytes(16))
        if counter != other:
            with pytest.raises(AuthenticationError):
                records.open_record(record, other, KEYS)

    def test_the_keys_of_another_direction_refuse_it(self):
        ours, theirs = records.derive_keys(b"k" * 16, b"transcript")
        assert len({*vars_of(ours), *vars_of(theirs)}) == 4
        record = records.seal_record(Kind.TEXT, b"mine\n", 0, ours, bytes(16))
        with pytest.raises(AuthenticationError):
            records.open_record(record, 0, theirs)

    @given(IV, st.lists(st.binary(max_size=40), min_size=2, max_size=2, unique=True))
    def test_the_keys_fit_one_agreed_key_and_one_transcript(self, key, transcripts):
        one, other = (records.derive_keys(key, transcript) for transcript in transcripts)
        assert one == records.derive_keys(key, transcripts[0])
        assert not set(map(vars_of, one)) & set(map(vars_of, other))
        assert not set(map(vars_of, one)) & set(map(vars_of, records.derive_keys(b"", b"")))


def vars_of(keys: Keys) -> tuple[bytes, bytes]:
    return keys.confidentiality, keys.authentication


WRONG_CONTENT = {
    "another kind": b"\x03text\x80".ljust(256, b"\0"),
    "the highest kind": b"\xfftext\x80".ljust(256, b"\0"),
    "no kind": b"\x80".ljust(256, b"\0"),
    "no padding": b"\0" + b"x" * 255,
    "only zeros": bytes(256),
    "padding that ends in something else": b"\0text\x80".ljust(255, b"\0") + b"\x01",
    "not UTF-8": b"\0\xff\x80".ljust(256, b"\0"),
    "half a character": b"\0\xe2\x98\x80".ljust(256, b"\0"),
    "padding with text": b"\x01text\x80".ljust(256, b"\0"),
    "an end with text": b"\x02text\x80".ljust(256, b"\0"),
}


@both_decoders
@pytest.mark.parametrize("content", WRONG_CONTENT.values(), ids=WRONG_CONTENT)
def test_content_that_an_honest_peer_does_not_send(make, content):
    before = b"".join(bulk.Sealer(Direction(KEYS)).seal(["shown before\n"]))
    stream = before + forge(content, 1)
    assert opened(make(Direction(KEYS)), [stream]) == (b"shown before\n", "RecordError", False)


# Streams -------------------------------------------------------------------------------------


@both_decoders
class TestStreams:
    @given(st.lists(TEXTS, max_size=5), FILL, PLACES)
    def test_all_texts_pass_however_they_are_cut(self, make, texts, fill, places):
        stream = sealed(texts, fill)
        text, end, has_ended = opened(make(Direction(KEYS)), cut(stream, places))
        assert (text.decode(), end, has_ended) == ("".join(texts), "end", True)

    def test_byte_by_byte_a_text_is_shown_as_soon_as_it_is_complete(self, make):
        decoder = make(Direction(KEYS))
        stream = sealed(["one\n", "two\n"])
        shown = [b"".join(decoder.feed(bytes([byte]))) for byte in stream]
        size = len(split(stream)[0])
        assert {place: text for place, text in enumerate(shown) if text} == {
            size - 1: b"one\n",
            2 * size - 1: b"two\n",
        }

    @given(st.data(), PLACES)
    def test_every_flipped_bit_ends_it_after_the_text_before(self, make, data, places):
        stream = bytearray(sealed(["one ☃\n", "x" * 300, "three\n"]))
        bit = data.draw(st.integers(0, len(stream) * 8 - 1))
        stream[bit // 8] ^= 1 << bit % 8
        text, end, has_ended = opened(make(Direction(KEYS)), cut(bytes(stream), places))
        number = bit // 8 // 306
        assert text == b"".join([b"one \xe2\x98\x83\n", b"x" * 254, b"x" * 46, b"three\n"][:number])
        assert end in ("AuthenticationError", "TruncationError")  # the latter: a longer length
        assert not has_ended

    @rarely.each(
        "lengths",
        {
            "all 65,536": range(1 << 16),
            "those that may be, and some": {*range(MOST_KEPT + 64), *range(0, 1 << 16, 97), 65535},
        },
        daily=["those that may be, and some"],
    )
    def test_every_changed_length_is_refused_or_waited_for_in_vain(self, make, lengths):
        """Whoever changes a length gains nothing: no text, and little is kept."""
        (record,) = split(sealed(["a text\n"], end=False))
        for rest in set(lengths) - {len(record) - 2}:
            changed = rest.to_bytes(2, "big") + record[2:]
            text, end, has_ended = opened(make(Direction(KEYS)), [changed])
            assert (text, has_ended) == (b"", False)
            may_wait = len(record) - 2 < rest <= MOST_KEPT - 2 and not rest % 16
            assert end == ("TruncationError" if may_wait else "AuthenticationError"), rest
            if may_wait:
                pieces = [changed, bytes(MOST_KEPT)]
                assert opened(make(Direction(KEYS)), pieces) == (b"", "AuthenticationError", False)

    def test_no_peer_makes_us_keep_more_than_one_record(self, make):
        """A stranger's bytes, one by one: an error comes by the 1,074th, whatever they are."""
        for start in (b"\x04\x30", b"\x01\x30", b"\x00\x40"):
            decoder = make(Direction(KEYS))
            given_bytes = 0
            with pytest.raises(AuthenticationError):  # noqa: PT012 - one of them fails
                for byte in start + bytes(70_000):
                    given_bytes += 1
                    list(decoder.feed(bytes([byte])))
            assert given_bytes == 2 + int.from_bytes(start, "big") <= MOST_KEPT

    def test_nothing_is_opened_after_a_bad_record(self, make):
        first, second, third = split(sealed(["one\n", "two\n"]))
        decoder = make(Direction(KEYS))
        with pytest.raises(AuthenticationError):
            list(decoder.feed(second))
        for piece in (first, second, third, b"", first):
            with pytest.raises(AuthenticationError):
                assert list(decoder.feed(piece)) == []
        assert not decoder.has_ended

    def test_a_stream_without_its_end_was_cut(self, make):
        stream = sealed(["one\n", "two\n"])
        for size in range(len(stream)):
            outcome = opened(make(Direction(KEYS)), [stream[:size]])
            assert outcome == (b"one\ntwo\n"[: size // 306 * 4], "TruncationError", False)

    @given(PLACES, st.sampled_from(["text", "padding", "end", "changed", "part"]))
    def test_nothing_may_follow_the_end(self, make, places, what):
        sealer = bulk.Sealer(Direction(KEYS))
        stream = b"".join(sealer.seal(["said\n"])) + sealer.seal_empty(Kind.END)
        more = {
            "text": lambda: b"".join(sealer.seal(["and more\n"])),
            "padding": lambda: sealer.seal_empty(Kind.PADDING),
            "end": lambda: sealer.seal_empty(Kind.END),
            "changed": lambda: flip_last_bit(sealer.seal_empty(Kind.END)),
            "part": lambda: sealer.seal_empty(Kind.END)[:-1],
        }[what]()
        text, end, has_ended = opened(make(Direction(KEYS)), cut(stream + more, places))
        expected = {"part": "TruncationError", "changed": "AuthenticationError"}
        assert (text, end, has_ended) == (b"said\n", expected.get(what, "RecordError"), True)

    def test_records_without_text_show_nothing_and_are_counted(self, make):
        sealer = bulk.Sealer(Direction(KEYS))
        parts = [sealer.seal_empty(Kind.PADDING) for _ in range(5)]
        parts += [*sealer.seal(["at last\n"]), sealer.seal_empty(Kind.END)]
        direction = Direction(KEYS)
        assert opened(make(direction), parts) == (b"at last\n", "end", True)
        assert direction.counter == 7


# Many at once --------------------------------------------------------------------------------


class TestBulk:
    @given(st.lists(SHORT, max_size=8), FILL, st.integers(1, 9))
    def test_gives_the_bytes_of_records_py_given_its_ivs(self, texts, fill, batch):
        with mock.patch.object(bulk, "BATCH_RECORDS", batch):
            stream = b"".join(bulk.Sealer(Direction(KEYS), fill).seal(texts))
        pieces = records.split_text("".join(texts).encode(), records.capacity(fill))
        made = split(stream)
        assert made == [
            records.seal_record(Kind.TEXT, piece, counter, KEYS, record[2:18], fill=fill)
            for counter, (piece, record) in enumerate(zip(pieces, made, strict=True))
        ]

    @given(st.lists(SHORT, max_size=4), PLACES, st.integers(1, 5), st.data())
    def test_any_changed_stream_ends_as_in_records_py(self, texts, places, batch, data):
        stream = split(sealed(texts, data.draw(FILL)))
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.integers(0, len(stream) - 1))
            stream[place:place] = [stream[data.draw(st.integers(0, len(stream) - 1))]]
        wire = bytearray(b"".join(stream))
        for place in data.draw(st.lists(st.integers(0, len(wire) - 1), max_size=1)):
            wire[place] ^= 1
        pieces = cut(bytes(wire), places)
        with mock.patch.object(bulk, "BATCH_RECORDS", batch):
            many = opened(bulk.Decoder(Direction(KEYS)), pieces)
        assert many == opened(records.Decoder(Direction(KEYS)), pieces)

    @pytest.mark.parametrize("content", WRONG_CONTENT.values(), ids=WRONG_CONTENT)
    def test_wrong_content_among_good_ones_ends_as_in_records_py(self, content):
        good = split(sealed(["a", "b", "c", "d"], end=False))
        stream = b"".join([*good[:2], forge(content, 2), good[3]])
        many, one = (opened(make(Direction(KEYS)), [stream]) for make in DECODERS.values())
        assert many == one == (b"ab", "RecordError", False)

    def test_every_record_has_an_iv_that_nobody_could_foresee(self):
        """The text is the same each time, and no draw comes twice: nor does any block."""
        stream = sealed(["x" * 254 * 600], end=False)
        blocks = [
            record[start : start + 16]
            for record in split(stream)
            for start in range(2, len(record) - 32, 16)
        ]
        assert len(set(blocks)) == len(blocks) == 600 * 17

    @given(st.binary(min_size=16 * 4, max_size=16 * 4))
    def test_an_iv_is_the_encryption_of_a_draw_of_its_own(self, draws):
        """Records in a batch are one CBC stream, and yet no IV is a block that was seen before."""
        taken = []

        def random_bytes(size: int) -> bytes:
            taken.append(size)
            return draws[:size]

        sealer = bulk.Sealer(Direction(KEYS), random_bytes=random_bytes)
        made = split(b"".join(sealer.seal(["x" * 254 * 3])))
        assert taken == [16 * 4]
        previous, drawn = draws[:16], [draws[16:32], draws[32:48], draws[48:]]
        for record, draw in zip(made, drawn, strict=True):
            mixed = bytes(a ^ b for a, b in zip(previous, draw, strict=True))
            aes = plain.pyaes.AESModeOfOperationECB(KEYS.confidentiality)
            assert record[2:18] == aes.encrypt(mixed)
            previous = record[-48:-32]

    def test_a_batch_is_bounded_in_both_directions(self):
        parts = list(bulk.Sealer(Direction(KEYS)).seal(["x" * 254 * 1000]))
        assert list(map(len, parts)) == [256 * 306] * 3 + [(1000 - 768) * 306]
        texts = list(bulk.Decoder(Direction(KEYS)).feed(b"".join(parts)))
        assert max(map(len, texts)) == 256 * 254

    def test_an_endless_stream_takes_little_memory(self):
        sealer, decoder = bulk.Sealer(Direction(KEYS)), bulk.Decoder(Direction(KEYS))
        tracemalloc.start()
        try:
            for _ in range(20):  # nearly a megabyte on the wire, and in text
                for data in sealer.seal(["x" * 40_000]):
                    assert b"".join(decoder.feed(data))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 700_000


# Renewal -------------------------------------------------------------------------------------


class TestRenewal:
    def test_when_and_how(self):
        assert records.RENEW_AFTER == 1 << 20
        following = records.renew(KEYS)
        assert vars_of(following) == plain.next_keys(KEYS.confidentiality, KEYS.authentication)
        direction = Direction(KEYS, (1 << 20) - 1)
        assert direction.left == 1
        direction.advance()
        assert (direction.counter, direction.left) == (1 << 20, 1 << 20)
        assert vars_of(direction.keys) == vars_of(following)

    @both_decoders
    @pytest.mark.parametrize("before", [0, 1, 2, 255, 256, 257, 300])
    def test_a_batch_that_comes_to_the_border(self, make, before):
        """The true border, with some hundred records on both sides of it."""
        start = (1 << 20) - before
        text = "x" * 254 * 600
        stream = b"".join(bulk.Sealer(Direction(KEYS, start)).seal([text]))
        direction = Direction(KEYS, start)
        assert b"".join(make(direction).feed(stream)).decode() == text
        assert direction.counter == start + 600
        keys = [KEYS, records.renew(KEYS)]
        made = split(stream)
        for number, key in ((before - 1, 0), (before, 1)):
            if before:
                record = made[number]
                assert records.open_record(record, start + number, keys[key])
                with pytest.raises(AuthenticationError):
                    records.open_record(record, start + number, keys[1 - key])

    @both_decoders
    @given(
        texts=st.lists(SHORT, max_size=20),
        batch=st.integers(1, 5),
        every=st.integers(1, 6),
        places=PLACES,
    )
    def test_any_batches_over_any_borders(self, make, texts, batch, every, places):
        with (
            mock.patch.object(records, "RENEW_AFTER", every),
            mock.patch.object(bulk, "BATCH_RECORDS", batch),
        ):
            sealer, direction = bulk.Sealer(Direction(KEYS)), Direction(KEYS)
            parts = [part for text in texts for part in sealer.seal([text])]
            stream = b"".join([*parts, sealer.seal_empty(Kind.END)])
            text, end, _ = opened(make(direction), cut(stream, places))
        assert (text.decode(), end) == ("".join(texts), "end")
        assert direction.counter == len(split(stream))

    def test_a_record_from_before_the_border_is_refused_after_it(self):
        """With the same counter, too: there is no second record of that number, but no matter."""
        with mock.patch.object(records, "RENEW_AFTER", 2):
            sealer = bulk.Sealer(Direction(KEYS))
            first, second, third = split(b"".join(p for t in "abc" for p in sealer.seal([t])))
            for again in (first, second):
                decoder = bulk.Decoder(Direction(KEYS))
                assert b"".join(decoder.feed(first + second)) == b"ab"
                with pytest.raises(AuthenticationError):
                    list(decoder.feed(again))
            decoder = bulk.Decoder(Direction(KEYS))
            with pytest.raises(AuthenticationError):
                list(decoder.feed(first + third))


def test_an_error_says_what_but_not_where_or_which_key():
    with pytest.raises(RecordError) as caught:
        records.read_plaintext(bytes(256))
    assert str(caught.value).startswith("a record with a wrong kind, wrong padding or text not")


@pytest.mark.parametrize("kind", [records.Decoder, bulk.Decoder], ids=["plain", "bulk"])
def test_nothing_more_is_kept_after_a_bad_record(kind):
    """A program may go on to feed: it gets the error again, and the memory does not grow."""
    decoder = kind(records.Direction(KEYS))
    for _ in range(50):
        with pytest.raises(AuthenticationError):
            list(decoder.feed(b"\xff" * 100_000))
    assert len(decoder._pending) <= 1074
