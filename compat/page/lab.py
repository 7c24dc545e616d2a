"""Mallory's workshop: searches and experiments of many steps, one portion at a time.

Each class is one experiment. A step takes a fraction of a second, so a page can show how far the
experiment has come, and stop it. The attacks are those of `legacy.guessing` and `modern.attacks`.
Some experiments need a receiver. This receiver has the keys of alice and bob. It answers each frame
and goes on, although a real program ends at the first frame that it refuses.
"""

from __future__ import annotations

from itertools import islice

from compat.page import events
from compat.page.judge import ModernJudge
from modern import attacks, bulk, protocol
from modern.attacks import AttackFailed, PaddingError, SplicedFrame
from modern.errors import AuthenticationError, FrameError
from modern.protocol import BLOCK_SIZE, FRAME_SIZE, Keys

GUESSES_A_STEP = 251
"""A prime, so that the shown guess does not have the same ending at each step."""
BITS_A_STEP = 32
FRAMES_A_STEP = 1024
BITS = 8 * FRAME_SIZE


# L3 ------------------------------------------------------------------------------------------


class Search:
    """The dictionary attack on the first chat's passphrase."""

    def __init__(self, captured: bytes):
        """Take one captured message."""
        from legacy import guessing  # noqa: PLC0415 - takes a second to load in a browser

        words = guessing.load_wordlist()
        self._fits = guessing.passphrase_fits
        self._total = len(words) * guessing.GUESSES_PER_WORD
        self._guesses = (guess for word in words for guess in guessing.mangle(word))
        self.captured, self._tried = captured, 0

    def step(self) -> events.Guessed:
        """Test the next guesses."""
        last = found = ""
        for last in islice(self._guesses, GUESSES_A_STEP):
            self._tried += 1
            if self._fits(last, self.captured):
                found = last
                break
        return events.Guessed(self._tried, self._total, last, found)


def guess(passphrase: str, captured: bytes) -> events.Guessed:
    """Test one passphrase."""
    from legacy.guessing import passphrase_fits  # noqa: PLC0415 - as above

    fits = passphrase_fits(passphrase, captured)
    return events.Guessed(1, 1, passphrase, passphrase if fits else "")


# M2 ------------------------------------------------------------------------------------------


class Probe:
    """Each bit of a frame flipped, one at a time."""

    def __init__(self, number: int, frame: bytes, judge: ModernJudge, *, checks: bool):
        """Take the number and the bytes of a frame, and whether the receiver checks its tags."""
        self._number, self._frame, self._judge, self._checks = number, frame, judge, checks
        self._next = 0

    @property
    def is_done(self) -> bool:
        """Whether all bits were tried."""
        return self._next == BITS

    def step(self) -> events.Probed:
        """Try the next bits."""
        start, stop = self._next, min(self._next + BITS_A_STEP, BITS)
        self._next = stop
        verdicts = "".join(self._try(bit) for bit in range(start, stop))
        return events.Probed(self._number, self._checks, start, verdicts)

    def _try(self, bit: int) -> str:
        changed = bytearray(self._frame)
        changed[bit // 8] ^= 1 << bit % 8
        return self._name_tag(bytes(changed)) if self._checks else self._open(bytes(changed))

    def _name_tag(self, frame: bytes) -> str:
        """Return which tag said no, if `protocol.open_frame` refuses the frame."""
        try:
            protocol.open_frame(frame, self._judge.keys)
        except AuthenticationError:
            fits = [each for _, each in self._judge.check(frame)]
            return {(False, True): "1", (True, False): "2", (False, False): "3"}[fits[0], fits[1]]
        return "s"

    def _open(self, frame: bytes) -> str:
        try:
            attacks.open_carelessly(frame, self._judge.keys)
        except PaddingError:
            return "p"
        except FrameError:
            return "o"
        return "s"


# M3 ------------------------------------------------------------------------------------------


class Oracle:
    """The padding oracle: the receiver's answers give a chunk away, one byte at each step."""

    def __init__(self, number: int, frame: bytes, keys: Keys, *, checks: bool):
        """Take the number and the bytes of a frame, and whether the receiver checks its tags."""
        self._number, self._frame, self._checks = number, frame, checks
        open_frame = protocol.open_frame if checks else attacks.open_carelessly
        self._oracle = attacks.padding_oracle(lambda changed: open_frame(changed, keys))
        self._steps = attacks.decrypt_chunk(frame, self._ask)
        self._known, self._queries = b"", 0
        self.is_done = False

    def step(self) -> events.Answered:
        """Find the next byte. The search goes from the end of the text to its beginning."""
        failed = not self._find_byte()
        self.is_done = failed or len(self._known) == BLOCK_SIZE
        return events.Answered(
            self._number,
            self._checks,
            self._known.hex(),
            _read_end(self._known),
            self._queries,
            failed,
        )

    def _find_byte(self) -> bool:
        try:
            self._known = next(self._steps).plaintext
        except AttackFailed:
            return False
        return True

    def _ask(self, frame: bytes) -> bool:
        self._queries += 1
        return self._oracle(frame)


def _read_end(known: bytes) -> str:
    """Return the known end of a padded block as text, without its padding."""
    padding = known[-1] if known else 0
    text = known[: max(len(known) - padding, 0)]
    return text.decode("utf-8", "replace").replace("\n", "⏎")


# M4 ------------------------------------------------------------------------------------------


class Halves:
    """The search for two halves of frames that a receiver takes for one.

    Mallory knows the text of the frames: alice has pasted a long list of numbered lines.
    """

    def __init__(self, keys: Keys):
        self._sealer = bulk.Sealer(keys)
        self._frames = self._pairs = 0

    def step(self) -> tuple[events.Sought, SplicedFrame | None]:
        """Record the next frames, and test all their pairs."""
        first = self._frames
        lines = [f"line {first + n:09}\n" for n in range(FRAMES_A_STEP)]  # a whole chunk each
        frames = attacks.split_frames(b"".join(self._sealer.seal(lines)))
        chunks = [line.encode() for line in lines]
        self._frames += len(frames)
        self._pairs += len(frames) * (len(frames) - 1)
        found = next(attacks.find_splices(frames, chunks), None)
        return events.Sought(self._frames, self._pairs, 0), found
