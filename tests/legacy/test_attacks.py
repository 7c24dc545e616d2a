"""What an outsider can do to captured bytes, and that each attack gives what it promises."""

from __future__ import annotations

import io
import os
import string
import time
from collections.abc import Callable, Iterator

import pyaes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress

from legacy import attacks, guessing, protocol
from legacy.attacks import Captured
from legacy.protocol import UnrecognisedData
from tests import rarely

PASSPHRASE = "Tulip2019!"
KEY = protocol.derive_key(PASSPHRASE)

messages = st.text(max_size=60).filter(lambda text: "~" not in text and text.isprintable())
clocks = st.times().map(lambda time: time.strftime("%H:%M:%S"))


def seal(message: str, timestamp: str = "12:34:56") -> bytes:
    return protocol.seal(message, timestamp, KEY)


def shown(ciphertext: bytes) -> str:
    line = protocol.verify_and_display(protocol.process_bytes(ciphertext, KEY))
    assert line is not None
    return line


def parsed(ciphertext: bytes) -> protocol.Envelope:
    return protocol.parse_envelope(protocol.process_bytes(ciphertext, KEY))


def talk(*lines: tuple[str, str, str]) -> list[Captured]:
    """Messages of (sender, timestamp, text) as they pass between alice and bob."""
    other = {"alice": "bob", "bob": "alice"}
    return [Captured(who, other[who], seal(text, time)) for who, time, text in lines]


@pytest.fixture
def captured() -> list[Captured]:
    return talk(
        ("alice", "12:34:56", "are you there?"),
        ("bob", "12:34:58", "yes"),
        ("alice", "12:34:58", "good"),
        ("bob", "12:35:01", "yes"),
    )


# What the attacks take for granted ------------------------------------------------------------


def test_the_constants_describe_the_envelope() -> None:
    envelope = protocol.build_envelope("MESSAGE", "12:34:56").encode()
    assert envelope.startswith(guessing.ENVELOPE_START + b"1")
    assert envelope.index(b"MESSAGE") == attacks.HEADER_SIZE
    assert attacks.HEADER_SIZE // 16 == attacks.MESSAGE_BLOCK
    assert envelope[attacks.CLOCK_BLOCK] == b'2:34:56", "messa'


