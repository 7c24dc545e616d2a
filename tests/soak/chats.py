"""Pairs of real programs of both chats: how they are started, what they must show, how they end.

The oracle is the protocol code itself: it is given the bytes that were delivered to a side, and
says what that side's standard output has to be. For the legacy chat it is given them piece by
piece, because there one `recv` is one message.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from legacy import protocol as legacy_protocol
from modern import protocol as modern_protocol
from modern.errors import ProtocolError
from tests.programs import (
    AUTHKEY,
    CONFKEY,
    HARDENED,
    HARDENED_PASSPHRASE,
    KEYS,
    LEGACY_CLIENT,
    LEGACY_SERVER,
    MODERN,
    TIMEOUT,
    Program,
    environment,
)
from tests.soak.proxy import CLIENT, OTHER, SERVER, FaultProxy, Piece

PASSPHRASE = "secret"
LEGACY_KEY = legacy_protocol.derive_key(PASSPHRASE)
MODERN_KEYS = modern_protocol.derive_keys(CONFKEY, AUTHKEY)
UNRECOGNISED = legacy_protocol.UNRECOGNISED + "\n"
WORDS = ["the", "quick", "brown", "fox", "naïve", "☃", "🔑", "jumps", "over", "a", "lazy", "dog"]
THREADS = 4
"""The main thread, one for each direction, and one that watches for signals."""
MOST_PROCESSOR_SECONDS = 5
"""Far more than a short conversation needs, far less than a thread left spinning takes."""


def say_something(dice: random.Random, number: int) -> str:
    """Return a line that no other of the conversation equals, short enough to be shown."""
    return f"{number} " + " ".join(dice.choices(WORDS, k=dice.randrange(9)))[:50].strip() + "."


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
            assert len(list((status / "task").iterdir())) <= THREADS
            ticks = sum(map(int, (status / "stat").read_text().rpartition(")")[2].split()[11:13]))
            assert ticks / os.sysconf("SC_CLK_TCK") < MOST_PROCESSOR_SECONDS


# The two chats, as the runs below see them ---------------------------------------------------


class Legacy:
    """How a pair of legacy programs is started, read and left."""

    name = "legacy"
    loses_lines = True
    """If TCP cuts a message, or joins two."""

    def earliest(self, kind: str) -> int:
        """Return after how many bytes a fault of this kind may strike."""
        return 1

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
    loses_lines = False

    def earliest(self, kind: str) -> int:
        """Return after how many bytes a fault of this kind may strike."""
        return 1

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
            said, _, _ = str(error).partition(" (")  # the program may know more: which tag fits
            # Of a frame that was cut, it may refuse the header before the end comes.
            assert said in complaints[0] or "HMAC verification failed" in complaints[0], complaints
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


class Hardened(Modern):
    """How a pair of the third chat is started, read and left.

    Nobody but the two has their keys. So what a side must show is counted: each line is typed by
    itself and has a record of its own.
    """

    name = "hardened"
    agreement_size, record_size = 98, 306

    def earliest(self, kind: str) -> int:
        """Return after how many bytes a fault of this kind may strike.

        With a reset, what a server has not read yet is lost: then nobody has said a word to it.
        """
        return self.agreement_size if kind == "reset" else 1

    def start(
        self, stack: ExitStack, make_proxy: Callable[[int], FaultProxy]
    ) -> tuple[dict[str, Peer], FaultProxy]:
        """Start both sides with a proxy between them; they may not have agreed yet."""
        env = environment(HARDENED_PASSPHRASE=HARDENED_PASSPHRASE)
        where = ("--server", "--bind", "127.0.0.1", "--port", "0")
        server = stack.enter_context(Noting(*HARDENED, *where, env=env))
        self.proxy = make_proxy(int(server.wait_for(r"peer on port (\d+)", "stderr")[1]))
        stack.callback(self.proxy.close)
        where = ("--client", "127.0.0.1", "--port", str(self.proxy.port))
        client = stack.enter_context(Noting(*HARDENED, *where, env=env))
        server.wait_for("connected by .*\n", "stderr")
        client.wait_for("connected to .*\n", "stderr")
        self.programs = {SERVER: server, CLIENT: client}
        return dict(self.programs), self.proxy

    def _typed_to(self, pieces: Sequence[Piece]) -> list[str]:
        (side,) = (side for side, list_ in self.proxy.delivered.items() if list_ is pieces)
        return self.programs[OTHER[side]].lines

    def expected(self, pieces: Sequence[Piece]) -> str:
        """Return what the whole records among these bytes show."""
        return "".join(self._typed_to(pieces)[: self._count(pieces)[0]])

    def _count(self, pieces: Sequence[Piece]) -> tuple[int, int]:
        """Return how many whole records there are, the end being one, and how many bytes more."""
        size = sum(len(piece.data) for piece in pieces if not piece.forged)
        return divmod(max(size - self.agreement_size, 0), self.record_size)

    def check_end(self, program: Peer, pieces: Sequence[Piece], ending: str | None) -> None:
        """Hold what was shown and how the program ended."""
        records, rest = self._count(pieces)
        is_forged = any(piece.forged for piece in pieces)
        has_ended = records > len(self._typed_to(pieces)) and not rest and not is_forged
        assert program.stdout == self.expected(pieces)
        complaints = [line for line in program.stderr.splitlines() if not is_status(line)]
        assert len(complaints) == program.process.returncode, program.stderr  # one line or none
        if ending and not has_ended:
            assert any(words in complaints[0] for words in self._complaints(ending, is_forged))
        elif complaints:
            assert "the peer" in complaints[0]

    def _complaints(self, ending: str, is_forged: bool) -> tuple[str, ...]:
        agreeing = ("no agreement", "left without a word", "the peer sent nothing")
        if is_forged:
            return (*agreeing, "HMAC verification failed")
        return (*agreeing, "the connection was cut") + ("the peer ",) * (ending == "RST")


class Noting(Peer):
    """A program that notes what was typed to it."""

    def __init__(self, *arguments: str, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.lines: list[str] = []

    def type(self, text: str | bytes) -> None:
        """Feed standard input, a line at a time."""
        super().type(text)
        self.lines.append(text if isinstance(text, str) else text.decode())


STATUS = (
    "waiting for a peer",
    "connected ",
    "both sides know",
    "left without having sent anything; does it speak another dialect?",
)


def is_status(line: str) -> bool:
    """Whether a line on standard error tells of no failure."""
    return any(words in line for words in STATUS)
