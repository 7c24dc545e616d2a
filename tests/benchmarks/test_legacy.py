"""The legacy wire: our pyaes against the original's, the fast AES, and the search for a passphrase.

What the original does, `tests/originals/legacy_peer.py` does: one cipher for a chat, a list of
numbers for each block.
"""

from __future__ import annotations

import os
from itertools import islice

import pyaes
import pytest

from legacy import protocol
from legacy.protocol import BLOCK_SIZE, UnrecognisedData
from tests.originals import legacy_peer

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]

PASSPHRASE = "correct horse battery staple"
KEY = protocol.derive_key(PASSPHRASE)
MESSAGE = "a message of some sixty characters, as people type them here"
WIRE = protocol.seal(MESSAGE, "12:34:56", KEY)
WORDS = 800


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

    def test_against_one_core(self, compare, guessing, words):
        compare.faster(
            f"the same on all {os.cpu_count()} cores, against the same on one",
            lambda: self.search(guessing, words, None),
            lambda: self.search(guessing, words, 1),
            rounds=5,
        )

    @staticmethod
    def search(guessing, words, workers) -> None:
        *_, last = guessing.dictionary_attack(WIRE, words, workers)
        assert last.passphrase is None
        assert last.guesses == last.total
