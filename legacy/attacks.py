"""What an outsider can do to the legacy chat, with nothing but the bytes that passed on the wire.

In the order of the weaknesses, L1 to L12. No sockets: captured bytes in, findings or bytes to
send out. Each function says what the attacker knows before, needs, and gets. Everybody who
attacks knows the protocol (protocol.py); the passphrase is the only secret. Use these against
your own chats.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from importlib.resources import files
from itertools import islice, pairwise
from string import ascii_letters, digits
from typing import NamedTuple

from Crypto.Cipher import AES
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.text import Text

from legacy import protocol
from legacy.protocol import BLOCK_SIZE, Envelope

ENVELOPE_START = b'{"timestamp": "'
"""How every envelope begins: 15 of the 16 bytes of block 0. The 16th is `0`, `1` or `2`."""

HEADER_SIZE = len('{"timestamp": "HH:MM:SS", "message": "')
"""Bytes of an envelope before its message: 38, which is two blocks and six bytes."""

MESSAGE_BLOCK = 2
"""The first block with a byte of the message; the clock is all in blocks 0 and 1."""

CLOCK_BLOCK = slice(BLOCK_SIZE, 2 * BLOCK_SIZE)
"""Block 1, `2:34:56", "messa`: the clock but for its first digit, and nothing that varies else."""


class Captured(NamedTuple):
    """One message as an eavesdropper notes it down: who sent it to whom, and its bytes."""

    sender: str
    receiver: str
    ciphertext: bytes


def split_blocks(ciphertext: bytes) -> list[bytes]:
    """Cut bytes into blocks of 16; an incomplete last one is dropped, as the receiver does."""
    whole = len(ciphertext) - len(ciphertext) % BLOCK_SIZE
    return [ciphertext[start : start + BLOCK_SIZE] for start in range(0, whole, BLOCK_SIZE)]


# L1. Equal blocks encrypt equally ------------------------------------------------------------


def find_equal_blocks(captured: Sequence[Captured]) -> dict[bytes, list[tuple[int, int]]]:
    """Find the blocks that occur more than once, with their places (message, block) from 0.

    Knows nothing. Needs captured messages, of both directions. Gets which 16 bytes of which
    messages are the same text. No guesses.
    """
    places = defaultdict(list)
    for number, message in enumerate(captured):
        for index, block in enumerate(split_blocks(message.ciphertext)):
            places[block].append((number, index))
    return {block: where for block, where in places.items() if len(where) > 1}


def find_equal_messages(captured: Sequence[Captured]) -> list[list[int]]:
    """Group the messages that say the same, whenever and by whomever they were sent.

    Knows nothing. Needs captured messages. Gets the numbers of those with equal text: everything
    behind the clock is equal block by block. No guesses.
    """
    groups = defaultdict(list)
    for number, message in enumerate(captured):
        groups[message.ciphertext[MESSAGE_BLOCK * BLOCK_SIZE :]].append(number)
    return [numbers for numbers in groups.values() if len(numbers) > 1]


# L2. Structure survives ----------------------------------------------------------------------


def measure_repetition(ciphertext: bytes) -> float:
    """Return the fraction, 0 to 1, of blocks that occur more than once.

    Knows nothing. Needs one long ciphertext. Gets a verdict on its mode: about 0 for anything
    sound, anything else is ECB over text with structure. No guesses.
    """
    blocks = split_blocks(ciphertext)
    repeated = sum(count for count in Counter(blocks).values() if count > 1)
    return repeated / len(blocks) if blocks else 0.0


# L3. One block tests a passphrase ------------------------------------------------------------


class Tally(NamedTuple):
    """How far a search has come; `passphrase` is None until it is found."""

    guesses: int
    total: int
    passphrase: str | None


def passphrase_fits(passphrase: str, ciphertext: bytes) -> bool:
    """Return whether a captured message may be encrypted under a passphrase.

    One SHA-256 and one AES block: block 0 must decrypt to `{"timestamp": "` and
    the first digit of an hour. A wrong one does so once in 2**128 / 3 guesses.
    """
    cipher = AES.new(sha256(passphrase.encode()).digest(), AES.MODE_ECB)
    block = cipher.decrypt(ciphertext[:BLOCK_SIZE])
    return block.startswith(ENVELOPE_START) and block[-1:] in b"012"


def load_wordlist() -> list[str]:
    """Return this package's own word list: a few hundred words that people choose."""
    return files(__package__).joinpath("wordlist.txt").read_text(encoding="utf-8").split()


