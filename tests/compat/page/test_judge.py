"""What “look inside” shows of a tampered frame: each block on its own, as CBC makes it."""

from __future__ import annotations

import pytest

from compat.page.judge import ModernJudge
from modern.protocol import derive_keys, seal_frame

KEYS = derive_keys("one secret", "another")
JUDGE = ModernJudge(KEYS)
FRAME = seal_frame(b"meet me at 8\n", 13, KEYS, bytes(range(16)))


def flip(byte: int, bit: int) -> bytes:
    """Return the frame with one bit flipped."""
    changed = bytearray(FRAME)
    changed[byte] ^= 1 << bit
    return bytes(changed)


def look(frame: bytes) -> tuple[str, str]:
    """Return what the blocks of length and chunk give; the other fields hold no text."""
    iv, length, first_tag, chunk, second_tag = JUDGE.open(frame)
    assert (iv, first_tag, second_tag) == ("", "", "")
    return length, chunk


def test_an_honest_frame_gives_both():
    assert look(FRAME) == ("13", "meet me at 8⏎")


def test_a_flip_in_the_iv_changes_one_bit_of_the_length_and_nothing_of_the_chunk():
    assert look(flip(1, 0)) == ("12", "meet me at 8⏎")


def test_a_flip_in_the_iv_where_the_padding_is():
    assert look(flip(15, 1)) == ("wrong padding: 13" + 14 * "·", "meet me at 8⏎")


@pytest.mark.parametrize("bit", range(8))
def test_a_flip_in_e_length_makes_noise_of_it_and_flips_the_same_bit_of_the_chunk(bit):
    letter = "\ufffd" if bit == 7 else chr(ord("e") ^ 1 << bit)  # not UTF-8 any more
    assert look(flip(17, bit)) == ("noise", f"m{letter}et me at 8⏎")


@pytest.mark.parametrize("byte", [64, 66, 79])
def test_a_flip_in_e_chunk_makes_noise_of_it_and_nothing_of_the_length(byte):
    assert look(flip(byte, 7)) == ("13", "noise")


@pytest.mark.parametrize("byte", [32, 63, 80, 111])
def test_a_flip_in_a_tag_leaves_both_texts_whole(byte):
    assert look(flip(byte, 3)) == ("13", "meet me at 8⏎")


def test_less_than_a_frame_cannot_be_looked_into():
    assert JUDGE.open(FRAME[:-1]) == []
