"""The tour, `python -m compat`: both chats played on loopback, with the wire in view and attacked.

Nothing is staged but the words: alice's and bob's programs are the real ones, in processes of
their own, and what is done to their bytes is done by the wiretap's own code.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import secrets
import textwrap
import time

from rich.text import Text

from compat import entry
from compat.layout import ShortLayout
from compat.printer import Printer
from compat.stage import Actor, Stage, legacy_stage, modern_stage
from compat.tampering import Place, Replay, Splice, WireProtocol
from modern.p2p_encryption import Parser

PROGRAM = "compat"

READING_SECONDS = 0.25
"""Time for one line, where a person reads along: the whole tour stays under half a minute."""

MAX_WIDTH = 100
LABEL_WIDTH = 14
NAMES = {Place.CLIENT: "alice", Place.SERVER: "bob", Place.WIRETAP: "mallory"}


class Guide:
    """Says and shows things, and gives time to read them."""

    def __init__(self, printer: Printer, seconds_per_line: float):
        """Take where to show it, and how long a line is to be read."""
        self._printer, self._seconds_per_line = printer, seconds_per_line
        self.width = min(printer.width, MAX_WIDTH)

    async def begin(self, title: str, words: str) -> None:
        """Begin a part of the tour."""
        self._printer.print("", Text(title, "bold underline"))
        await self.tell(words)

    async def tell(self, words: str) -> None:
        """Say something."""
        await self._show(*(Text(line) for line in textwrap.wrap(words, self.width)))

    async def judge(self, verdict: str, words: str) -> None:
        """Say what became of an attack."""
        first, *rest = textwrap.wrap(f"{verdict} {words}", self.width)
        line = Text(first)
        line.stylize("bold reverse", 0, len(verdict))
        await self._show(line, *map(Text, rest))

    async def label(self, label: str, words: str) -> None:
        """Show what somebody types or sees."""
        await self._show(Text.assemble((f"{label:{LABEL_WIDTH}}", "bold"), words))

    async def show_wire(self, lines: list[Text]) -> None:
        """Show a segment."""
        await self._show(*lines)

    async def _show(self, *lines: Text) -> None:
        self._printer.print(*lines)
        await asyncio.sleep(len(lines) * self._seconds_per_line)


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
        """Show what passed since the last time."""
        for segment in self._stage.take_segments():
            await self._guide.show_wire(self._layout.lay_out(segment, self._protocol))

    async def show_print(self, listener: Actor, line: str) -> None:
        """Show a line that a program printed."""
        room = self._guide.width - LABEL_WIDTH
        await self._guide.label(f"{listener.name} sees", squeeze(line, room))

    def _pattern(self, words: str) -> str:
        if self._protocol is WireProtocol.LEGACY:
            return rf"^Received : {re.escape(words)} .*$"
        return rf"^{re.escape(words)}$"


def squeeze(line: str, width: int) -> str:
    """Return a line with as many of the spaces before its tag taken out as make it fit."""
    surplus = max(len(line) - width, 0)
    return re.sub(rf" {{{surplus}}}(?=  )", "", line, count=1)


async def play(guide: Guide) -> None:
    """Play all scenes. Raises CompatError, ModernError."""
    await guide.begin(
        "Two encrypted chats on one wire",
        "Alice and bob chat. Their programs are the real ones, on this computer, and between them "
        "sits mallory, who has no key. A letter names each piece that passes, with its first two "
        "bytes: equal pieces have equal letters.",
    )
    await play_legacy(guide)
    await play_modern(guide)
    await play_what_is_open(guide)
    await guide.begin(
        "Where to go next",
        "Neither chat is for real secrets: they are for learning why.",
    )
    for name, words in NEXT:
        await guide.label(f"  {name:38}", words)


NEXT = [
    ("README.md", "run both chats yourself"),
    ("python -m compat.wiretap --help", "take mallory's seat"),
    ("notebooks/1_the_legacy_chat.ipynb", "how it works, block by block"),
    ("notebooks/2_breaking_it.ipynb", "the attacks, and you make them work"),
    ("notebooks/3_the_modern_chat.ipynb", "what mends what, and why"),
    ("notebooks/4_what_is_still_open.ipynb", "replay is not alone"),
]


async def play_legacy(guide: Guide) -> None:
    """Play the legacy conversation, and three attacks that succeed."""
    rules = [Replay(3), Splice.block(4, donor=1)]
    async with legacy_stage(secrets.token_hex(8), rules) as stage:
        scene = Scene(guide, stage, WireProtocol.LEGACY)
        await guide.begin(
            "1. The legacy chat",
            "AES-256 for each block of 16 bytes, a hash inside, and ☑ when the hash fits.",
        )
        await scene.say(scene.bob, "shall we meet?")
        clock = (await scene.say(scene.alice, "yes"))[-8:]

        await guide.begin("Attack 1: equal blocks", "Mallory only looks.")
        await scene.say(scene.alice, "yes")
        await guide.judge(
            "It works.", "She reads no word, and knows that alice gave the same answer again."
        )

        await guide.begin("Attack 2: replay", "Mallory sends message 3 once more.")
        await scene.say(scene.alice, "pay mallory 5", times=2)
        await guide.judge("It works.", "Two payments, both ☑, and alice sent one.")

        await guide.begin(
            "Attack 3: the clock splice",
            "Block 1 holds the time. Mallory puts that of message 1 into message 4.",
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
    """Play the modern conversation, and two of the attacks, which fail."""
    async with modern_stage(*generate_keys(), [Splice.block(3, donor=1)]) as stage:
        scene = Scene(guide, stage, WireProtocol.MODERN)
        await guide.begin(
            "2. The modern chat",
            "AES-256-CBC, a random IV in each frame, and HMAC-SHA256 tags over all of it.",
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
            f"{status}. The words before stay.",
        )


async def play_what_is_open(guide: Guide) -> None:
    """Play the attack on the modern chat that still succeeds."""
    async with modern_stage(*generate_keys(), [Replay(1)]) as stage:
        scene = Scene(guide, stage, WireProtocol.MODERN)
        await guide.begin("Attempt 3: replay", "They start anew. Mallory sends frame 1 once more.")
        await scene.say(scene.alice, "pay mallory 5", times=2)
        await guide.judge(
            "It still works.", "Every tag fits, for the frame is genuine: nothing counts frames."
        )


def generate_keys() -> tuple[str, str]:
    """Return a fresh confkey and authkey of 32 characters each."""
    return secrets.token_hex(16), secrets.token_hex(16)


# Command line --------------------------------------------------------------------------------


def build_parser() -> Parser:
    """Return the command line; wrong use raises UsageError instead of leaving the program."""
    parser = Parser(
        prog="python -m compat",
        description="The tour: both chats on loopback, with the wire in view, and attacked.",
        allow_abbrev=False,
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--fast", action="store_true", help="without pauses")
    pace.add_argument(
        "--paced", action="store_true", help="with time to read (default at a terminal)"
    )
    return parser


def tour(arguments: argparse.Namespace) -> None:
    """Give the tour at the pace that is asked for. Raises CompatError, ModernError."""
    printer = Printer()
    paced = arguments.paced or (printer.is_terminal and not arguments.fast)
    asyncio.run(play(Guide(printer, READING_SECONDS if paced else 0)))


def main() -> int:
    """Run the tour; return its exit status."""
    return entry.run(PROGRAM, lambda: tour(build_parser().parse()))