@given(st.binary(max_size=100))
def test_blocks_are_cut_as_the_receiver_cuts_them(data: bytes) -> None:
    blocks = attacks.split_blocks(data)
    assert b"".join(blocks) == data[: len(data) // 16 * 16]
    assert all(len(block) == 16 for block in blocks)


# L1, L2 ---------------------------------------------------------------------------------------


def test_equal_blocks_stand_out_across_messages_and_directions(captured: list[Captured]) -> None:
    equal = attacks.find_equal_blocks(captured)
    first = captured[0].ciphertext[:16]
    assert equal[first] == [(0, 0), (1, 0), (2, 0), (3, 0)]
    same_second = captured[1].ciphertext[attacks.CLOCK_BLOCK]
    assert equal[same_second] == [(1, 1), (2, 1)]
    assert all(len(places) > 1 for places in equal.values())


def test_the_same_words_are_known_again_at_another_time(captured: list[Captured]) -> None:
    assert attacks.find_equal_messages(captured) == [[1, 3]]


def test_nothing_stands_out_under_different_passphrases() -> None:
    strangers = [
        Captured("alice", "bob", protocol.seal("yes", "12:34:56", protocol.derive_key(name)))
        for name in ("one", "two")
    ]
    assert attacks.find_equal_blocks(strangers) == {}
    assert attacks.find_equal_messages(strangers) == []


@pytest.mark.parametrize(
    ("data", "fraction"),
    [
        (b"", 0.0),
        (bytes(range(64)), 0.0),
        (bytes(16) * 4, 1.0),
        (bytes(16) * 3 + bytes(range(16)), 0.75),
    ],
)
def test_repetition_is_the_fraction_of_blocks_that_are_not_alone(
    data: bytes, fraction: float
) -> None:
    assert attacks.measure_repetition(data) == fraction


# L3 -------------------------------------------------------------------------------------------


@given(clocks)
def test_one_block_is_enough_to_know_the_passphrase(timestamp: str) -> None:
    block = seal("hello", timestamp)[:16]
    assert guessing.passphrase_fits(PASSPHRASE, block)
    assert not guessing.passphrase_fits("tulip2019!", block)


def test_a_block_must_end_with_the_first_digit_of_an_hour() -> None:
    for digit, fits in (("0", True), ("2", True), ("3", False), ("x", False)):
        block = protocol.encrypt_blocks(protocol.process_text('{"timestamp": "' + digit), KEY)
        assert guessing.passphrase_fits(PASSPHRASE, block) is fits


def test_the_word_list_holds_distinct_plain_words() -> None:
    words = guessing.load_wordlist()
    assert len(words) == len(set(words)) > 300
    assert all(set(word) <= set(string.ascii_lowercase) for word in words)


def test_mangling_gives_what_people_do_to_words() -> None:
    made = list(guessing.mangle("tulip"))
    assert len(made) == len(set(made)) == guessing.GUESSES_PER_WORD
    assert {"tulip", "Tulip", "tulip1", "Tulip07", "tulip123", "Tulip2019!"} <= set(made)


@rarely.each("workers", [1, 2], daily=[2])
def test_the_dictionary_attack_finds_a_mangled_word(workers: int) -> None:
    words = ["rose", "lily", "tulip", "daisy"]
    *before, last = guessing.dictionary_attack(seal("hello"), words, workers)
    assert last.passphrase == PASSPHRASE
    assert 0 < last.guesses <= last.total == 4 * guessing.GUESSES_PER_WORD
    assert all(status.passphrase is None for status in before)


@rarely.each("workers", [1, 2], daily=[1])
def test_a_passphrase_that_is_no_word_is_not_found(workers: int) -> None:
    words = [f"word{number}" for number in range(20)]
    statuses = list(guessing.dictionary_attack(seal("hello"), words, workers))
    assert statuses[-1] == (20 * guessing.GUESSES_PER_WORD,) * 2 + (None,)
    guesses = [status.guesses for status in statuses]
    assert guesses == sorted(guesses)


@rarely.each("workers", [1, 2], daily=[1])
def test_a_search_says_when_it_has_started_before_its_first_guess(workers: int) -> None:
    search = guessing.dictionary_attack(seal("hello"), ["rose"] * 9, workers)
    started, *rest = search
    assert started == (0, 9 * guessing.GUESSES_PER_WORD, None)
    assert all(status.guesses for status in rest)


def test_a_search_uses_the_cores_that_it_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []

    def search(block: bytes, tasks: object, workers: int) -> Iterator[tuple[int, None]]:
        used.append(workers)
        yield 0, None

    monkeypatch.setattr(guessing, "_search", search)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 7}, raising=False)
    list(guessing.dictionary_attack(seal("hello"), ["rose"]))
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    list(guessing.dictionary_attack(seal("hello"), ["rose"]))
    assert used == [3, 5]


