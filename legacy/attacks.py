"""What an attacker can do to the legacy chat with captured bytes: the weaknesses L1 to L12.

L3, the search for the passphrase, is in guessing.py. Try these attacks on your own chats only.
No sockets here: the functions take captured bytes and return findings, or bytes to send.

The attacker knows the protocol (protocol.py); only the passphrase is secret. The docstring of
each attack has a list:

- Knows: what else the attacker knows beforehand.
- Needs: what the attacker must capture or control.
- Gets: what the attacker learns or achieves.
- Costs: how many queries or guesses it takes, if any.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise
from string import ascii_letters, digits
from typing import NamedTuple

from legacy import protocol
from legacy.protocol import BLOCK_SIZE, Envelope

HEADER_SIZE = len('{"timestamp": "HH:MM:SS", "message": "')
"""The bytes of an envelope before its message: 38, which is two blocks and six bytes."""

MESSAGE_BLOCK = 2
"""The first block with a byte of the message. Blocks 0 and 1 hold the whole time."""

CLOCK_BLOCK = slice(BLOCK_SIZE, 2 * BLOCK_SIZE)
"""Block 1, `2:34:56", "messa`: the time except its first digit; nothing else varies in it."""


class Captured(NamedTuple):
    """One message as an eavesdropper records it: its sender, its receiver and its bytes."""

    sender: str
    receiver: str
    ciphertext: bytes


def split_blocks(ciphertext: bytes) -> list[bytes]:
    """Cut bytes into blocks of 16. Drop an incomplete last block, as the receiver does."""
    whole = len(ciphertext) - len(ciphertext) % BLOCK_SIZE
    return [ciphertext[start : start + BLOCK_SIZE] for start in range(0, whole, BLOCK_SIZE)]


# L1. Equal blocks encrypt equally ------------------------------------------------------------


def find_equal_blocks(captured: Sequence[Captured]) -> dict[bytes, list[tuple[int, int]]]:
    """Find the blocks that occur more than once, each with its places.

    A place is the number of the message and the number of the block in it, both from 0.

    - Knows: nothing.
    - Needs: captured messages, of one or both directions.
    - Gets: which 16-byte pieces of which messages are equal.
    """
    places = defaultdict(list)
    for number, message in enumerate(captured):
        for index, block in enumerate(split_blocks(message.ciphertext)):
            places[block].append((number, index))
    return {block: where for block, where in places.items() if len(where) > 1}


def find_equal_messages(captured: Sequence[Captured]) -> list[list[int]]:
    """Group the messages that have equal text, even with different times or senders.

    - Knows: nothing.
    - Needs: captured messages.
    - Gets: the numbers of the messages in each group. From block 2 on, their blocks are equal.
    """
    groups = defaultdict(list)
    for number, message in enumerate(captured):
        groups[message.ciphertext[MESSAGE_BLOCK * BLOCK_SIZE :]].append(number)
    return [numbers for numbers in groups.values() if len(numbers) > 1]


# L2. Structure survives ----------------------------------------------------------------------


def measure_repetition(ciphertext: bytes) -> float:
    """Return the fraction, 0 to 1, of blocks that occur more than once.

    - Knows: nothing.
    - Needs: one long ciphertext.
    - Gets: a hint at its mode. Sound modes give about 0. A higher value suggests ECB.
    """
    blocks = split_blocks(ciphertext)
    repeated = sum(count for count in Counter(blocks).values() if count > 1)
    return repeated / len(blocks) if blocks else 0.0


# L4, L7, L8. Whole messages, repeated, dropped and moved -------------------------------------


def replay(captured: Sequence[Captured], number: int) -> list[Captured]:
    """Send message `number` (from 0) again after all others.

    - Knows: nothing.
    - Needs: one captured message.
    - Gets: the message is shown again with `☑`, because the receiver does not remember messages.
    """
    return [*captured, captured[number]]


def reflect(message: Captured) -> Captured:
    """Send a message back to its sender.

    - Knows: nothing.
    - Needs: one captured message.
    - Gets: the sender sees their own words with `☑`, as if the peer had sent them, because both
      directions use the same key and the same format.
    """
    return Captured(message.receiver, message.sender, message.ciphertext)


def drop(captured: Sequence[Captured], number: int) -> list[Captured]:
    """Remove message `number` (from 0).

    - Knows: nothing.
    - Needs: control of the network between the two sides.
    - Gets: nobody notices that a message is missing, because messages have no numbers.
    """
    return [message for index, message in enumerate(captured) if index != number]


def swap(captured: Sequence[Captured], first: int, second: int) -> list[Captured]:
    """Exchange two messages (numbers from 0).

    - Knows: nothing.
    - Needs: control of the network between the two sides.
    - Gets: the same messages in another order, each with `☑`.
    """
    moved = list(captured)
    moved[first], moved[second] = moved[second], moved[first]
    return moved


# L5. The time of another message -------------------------------------------------------------


def transplant_clock(target: bytes, donor: bytes) -> bytes:
    """Return the `target` message with the time of the `donor` message.

    - Knows: nothing.
    - Needs: two messages under one passphrase.
    - Gets: the target's words at the donor's time, with `☑`, because the hash
      covers only the words.

    This moves block 1, which holds characters 2 to 8 of the time. The first
    digit of the hour is in block 0, and can be moved in the same way.
    """
    before, after = target[: CLOCK_BLOCK.start], target[CLOCK_BLOCK.stop :]
    return before + donor[CLOCK_BLOCK] + after


# L6. A hash is not a MAC ---------------------------------------------------------------------


def forge(message: str, like: bytes, passphrase: str) -> bytes:
    """Return a message with the attacker's own words, and the time of the message `like`.

    - Knows: the passphrase (L3).
    - Needs: a captured message `like`, for a time that looks right.
    - Gets: any words, shown with `☑`. The hash needs no key, so anyone can compute it.

    Raises UnrecognisedData if `like` is not encrypted with this passphrase.
    """
    key = protocol.derive_key(passphrase)
    timestamp = protocol.parse_envelope(protocol.process_bytes(like, key)).timestamp
    return protocol.seal(message, timestamp, key)


# L9. Byte at a time --------------------------------------------------------------------------

PLAIN_CHARACTERS = (
    "etaoinsrhldcumfpgwybvkxjqz" + digits + " .,:;-_!?@#$%&*+=/()<>[]{}|^`'~" + ascii_letters[26:]
)
"""The printable ASCII characters that JSON does not change, frequent ones first.

