"""The careful reader and writer of the legacy wire, without sockets."""

from __future__ import annotations

import json
import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.aes import BLOCK_SIZE, FastAES
from compat.careful.envelopes import MAX_CHARACTERS, Reader, Skipped, seal, seal_line, split_line
from legacy import protocol
from legacy.protocol import RECV_SIZE, Envelope, hash_message
from tests.recorded import LEGACY

KEY = protocol.derive_key("secret")
CIPHER = FastAES(KEY)
CLOCK = "12:34:56"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
LONG_TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('~ 👩‍🚀\\"'), max_size=400
)
SENT = pytest.mark.parametrize("case", LEGACY["sent"], ids=lambda case: case["name"])


def original(message: str) -> bytes:
    """Return what the original sends for a message, made faster; test_aes.py compares the two."""
    return encrypt(protocol.build_envelope(message, CLOCK))


def encrypt(text: str) -> bytes:
    """Return any text as the original's blocks."""
    return CIPHER.encrypt(text.ljust(-(-len(text) // BLOCK_SIZE) * BLOCK_SIZE, "~").encode("ascii"))


def envelope(message: str, timestamp: str = CLOCK) -> Envelope:
    return Envelope(timestamp, message, hash_message(message))


def read(*pieces: bytes, **options: int) -> list[Envelope | Skipped]:
    """Return what a reader makes of a stream, stretches of noise put together."""
    reader = Reader(CIPHER, **options)
    items = [item for piece in pieces for item in reader.feed(piece)]
    merged: list[Envelope | Skipped] = []
    for item in [*items, *reader.close()]:
        if isinstance(item, Skipped) and merged and isinstance(merged[-1], Skipped):
            merged[-1] = Skipped(merged[-1].size + item.size)
        else:
            merged.append(item)
    return merged


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def show(message: bytes) -> str | None:
    """Return the line that an original prints for one recv."""
    return protocol.verify_and_display(protocol.process_bytes(message, KEY))


class TestReader:
    @SENT
    def test_reads_what_the_originals_sent(self, case):
        reader = Reader(FastAES(protocol.derive_key(case["passphrase"])))
        [read] = reader.feed(bytes.fromhex(case["ciphertext"]))
        assert read == envelope(case["message"], case["timestamp"])
        assert read.verified
        assert not list(reader.close())

    @given(message=TEXT)
    def test_the_bytes_here_are_those_of_the_original(self, message):
        assert original(message) == protocol.seal(message, CLOCK, KEY)

    @given(messages=st.lists(TEXT, max_size=6), places=st.lists(st.integers(0, 5000), max_size=30))
    def test_takes_any_split_and_any_joining(self, messages, places):
        stream = b"".join(original(message) for message in messages)
        assert read(*cut(stream, places)) == [envelope(message) for message in messages]

    def test_takes_single_bytes_and_gives_a_message_with_its_last_one(self):
        reader = Reader(CIPHER)
        *others, last = (list(reader.feed(bytes([byte]))) for byte in original("hello"))
        assert not any(others)
        assert last == [envelope("hello")]

    def test_a_tilde_is_kept_and_verified(self):
        [got] = read(original("a ~ b ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ c"))
        assert got.verified

    def test_a_wrong_hash_is_marked(self):
        text = protocol.build_envelope("yes", CLOCK).replace("yes", "no!")
        [got] = read(encrypt(text))
        assert got.message == "no!"
        assert not got.verified

    def test_a_very_long_line_is_read_whole(self):
        message = "😀~\\" * 5000
        assert read(*cut(original(message), list(range(0, 90000, 1024)))) == [envelope(message)]

    @pytest.mark.parametrize("spelling", [{"separators": (",", ":")}, {"indent": 1}, {}])
    def test_other_spellings_of_the_same_object_are_read(self, spelling):
        fields = dict(reversed(envelope("hello")._asdict().items()))
        stream = encrypt(json.dumps({**fields, "extra": "é"}, **spelling))
        assert read(stream + stream) == [envelope("hello")] * 2

    def test_whole_blocks_of_padding_are_no_noise(self):
        padding = CIPHER.encrypt(b"~" * 48)
        assert read(padding + original("a") + padding + original("b")) == [
            envelope("a"),
            envelope("b"),
        ]


class TestNoise:
    @given(noise=st.binary(min_size=1, max_size=100), message=TEXT)
    def test_finds_its_feet_after_noise_of_any_length(self, noise, message):
        stream = original("before") + noise + original(message)
        assert read(stream) == [envelope("before"), Skipped(len(noise)), envelope(message)]

    @given(lost=st.integers(1, 127), message=TEXT)
    def test_a_torn_message_costs_only_itself(self, lost, message):
        torn = original("torn")[:-lost]
        assert read(torn + original(message)) == [Skipped(len(torn)), envelope(message)]

    @given(lost=st.integers(1, 127), message=TEXT)
    def test_a_message_that_lacks_its_beginning_costs_only_itself(self, lost, message):
        torn = original("torn")[lost:]
        assert read(torn + original(message)) == [Skipped(len(torn)), envelope(message)]

    @given(
        parts=st.lists(
            TEXT.map(original)
            | st.binary(max_size=60)
            | TEXT.map(lambda text: original(text)[:70]),
            max_size=6,
        ),
        places=st.lists(st.integers(0, 3000), max_size=30),
    )
    def test_where_the_pieces_are_cut_changes_nothing(self, parts, places):
        stream = b"".join(parts)
        assert read(*cut(stream, places)) == read(stream)

    @given(parts=st.lists(TEXT.map(original) | st.binary(max_size=60), max_size=6))
    def test_every_byte_is_accounted_for(self, parts):
        stream = b"".join(parts)
        accounted = sum(
            item.size if isinstance(item, Skipped) else len(original(item.message))
            for item in read(stream)
        )
        assert accounted == len(stream)

    def test_another_passphrase_is_noise_and_said_at_once(self):
        foreign = protocol.seal("hello", CLOCK, protocol.derive_key("other"))
        [skipped] = Reader(CIPHER).feed(foreign)
        assert len(foreign) - 2 * BLOCK_SIZE < skipped.size <= len(foreign)

    @pytest.mark.parametrize(
        "text",
        [
            '{"timestamp": "12:34:56", "message": "no hash"}',
            '{"timestamp": "12:34:56", "message": "", "hash": "" "hash"}',
            '{"timestamp": "12:34:56", "message": "\\ud800", "hash": ""}',
            '{"timestamp": "12:34:56", "message": "a", "hash": ""} and more',
            '{"timestamp": 12, "message": "a", "hash": ""}',
            '{"timestamp": {"timestamp": "a"}, "message": "a", "hash": ""}',
            "{}",
            "[1, 2, 3]",
            '"~~"',
        ],
    )
    def test_what_is_no_envelope_is_skipped(self, text):
        stream = encrypt(text)
        assert read(stream + original("after")) == [Skipped(len(stream)), envelope("after")]

    @given(message=st.text('{}"\\:, ~timesap[]', max_size=200))
    def test_no_message_can_look_like_an_envelope(self, message):
        torn = original("torn" * 8)[:64]
        assert read(original(message)) == [envelope(message)]
        assert read(torn + original(message)) == [Skipped(64), envelope(message)]


class TestLimits:
    START = CIPHER.encrypt(b'{"timestamp": "1')

    def test_an_endless_envelope_is_given_up(self):
        reader = Reader(CIPHER, max_envelope=1024)
        endless = self.START + CIPHER.encrypt(b"a" * 64) * 100
        told = sum(item.size for item in reader.feed(endless) if isinstance(item, Skipped))
        assert len(endless) - 2048 < told <= len(endless)
        assert list(reader.feed(original("after")))[-1] == envelope("after")

    def test_an_envelope_of_just_the_limit_is_read(self):
        stream = original("x" * 500)
        assert read(stream, max_envelope=len(stream)) == [envelope("x" * 500)]
        assert read(stream, max_envelope=len(stream) - 1) == [Skipped(len(stream))]

    @pytest.mark.parametrize(
        "junk",
        [START, START + b"x", START + CIPHER.encrypt(b"a" * 16), b"\x00", os.urandom(16)],
        ids=["starts", "starts at odd places", "strings left open", "zeros", "noise"],
    )
    def test_work_and_memory_grow_no_faster_than_the_junk(self, junk):
        decrypted = held = 0

        class Counting(FastAES):
            def decrypt(self, blocks: bytes) -> bytes:
                nonlocal decrypted
                decrypted += len(blocks)
                return super().decrypt(blocks)

        reader = Reader(Counting(KEY), max_envelope=4096)
        for _ in range(10):
            piece = junk * (20_000 // len(junk))
            list(reader.feed(piece))
            held = max(held, len(reader._text) + len(reader._pending))
        assert decrypted <= 3 * 10 * 20_000
        assert held <= 4096 + 2 * BLOCK_SIZE


class TestWriter:
    @given(line=LONG_TEXT)
    def test_an_original_shows_every_message_whole_and_verified(self, line):
        prefix, tag = len(protocol.PREFIX), f" {protocol.VERIFIED}  {CLOCK}"
        shown = []
        for sent in seal_line(line, CLOCK, CIPHER):
            text = show(sent)
            assert text
            assert text.endswith(tag)
            shown.append(text[prefix : -len(tag)])
        for text, message in zip(shown, split_line(line), strict=True):
            assert text == message.ljust(MAX_CHARACTERS)

    @given(line=LONG_TEXT)
    def test_every_message_fills_one_recv_of_an_original(self, line):
        assert {len(sent) for sent in seal_line(line, CLOCK, CIPHER)} == {RECV_SIZE}

    @given(lines=st.lists(LONG_TEXT, min_size=1, max_size=3))
    def test_an_original_that_slept_takes_the_messages_apart(self, lines):
        waiting = b"".join(sent for line in lines for sent in seal_line(line, CLOCK, CIPHER))
        recvs = [waiting[start : start + RECV_SIZE] for start in range(0, len(waiting), RECV_SIZE)]
        messages = [message for line in lines for message in split_line(line)]
        assert [protocol.parse_envelope(protocol.process_bytes(recv, KEY)) for recv in recvs] == [
            envelope(message) for message in messages
        ]

    @given(line=LONG_TEXT)
    def test_our_own_reader_gets_the_line_back(self, line):
        items = read(b"".join(seal_line(line, CLOCK, CIPHER)))
        assert "".join(item.message for item in items if isinstance(item, Envelope)) == line
        assert all(isinstance(item, Envelope) and item.verified for item in items)

    def test_the_longest_envelope_fits(self):
        message = "😀" * MAX_CHARACTERS
        assert len(protocol.build_envelope(message, CLOCK)) == 920
        assert len(seal(message, CLOCK, CIPHER)) == RECV_SIZE

    def test_a_message_that_an_original_would_not_show_is_refused(self):
        with pytest.raises(ValueError, match="68 characters"):
            seal("x" * 68, CLOCK, CIPHER)

    def test_a_tilde_after_a_backslash_survives(self):
        assert "☑" in (show(seal("\\~\\\\~", CLOCK, CIPHER)) or "")


class TestSplitting:
    @given(line=LONG_TEXT)
    def test_nothing_is_lost_and_no_message_is_too_long(self, line):
        messages = split_line(line)
        assert "".join(messages) == line
        assert max(map(len, messages)) <= MAX_CHARACTERS
        assert len(messages) == 1 or all(messages)

    @pytest.mark.parametrize("size", [0, 1, 66, 67])
    def test_a_short_line_is_one_message(self, size):
        assert split_line("x" * size) == ["x" * size]

    def test_68_characters_are_two_messages(self):
        assert split_line("x" * 68) == ["x" * 67, "x"]

    def test_lines_are_split_after_spaces(self):
        words = "the quick brown fox jumps over the lazy dog and then it does so again and again"
        first, second = split_line(words)
        assert first == "the quick brown fox jumps over the lazy dog and then it does so "
        assert second == "again and again"

    @pytest.mark.parametrize("glyph", ["👩‍🚀", "👍🏽", "e\u0301", "❤\ufe0f"], ids=ascii)
    def test_what_looks_like_one_character_stays_together(self, glyph):
        line = glyph * 60
        assert all(len(message) % len(glyph) == 0 for message in split_line(line))

    def test_a_tower_of_marks_is_cut_somewhere(self):
        line = "e" + "\u0301" * 200
        assert [len(message) for message in split_line(line)] == [67, 67, 67]