def test_the_start_of_the_processes_is_not_counted_as_guessing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clock that moves eight seconds while they start, then one second a status."""
    seconds = 0.0
    progress = Progress(guessing.GuessRate(), get_time=lambda: seconds)
    monkeypatch.setattr(guessing.time, "monotonic", lambda: seconds)

    def search() -> Iterator[guessing.SearchStatus]:
        nonlocal seconds
        for number, now in enumerate((8.0, 9.0, 10.0)):
            seconds = now
            yield guessing.SearchStatus(500 * number, 1000, None)

    guessing.run_with_progress_bar(search(), progress)
    console = Console(file=io.StringIO(), width=100)
    console.print(progress)
    assert console.file.getvalue().strip() == "500 guesses/s (start 8.0 s)"  # type: ignore[attr-defined]


def test_a_search_can_be_given_up() -> None:
    search = guessing.dictionary_attack(seal("hello"), guessing.load_wordlist(), 2)
    next(search)
    search.close()  # hangs, and runs into the time limit, if workers were left behind


def test_a_search_without_words_finds_nothing() -> None:
    assert (
        guessing.run_with_progress_bar(guessing.dictionary_attack(seal("hello"), [])).passphrase
        is None
    )


def test_the_search_shows_how_far_it_is_and_how_fast() -> None:
    screen = io.StringIO()
    progress = guessing.new_progress_bar()
    drawn: list[float] = []
    search = guessing.dictionary_attack(seal("hello"), ["rose", "tulip"], 1)
    status = guessing.run_with_progress_bar(
        search, progress, lambda progress: drawn.append(progress.tasks[0].completed)
    )
    Console(file=screen, width=100).print(progress)
    assert status.passphrase == PASSPHRASE
    assert drawn[-1] == status.guesses
    assert f"{status.guesses}/{status.total}" in screen.getvalue()
    assert "guesses/s" in screen.getvalue()


def test_the_bar_is_drawn_at_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    guessing.run_with_progress_bar(guessing.dictionary_attack(seal("hello"), ["tulip"], 1))
    assert "guesses/s" in capsys.readouterr().out


@pytest.mark.benchmark
@pytest.mark.timeout(300)
def test_compiled_aes_and_more_cores_test_more_guesses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words, block = [f"word{number}" for number in range(400)], seal("hello")[:16]

    def rate(search: Callable[[], int]) -> float:
        start = time.perf_counter()
        return search() / (time.perf_counter() - start)

    def search_with_pyaes() -> int:
        for number in range(2000):
            pyaes.AES(protocol.derive_key(str(number))).decrypt(block)
        return 2000

    def search_with(workers: int) -> int:
        *_, last = guessing.dictionary_attack(block, words, workers)
        return last.guesses

    pure = rate(search_with_pyaes)
    one = rate(lambda: search_with(1))
    cores = os.cpu_count() or 1
    every = rate(lambda: search_with(cores))
    with capsys.disabled():
        print(f"\npyaes, one core: {pure:,.0f} guesses/s")
        print(f"as built, one core: {one:,.0f} guesses/s, {one / pure:.1f} times that")
        print(f"as built, {cores} cores: {every:,.0f} guesses/s, {every / pure:.1f} times that")
    assert one > 2 * pure


# L4, L7, L8 -----------------------------------------------------------------------------------


def test_a_replayed_message_is_accepted_again(captured: list[Captured]) -> None:
    *as_before, again = attacks.replay(captured, 0)
    assert as_before == captured
    assert shown(again.ciphertext) == shown(captured[0].ciphertext)
    assert protocol.VERIFIED in shown(again.ciphertext)


def test_a_reflected_message_is_verified_by_its_sender(captured: list[Captured]) -> None:
    back = attacks.reflect(captured[0])
    assert (back.sender, back.receiver) == ("bob", "alice")
    assert protocol.VERIFIED in shown(back.ciphertext)


def test_dropped_and_swapped_messages_are_the_others_unchanged(captured: list[Captured]) -> None:
    first, second, third, fourth = captured
    assert attacks.drop(captured, 1) == [first, third, fourth]
    assert attacks.swap(captured, 0, 3) == [fourth, second, third, first]
    assert captured == [first, second, third, fourth]


# L5, L6 ---------------------------------------------------------------------------------------


@settings(max_examples=8)
@given(messages, clocks, messages, clocks)
def test_a_transplanted_clock_is_verified(
    words: str, time: str, other_words: str, other_time: str
) -> None:
    moved = attacks.transplant_clock(seal(words, time), seal(other_words, other_time))
    envelope = parsed(moved)
    assert envelope.verified
    assert envelope.message == words
    assert envelope.timestamp == time[0] + other_time[1:]


@settings(max_examples=8)
@given(messages)
def test_a_forgery_is_verified_at_the_captured_time(words: str) -> None:
    envelope = parsed(attacks.forge(words, seal("hello", "07:08:09"), PASSPHRASE))
    assert envelope.verified
    assert (envelope.message, envelope.timestamp) == (words, "07:08:09")


def test_forging_needs_the_right_passphrase() -> None:
    with pytest.raises(UnrecognisedData):
        attacks.forge("words", seal("hello"), "another passphrase")


# L9 -------------------------------------------------------------------------------------------


def oracle_with(secret: str) -> Callable[[str], bytes]:
    return lambda text: seal(text + secret)


def test_the_characters_are_all_that_json_leaves_alone() -> None:
    printable = {chr(code) for code in range(32, 127)}
    assert set(attacks.PLAIN_CHARACTERS) == printable - {'"', "\\"}
    assert len(attacks.PLAIN_CHARACTERS) == len(printable) - 2


@settings(max_examples=4)  # each costs hundreds of queries to a chat in pure Python
@given(st.text(alphabet=attacks.PLAIN_CHARACTERS, max_size=40), st.sampled_from([1, 7, 93, 200]))
def test_any_plain_secret_is_recovered(secret: str, per_query: int) -> None:
    assert attacks.recover_secret(oracle_with(secret), per_query=per_query).secret == secret


def test_queries_are_counted_truly_and_within_the_promise() -> None:
    asked: list[str] = []

    def oracle(text: str) -> bytes:
        asked.append(text)
        return seal(text + "code 4711")

    recovery = attacks.recover_secret(oracle, alphabet=string.ascii_lowercase + " 0123456789")
    assert recovery.secret == "code 4711"
    assert len(recovery.queries) == 9
    at_end = len(asked) - 37 - 1  # after the last character, all candidates are tried in vain
    assert recovery.queries[-1] == at_end
    assert at_end <= 9 * (37 + 1)


def test_many_candidates_in_one_query_need_fewer_queries() -> None:
    one, many = (
        attacks.recover_secret(oracle_with("code 4711"), per_query=number) for number in (1, 48)
    )
    assert one.secret == many.secret
    assert many.queries[-1] <= 2 * 9 + 16 < one.queries[-1]


def test_recovery_stops_at_a_character_outside_the_alphabet() -> None:
    assert attacks.recover_secret(oracle_with('say "no"')).secret == "say "


def test_filler_moves_the_next_character_to_the_end_of_a_block() -> None:
    for known in range(40):
        position = attacks.HEADER_SIZE + attacks.fill(known) + known
        assert position % 16 == 15


# L10, L11, L12 --------------------------------------------------------------------------------


def test_joined_and_torn_messages_are_lost_with_every_byte_there() -> None:
    both = attacks.join_segments([seal("one"), seal("two")])
    assert both == seal("one") + seal("two")
    halves = attacks.tear_segment(seal("one"), 48)
    assert b"".join(halves) == seal("one")
    for segment in (both, *halves):
        with pytest.raises(UnrecognisedData):
            parsed(segment)


def test_a_run_of_tildes_gives_its_block_away_and_the_block_is_invisible() -> None:
    captured = talk(("alice", "12:34:56", "~" * 42), ("bob", "12:34:59", "what was that?"))
    (tildes,) = attacks.find_runs(captured)
    assert tildes == protocol.encrypt_blocks([list(b"~" * 16)], KEY)
    whole = captured[1].ciphertext
    disguises = {
        attacks.insert_block(whole, tildes, place) for place in range(len(whole) // 16 + 1)
    }
    assert len(disguises) == len(whole) // 16 + 1
    assert {shown(disguise) for disguise in disguises} == {shown(whole)}


def test_there_are_no_runs_in_ordinary_messages(captured: list[Captured]) -> None:
    assert attacks.find_runs(captured) == []


def test_a_recording_opens_with_the_passphrase_found_later(captured: list[Captured]) -> None:
    opened = attacks.decrypt_captured(captured, PASSPHRASE)
    assert [envelope.message for envelope in opened] == ["are you there?", "yes", "good", "yes"]
    assert all(envelope.verified for envelope in opened)
    with pytest.raises(UnrecognisedData):
        attacks.decrypt_captured(captured, "another passphrase")
