"""The attacks on the modern chat do what their descriptions say, against the real receiver."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad
from hypothesis import given
from hypothesis import strategies as st

from modern import attacks, dialects, guessing, protocol
from modern.errors import AuthenticationError, FrameError, TruncationError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "modern.json").read_text("utf-8"))
KEYS = protocol.derive_keys("c" * 32, "a" * 32)
TEXT = "the cat sat on the mat, and the dog on the cat\n"


def seal(message: str, seed: int = 1) -> bytes:
    """Seal with randomness that is the same in every run."""
    return protocol.seal(message, KEYS, random_bytes=Random(seed).randbytes)


def receive(stream: bytes) -> str:
    """Return what the real receiver shows of a stream that ends."""
    decoder = protocol.Decoder(KEYS)
    text = b"".join(decoder.feed(stream)).decode()
    decoder.close()
    return text


def careless(frame: bytes) -> bytes:
    return attacks.open_carelessly(frame, KEYS)


def careful(frame: bytes) -> bytes:
    return protocol.open_frame(frame, KEYS)


def recover(frame: bytes, receiver: attacks.Receiver) -> list[attacks.Recovered]:
    return list(attacks.decrypt_chunk(frame, attacks.padding_oracle(receiver)))


class TestFrames:
    def test_a_stream_is_cut_into_its_frames(self):
        stream = seal(TEXT)
        frames = attacks.split_frames(stream)
        assert [len(frame) for frame in frames] == [112] * 4
        assert b"".join(frames) == stream

    def test_a_torn_last_frame_is_dropped(self):
        assert attacks.split_frames(seal("hi\n") + b"torn") == [seal("hi\n")]

    def test_xor_takes_equal_lengths_only(self):
        assert attacks.xor(b"\x0f\xf0", b"\xff\xff") == b"\xf0\x0f"
        with pytest.raises(ValueError, match="shorter"):
            attacks.xor(b"ab", b"a")


class TestPaddingOracle:
    @given(text=st.text(max_size=3))
    def test_the_careless_receiver_opens_honest_frames_like_the_real_one(self, text: str):
        frame = protocol.seal_frame(text.encode(), 15, KEYS, bytes(16))
        assert careless(frame) == careful(frame) == text.encode()

    @pytest.mark.parametrize("offset", [32, 63, 80, 111])
    def test_the_careless_receiver_looks_at_no_tag(self, offset: int):
        changed = bytearray(seal("hello\n"))
        changed[offset] ^= 1
        assert careless(bytes(changed)) == b"hello\n"

    @pytest.mark.parametrize("block", [protocol.LENGTH, protocol.CHUNK])
    def test_the_careless_receiver_tells_wrong_padding_apart(self, block: slice):
        changed = bytearray(seal("hello\n"))
        changed[block.stop - 1] ^= 0x80
        with pytest.raises(attacks.PaddingError):
            careless(bytes(changed))

    @pytest.mark.parametrize("length", [0, 3])
    def test_the_careless_receiver_refuses_too_small_a_length(self, length: int):
        with pytest.raises(FrameError, match="smaller than its chunk"):
            careless(protocol.seal_frame(b"four", length, KEYS, bytes(16)))

    def test_the_careless_receiver_refuses_a_length_before_it_looks_at_the_chunk(self):
        """One query must tell about one block's padding, not about both."""
        not_a_number = protocol.seal_frame(b"four", -4, KEYS, bytes(16))[:64] + bytes(48)
        with pytest.raises(FrameError, match="no decimal number"):
            careless(not_a_number)

    def test_the_oracle_tells_padding_from_everything_behind_it(self):
        oracle = attacks.padding_oracle(careless)
        wrong_number = protocol.seal_frame(b"four", 3, KEYS, bytes(16))
        assert oracle(seal("hello\n"))
        assert oracle(wrong_number)
        assert not oracle(seal("hello\n")[:31] + bytes(81))

    @pytest.mark.parametrize("text", ["hello\n", "\n", "exactly15bytes!", "naïve ☃"])
    def test_it_gives_the_chunk_away(self, text: str):
        steps = recover(seal(text), careless)
        assert steps[-1].plaintext == pad(text.encode(), 16)

    def test_it_comes_a_byte_at_a_time_from_the_end(self):
        steps = recover(seal("hello\n"), careless)
        padded = pad(b"hello\n", 16)
        assert [step.plaintext for step in steps] == [padded[-n:] for n in range(1, 17)]
        assert [step.queries for step in steps] == sorted({step.queries for step in steps})

    def test_the_number_of_queries_is_what_the_receiver_counted(self):
        asked = []

        def counting(frame: bytes) -> bytes:
            asked.append(frame)
            return careless(frame)

        steps = recover(seal("hello\n"), counting)
        assert steps[-1].queries == len(asked) <= 16 * 256 + 15
        assert len(set(map(len, asked))) == 1

    def test_about_128_queries_a_byte(self):
        totals = [recover(seal("hello\n", seed), careless)[-1].queries for seed in range(8)]
        assert 0.8 < sum(totals) / len(totals) / (16 * 128) < 1.2

    def test_a_padding_that_is_right_by_luck_does_not_mislead(self):
        """With zeros before it, `…02 ??` also looks right when the last byte comes out as 02."""
        inner = bytes(14) + b"\x02\x77"  # 02 02 is met at the guess 74, before 01 at 77

        def oracle(frame: bytes) -> bool:
            try:
                unpad(attacks.xor(inner, frame[protocol.IV]), 16)
            except ValueError:
                return False
            return True

        first, *_ = attacks.decrypt_block(bytes(16), bytes(16), oracle)
        assert first.plaintext == b"\x77"

    @pytest.mark.parametrize("number", [b"8", b"37", b"901"])
    def test_a_number_before_the_padding_does_not_mislead(self, number: bytes):
        """The receiver takes it for a length, and what it says then is about the chunk."""
        keys = protocol.derive_keys("alice and bob", "a second secret")
        cipher = AES.new(keys.confidentiality, AES.MODE_ECB)
        block = cipher.encrypt(number.ljust(16, b"D"))
        previous = bytes(range(16))

        def receiver(frame: bytes) -> bytes:
            return attacks.open_carelessly(frame, keys)

        *_, last = attacks.decrypt_block(block, previous, attacks.padding_oracle(receiver))
        assert attacks.xor(last.plaintext, previous) == number.ljust(16, b"D")

    def test_the_length_block_falls_too(self):
        frame = seal("hello\n")
        oracle = attacks.padding_oracle(careless)
        *_, last = attacks.decrypt_block(frame[protocol.LENGTH], frame[protocol.IV], oracle)
        assert last.plaintext == pad(b"6", 16)

    def test_the_real_receiver_is_no_oracle(self):
        asked = []

        def counting(frame: bytes) -> bytes:
            asked.append(frame)
            return careful(frame)

        with pytest.raises(attacks.AttackFailed, match="no padding oracle"):
            recover(seal("hello\n"), counting)
        assert len(asked) == 512