ENDINGS = (
    "",
    *("!", "?", ".", "!!", "123", "1234", "12345", "123!", "007"),
    *(str(number) for number in range(100)),
    *(f"{number:02}" for number in range(10)),
    *(str(year) for year in range(1950, 2030)),
    *(f"{year}!" for year in range(2000, 2030)),
)
"""What people put behind a word when a program asks for digits."""

GUESSES_PER_WORD = 2 * len(ENDINGS)


def mangle(word: str) -> Iterator[str]:
    """Yield what people make of a word: two spellings, with every ending."""
    for spelling in (word, word.capitalize()):
        for ending in ENDINGS:
            yield spelling + ending


def dictionary_attack(
    ciphertext: bytes, words: Sequence[str], workers: int | None = None
) -> Iterator[Tally]:
    """Search the passphrase of one captured message among words and what `mangle` makes of them.

    Knows nothing. Needs block 0 of one captured message; nobody is asked anything, so nobody can
    notice or slow it down. Gets the passphrase, if it is such a word, and with it everything
    (L6, L12). Guesses: at most `GUESSES_PER_WORD` for each word.

    Runs on every core (`workers` processes; 1 stays in this one; a script that starts more does
    so under `if __name__ == "__main__":`). Yields a tally whenever some words are done; the last
    one has the passphrase, or all guesses and None. Without words there is no tally.
    """
    workers = workers or os.cpu_count() or 1
    portions = _deal(words, 8)
    guesses, total = 0, len(words) * GUESSES_PER_WORD
    for tried, passphrase in _search(ciphertext[:BLOCK_SIZE], portions, workers):
        guesses += tried
        yield Tally(guesses, total, passphrase)
        if passphrase is not None:
            return


def _deal(words: Sequence[str], size: int) -> list[Sequence[str]]:
    return [words[start : start + size] for start in range(0, len(words), size)]


def _search(
    block: bytes, portions: Iterable[Sequence[str]], workers: int
) -> Iterator[tuple[int, str | None]]:
    if workers == 1:
        yield from (_try_words(block, portion) for portion in portions)
        return
    # Spawned, not forked: a notebook's process has threads, and a fork of those may hang.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    try:
        futures = [pool.submit(_try_words, block, portion) for portion in portions]
        yield from (future.result() for future in as_completed(futures))
    finally:  # also when the caller has seen enough
        pool.shutdown(cancel_futures=True)


def _try_words(block: bytes, words: Iterable[str]) -> tuple[int, str | None]:
    guesses = 0
    for word in words:
        for passphrase in mangle(word):
            guesses += 1
            if passphrase_fits(passphrase, block):
                return guesses, passphrase
    return guesses, None


class GuessRate(ProgressColumn):
    """The column of a progress bar that says how many guesses a second are tried."""

    def render(self, task: Task) -> Text:
        """Return the rate since the search began."""
        rate = task.completed / task.elapsed if task.elapsed else 0
        return Text(f"{rate:,.0f} guesses/s")


def new_progress() -> Progress:
    """Return the bar of a search: guesses of all guesses, and guesses per second."""
    return Progress(BarColumn(), MofNCompleteColumn(), GuessRate())


def follow(
    search: Iterator[Tally],
    progress: Progress | None = None,
    redraw: Callable[[Progress], None] = lambda progress: None,
) -> Tally:
    """Run a search to its end under a progress bar and return its last tally.

    The bar is drawn at the terminal; a place that draws otherwise (a notebook) gives its own
    `progress` and `redraw`, which is called after every step.
    """
    if progress is None:
        with new_progress() as live:
            return follow(search, live)
    bar, tally = progress.add_task("guesses", total=None), Tally(0, 0, None)
    for tally in search:
        progress.update(bar, completed=tally.guesses, total=tally.total)
        redraw(progress)
    return tally


