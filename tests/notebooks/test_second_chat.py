"""Alice and bob of notebooks 3 and 4: the real code seals and opens; the keys stay with them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from modern import attacks, protocol
from modern.errors import AuthenticationError
from notebooks.second_chat import (
    COUNTED,
    Chat,
    CountingAlice,
    draw_keys,
    eavesdrop,
    record_weak_chat,
)

KEYS = draw_keys("a test")


def test_bob_reads_what_alice_says_and_her_frames_are_real_ones() -> None:
    chat = Chat(KEYS)
    stream = chat.alice_says("one\ntwo\n")
    opened = [protocol.open_frame(frame, KEYS) for frame in attacks.split_frames(stream)]
    assert opened == [b"one\n", b"two\n"]
    assert chat.bob_sees(stream).shown == "one\ntwo\n"


def test_the_same_words_take_another_iv_and_another_chat_of_the_same_keys_the_same_ones() -> None:
    chat = Chat(KEYS)
    first, second = chat.alice_says("yes\n"), chat.alice_says("yes\n")
    assert first[:16] != second[:16]
    assert Chat(KEYS).alice_says("yes\n") == first


def test_the_careful_bob_checks_tags_and_the_careless_one_does_not() -> None:
    chat = Chat(KEYS)
    frame = chat.alice_says("hi\n")
    broken = frame[:-1] + bytes([frame[-1] ^ 1])
    assert chat.tags_fit(frame)
    assert not chat.tags_fit(broken)
    assert chat.careful(frame) == chat.careless(broken) == b""
    with pytest.raises(AuthenticationError):
        chat.careful(broken)
    with pytest.raises(attacks.PaddingError):
        chat.careless(bytes([frame[0], frame[1] ^ 1]) + frame[2:])


def test_alice_takes_her_own_frame_for_bobs() -> None:
    assert Chat(KEYS).alice_types("i owe you 5\n", lambda sent: sent).shown == "i owe you 5\n"


def test_the_counting_alice_counts_each_body_and_begins_again() -> None:
    alice = CountingAlice("yes", COUNTED - 2)
    numbers = [alice.captured.iv[0], *(alice.says("no").iv[0] for _ in range(4))]
    assert numbers == [COUNTED - 2, COUNTED - 1, 0, 1, 2]
    assert all((a + 1) % COUNTED == b for a, b in pairwise(numbers))


def test_equal_inputs_of_aes_show_in_the_counting_alices_blocks() -> None:
    alice = CountingAlice("yes")
    following = alice.says("?").iv[0] + 1
    assert alice.says(chr(ord("y") ^ following) + "es").ciphertext == alice.captured.ciphertext


def test_nobody_shows_a_key() -> None:
    for one in (Chat(KEYS), CountingAlice("yes")):
        public = {name: getattr(one, name) for name in dir(one) if not name.startswith("_")}
        said = f"{one!r} {public!r}"
        assert repr(KEYS.confidentiality) not in said
        assert not [value for value in public.values() if isinstance(value, protocol.Keys)]


def test_what_is_recorded_of_the_weak_chat_falls_to_a_word() -> None:
    weak = protocol.derive_keys("prince1984", "family7")
    assert b"".join(protocol.open_frame(frame, weak) for frame in record_weak_chat()).endswith(
        b"tonight\n"
    )


def test_an_eavesdropper_sees_when_and_how_much() -> None:
    bursts = eavesdrop(Chat(KEYS))
    assert [burst.sender for burst in bursts] == ["alice", "bob"] * 3
    assert [burst.size // 112 for burst in bursts] == [1, 1, 2, 1, 5, 2]
    assert all(one.time < next_one.time for one, next_one in pairwise(bursts))
