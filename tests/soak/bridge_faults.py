"""The same faults with the bridge in the middle: two failing networks, three programs.

What the bridge was delivered from one side must be shown by the other, whatever happened to the
side that it came from, unless the fault struck the bridge or the side where it was to be shown.
"""

from __future__ import annotations

import random
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import ClassVar

from compat.aes import FastAES
from compat.careful.envelopes import Reader
from legacy.protocol import Envelope
from tests.programs import KEYS, LEGACY_CLIENT, MODERN
from tests.soak.chats import (
    LEGACY_KEY,
    PASSPHRASE,
    UNRECOGNISED,
    Legacy,
    Modern,
    Peer,
    say_something,
)
from tests.soak.faults import KINDS, Struck
from tests.soak.proxy import CLIENT, SERVER, Fault, FaultProxy

LEGACY, MODERN_SIDE, BRIDGE = "legacy", "modern", "bridge"
SIDES = (LEGACY, MODERN_SIDE)
OTHER_SIDE = {LEGACY: MODERN_SIDE, MODERN_SIDE: LEGACY}
NEVER = Fault("none", CLIENT, 1 << 60)
STATUS_LINES = ("waiting for", "connected by", "both sides", "ended; lines", "skipped", "another")


@dataclass
class BridgeRun(Struck):
    """One conversation over a bridge and one fault, both from a seed."""

    seed: int
    dice: random.Random = field(init=False)
    fault: Fault = field(init=False)
    struck_side: str = field(init=False)
    victim: str = field(init=False)
    chats: ClassVar[dict[str, Legacy | Modern]] = {LEGACY: Legacy(), MODERN_SIDE: Modern()}

    def __post_init__(self) -> None:
        self.dice = random.Random(f"bridge {self.seed}")
        kind = KINDS[self.seed % len(KINDS)]
        self.struck_side = self.dice.choice(SIDES)
        self.fault = Fault(kind, self.dice.choice((CLIENT, SERVER)), self.dice.randrange(2500))
        self.victim = self.dice.choice((*SIDES, BRIDGE)) if kind in ("kill", "stop") else ""

    def play(self) -> float:
        """Play it; return how many seconds all took to end once they were to."""
        with ExitStack() as stack:
            self._start(stack)
            self.started.set()
            self._converse()
            begin = time.monotonic()
            if self.fault.kind == "silence":
                self._interrupt_all()
                return time.monotonic() - begin
            if self.fault.kind in ("stop", "trickle"):
                self._go_on()
            self.peers[MODERN_SIDE].leave()
            for name in (BRIDGE, *SIDES):
                self.peers[name].wait()
            self._check_ends()
            return time.monotonic() - begin

    def _start(self, stack: ExitStack) -> None:
        ends = ("--legacy", "listen:0", "--modern", "listen:0")
        secrets = ("--passphrase", PASSPHRASE, *KEYS)
        bridge = stack.enter_context(Peer("-m", "compat.bridge", *ends, *secrets))
        self.proxies = {}
        for side in SIDES:
            port = int(bridge.wait_for(rf"{side}: waiting .* port (\d+)", "stderr")[1])
            fault = self.fault if side == self.struck_side else NEVER
            self.proxies[side] = FaultProxy(port, fault, self._signal, self._nudge)
            stack.callback(self.proxies[side].close)
        self.struck = self.proxies[self.struck_side].struck
        old = stack.enter_context(Peer(*LEGACY_CLIENT))
        old.type(f"127.0.0.1\n{self.proxies[LEGACY].port}\n{PASSPHRASE}\n")
        where = ("--client", "127.0.0.1", "--port", str(self.proxies[MODERN_SIDE].port))
        new = stack.enter_context(Peer(*MODERN, *where, *KEYS))
        self.peers = {LEGACY: old, MODERN_SIDE: new, BRIDGE: bridge}
        old.wait_for("Listening On Thread 1\n")
        new.wait_for("connected to .*\n", "stderr")
        bridge.wait_for("both sides are here", "stderr")

    def _converse(self) -> None:
        number = 0
        while not self.struck.is_set():
            hearer = self.dice.choice(SIDES)
            assert self._say(hearer, say_something(self.dice, number)), self._all_that_was_said()
            number += 1

    def _say(self, hearer: str, line: str, *, whatever_struck: bool = False) -> bool:
        """Let the other side say a line; whether it was heard, or the fault struck before."""
        peer, chat = self.peers[hearer], self.chats[hearer]
        self.peers[OTHER_SIDE[hearer]].try_to_type(f"{line}\n")
        said = peer.wait_until(
            lambda: chat.has_shown(peer, line) or (self.struck.is_set() and not whatever_struck)
        )
        with self.proxies[LEGACY].busy, self.proxies[MODERN_SIDE].busy:
            return said

    def _all_that_was_said(self) -> str:
        return "\n".join(
            f"{name}: {peer.stdout} {peer.stderr}" for name, peer in self.peers.items()
        )

    # What must come after the fault

    def _interrupt_all(self) -> None:
        """Silence is no fault that a program can see: all go on, and Ctrl-C ends them."""
        for name in (BRIDGE, *SIDES):
            self.peers[name].assert_at_rest()
        for name in (BRIDGE, *SIDES):
            self.peers[name].signal(signal.SIGINT)
        for name, status in ((BRIDGE, (130,)), (LEGACY, (255, 0)), (MODERN_SIDE, (130, 0, 1))):
            assert self.peers[name].wait() in status  # who hears of the bridge's end first
            assert "Traceback" not in self.peers[name].stderr

    def _go_on(self) -> None:
        """Wake who was stopped; all that was said arrives, and more can be said, both ways."""
        if self.victim:
            self.peers[self.victim].signal(signal.SIGCONT)
        self._settle()
        self._say_until_heard(MODERN_SIDE, -1)
        self._say_until_heard(LEGACY, -2)
        self.peers[LEGACY].try_to_type("quit()\n")

    def _settle(self) -> None:
        for side in SIDES:
            assert self.peers[side].wait_until(
                lambda side=side: (
                    self._shown_lines(side) == self._lines_towards(side) or self._is_torn(side)
                )
            ), self._all_that_was_said()

    def _say_until_heard(self, hearer: str, number: int) -> None:
        line = say_something(self.dice, number)
        heard = self._say(hearer, line, whatever_struck=True)
        assert heard or self._is_torn(hearer), self._all_that_was_said()

    def _is_torn(self, side: str) -> bool:
        """Whether a legacy peer was given bytes in pieces, which it cannot put together."""
        return side == self.struck_side == LEGACY and self.fault.kind == "trickle"

    def _shown_lines(self, side: str) -> list[str]:
        peer = self.peers[side]
        if side == MODERN_SIDE:
            return peer.stdout.splitlines()
        lines = self.chats[LEGACY].shown(peer).splitlines()
        return [line[11:].rpartition(" ☑")[0].rstrip() for line in lines if "☑" in line]

    def _lines_towards(self, side: str) -> list[str]:
        """Return what the bridge was delivered from the other side."""
        pieces = self.proxies[OTHER_SIDE[side]].delivered[SERVER]
        if side == LEGACY:
            text = self.chats[MODERN_SIDE].expected(pieces)
            return [line.rstrip() for line in text.splitlines()]  # a line may be torn at a space
        reader = Reader(FastAES(LEGACY_KEY))
        items = [item for piece in pieces for item in reader.feed(piece.data)]
        return [item.message for item in items if isinstance(item, Envelope)]

    def _check_ends(self) -> None:
        self._check_bridge()
        for side in SIDES:
            if side != self.victim or self.fault.kind == "stop":
                self._check_peer(side)
            if not self._may_lose(side):
                assert self._shown_lines(side) == self._lines_towards(side)

    def _check_bridge(self) -> None:
        bridge = self.peers[BRIDGE]
        lines = bridge.stderr.splitlines()
        complaints = [line for line in lines if not any(words in line for words in STATUS_LINES)]
        if self.victim == BRIDGE and self.fault.kind == "kill":
            assert bridge.process.returncode == -signal.SIGKILL
        else:
            assert bridge.process.returncode == len(complaints), bridge.stderr
            assert bridge.process.returncode in (0, 1)

    def _check_peer(self, side: str) -> None:
        peer, proxy = self.peers[side], self.proxies[side]
        left_first = side == LEGACY and self.fault.kind in ("stop", "trickle")
        ending = None if left_first else proxy.ending.get(CLIENT)
        if side == LEGACY and left_first and peer.stdout.endswith(UNRECOGNISED):
            ending = proxy.ending.get(CLIENT)  # the other end came before ours was noticed
        self.chats[side].check_end(peer, proxy.delivered[CLIENT], ending)

    def _may_lose(self, side: str) -> bool:
        """Whether the fault struck the bridge itself, or the way to this side, or this side."""
        if self.fault.kind == "kill":
            return self.victim in (BRIDGE, side)
        return self.fault.kind != "stop" and self.struck_side == side