# L4, L7, L8. Whole messages, moved -----------------------------------------------------------


def replay(captured: Sequence[Captured], number: int) -> list[Captured]:
    """Send message `number` (from 0) again after all others.

    Knows nothing. Needs one captured message. Gets it shown once more, with its `☑`: a receiver
    keeps no memory of what it has seen.
    """
    return [*captured, captured[number]]


def reflect(message: Captured) -> Captured:
    """Send a message back to whoever sent it.

    Knows nothing. Needs one captured message. Gets the sender's own words shown to the sender as
    the peer's, `☑`: one key and one format serve both directions.
    """
    return Captured(message.receiver, message.sender, message.ciphertext)


def drop(captured: Sequence[Captured], number: int) -> list[Captured]:
    """Keep message `number` (from 0) from arriving.

    Knows nothing. Needs a seat on the path. Gets a message that nobody misses: nothing counts.
    """
    return [message for index, message in enumerate(captured) if index != number]


def swap(captured: Sequence[Captured], first: int, second: int) -> list[Captured]:
    """Let two messages (numbers from 0) change places.

    Knows nothing. Needs a seat on the path. Gets another order of the same words, each `☑`.
    """
    moved = list(captured)
    moved[first], moved[second] = moved[second], moved[first]
    return moved


# L5. The clock, transplanted -----------------------------------------------------------------


def transplant_clock(target: bytes, donor: bytes) -> bytes:
    """Return the `target` message with the clock digits 2 to 8 of another.

    Knows nothing. Needs two messages under one passphrase. Gets the target's
    words at the donor's time, `☑`: the hash covers the words alone. (The first
    digit of the hour sits in block 0, which can be moved the same way.)
    """
    before, after = target[: CLOCK_BLOCK.start], target[CLOCK_BLOCK.stop :]
    return before + donor[CLOCK_BLOCK] + after


# L6. A hash is no MAC ------------------------------------------------------------------------


def forge(message: str, like: bytes, passphrase: str) -> bytes:
    """Return a message of the attacker's own words, at the time of a captured one.

    Knows the passphrase (L3). Needs a captured message for a believable clock. Gets any words
    shown with `☑`: whoever can encrypt can also compute a hash that has no key. Raises
    UnrecognisedData where `like` is not of that passphrase.
    """
    key = protocol.derive_key(passphrase)
    timestamp = protocol.parse_envelope(protocol.process_bytes(like, key)).timestamp
    return protocol.seal(message, timestamp, key)


# L9. Byte at a time --------------------------------------------------------------------------

PLAIN_CHARACTERS = (
    "etaoinsrhldcumfpgwybvkxjqz" + digits + " .,:;-_!?@#$%&*+=/()<>[]{}|^`'~" + ascii_letters[26:]
)
"""Characters that JSON leaves as they are, frequent ones first. Not among them: `"` and the
backslash, which become two characters each."""

_FILLER = "A"
_FILL_FIRST = -HEADER_SIZE % BLOCK_SIZE  # characters until the message reaches a new block

Oracle = Callable[[str], bytes]
"""Takes text of the attacker's; returns the captured message of that text and a secret, joined."""


class Recovery(NamedTuple):
    """A secret, and the number of queries that it took to reach the end of each character."""

    secret: str
    queries: list[int]


def recover_secret(
    oracle: Oracle, alphabet: str = PLAIN_CHARACTERS, per_query: int = 1
) -> Recovery:
    """Read a secret that a program puts behind text of the attacker's.

    Knows nothing of the passphrase. Needs a program that sends
    `attacker's text + secret` as one message, as often as asked, and the wire.
    Gets the secret, a character at a time, up to the first that is not in
    `alphabet`. Queries: one for each of 16 alignments, then for each character
    up to `len(alphabet) / per_query`.

    How: filler pushes the secret until its first unknown character is the last
    of a block whose other 15 are known. The same block is then built for each
    candidate; the one that encrypts equally is the character. `per_query`
    candidates (1 is the textbook's way) travel in one message, as many blocks
    side by side.
    """
    counted = _Counted(oracle)
    aligned: dict[int, bytes] = {}
    known = ""
    queries: list[int] = []
    while True:
        wanted = _block_of_next(counted, known, aligned)
        portions = _deal(alphabet, per_query)
        character = _find_character(counted, known, wanted, portions)
        if character is None:
            return Recovery(known, queries)
        known += character
        queries.append(counted.queries)


