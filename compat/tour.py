"""The tour, `python -m compat`: both chats played on loopback, with the wire in view and attacked.

Nothing is staged but the words: Alice's and Bob's programs are the real ones, in processes of
their own, and what is done to their bytes is done by the wiretap's own code.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import sys
import textwrap
import time

from rich.console import Console
from rich.text import Text

from compat.errors import CompatError
from compat.layout import Layout, ShortLayout
from compat.stage import Actor, Stage, legacy_stage, modern_stage
from compat.tampering import Place, Replay, Splice, WireProtocol

PROGRAM = "compat"
INTERRUPTED = 130
READING_SECONDS = 0.35
"""Time to read one line, where a person reads along."""
NAMES = {Place.CLIENT: "Alice", Place.SERVER: "Bob", Place.WIRETAP: "Mallory"}


class Tour:
    """Plays scenes and shows what is typed, what the wire carries and what is printed."""

    def __init__(self, console: Console, pace: float):
        """Take where to show it, and how many seconds a line is given to be read."""
        self._console, self._pace = console, pace

    async def head(self, title: str, words: str) -> None:
        """Begin a part of the tour."""
        self._console.print()
        self._console.print(Text(title, "bold underline"))
        await self.tell(words)

    async def tell(self, words: str) -> None:
        """Say something, and give time to read it."""
        lines = textwrap.wrap(" ".join(words.split()), self._console.width)
        self._console.print(Text("\n".join(lines)))
        await self.pause(len(lines))

    async def pause(self, lines: int) -> None:
        """Give time to read that many lines."""
        await asyncio.sleep(lines * self._pace)

    def show(self, who: str, words: str) -> None:
        """Show what somebody types or sees."""
        self._console.print(Text.assemble((f"{who:14}", "bold"), words), soft_wrap=True)


class Scene:
    """One conversation on a stage, as the tour shows it."""

    def __init__(self, tour: Tour, stage: Stage, protocol: WireProtocol, layout: Layout):
        """Begin with an empty wire."""
        self._tour, self._stage, self._protocol, self._layout = tour, stage, protocol, layout

    async def say(self, speaker: Actor, listener: Actor, words: str, times: int = 1) -> None:
        """Type words at one program; show the wire, and what the other one prints."""
        self._tour.show(f"{speaker.name} types", words)
        await speaker.type(words)
        seen = [(await listener.prints(self._expect(words)))[0] for _ in range(times)]
        self.show_wire()
        for line in seen:
            self._tour.show(f"{listener.name} sees", squeeze(line))
        await self._tour.pause(2 + times)

    def show_wire(self) -> None:
        """Show the segments that passed since the last time."""
        for segment in self._stage.take_segments():
            for line in self._layout.lay_out(segment, self._protocol):
                self._tour._console.print(line)

    def _expect(self, words: str) -> str:
        if self._protocol is WireProtocol.LEGACY:
            return rf"^Received : {re.escape(words)} .*$"
        return rf"^{re.escape(words)}$"


def squeeze(line: str) -> str:
    """Return a legacy line that fits 80 columns: some of the spaces before its tag taken out."""
    return re.sub(" {20,}", " " * 12, line)


async def play(tour: Tour) -> None:
    """Play all scenes. Raises CompatError."""
    await play_legacy(tour)
    await play_modern(tour)
    await tour.head("Where to go next", "README.md")


async def play_legacy(tour: Tour) -> None:
    """Play the legacy conversation and the three attacks on it."""
    rules = [Replay(3), Splice.block(4, donor=1)]
    async with legacy_stage(secrets.token_hex(8), rules) as stage:
        scene = Scene(tour, stage, WireProtocol.LEGACY, ShortLayout(80, NAMES))
        alice, bob = stage.alice, stage.bob
        await tour.head("1. The legacy chat", "AES-256, every block alone.")
        await scene.say(bob, alice, "shall we meet?")
        began = time.strftime("%H:%M:%S")
        await scene.say(alice, bob, "yes")
        await tour.head("Attack 1: equal blocks", "Alice says the same again.")
        await scene.say(alice, bob, "yes")
        await tour.head("Attack 2: replay", "Mallory sends message 3 once more.")
        await scene.say(alice, bob, "pay mallory 5", times=2)
        await tour.head("Attack 3: the clock splice", "Block 1 of message 1 into message 4.")
        while time.strftime("%H:%M:%S") == began:
            await asyncio.sleep(0.05)
        await scene.say(alice, bob, "I am leaving")


async def play_modern(tour: Tour) -> None:
    """Play the same conversation with the modern chat, and the same attempts on it."""
    keys = secrets.token_hex(16), secrets.token_hex(16)
    async with modern_stage(*keys, [Splice.block(3, donor=1)]) as stage:
        scene = Scene(tour, stage, WireProtocol.MODERN, ShortLayout(80, NAMES))
        alice, bob = stage.alice, stage.bob
        await tour.head("2. The modern chat", "AES-256-CBC and HMAC-SHA256.")
        await scene.say(bob, alice, "shall we meet?")
        await scene.say(alice, bob, "yes")
        await tour.head("Attempt 1: equal blocks", "Alice says the same again.")
        await scene.say(alice, bob, "yes")
        await tour.head("Attempt 2: the splice", "Block 1 of frame 1 into frame 3.")
        tour.show("Alice types", "I am leaving")
        await alice.type("I am leaving")
        line = (await bob.prints(".*ERROR.*", "stderr"))[0]
        scene.show_wire()
        tour.show("Bob sees", line)
        tour.show("", f"and his program ends with status {await bob.leave()}")
    async with modern_stage(*keys, [Replay(1)]) as stage:
        scene = Scene(tour, stage, WireProtocol.MODERN, ShortLayout(80, NAMES))
        await tour.head("Attempt 3: replay", "One attack still succeeds.")
        await scene.say(stage.alice, stage.bob, "pay mallory 5", times=2)


def main() -> int:
    """Run the tour; return its exit status."""
    parser = argparse.ArgumentParser(prog=PROGRAM)
    parser.add_argument("--fast", action="store_true", help="without pauses")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    pace = READING_SECONDS if console.is_terminal and not arguments.fast else 0
    try:
        asyncio.run(play(Tour(console, pace)))
    except CompatError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0
