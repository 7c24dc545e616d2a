"""The legacy wire: our pyaes against the original's, the fast AES, and the search for a passphrase.

What the original does, `tests/originals/legacy_peer.py` does: one cipher for a chat, a list of
numbers for each block.
"""

from __future__ import annotations

import os
import time
from itertools import islice
from statistics import median

import pyaes
import pytest

from legacy import protocol
from legacy.protocol import BLOCK_SIZE, UnrecognisedData
from tests.originals import legacy_peer

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

PASSPHRASE = "correct horse battery staple"
KEY = protocol.derive_key(PASSPHRASE)
MESSAGE = "a message of some sixty characters, as people type them here"
WIRE = protocol.seal(MESSAGE, "12:34:56", KEY)
WORDS = 800
LONGER = 7
"""How often the list is searched where the start of the processes should not count."""


class Wire:
    """What an original-style peer takes for a connection; keeps what was sent."""

    def send(self, data: bytes) -> None:
        self.sent = data


def decrypt_as_the_original(cipher: pyaes.AES, received: bytes) -> str:
    return "".join(
        chr(value)
        for start in range(0, len(received), BLOCK_SIZE)
        for value in cipher.decrypt(list(received[start : start + BLOCK_SIZE]))
    ).replace("~", "")


def test_seal_a_message(compare):
    wire, cipher = Wire(), pyaes.AES(KEY)
    legacy_peer.send(wire, cipher, MESSAGE)
    assert len(wire.sent) == len(WIRE)
    compare.costs(
        "seal a legacy message through pyaes, against the original's way",
        lambda: [protocol.seal(MESSAGE, "12:34:56", KEY) for _ in range(50)],
        lambda: legacy_peer.send(wire, cipher, MESSAGE),
        loops=50,
        rounds=15,
    )


def test_open_a_message(compare):
    cipher = pyaes.AES(KEY)
    assert decrypt_as_the_original(cipher, WIRE) == protocol.process_bytes(WIRE, KEY)
    compare.costs(
        "open a legacy message through pyaes, against the original's way",
        lambda: [protocol.process_bytes(WIRE, KEY) for _ in range(50)],
        lambda: decrypt_as_the_original(cipher, WIRE),
        loops=50,
        rounds=15,
    )


@pytest.mark.parametrize("blocks", [len(WIRE) // BLOCK_SIZE, 1000])
@pytest.mark.parametrize("direction", ["encrypt", "decrypt"])
def test_fast_aes(compare, blocks, direction):
    aes = pytest.importorskip("compat.aes")
    data = os.urandom(blocks * BLOCK_SIZE)
    fast = getattr(aes.FastAES(KEY), direction)
    readable = getattr(aes.ReadableAES(KEY), direction)
    assert fast(data) == readable(data)
    compare.faster(
        f"{direction} {blocks} blocks with compat's fast AES, against pyaes",
        lambda: [fast(data) for _ in range(10)],
        lambda: readable(data),
        loops=10,
        goal="goal: ≥ 50 ×",
    )


class TestDictionaryAttack:
    """Guesses that all fail: the whole list is tried."""

    @pytest.fixture
    def guessing(self):
        return pytest.importorskip("legacy.guessing")

    @pytest.fixture
    def words(self, guessing):
        words = guessing.load_wordlist()
        return [words[number % len(words)] for number in range(WORDS)]

    def test_against_the_obvious_loop(self, compare, note, guessing, words):
        """Decrypt the captured message as the receiver does, and see whether it makes sense."""

        def obvious(guesses: int) -> None:
            for passphrase in islice((g for word in words for g in guessing.mangle(word)), guesses):
                try:
                    key = protocol.derive_key(passphrase)
                    protocol.parse_envelope(protocol.process_bytes(WIRE, key))
                except UnrecognisedData:
                    continue
                raise AssertionError(passphrase)

        total = WORDS * guessing.GUESSES_PER_WORD
        line = compare.faster(
            f"{total:,} passphrases guessed on all cores, against the obvious loop",
            lambda: self.search(guessing, words, None),
            lambda: obvious(1000),
            share=1000 / total,
            rounds=5,
        )
        note(
            f"dictionary attack on {os.cpu_count()} cores: {total / line.ours:,.0f} guesses a "
            f"second; the obvious loop: {total / line.other:,.0f}"
        )

    def test_two_processes_against_one(self, compare, note, guessing, words):
        """From the first guess on, for about ten seconds; the processes start before."""
        many, starts = words * LONGER, []
        used: dict[int, list[float]] = {1: [], 2: []}

        def start():
            began = time.perf_counter()
            search = guessing.dictionary_attack(WIRE, many, 2)
            assert next(search).guesses == 0
            starts.append(time.perf_counter() - began)
            return search

        def finish(search, workers):
            before = os.times()
            self.finish(search)
            after = os.times()
            used[workers].append(sum(after[:4]) - sum(before[:4]))

        compare.faster(
            f"{len(many) * guessing.GUESSES_PER_WORD:,} guesses by two processes, against one",
            lambda search: finish(search, 2),
            lambda: finish(guessing.dictionary_attack(WIRE, many, 1), 1),
            rounds=3,
            prepare=start,
            goal="goal: ≥ 1.9 ×, on two idle cores",
        )
        note(
            f"before the first guess of the two processes: {median(starts):.2f} s; processor time "
            f"of all guesses, by two and by one: {median(used[2]):.1f} s, {median(used[1]):.1f} s: "
            f"on idle cores {2 * median(used[1]) / median(used[2]):.2f} × as fast at most"
        )

    def search(self, guessing, words, workers) -> None:
        self.finish(guessing.dictionary_attack(WIRE, words, workers))

    @staticmethod
    def finish(search) -> None:
        *_, last = search
        assert last.passphrase is None
        assert last.guesses == last.total