class _Counted:
    """An oracle that counts how often it was asked."""

    def __init__(self, oracle: Oracle):
        self._oracle, self.queries = oracle, 0

    def __call__(self, text: str) -> bytes:
        self.queries += 1
        return self._oracle(text)


def fill(known: int) -> int:
    """Return how much filler puts character `known` last in a block."""
    return _FILL_FIRST + (BLOCK_SIZE - 1 - known) % BLOCK_SIZE


def _block_of_next(oracle: Oracle, known: str, aligned: dict[int, bytes]) -> bytes:
    """Return the encrypted block that ends with the first unknown character."""
    filler = fill(len(known))
    if filler not in aligned:
        aligned[filler] = oracle(_FILLER * filler)
    start = HEADER_SIZE + filler + len(known) + 1 - BLOCK_SIZE
    return aligned[filler][start : start + BLOCK_SIZE]


def _find_character(
    oracle: Oracle, known: str, wanted: bytes, portions: Iterable[Sequence[str]]
) -> str | None:
    before = (_FILLER * BLOCK_SIZE + known)[1 - BLOCK_SIZE :]
    first = (HEADER_SIZE + _FILL_FIRST) // BLOCK_SIZE
    for candidates in portions:
        reply = oracle(_FILLER * _FILL_FIRST + "".join(before + one for one in candidates))
        built = islice(split_blocks(reply), first, first + len(candidates))
        for candidate, block in zip(candidates, built, strict=True):
            if block == wanted:
                return candidate
    return None


# L10. Segments -------------------------------------------------------------------------------


def join_segments(messages: Iterable[bytes]) -> bytes:
    """Return several messages as one TCP segment.

    Knows nothing. Needs a seat on the path, or patience: busy networks do it by themselves. Gets
    all of them lost, though every byte arrives: one `recv` is taken to be one message.
    """
    return b"".join(messages)


def tear_segment(message: bytes, at: int) -> list[bytes]:
    """Return one message as two TCP segments, cut after `at` bytes.

    Knows and needs nothing more than `join_segments`. Gets the message lost; where `at` is a
    multiple of 16, too, for half an envelope is no JSON.
    """
    return [message[:at], message[at:]]


# L11. Padding that is data -------------------------------------------------------------------


def find_runs(captured: Sequence[Captured]) -> list[bytes]:
    """Find the blocks that follow themselves inside a message, in the order of first sight.

    Knows nothing. Needs a message that begins with 42 or more `~`. Gets candidates for the block
    of sixteen `~`; whether one is it shows by `insert_block`, when a message with it still shows.
    """
    runs = (
        block
        for message in captured
        for block, following in pairwise(split_blocks(message.ciphertext))
        if block == following
    )
    return list(dict.fromkeys(runs))


def insert_block(ciphertext: bytes, block: bytes, at: int) -> bytes:
    """Return a message with one more block, in front of its block number `at` (from 0).

    Knows nothing. Needs the block of sixteen `~` (`find_runs`). Gets any number of different
    ciphertexts for one message: the receiver removes every `~`, so all show the same, `☑`. A
    receiver that remembers what it has seen does not know them again.
    """
    return ciphertext[: at * BLOCK_SIZE] + block + ciphertext[at * BLOCK_SIZE :]


# L12. Yesterday's conversation ---------------------------------------------------------------


def open_recording(captured: Iterable[Captured], passphrase: str) -> list[Envelope]:
    """Read everything that was ever recorded under a passphrase.

    Knows the passphrase, from today or years later. Needs the recording. Gets every message,
    time and hash: one key opens all, and nothing was ever forgotten. Raises UnrecognisedData for
    a message of another passphrase.
    """
    key = protocol.derive_key(passphrase)
    return [
        protocol.parse_envelope(protocol.process_bytes(message.ciphertext, key))
        for message in captured
    ]
