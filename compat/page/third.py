"""Experiments on the third chat, each with a record, a receiver or a door of its own.

Nobody but its two programs has the keys of a conversation, and a program ends at the first record
that it refuses. So these experiments do not touch the chat on the board: they run the same code,
with keys or a passphrase that only they know.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from secrets import token_bytes

from compat.page import events
from modern.errors import AuthenticationError, ProtocolError
from modern.hardened.errors import AgreementError
from modern.hardened.records import (
    FILL,
    KEY_SIZE,
    LENGTH_SIZE,
    SMALLEST_REST,
    Decoder,
    Direction,
    Kind,
    measure,
    seal_record,
)
from modern.protocol import BLOCK_SIZE, TAG_SIZE, Keys

RECORD_SIZE = LENGTH_SIZE + BLOCK_SIZE + FILL + TAG_SIZE
RECORD_BITS = 8 * RECORD_SIZE
RECORD_FIELDS = {
    0: "length",
    LENGTH_SIZE: "IV",
    LENGTH_SIZE + BLOCK_SIZE: "E(text)",
    RECORD_SIZE - TAG_SIZE: "tag",
}
"""The fields of a record, by their first bytes."""
BITS_A_STEP = 153
ASKED = 512
"""So many forged records, as in the attack on the modern chat before it gives up."""
LONGEST_PAUSE = 60


MakeW = Callable[[str], int]
"""From a passphrase to w: `pake.derive_w` for the real programs, `quick_w` in the browser."""


def quick_w(passphrase: str) -> int:
    """Return a number for a passphrase with one fast hash, where the program takes scrypt.

    scrypt needs 128 MiB and seconds in a browser. With the fast hash, only guessing is cheaper.
    """
    from modern.hardened.pake import P  # noqa: PLC0415 - takes a moment to load in a browser

    return int.from_bytes(sha256(passphrase.encode()).digest(), "big") % P


def _draw_keys() -> Keys:
    return Keys(token_bytes(KEY_SIZE), token_bytes(KEY_SIZE))


def _seal(text: bytes, counter: int, keys: Keys) -> bytes:
    return seal_record(Kind.TEXT, text, counter, keys, token_bytes(BLOCK_SIZE))


# M2 ------------------------------------------------------------------------------------------


class Probe:
    """Each bit of a record flipped, one at a time, for a receiver that has seen nothing else."""

    def __init__(self, number: int):
        """Take the number of the record on the board where the result is shown."""
        self._number, self._next, self._keys = number, 0, _draw_keys()
        # Two more follow: a changed length may make the receiver wait for more bytes.
        self._record, *more = (
            _seal(b"shall we meet?\n", counter, self._keys) for counter in range(3)
        )
        self._more = b"".join(more)

    @property
    def is_done(self) -> bool:
        """Whether all bits were tried."""
        return self._next == RECORD_BITS

    def step(self) -> events.Probed:
        """Try the next bits."""
        start, stop = self._next, min(self._next + BITS_A_STEP, RECORD_BITS)
        self._next = stop
        return events.Probed(
            self._number, True, start, "".join(self._try(bit) for bit in range(start, stop))
        )

    def _try(self, bit: int) -> str:
        changed = bytearray(self._record)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            for _ in Decoder(Direction(self._keys)).feed(bytes(changed) + self._more):
                return "s"
        except AuthenticationError:
            return "t" if _has_possible_length(changed) else "l"
        except ProtocolError:  # only a receiver that has not looked at the tag gets so far
            return "o"
        return "s"


def _has_possible_length(record: bytearray) -> bool:
    try:
        measure(record)
    except AuthenticationError:
        return False
    return True


# M3 ------------------------------------------------------------------------------------------


class Oracle:
    """The padding oracle's questions, asked of the third chat: forged records of one block."""

    def __init__(self, number: int):
        """Take the number of the record on the board where the result is shown."""
        self._number, self._keys = number, _draw_keys()
        record = _seal(b"meet me at 8\n", 0, self._keys)  # its first block has all of the text
        self._start, self._tag = record[LENGTH_SIZE:][: 2 * BLOCK_SIZE], record[-TAG_SIZE:]
        self.is_done = True  # one step asks them all

    def step(self) -> events.Answered:
        """Ask with each value of two bytes of the IV: they change the kind, and the padding.

        A receiver that decrypts first would accept a few of these records, and refuse the others.
        """
        answers = {self._ask(byte, place) for place in (0, BLOCK_SIZE - 1) for byte in range(256)}
        return events.Answered(self._number, True, "", "", ASKED, len(answers) == 1)

    def _ask(self, byte: int, place: int) -> str:
        start = bytearray(self._start)
        start[place] = byte
        record = SMALLEST_REST.to_bytes(LENGTH_SIZE, "big") + start + self._tag
        try:
            list(Decoder(Direction(self._keys)).feed(record))
        except ProtocolError as error:
            return repr(error)
        return "accepted"


# M8 ------------------------------------------------------------------------------------------


def unmask(number: int, passphrase: str, hello: bytes, make_w: MakeW) -> events.Unmasked:
    """Take a guess off alice's recorded share: what is left is a point of the curve.

    With the right passphrase, it is x·G for alice's secret number x. With any other one it is x'·G
    for another number x'. Nobody can compute either number, so nothing tells the two apart. This
    is true only if `make_w` hashes as alice's program does.
    """
    from modern.hardened import pake  # noqa: PLC0415 - as above

    share = pake.decode(hello[1:])
    left = pake.encode(share + -(pake.M * make_w(passphrase)))
    return events.Unmasked(number, passphrase, left[1:9].hex())


class Door:
    """Bob's program, which waits for somebody with the passphrase: one guess a connection."""

    def __init__(self, passphrase: str, make_w: MakeW):
        """Take the passphrase of bob, and how both sides hash theirs."""
        self._make_w, self._w, self._tried = make_w, make_w(passphrase), 0

    def knock(self, guess: str) -> events.Knocked:
        """Connect as alice, with a guess for the passphrase."""
        from modern.hardened.session import HardenedSession  # noqa: PLC0415 - as above

        self._tried += 1
        mallory = HardenedSession(self._make_w(guess), is_client=True)
        bob = HardenedSession(self._w, is_client=False)
        try:
            for receiver, sender in ((bob, mallory), (mallory, bob), (bob, mallory)):
                list(receiver.receive(sender.replies()))
        except AgreementError as error:
            pause = min(2 ** (self._tried - 1), LONGEST_PAUSE)
            return events.Knocked(self._tried, guess, str(error), pause)
        return events.Knocked(self._tried, guess, "", 0)
