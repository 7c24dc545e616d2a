"""L3: a search for the passphrase of the legacy chat, with one captured block as the test.

The key is one fast, unsalted hash of the passphrase, and every envelope begins with the same text.
So an attacker tries likely passphrases on their own computer, at full speed, and nobody notices.
`dictionary_attack` is the attack; attacks.py has the other weaknesses. For your own chats only.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from Crypto.Cipher import AES
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task
from rich.text import Text

from legacy.protocol import BLOCK_SIZE

ENVELOPE_START = b'{"timestamp": "'
"""How every envelope begins: 15 of the 16 bytes of block 0. The 16th is `0`, `1` or `2`."""

_WORDS_PER_TASK = 8

# One guess -----------------------------------------------------------------------------------


def passphrase_fits(passphrase: str, ciphertext: bytes) -> bool:
    """Return whether a captured message was encrypted with this passphrase, as its start shows.

    It takes one SHA-256 and one AES block: block 0 must decrypt to
    `{"timestamp": "` and the first digit of an hour. A wrong passphrase
    passes this test with a probability of 3 / 2**128.
    """
    cipher = AES.new(sha256(passphrase.encode()).digest(), AES.MODE_ECB)
    block = cipher.decrypt(ciphertext[:BLOCK_SIZE])
    return block.startswith(ENVELOPE_START) and block[-1:] in b"012"


# What to guess -------------------------------------------------------------------------------


def load_wordlist() -> list[str]:
    """Return the word list of this package: a few hundred words that people choose."""
    return files(__package__).joinpath("wordlist.txt").read_text(encoding="utf-8").split()


ENDINGS = (
    "",
    *("!", "?", ".", "!!", "123", "1234", "12345", "123!", "007"),
    *(str(number) for number in range(100)),
    *(f"{number:02}" for number in range(10)),
    *(str(year) for year in range(1950, 2030)),
    *(f"{year}!" for year in range(2000, 2030)),
)
"""What people add to a word when a program asks for digits."""

GUESSES_PER_WORD = 2 * len(ENDINGS)


def mangle(word: str) -> Iterator[str]:
    """Yield variants of a word: two spellings, each with every ending."""
    for spelling in (word, word.capitalize()):
        for ending in ENDINGS:
            yield spelling + ending


# The search ----------------------------------------------------------------------------------


class SearchStatus(NamedTuple):
    """How far a search has come; `passphrase` is None until it is found."""

    guesses: int
    total: int
    passphrase: str | None


def dictionary_attack(
    ciphertext: bytes, words: Sequence[str], workers: int | None = None
) -> Iterator[SearchStatus]:
    """Search for the passphrase of one captured message: words, and what `mangle` makes of them.

    - Knows: nothing.
    - Needs: block 0 of one captured message, and a word list. No guess is sent to anybody, so
      nobody can notice the search or slow it down.
    - Gets: the passphrase, if it is such a word, and with it everything else (L6, L12).
    - Costs: at most `GUESSES_PER_WORD` guesses for each word.

    The search uses `workers` processes, by default one for each core. With 1 it stays in this
    process. (With more, a script must start it under `if __name__ == "__main__":`.) It yields a
    status when a process has started, and from time to time. The last status has the
    passphrase, or None after all guesses. Without words it yields nothing.
    """
    workers = workers or _count_cores()
    tasks = [words[at : at + _WORDS_PER_TASK] for at in range(0, len(words), _WORDS_PER_TASK)]
    guesses, total = 0, len(words) * GUESSES_PER_WORD
    for tried, passphrase in _search(ciphertext[:BLOCK_SIZE], tasks, workers):
        guesses += tried
        yield SearchStatus(guesses, total, passphrase)
        if passphrase is not None:
            return


def _count_cores() -> int:
    """Return how many cores this process may use. In a container, this is often not all of them."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS, not on Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _search(
    block: bytes, tasks: Sequence[Sequence[str]], workers: int
) -> Iterator[tuple[int, str | None]]:
    if not tasks:
        return
    no_words: tuple[str, ...] = ()  # done, with no guesses, as soon as a process has started
    if workers == 1:
        yield from (_try_words(block, words) for words in (no_words, *tasks))
        return
    # Spawn, do not fork: a notebook's process has threads, and a fork of it may hang.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))
    try:
        started = pool.submit(_try_words, block, no_words)
        futures = [pool.submit(_try_words, block, words) for words in tasks]
        yield started.result()
        yield from (future.result() for future in as_completed(futures))
    finally:  # also if the caller stops early
        pool.shutdown(cancel_futures=True)


def _try_words(block: bytes, words: Iterable[str]) -> tuple[int, str | None]:
    guesses = 0
    for word in words:
        for passphrase in mangle(word):
            guesses += 1
            if passphrase_fits(passphrase, block):
                return guesses, passphrase
    return guesses, None


# Its progress bar ----------------------------------------------------------------------------


class GuessRate(ProgressColumn):
    """The column of the progress bar with the guesses per second, and how long the start took."""

    def render(self, task: Task) -> Text:
        """Return the average rate since the first guess, and the time that the start took.

        With a short list, the start of the processes takes longer than all guesses.
        """
        rate = task.completed / task.elapsed if task.elapsed else 0
        return Text(f"{rate:,.0f} guesses/s (start {task.fields['start_seconds']:.1f} s)")


def new_progress_bar() -> Progress:
    """Return a progress bar that shows the guesses made, all guesses, and guesses per second."""
    return Progress(BarColumn(), MofNCompleteColumn(), GuessRate())


def run_with_progress_bar(
    search: Iterator[SearchStatus],
    progress: Progress | None = None,
    redraw: Callable[[Progress], None] = lambda progress: None,
) -> SearchStatus:
    """Run a search to its end, show a progress bar, and return the last status.

    By default the bar appears in the terminal. A notebook draws in another way: it passes its own
    `progress`, and a function `redraw` that is called after every step.
    """
    if progress is None:
        with new_progress_bar() as live:
            return run_with_progress_bar(search, live)
    bar = progress.add_task("guesses", start=False, total=None, start_seconds=0.0)
    began, started, status = time.monotonic(), False, SearchStatus(0, 0, None)
    for status in search:
        if not started:
            progress.start_task(bar)
            progress.update(bar, start_seconds=time.monotonic() - began)
            started = True
        progress.update(bar, completed=status.guesses, total=status.total)
        redraw(progress)
    return status