class TestSplice:
    FRAMES = tuple(seal(f"line {number:9}\n", number) for number in range(40))
    CHUNKS = tuple(f"line {number:9}\n".encode() for number in range(40))

    def test_both_tags_fit(self):
        protocol.verify(attacks.splice(self.FRAMES[0], self.FRAMES[1]), KEYS)

    def test_the_prediction_needs_no_key_and_is_what_the_block_decrypts_to(self):
        for header in range(1, 40):
            block = attacks.predict_splice(self.FRAMES[header], self.FRAMES[0], self.CHUNKS[0])
            spliced = attacks.splice(self.FRAMES[header], self.FRAMES[0])
            cipher = protocol.AES.new(
                KEYS.confidentiality, protocol.AES.MODE_CBC, iv=spliced[protocol.LENGTH]
            )
            assert cipher.decrypt(spliced[protocol.CHUNK]) == block

    def test_an_honest_frame_is_the_splice_of_itself(self):
        block = attacks.predict_splice(self.FRAMES[3], self.FRAMES[3], self.CHUNKS[3])
        assert block == pad(self.CHUNKS[3], 16)

    def test_the_recorded_splices(self):
        wrong, right = VECTORS["spliced"]["cases"]
        for case in (wrong, right):
            protocol.verify(bytes.fromhex(case["received"]), KEYS)
            with pytest.raises(FrameError):  # noise: no padding, no UTF-8
                careful(bytes.fromhex(case["received"]))
        assert bytes.fromhex(right["decrypted_block"])[-1] == 1

    def test_found_splices_are_shown_by_the_real_receiver(self):
        frames, chunks = pairs_with_a_splice()
        found = list(attacks.find_splices(frames, chunks))
        assert found
        for splice in found:
            assert splice.frame not in frames
            assert careful(splice.frame) == splice.chunk
            assert splice.header != splice.body
            assert splice.frame[:64] == frames[splice.header][:64]
            assert splice.frame[64:] == frames[splice.body][64:]

    def test_none_is_missed(self):
        frames, chunks = pairs_with_a_splice()
        shown = set()
        for header in range(len(frames)):
            for body in range(len(frames)):
                spliced = attacks.splice(frames[header], frames[body])
                try:
                    careful(spliced)
                except FrameError:
                    continue
                if header != body:
                    shown.add((header, body))
        found = {(splice.header, splice.body) for splice in attacks.find_splices(frames, chunks)}
        assert found == shown

    def test_a_header_that_declares_too_little_is_passed_over(self):
        frames, chunks = pairs_with_a_splice()
        header = next(attacks.find_splices(frames, chunks)).header
        declared = [b"" if index == header else chunk for index, chunk in enumerate(chunks)]
        assert header not in {splice.header for splice in attacks.find_splices(frames, declared)}


