"""What the tour plays: both chats on loopback, what is on the wire, and the attacks.

Only the lines that alice and bob type are prepared. Their programs are the real ones, each in its
own process, and the wiretap's own code changes their bytes.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time

from compat.doors import next_steps
from compat.tour.guide import LABEL_WIDTH, Guide
from compat.tour.stage import Actor, Stage, legacy_stage, modern_stage
from compat.wiretap.layout import ShortLayout
from compat.wiretap.tampering import Replay, Splice
from compat.wiretap.wires import LEGACY, MODERN, Place, WireProtocol

NAMES = {Place.CLIENT: "alice", Place.SERVER: "bob", Place.WIRETAP: "mallory"}


class Scene:
    """One conversation, shown as it goes on."""

    def __init__(self, guide: Guide, stage: Stage, protocol: WireProtocol):
        """Begin with an empty wire."""
        self.alice, self.bob = stage.alice, stage.bob
        self._guide, self._stage, self._protocol = guide, stage, protocol
        self._layout = ShortLayout(guide.width, NAMES)

    async def say(self, speaker: Actor, words: str, times: int = 1) -> str:
        """Type words at one program and show what the other prints, so many times.

        Returns the last line that it printed.
        """
        listener = self.bob if speaker is self.alice else self.alice
        await self.type(speaker, words)
        lines = [(await listener.prints(self._pattern(words)))[0] for _ in range(times)]
        await self.show_wire()
        for line in lines:
            await self.show_print(listener, line)
        return lines[-1]

    async def type(self, speaker: Actor, words: str) -> None:
        """Type words at a program."""
        await self._guide.label(f"{speaker.name} types", words)
        await speaker.type(words)

    async def show_wire(self) -> None:
        """Show the segments since the last time."""
        for segment in self._stage.take_segments():
            await self._guide.show_wire(self._layout.lay_out(segment))

    async def show_print(self, listener: Actor, line: str) -> None:
        """Show a line that a program printed."""
        room = self._guide.width - LABEL_WIDTH
        await self._guide.label(f"{listener.name} sees", squeeze(line, room))

    def _pattern(self, words: str) -> str:
        if self._protocol is LEGACY:
            return rf"^Received : {re.escape(words)} .*$"
        return rf"^{re.escape(words)}$"


def squeeze(line: str, width: int) -> str:
    """Remove spaces before the tag of a line until the line fits, or until two are left."""
    surplus = max(len(line) - width, 0)
    return re.sub(rf" {{0,{surplus}}}(?=  )", "", line, count=1)


async def play(guide: Guide) -> None:
    """Play all scenes. Raises CompatError, ModernError, and LeftEarly after the reader's `q`."""
    await guide.begin(
        "Two encrypted chats on one wire",
        "Alice and bob chat with the real programs, on this computer. On the wire, the connection "
        "between them, sits mallory. She can read and change every byte, but she has no key, the "
        "secret without which nobody can decrypt. AES, with which both chats encrypt, works on "
        "blocks of 16 bytes. Below, a letter names each encrypted block. Its first two bytes "
        "follow, as hexadecimal digits. Equal blocks have equal letters.",
    )
    await play_legacy(guide)
    await play_modern(guide)
    await play_what_is_open(guide)
    await guide.begin(
        "Where to go next",
        "No chat here is for real secrets: they are for learning why.",
    )
    for name, words in next_steps():
        await guide.label(f"  {name:38}", words)


async def play_legacy(guide: Guide) -> None:
    """Play the legacy conversation, and three attacks that succeed."""
    rules = [Replay(3), Splice.parse((4, 1), LEGACY)]
    async with legacy_stage(secrets.token_hex(8), rules) as stage:
        scene = Scene(guide, stage, LEGACY)
        await guide.begin(
            "1. The legacy chat",
            "AES-256, which is AES with a key of 256 bits, encrypts each block alone. A hash, a "
            "short fingerprint of the words, goes along: ☑ means that they fit it.",
        )
        await scene.say(scene.bob, "shall we meet?")
        clock = (await scene.say(scene.alice, "yes"))[-8:]

        await guide.begin("Attack 1: equal blocks", "Mallory only looks.")
        await scene.say(scene.alice, "yes")
        await guide.judge(
            "It works.", "She reads no word, and knows that alice gave the same answer again."
        )

        await guide.begin(
            "Attack 2: replay",
            "A replay sends a recorded message once more. Mallory takes message 3.",
        )
        await scene.say(scene.alice, "pay mallory 5", times=2)
        await guide.judge("It works.", "Two payments, both ☑, and alice sent one.")

        await guide.begin(
            "Attack 3: the clock splice",
            "A splice puts a piece of one message into another. Block 1 holds the time: mallory "
            "puts that of message 1 into message 4.",
        )
        now = await wait_for_another_second(clock)
        line = await scene.say(scene.alice, "I am leaving")
        await guide.judge(
            "It works.", f"Alice wrote at {now}, bob reads {line[-8:]}, and it is ☑ again."
        )


async def wait_for_another_second(clock: str) -> str:
    """Return the time of day, as soon as it is not `clock`."""
    while (now := time.strftime("%H:%M:%S")) == clock:
        await asyncio.sleep(0.05)
    return now


async def play_modern(guide: Guide) -> None:
    """Play the modern conversation, and two of the attacks. Both fail."""
    async with modern_stage(*generate_keys(), [Splice.parse((3, 1, 1), MODERN)]) as stage:
        scene = Scene(guide, stage, MODERN)
        await guide.begin(
            "2. The modern chat",
            "It uses AES-256 in CBC mode, which mixes each block with the one before. Text travels "
            "in frames, pieces of 112 bytes on the wire. Each holds one chunk: at most 15 bytes of "
            "the text. E(chunk) is the chunk, encrypted; E(length) is its length, encrypted. The "
            "IV (initialisation vector) is 16 random bytes that make equal texts look different. A "
            "tag, or HMAC, is a check value: a hash of the encrypted bytes and a secret key.",
        )
        await scene.say(scene.bob, "shall we meet?")
        await scene.say(scene.alice, "yes")

        await guide.begin("Attempt 1: equal blocks", "Mallory only looks.")
        await scene.say(scene.alice, "yes")
        await guide.judge("It fails.", "The same word, and no letter comes twice.")

        await guide.begin(
            "Attempt 2: the splice",
            "Block 1 of a frame is E(length). Mallory puts that of frame 1 into frame 3.",
        )
        await scene.type(scene.alice, "I am leaving")
        error = (await scene.bob.prints("ERROR: HMAC verification failed", "stderr"))[0]
        await scene.show_wire()
        await scene.show_print(scene.bob, error)
        status = await scene.bob.leave()
        await guide.judge(
            "It fails.",
            f"The tag does not fit: bob's program decrypts nothing of it and ends with status "
            f"{status}, which means failure. What bob saw before stays on his screen.",
        )


async def play_what_is_open(guide: Guide) -> None:
    """Play the attack on the modern chat that still succeeds."""
    async with modern_stage(*generate_keys(), [Replay(1)]) as stage:
        scene = Scene(guide, stage, MODERN)
        await guide.begin(
            "Attempt 3: replay", "Alice and bob start a new chat. Mallory replays frame 1."
        )
        await scene.say(scene.alice, "pay mallory 5", times=2)
        await guide.judge(
            "It still works.", "Every tag fits: alice's program made them. Nothing counts frames."
        )


def generate_keys() -> tuple[str, str]:
    """Return a fresh confkey and authkey of 32 characters each."""
    return secrets.token_hex(16), secrets.token_hex(16)
