"""One conversation through a failing network, between real processes, and what must come of it.

The oracle is the protocol code itself: it is given the bytes that the proxy delivered to a side,
and says what that side's standard output has to be. For the legacy chat it is given them piece by
piece, because there one `recv` is one message.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from legacy import protocol as legacy_protocol
from modern import protocol as modern_protocol
from modern.errors import ProtocolError
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    KEYS,
    LEGACY_CLIENT,
    LEGACY_SERVER,
    MODERN,
    TIMEOUT,
    Program,
)
from tests.trust.proxy import CLIENT, OTHER, SERVER, Fault, FaultProxy, Piece

BY_SIGNAL = ("kill", "stop")
BY_NETWORK = ("silence", "reset", "half-close", "trickle", "flood")
KINDS = BY_SIGNAL + BY_NETWORK

PASSPHRASE = "secret"
LEGACY_KEY = legacy_protocol.derive_key(PASSPHRASE)
MODERN_KEYS = modern_protocol.derive_keys(CONFKEY, AUTHKEY)
UNRECOGNISED = legacy_protocol.UNRECOGNISED + "\n"
WORDS = ["the", "quick", "brown", "fox", "naïve", "☃", "🔑", "jumps", "over", "a", "lazy", "dog"]
MOST_PROCESSOR_SECONDS = 5
"""Far more than a short conversation needs, far less than a thread left spinning takes."""


class Peer(Program):
    """A program that can be waited for in any way, and that says how busy it has been."""

    def wait_until(self, happened: Callable[[], bool]) -> bool:
        """Wait until something is so; it is looked at on new output and on a nudge."""
        with self._arrived:
            return self._arrived.wait_for(happened, TIMEOUT)

    def nudge(self) -> None:
        """Let whoever waits look again."""
        with self._arrived:
            self._arrived.notify_all()

    def try_to_type(self, text: str) -> None:
        """Type, unless the program has gone."""
        with suppress(OSError, ValueError):
            self.type(text)

    def leave(self) -> None:
        """End the input, unless that happened."""
        with suppress(OSError, ValueError):
            self.end_input()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def assert_at_rest(self) -> None:
        """Hold that a living program has no more than its threads, and none that spins."""
        status = Path(f"/proc/{self.process.pid}")
        with suppress(FileNotFoundError):  # it has just ended, or this is not Linux
            assert len(list((status / "task").iterdir())) <= 3
            ticks = sum(map(int, (status / "stat").read_text().rpartition(")")[2].split()[11:13]))
            assert ticks / os.sysconf("SC_CLK_TCK") < MOST_PROCESSOR_SECONDS


# The two chats, as the runs below see them ---------------------------------------------------


class Legacy:
    """How a pair of legacy programs is started, read and left."""

    name = "legacy"

    def start(
        self, stack: ExitStack, make_proxy: Callable[[int], FaultProxy]
    ) -> tuple[dict[str, Peer], FaultProxy]:
        """Start both sides with a proxy between them."""
        server = stack.enter_context(Peer(*LEGACY_SERVER, "0"))
        proxy = make_proxy(int(server.wait_for(r"PORT (\d+)")[1]))
        stack.callback(proxy.close)
        client = stack.enter_context(Peer(*LEGACY_CLIENT))
        client.type(f"127.0.0.1\n{proxy.port}\n{PASSPHRASE}\n")
        server.type(f"{PASSPHRASE}\n")
        for program in (server, client):
            program.wait_for("Listening On Thread 1\n")
        return {SERVER: server, CLIENT: client}, proxy

    def shown(self, program: Peer) -> str:
        """Return what a program showed of its peer."""
        return program.stdout.partition("Listening On Thread 1\n")[2]

    def has_shown(self, program: Peer, line: str) -> bool:
        """Whether a line has arrived."""
        return f"Received : {line} " in program.stdout

    def expected(self, pieces: Sequence[Piece]) -> str:
        """Return what these pieces show, each taken for a message."""
        return "".join(map(self._display, pieces))

    def _display(self, piece: Piece) -> str:
        text = legacy_protocol.process_bytes(piece.data, LEGACY_KEY)
        try:
            line = legacy_protocol.verify_and_display(text)
        except legacy_protocol.UnrecognisedData:
            return UNRECOGNISED
        return f"{line}\n" if line is not None else ""

    def check_end(self, program: Peer, pieces: Sequence[Piece], ending: str | None) -> None:
        """Hold what was shown and how the program ended."""
        assert program.process.returncode == 0, program.stderr
        assert program.stderr == ""
        shown = self.shown(program)
        if any(piece.forged for piece in pieces):  # noise may have joined the piece before it
            honest = self.expected([piece for piece in pieces if not piece.forged][:-1])
            assert shown.startswith(honest)
            rest = set(shown[len(honest) :].splitlines(keepends=True))
            assert UNRECOGNISED in rest
            assert rest <= {UNRECOGNISED, self.expected(pieces)[len(honest) :].splitlines(True)[0]}
        else:
            assert shown == self.expected(pieces) + (UNRECOGNISED if ending else "")

    def leave(self, program: Peer) -> None:
        """Leave as a person does."""
        program.try_to_type("quit()\n")

    def answer_the_end(self, program: Peer) -> None:
        """Do nothing: a legacy chat whose peer ends, ends by itself."""

    def leave_both(self, first: Peer, second: Peer) -> None:
        """Let one side leave; the other follows."""
        self.leave(first)


class Modern:
    """How a pair of modern programs is started, read and left."""

    name = "modern"

    def start(
        self, stack: ExitStack, make_proxy: Callable[[int], FaultProxy]
    ) -> tuple[dict[str, Peer], FaultProxy]:
        """Start both sides with a proxy between them."""
        server = stack.enter_context(Peer(*MODERN, "--server", "--port", "0", *KEYS))
        proxy = make_proxy(int(server.wait_for(r"peer on port (\d+)", "stderr")[1]))
        stack.callback(proxy.close)
        where = ("--client", "127.0.0.1", "--port", str(proxy.port))
        client = stack.enter_context(Peer(*MODERN, *where, *KEYS))
        server.wait_for("connected by .*\n", "stderr")
        client.wait_for("connected to .*\n", "stderr")
        return {SERVER: server, CLIENT: client}, proxy

    def shown(self, program: Peer) -> str:
        """Return what a program showed of its peer."""
        return program.stdout

    def has_shown(self, program: Peer, line: str) -> bool:
        """Whether a line has arrived."""
        return f"{line}\n" in program.stdout

    def expected(self, pieces: Sequence[Piece]) -> str:
        """Return what these bytes show, however they were cut."""
        return self._decode(pieces)[0].decode()

    def _decode(self, pieces: Sequence[Piece]) -> tuple[bytes, ProtocolError | None]:
        decoder = modern_protocol.Decoder(MODERN_KEYS)
        shown = b""
        try:
            for text in decoder.feed(b"".join(piece.data for piece in pieces)):
                shown += text
            decoder.close()
        except ProtocolError as error:
            return shown, error
        return shown, None

    def check_end(self, program: Peer, pieces: Sequence[Piece], ending: str | None) -> None:
        """Hold what was shown and how the program ended."""
        text, error = self._decode(pieces)
        assert program.stdout_bytes == text
        complaints = [line for line in program.stderr.splitlines() if not is_status(line)]
        assert len(complaints) == program.process.returncode, program.stderr  # one line or none
        if error and (ending == "FIN" or "HMAC" in str(error)):
            assert str(error) in complaints[0]
        elif ending == "RST":
            assert "the peer" in complaints[0]
        elif complaints:  # it still had something to send
            assert "the peer left before everything was sent" in complaints[0]

    def leave(self, program: Peer) -> None:
        """Leave as a person or a pipe does."""
        program.leave()

    answer_the_end = leave

    def leave_both(self, first: Peer, second: Peer) -> None:
        """Let both inputs end: the chat goes on until both have."""
        self.leave(first)
        self.leave(second)


def is_status(line: str) -> bool:
    """Whether a line on standard error tells of no failure."""
    return "waiting for a peer" in line or "connected " in line


# Runs ----------------------------------------------------------------------------------------


def say_something(dice: random.Random, number: int) -> str:
    """Return a line that no other of the conversation equals, short enough to be shown."""
    return f"{number} " + " ".join(dice.choices(WORDS, k=dice.randrange(9)))[:50].strip() + "."


class Struck:
    """What a run does when its fault strikes."""

    fault: Fault
    victim: str
    peers: dict[str, Peer]

    def _signal(self) -> None:
        if self.fault.kind == "kill":
            self.peers[self.victim].signal(signal.SIGKILL)
        elif self.fault.kind == "stop":
            self.peers[self.victim].signal(signal.SIGSTOP)

    def _nudge(self) -> None:
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
        kind = KINDS[self.seed % len(KINDS)]
        self.fault = Fault(kind, self.dice.choice((CLIENT, SERVER)), self.dice.randrange(1500))
        self.victim = self.dice.choice((CLIENT, SERVER))

    def play(self) -> float:
        """Play it; return how many seconds the survivors took to end once they were to."""
        with ExitStack() as stack:
            self.peers, self.proxy = self.chat.start(
                stack, lambda port: FaultProxy(port, self.fault, self._signal, self._nudge)
            )
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


def play_many(
    make_run: Callable[[int], Run], seeds: Sequence[int], workers: int
) -> Iterator[tuple[int, float | BaseException]]:
    """Play runs side by side; yield for each seed the seconds to its end, or what went wrong."""
    waiting = iter(seeds)
    lock = threading.Lock()
    outcomes: list[tuple[int, float | BaseException]] = []

    def work() -> None:
        while True:
            with lock:
                seed = next(waiting, None)
            if seed is None:
                return
            try:
                outcome: float | BaseException = make_run(seed).play()
            except BaseException as error:  # told with its seed
                outcome = error
            with lock:
                outcomes.append((seed, outcome))

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield from sorted(outcomes, key=lambda pair: pair[0])