def pairs_with_a_splice() -> tuple[list[bytes], list[bytes]]:
    """Return frames among which some splices are shown, without sealing millions of them.

    The IV of the second of each pair is chosen, with the key, so that its length encrypts to
    what the first one's does, but for some bits: the splice then changes a few letters only.
    """
    frames, chunks = [], []
    block = protocol.AES.new(KEYS.confidentiality, protocol.AES.MODE_ECB)
    for seed, text in enumerate([b"pairs of fifteen", b"pairs of twelve", b"pairs of few"]):
        first = protocol.seal_frame(text[:15], 15, KEYS, Random(seed).randbytes(16))
        wanted = attacks.xor(first[protocol.LENGTH], b"\x01" * 8 + bytes(8))
        iv = attacks.xor(block.decrypt(wanted), pad(b"15", 16))
        frames += [first, protocol.seal_frame(text[:15].upper(), 15, KEYS, iv)]
        chunks += [text[:15], text[:15].upper()]
    return frames, chunks


class TestCapturedStream:
    WORDS = ("pay bob 10 now\n", "never pay bob!\n", "burn the paper\n")
    STREAM = seal("".join(WORDS))

    def test_replay_says_it_again(self):
        assert receive(attacks.replay(self.STREAM, 0)) == "".join([self.WORDS[0], *self.WORDS])

    def test_drop_unsays_it(self):
        assert receive(attacks.drop(self.STREAM, 1)) == self.WORDS[0] + self.WORDS[2]

    def test_swap_changes_the_order(self):
        assert receive(attacks.swap(self.STREAM, 0, 2)) == "".join(reversed(self.WORDS))

    def test_reflect_gives_a_sender_its_own_words(self):
        assert receive(attacks.reflect(self.STREAM, [2, 0])) == self.WORDS[2] + self.WORDS[0]

    @pytest.mark.parametrize("attack", [attacks.drop, attacks.cut])
    def test_the_stream_itself_stays_as_it_was(self, attack):
        before = bytes(self.STREAM)
        attack(self.STREAM, 1)
        assert before == self.STREAM

    @pytest.mark.parametrize("frames", range(4))
    def test_a_cut_between_frames_looks_like_the_end(self, frames: int):
        assert receive(attacks.cut(self.STREAM, frames)) == "".join(self.WORDS[:frames])

    def test_a_cut_inside_a_frame_does_not(self):
        with pytest.raises(TruncationError):
            receive(self.STREAM[:-1])

    def test_other_keys_still_keep_frames_out(self):
        other = protocol.Decoder(protocol.derive_keys("c" * 32, "b" * 32))
        with pytest.raises(AuthenticationError):
            list(other.feed(attacks.replay(self.STREAM, 0)))