Two are missing, `"` and the backslash: JSON writes each of them as two characters.
"""

_FILLER = "A"
_FILL_FIRST = -HEADER_SIZE % BLOCK_SIZE  # fills the rest of block 2

EncryptionOracle = Callable[[str], bytes]
"""An oracle answers an attacker: here it encrypts the attacker's text together with a secret."""


class Recovery(NamedTuple):
    """A secret, and for each of its characters the number of queries made so far."""

    secret: str
    queries: list[int]


def recover_secret(
    oracle: EncryptionOracle,
    alphabet: str = PLAIN_CHARACTERS,
    per_query: int = 1,
) -> Recovery:
    """Read a secret that a program sends right after the attacker's text.

    - Knows: nothing.
    - Needs: a program that sends `attacker's text + secret` as one message,
      as often as the attacker likes, and the encrypted messages.
    - Gets: the secret, one character after the other. It stops at the first
      character that is not in `alphabet`.
    - Costs: one query for each of 16 alignments, then up to
      `len(alphabet) / per_query` queries for each character.

    How: filler moves the secret until the first unknown character is the last
    one of a block, and the other 15 are known. Then the attacker sends such a
    block with each possible last character. The character whose block has the
    same ciphertext is the right one. One message can hold several of these
    blocks: `per_query` says how many (1 in most textbooks).
    """
    counted = _Counted(oracle)
    aligned: dict[int, bytes] = {}
    known = ""
    queries: list[int] = []
    portions = _cut(alphabet, per_query)
    while True:
        wanted = _block_of_next(counted, known, aligned)
        character = _find_character(counted, known, wanted, portions)
        if character is None:
            return Recovery(known, queries)
        known += character
        queries.append(counted.queries)


def _cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


class _Counted:
    """An oracle that counts its queries."""

    def __init__(self, oracle: EncryptionOracle):
        self._oracle, self.queries = oracle, 0

    def __call__(self, text: str) -> bytes:
        self.queries += 1
        return self._oracle(text)


def fill(known: int) -> int:
    """Return how many fillers make character number `known` the last one of its block."""
    return _FILL_FIRST + (BLOCK_SIZE - 1 - known) % BLOCK_SIZE


def _block_of_next(oracle: EncryptionOracle, known: str, aligned: dict[int, bytes]) -> bytes:
    """Return the ciphertext of the block whose last character is the first unknown one."""
    filler = fill(len(known))
    if filler not in aligned:
        aligned[filler] = oracle(_FILLER * filler)
    start = HEADER_SIZE + filler + len(known) + 1 - BLOCK_SIZE
    return aligned[filler][start : start + BLOCK_SIZE]


def _find_character(
    oracle: EncryptionOracle, known: str, wanted: bytes, portions: Iterable[Sequence[str]]
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

    - Knows: nothing.
    - Needs: control of the network, or patience: a busy network joins segments by itself.
    - Gets: all of them are lost: the receiver takes the bytes of one `recv` for one message.
    """
    return b"".join(messages)


def tear_segment(message: bytes, at: int) -> list[bytes]:
    """Return one message as two TCP segments, cut after `at` bytes.

    - Knows: nothing.
    - Needs: the same as `join_segments`.
    - Gets: the message is lost, even if cut between blocks: half an envelope is not valid JSON.
    """
    return [message[:at], message[at:]]


# L11. Padding that is data -------------------------------------------------------------------


def find_runs(captured: Sequence[Captured]) -> list[bytes]:
    """Find the blocks that occur twice in a row inside a message.

    - Knows: nothing.
    - Needs: a message that begins with at least 42 `~`.
    - Gets: blocks that may be sixteen encrypted `~`, in the order in which they occur. To test
      one, insert it into a message (`insert_block`): if it is right, the message is still shown.
    """
    runs = (
        block
        for message in captured
        for block, following in pairwise(split_blocks(message.ciphertext))
        if block == following
    )
    return list(dict.fromkeys(runs))


def insert_block(ciphertext: bytes, block: bytes, at: int) -> bytes:
    """Return a message with one more block, inserted before its block number `at` (from 0).

    - Knows: nothing.
    - Needs: the encrypted block of sixteen `~` (`find_runs`).
    - Gets: many different ciphertexts of one message, all shown alike and with `☑`. A receiver
      that remembers ciphertexts, to reject replays, does not recognise them.
    """
    return ciphertext[: at * BLOCK_SIZE] + block + ciphertext[at * BLOCK_SIZE :]


# L12. Old conversations ----------------------------------------------------------------------


def decrypt_captured(captured: Iterable[Captured], passphrase: str) -> list[Envelope]:
    """Decrypt all messages that were ever captured under a passphrase.

    - Knows: the passphrase, even if it was found only years later.
    - Needs: the captured messages.
    - Gets: every message, time and hash, because the same key decrypts all conversations.

    Raises UnrecognisedData for a message under another passphrase.
    """
    key = protocol.derive_key(passphrase)
    return [
        protocol.parse_envelope(protocol.process_bytes(message.ciphertext, key))
        for message in captured
    ]
