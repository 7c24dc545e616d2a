"""The checks of notebook 4, all but M7: splices, order, lengths, keys, cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad

from modern import attacks, protocol
from notebooks.checks.judging import Answer, Wrong, judge, require
from notebooks.second_chat import Chat, draw_keys

KEYS = draw_keys("the checks of notebook 4")
BLOCK = protocol.BLOCK_SIZE

# M4: what a splice decrypts to ---------------------------------------------------------------

SAID = ("pay mallory 10\n", "no, never pay!\n", "hi\n", "burn the paper\n")


def check_prediction(predict: Any) -> None:
    """Check a prediction of the noise that a spliced frame decrypts to."""
    answer = Answer("predict", predict, bytes, [attacks.xor, attacks.splice])
    frames = attacks.split_frames(Chat(KEYS).alice_says("".join(SAID)))
    judge(
        "You predicted every bit without a key.",
        lambda: _keeps_its_own(answer, frames),
        lambda: _predicts_all(answer, frames),
    )


def _keeps_its_own(answer: Answer, frames: Sequence[bytes]) -> None:
    for frame, text in zip(frames, SAID, strict=True):
        chunk = text.encode()
        found = answer(frame, frame, chunk, hint="both sides of an XOR have 16 bytes")
        require(
            len(found) == BLOCK,
            f"a block has 16 bytes, and yours {len(found)}: pad the chunk as alice does",
        )
        require(found != chunk.ljust(BLOCK, b"\0"), "alice pads with PKCS#7, not with zeros")
        require(
            found == pad(chunk, BLOCK),
            "a frame spliced with itself is the same frame, so its own padded chunk comes out: two "
            "blocks must cancel",
        )


def _predicts_all(answer: Answer, frames: Sequence[bytes]) -> None:
    for header in frames:
        for body, text in zip(frames, SAID, strict=True):
            found = answer(header, body, text.encode())
            if found != _truth(header, body):
                raise Wrong(_explain_prediction(found, header, body, text.encode()))


def _truth(header: bytes, body: bytes) -> bytes:
    spliced = attacks.splice(header, body)
    cipher = AES.new(KEYS.confidentiality, AES.MODE_CBC, iv=spliced[protocol.LENGTH])
    return cipher.decrypt(spliced[protocol.CHUNK])


def _explain_prediction(found: bytes, header: bytes, body: bytes, chunk: bytes) -> str:
    mask = attacks.xor(found, pad(chunk, BLOCK))
    ivs = attacks.xor(header[protocol.IV], body[protocol.IV])
    if mask == ivs:
        return "the block before a chunk is E(length), bytes 16 to 31; yours takes the IV"
    if not any(mask):
        return "with two different frames, noise comes out: the chunk alone is not enough"
    return (
        "right for a frame with itself only: the chunk was sealed after the body's E(length), and "
        "now the header's E(length) stands before it"
    )


# M5: a ransom note ---------------------------------------------------------------------------

PIECES = ("trust me: ", "never ", "bob is late\n", "i ", "alice", "\n", "trust ")
"""What alice has said, a frame each."""
NOTE = "never trust alice\n"


def check_order(order: Any) -> None:
    """Check a choice of captured frames."""
    judge(
        "Bob believes this note, and every frame in it is from alice.", lambda: _makes_note(order)
    )


def _makes_note(order: Any) -> None:
    require(isinstance(order, (list, tuple, range)), "order is a list of numbers")
    require(order and ... not in order, "order contains no numbers yet")
    count = len(PIECES)
    require(
        all(isinstance(n, int) and 0 <= n < count for n in order),
        f"use the numbers 0 to {count - 1}, one for each frame",
    )
    chat = Chat(KEYS)
    letter = b"".join(chat.alice_says(piece) for piece in PIECES)
    shown = chat.bob_sees(attacks.reflect(letter, order)).shown
    if shown == NOTE:
        return
    seen = f"bob reads {shown!r}"
    require(shown.startswith("never "), f"{seen}: the note must begin with 'never '")
    require(shown.startswith(NOTE.strip()), f"{seen}: three frames give 'never trust alice'")
    raise Wrong(f"{seen}: the note ends with one newline, and nothing comes after it")


# M6: one size --------------------------------------------------------------------------------

LONGEST = 44
ANSWERS = ("yes\n", "no, and please never ask me again\n", "only if bob comes too\n")
LINES = (*ANSWERS, "\n", "x" * LONGEST + "\n", "  two spaces first\n", "x" * 14 + "\n")


def check_padded(padded: Any) -> None:
    """Check that lines are filled up to one size."""
    answer = Answer("padded", padded, str)
    judge(
        "The size on the wire no longer reveals the answer.",
        *(lambda line=line: _keeps_line(answer, line) for line in LINES),
        lambda: _has_one_size(answer),
    )


def _keeps_line(answer: Answer, line: str) -> None:
    found = answer(line)
    named = f"padded({line!r})" if len(line) < LONGEST else "padded of 44 characters"
    require(
        found.endswith("\n") and found.count("\n") == 1,
        f"{named}: a line has one newline, at its end; yours is {found!r}",
    )
    text = line.removesuffix("\n")
    require(
        found.startswith(text) and not found[len(text) :].strip(" \n"),
        f"{named}: keep the text, and add only spaces, only behind it; yours is {found!r}",
    )


def _has_one_size(answer: Answer) -> None:
    sizes = {line: attacks.wire_size(answer(line)) for line in LINES}
    require(
        len({sizes[line] for line in ANSWERS}) == 1,
        f"the sizes of the three answers still differ: {[sizes[line] for line in ANSWERS]} bytes",
    )
    for line in LINES:
        require(
            sizes[line] == sizes[ANSWERS[0]],
            f"a line of {len(line) - 1} characters takes {sizes[line]} bytes, and the answers "
            f"{sizes[ANSWERS[0]]}: fill up to the longest line, {LONGEST} characters",
        )


# M8: how long a key must be ------------------------------------------------------------------

YEAR = 365.25 * 86400
CARDS = 1e6 * 4e9


def check_letters(letters: Any) -> None:
    """Check how many random letters withstand a million graphics cards."""
    judge(
        "So many random letters are enough. `--generate-keys` gives more: 32 letters and digits.",
        lambda: _last(letters),
    )


def _last(letters: Any) -> None:
    require(letters is not ..., "letters has no number yet")
    require(
        isinstance(letters, (int, float)) and letters == int(letters),
        "give a whole number of letters: round up",
    )
    count = int(letters)
    years = 26**count / 2 / CARDS / YEAR
    require(
        years >= 1000,  # noqa: PLR2004 - as the exercise says
        f"too few: {count} letters last {years:.2g} years (26 ** {count} / 2 guesses, 4e15 a "
        "second)",
    )
    fewer = years / 26
    require(fewer < 1000, f"one letter fewer is enough: it lasts {fewer:.2g} years")  # noqa: PLR2004


# M9: break even ------------------------------------------------------------------------------


def _cost(size: int) -> int:
    return 16 + 16 + 32 + 16 * (size // 16 + 1) + 32


def _is_cheap(size: int) -> bool:
    return _cost(size) <= 1.1 * size


def check_smallest(smallest: Any) -> None:
    """Check from which chunk size on the wire carries at most a tenth more."""
    judge(
        "Chunks of a thousand bytes would be cheap, but the receivers of this protocol cannot "
        "read them.",
        lambda: _breaks_even(smallest),
    )


def _breaks_even(smallest: Any) -> None:
    require(smallest is not ..., "smallest has no number yet")
    require(
        isinstance(smallest, (int, float)) and smallest == int(smallest), "a whole number of bytes"
    )
    size = int(smallest)
    over = f"modern_cost({size}) is {_cost(size)}, and 1.1 * {size} is {1.1 * size:.1f}"
    require(size > 0 and _is_cheap(size), f"this size still costs more: {over}")
    dearer = [n for n in range(size, size + 500) if not _is_cheap(n)]
    require(
        not dearer,
        f"a larger chunk costs too much again, because of its padding: {(dearer or [0])[-1]} bytes",
    )
    require(not _is_cheap(size - 1), f"{size - 1} bytes are enough, too")


CHECKS = {
    "M4": check_prediction,
    "M5": check_order,
    "M6": check_padded,
    "M8": check_letters,
    "M9": check_smallest,
}
