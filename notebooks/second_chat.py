"""Alice and bob of the modern chat, for notebooks 3 and 4: they answer, and keep their keys.

What they seal and open is sealed and opened by the real code. Mallory has what the cells have: the
bytes on the wire, what a screen shows, and errors. It is a game: in Python, whoever looks into an
object finds everything in it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from modern import attacks, protocol
from modern.construction import Sealer
from modern.dialects import DIALECTS
from modern.errors import AuthenticationError
from modern.protocol import BLOCK_SIZE, TAG_SIZE, Keys
from notebooks import lab
from notebooks.figures import Burst

COUNTED = 128
"""An IV that is counted has one of so many values. The bytes that count stay ASCII."""
SCRIPT = (
    ("alice", 0, "are you there?\n"),
    ("bob", 0, "yes\n"),
    ("alice", 0, "did you get the job?\n"),
    ("bob", 14, "no\n"),
    ("alice", 0, "oh no, i am so sorry! i was sure that you had it. what happened?\n"),
    ("bob", 9, "they said i was too honest\n"),
)
"""A talk: who, how many seconds of hesitation, what."""


def draw_keys(seed: str) -> Keys:
    """Return the keys of somebody. They are the same in every run, so that the outputs are."""
    draw = random.Random(seed)  # noqa: S311 - a game, and the same in every run
    return Keys(draw.randbytes(32), draw.randbytes(32))


class Chat:
    """A chat of alice and bob, with mallory on the wire between them."""

    def __init__(self, keys: Keys | None = None):
        self._keys = keys or draw_keys("alice and bob")
        self._frames = 0

    def alice_says(self, text: str) -> bytes:
        """Return the frames of lines of text, joined, as alice's program sends them."""
        lines = text.splitlines(keepends=True)
        return b"".join(protocol.seal(line, self._keys, random_bytes=self._draw) for line in lines)

    def bob_sees(self, stream: bytes) -> lab.ChatRun:
        """Send a stream to bob's real, running program; return what happened."""
        return lab.converse(self._keys, "", answer=lambda sent: stream)

    def alice_types(self, text: str, answer: Callable[[bytes], bytes]) -> lab.ChatRun:
        """Let alice's running program send a text, and then receive the answer to its bytes."""
        return lab.converse(self._keys, text, answer)

    def tags_fit(self, frame: bytes) -> bool:
        """Return whether bob finds both tags right."""
        try:
            protocol.verify(frame, self._keys)
        except AuthenticationError:
            return False
        return True

    def careful(self, frame: bytes) -> bytes:
        """Give bob a frame. Raises AuthenticationError or FrameError: that is his answer."""
        protocol.open_frame(frame, self._keys)
        return b""  # he shows the text, and does not send it back

    def careless(self, frame: bytes) -> bytes:
        """Give a frame to a bob who checks no tag. Raises PaddingError or FrameError."""
        attacks.open_carelessly(frame, self._keys)
        return b""

    def _draw(self, size: int) -> bytes:
        """Return the next IV: another one each time, and the same ones in every run."""
        self._frames += 1
        return random.Random(f"iv {self._frames}").randbytes(size)  # noqa: S311


class Body(NamedTuple):
    """What mallory sees of the body of a frame that has an IV of its own."""

    iv: bytes
    ciphertext: bytes


class CountingAlice:
    """Alice's other program: dialect `second-iv`, by somebody who counts the IVs of the bodies."""

    def __init__(self, text: str, start: int = 0):
        self._count, self._for_body = start, False
        self._draw = random.Random("alice's other program")  # noqa: S311 - a game
        keys = draw_keys("alice's other program")
        self._sealer = Sealer(DIALECTS["second-iv"], keys, self._make_iv)
        self.captured = self.says(text)
        """The body of what she said to bob."""

    def says(self, text: str) -> Body:
        """Let her seal a text that mallory has chosen."""
        (frame,) = self._sealer.seal([text])
        start = frame[4 * BLOCK_SIZE :]  # behind IV, length and tag
        return Body(start[:BLOCK_SIZE], start[BLOCK_SIZE:-TAG_SIZE])

    def _make_iv(self, size: int) -> bytes:
        self._for_body = not self._for_body
        if self._for_body:  # the header comes first; its IV is random
            return self._draw.randbytes(size)
        counted, self._count = self._count, (self._count + 1) % COUNTED
        return counted.to_bytes(size, "little")


def record_weak_chat() -> list[bytes]:
    """Return the frames of a chat whose two secrets are a word and a few digits each."""
    keys = protocol.derive_keys("prince1984", "family7")
    return attacks.split_frames(
        Chat(keys).alice_says("the key is under the mat\nsee you tonight\n")
    )


def eavesdrop(chat: Chat) -> list[Burst]:
    """Return when and how much each side sends in a talk.

    The sizes are real. The times are a simple model of a person: two seconds to read, five
    characters a second to type.
    """
    clock, bursts = 0.0, []
    for sender, hesitates, text in SCRIPT:
        clock += 2 + hesitates + len(text) / 5
        bursts.append(Burst(clock, sender, len(chat.alice_says(text))))
    return bursts
