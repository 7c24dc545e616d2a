"""The first checks of notebook 3: chunks, how long a key lasts (M1), an IV that is foreseen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from modern import attacks, protocol
from notebooks.checks.judging import Answer, Wrong, judge, require
from notebooks.second_chat import Body, CountingAlice

CHUNK = protocol.CHUNK_SIZE
BLOCK = protocol.BLOCK_SIZE

# 3.1: chunks ---------------------------------------------------------------------------------

TRICKY = ("hello\n", "x" * 45, "naïve ☃ café\n", "🔑" * 11, "aé" * 20, "")


def check_chunks(cut: Any) -> None:
    """Check how a message is cut."""
    answer = Answer("cut", cut)
    judge(
        "Whole characters, full chunks, and nothing is lost.",
        *(lambda text=text: _is_cut(answer, text) for text in TRICKY),
    )


def _is_cut(answer: Answer, text: str) -> None:
    found = answer(text)
    require(not isinstance(found, (str, bytes)), "return a list of chunks, also for a short text")
    chunks = list(found)
    named = f"cut({text!r})"
    require(
        all(isinstance(chunk, (bytes, bytearray)) for chunk in chunks),
        f"{named}: a chunk is bytes, so encode the text first; yours has {chunks[:1]!r}",
    )
    for chunk in chunks:
        require(chunk, f"{named} has an empty chunk; an empty text gives no chunk at all")
        require(
            len(chunk) <= CHUNK,
            f"{named} has a chunk of {len(chunk)} bytes, and 15 fit into a block with its padding "
            "(count bytes, not characters)",
        )
    require(b"".join(chunks) == text.encode(), f"{named}: joined, the chunks are not the text")
    _fit_characters(named, chunks)
    require(
        chunks == protocol.split_chunks(text),
        f"{named}: {[len(chunk) for chunk in chunks]} bytes, and some chunk could be longer",
    )


def _fit_characters(named: str, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        try:
            chunk.decode()
        except UnicodeDecodeError:
            raise Wrong(
                f"{named}: the chunk {chunk!r} begins or ends inside a character, so end the one "
                "before it earlier"
            ) from None


# M1: how long a key lasts --------------------------------------------------------------------

BITS = 8 * BLOCK


def check_wear(frames_until: Any) -> None:
    """Check after how many frames AES gets some input twice, with a given chance."""
    answer = Answer("frames_until", frames_until)
    judge(
        "For a chance of one in a million it takes 1.3e16 frames, 1.5 exabytes. A key lasts.",
        lambda: _has_a_root(answer),
        lambda: _counts_inputs(answer),
    )


def _has_a_root(answer: Answer) -> None:
    one, four = answer(1e-6), answer(4e-6)
    require(
        all(isinstance(found, (int, float)) for found in (one, four)),
        "frames_until must return a number",
    )
    require(one < 2**100, "n frames make about 2·n² pairs, so there is a square root in it")
    require(
        math.isclose(four / one, 2, rel_tol=0.01),
        f"for four times the chance it takes twice as many frames; yours says {four / one:.3g} "
        "times as many",
    )


def _counts_inputs(answer: Answer) -> None:
    found, right = answer(1e-6), math.sqrt(1e-6 * 2 ** (BITS - 1))
    hints = {
        2.0: "twice too many: this counts one input of AES a frame, and a frame has two",
        math.sqrt(2): "too many by √2: among 2·n inputs there are (2·n)²/2 pairs, not n²",
        1 / math.sqrt(2): "too few by √2: (2·n)² counts each pair twice",
        1 / 2: "half as many as right: among m inputs there are m²/2 pairs, and m is 2·n",
        112.0: "these are bytes: how many frames is that?",
    }
    for factor, hint in hints.items():
        require(not math.isclose(found / right, factor, rel_tol=0.01), hint)
    require(
        math.isclose(found, right, rel_tol=0.01),
        f"yours says {found:.3g} for a chance of 1e-6: solve 2·n² = chance · 2**{BITS} for n (a "
        f"block has {BITS} bits)",
    )


# M1b: an IV that can be foreseen -------------------------------------------------------------

TOLD = ("yes", "no", "only at night", "ask bob")


def check_foreseen(was_it: Any) -> None:
    """Check an attack on a program that counts its IVs."""
    judge(
        "You have confirmed a guess without the key, and no IV came twice.",
        *(lambda n=n, told=told: _confirms(was_it, told, 7 * n) for n, told in enumerate(TOLD, 1)),
    )


def _confirms(was_it: Any, told: str, start: int) -> None:
    for guess in TOLD:
        alice = CountingAlice(told, start)
        asked: list[str] = []
        said = _ask(was_it, guess, alice, asked)
        if said == (guess == told):
            continue
        require(asked, "use says: only alice's program can encrypt your text")
        require(
            said,
            f"alice said {told!r}, and yours does not see it. {_advise(guess, alice, asked)}",
        )
        raise Wrong(f"alice said {told!r}, and yours says that it was {guess!r}")


def _ask(was_it: Any, guess: str, alice: CountingAlice, asked: list[str]) -> bool:
    def says(text: str) -> Body:
        asked.append(text)
        return alice.says(text)

    answer = Answer("was_it", was_it, bool, [says, attacks.xor])
    return bool(answer(guess, alice.captured, says))


def _advise(guess: str, alice: CountingAlice, asked: list[str]) -> str:
    """Say what is wrong with the last text that was asked for."""
    last, plain = asked[-1].encode(), guess.encode()
    if last == plain:
        return (
            "You let her seal the guess itself, but now the IV is another one. Change the text so "
            "that text ⊕ IV is what it was"
        )
    if len(last) != len(plain):
        return (
            f"The last text that you chose has {len(last)} characters, and the guess {len(plain)}"
        )
    used = last[0] ^ plain[0]
    old, new = alice.captured.iv[0], alice.captured.iv[0] + len(asked)
    if used == old:
        return "You took off the old IV. The new one comes on top: XOR the guess with both"
    if used == new:
        return "You took off the new IV. The old one must come on top: XOR the guess with both"
    return (
        "The text is sealed under the IV after the last one that you saw: it is one more in byte 0"
    )


CHECKS = {"3.1": check_chunks, "M1": check_wear, "M1b": check_foreseen}