class TestLengths:
    @given(st.text(max_size=200))
    def test_the_wire_size_is_the_size_on_the_wire(self, message: str):
        assert attacks.wire_size(message) == len(protocol.seal(message, KEYS))

    @given(st.text(max_size=200))
    def test_the_true_size_is_among_the_possible_ones(self, message: str):
        sizes = attacks.plaintext_sizes(attacks.wire_size(message))
        assert len(message.encode()) in sizes

    @given(st.text(st.characters(max_codepoint=127), min_size=1, max_size=200))
    def test_ascii_is_known_to_within_15_bytes(self, message: str):
        largest = attacks.plaintext_sizes(attacks.wire_size(message))[-1]
        assert largest - 15 < len(message) <= largest

    @pytest.mark.parametrize(("frames", "sizes"), [(0, [0]), (1, range(1, 16)), (2, range(13, 31))])
    def test_known_answers(self, frames: int, sizes):
        assert list(attacks.plaintext_sizes(112 * frames)) == list(sizes)

    def test_half_a_frame_is_no_message(self):
        with pytest.raises(ValueError, match="whole number"):
            attacks.plaintext_sizes(100)

    def test_guesses_are_told_apart_by_their_size(self):
        guesses = ["yes\n", "no, and please never ask me again\n", "no\n"]
        assert attacks.fitting_messages(guesses, 336) == [guesses[1]]
        assert attacks.fitting_messages(guesses, 112) == ["yes\n", "no\n"]
        assert attacks.fitting_messages(guesses, 224) == []


class TestDictionary:
    WORDS = ("apple", "banana", "cherry", "damson")

    def test_one_tag_tells_the_authkey(self):
        frame = protocol.seal("hi\n", protocol.derive_keys("c" * 32, "cherry"))
        assert guessing.guess_authkey(frame, self.WORDS) == guessing.Found("cherry", 3)

    def test_guesses_are_taken_one_by_one(self):
        frame = protocol.seal("hi\n", protocol.derive_keys("c" * 32, "apple"))
        guesses = iter(self.WORDS)
        guessing.guess_authkey(frame, guesses)
        assert next(guesses) == "banana"

    def test_the_chained_dialect_falls_to_both_secrets_joined(self):
        keys = dialects.CHAINED.derive_keys("apple", "cherry")
        frame = protocol.seal("hi\n", keys, dialects.CHAINED.count_lengths)
        joined = (first + second for first in self.WORDS for second in self.WORDS)
        assert guessing.guess_authkey(frame, joined) == guessing.Found("applecherry", 3)

    def test_one_frame_tells_the_confkey_whatever_the_authkey(self):
        frame = protocol.seal("hi\n", protocol.derive_keys("damson", sha256(b"x").hexdigest()))
        assert guessing.guess_confkey(frame, self.WORDS) == guessing.Found("damson", 4)

    @pytest.mark.parametrize("case", VECTORS["sent"], ids=lambda case: case["text"][:12])
    def test_recorded_frames_fall_to_their_secrets(self, case):
        frame = bytes.fromhex(case["frames"][0]["frame"])
        joined = case["confkey"] * (case["key_schedule"] == "chained") + case["authkey"]
        assert guessing.guess_authkey(frame, ["wrong", joined]).guesses == 2
        assert guessing.guess_confkey(frame, ["wrong", case["confkey"]]).guesses == 2

    @pytest.mark.parametrize("attack", [guessing.guess_authkey, guessing.guess_confkey])
    def test_a_secret_in_no_list_stays_secret(self, attack):
        with pytest.raises(attacks.AttackFailed, match="not among"):
            attack(seal("hi\n"), self.WORDS)
