"""One conversation through a failing network, between real processes, and what must come of it."""

from __future__ import annotations

import random
import signal
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.programs import TIMEOUT
from tests.soak.chats import Legacy, Modern, Peer, say_something
from tests.soak.proxy import CLIENT, OTHER, SERVER, Fault, FaultProxy

BY_SIGNAL = ("kill", "stop")
BY_NETWORK = ("silence", "reset", "half-close", "trickle", "flood")
KINDS = BY_SIGNAL + BY_NETWORK


class Struck:
    """What a run does when its fault strikes."""

    fault: Fault
    victim: str
    peers: dict[str, Peer]
    started: threading.Event
    """Set once all programs are there: a fault may strike while they agree."""

    def _signal(self) -> None:
        self.started.wait(TIMEOUT)
        if self.fault.kind == "kill":
            self.peers[self.victim].signal(signal.SIGKILL)
        elif self.fault.kind == "stop":
            self.peers[self.victim].signal(signal.SIGSTOP)

    def _nudge(self) -> None:
        self.started.wait(TIMEOUT)
        for peer in self.peers.values():
            peer.nudge()


@dataclass
class Run(Struck):
    """One conversation and one fault, both from a seed."""

    chat: Legacy | Modern
    seed: int
    dice: random.Random = field(init=False)
    fault: Fault = field(init=False)
    victim: str = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.chat.name} {self.seed}")
        kind = KINDS[self.seed % len(KINDS)]  # before the first byte, a server waits for another
        side, after = self.dice.choice((CLIENT, SERVER)), self.dice.randrange(1, 1500)
        self.fault = Fault(kind, side, max(after, self.chat.earliest(kind)))
        self.victim = self.dice.choice((CLIENT, SERVER))
        self.started = threading.Event()

    def play(self) -> float:
        """Play it; return how many seconds the survivors took to end once they were to."""
        with ExitStack() as stack:
            self.peers, self.proxy = self.chat.start(
                stack, lambda port: FaultProxy(port, self.fault, self._signal, self._nudge)
            )
            self.started.set()
            self._converse()
            begin = time.monotonic()
            getattr(self, f"_after_{self.fault.kind.replace('-', '_')}")()
            return time.monotonic() - begin

    def _converse(self) -> None:
        """Talk line by line, each shown before the next is typed, until the fault strikes."""
        number = 0
        while not self.proxy.struck.is_set():
            hearer = self.dice.choice((CLIENT, SERVER))
            line = say_something(self.dice, number)
            number += 1
            self.peers[OTHER[hearer]].try_to_type(f"{line}\n")
            assert self._is_heard_or_struck(hearer, line), (line, self.peers[hearer].stdout)
        self.last = hearer, line

    def _is_heard_or_struck(self, hearer: str, line: str) -> bool:
        peer = self.peers[hearer]
        heard_or_struck = peer.wait_until(
            lambda: self.chat.has_shown(peer, line) or self.proxy.struck.is_set()
        )
        with self.proxy.busy:  # or another line could be typed into the midst of the strike
            return heard_or_struck

    def _end_of(self, side: str, *, surprised: bool = True) -> None:
        """Wait until a side has ended, and hold how; a side that left first is not surprised."""
        self.peers[side].wait()
        ending = self.proxy.ending.get(side) if surprised else None
        self.chat.check_end(self.peers[side], self.proxy.delivered[side], ending)

    def _both_end(self) -> None:
        for peer in self.peers.values():
            self.chat.answer_the_end(peer)
        for side in (CLIENT, SERVER):
            self._end_of(side)

    # What must come after each fault

    def _after_kill(self) -> None:
        survivor = OTHER[self.victim]
        assert self.peers[self.victim].wait() == -signal.SIGKILL
        self.chat.answer_the_end(self.peers[survivor])
        self._end_of(survivor)

    def _after_stop(self) -> None:
        """Let the survivor go on; when the other is woken, all that was said arrives."""
        survivor = OTHER[self.victim]
        self.peers[survivor].assert_at_rest()
        self.peers[self.victim].signal(signal.SIGCONT)
        line = say_something(self.dice, -1)
        self._settle()
        self._hear_the_last_line()
        self.peers[survivor].try_to_type(f"{line}\n")
        peer = self.peers[self.victim]
        assert peer.wait_until(lambda: self.chat.has_shown(peer, line))
        self._leave_in_turn(survivor)

    def _settle(self) -> None:
        """Wait until both sides have shown all that was delivered: legacy joins what waits."""
        for side, peer in self.peers.items():
            pieces = self.proxy.delivered[side]
            assert peer.wait_until(
                lambda peer=peer, pieces=pieces: self.chat.shown(peer) == self.chat.expected(pieces)
            ), (self.chat.shown(peer), self.chat.expected(pieces))

    def _hear_the_last_line(self) -> None:
        """Wait for what was typed before the strike: the third chat joins what waits to be sent."""
        hearer, line = self.last
        peer = self.peers[hearer]
        assert self.chat.loses_lines or peer.wait_until(lambda: self.chat.has_shown(peer, line))

    def _leave_in_turn(self, first: str) -> None:
        self.chat.leave_both(self.peers[first], self.peers[OTHER[first]])
        self._end_of(OTHER[first])
        self._end_of(first, surprised=False)

    def _after_silence(self) -> None:
        """Silence is no fault that a program can see: both go on, and Ctrl-C ends them."""
        self._settle()  # Ctrl-C may be quicker than what has just arrived
        for side, peer in self.peers.items():
            peer.assert_at_rest()
            peer.try_to_type("into the void\n")
            peer.signal(signal.SIGINT)
            assert peer.wait() == (255 if isinstance(self.chat, Legacy) else 130), peer.stderr
            assert "Traceback" not in peer.stderr
            expected = self.chat.expected(self.proxy.delivered[side])
            assert self.chat.shown(peer) == expected

    def _after_reset(self) -> None:
        self._both_end()

    def _after_half_close(self) -> None:
        self._both_end()

    def _after_flood(self) -> None:
        self._both_end()

    def _after_trickle(self) -> None:
        """Slow is no fault either: the conversation goes on, and nothing is lost but by legacy."""
        self._settle()
        self._leave_in_turn(self.victim)
