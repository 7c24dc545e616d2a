"""A model of how chats end: anything that can happen to them, in any order, at any moment.

The model is the tables in the READMEs. What happened to a program, and to its peers, names rows,
and the rows name the exit statuses with which it may end. Nothing else is a way to end.
"""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.architecture.prose import read
from tests.programs import (
    HARDENED,
    HARDENED_PASSPHRASE,
    KEYS,
    LEGACY_CLIENT,
    LEGACY_SERVER,
    MODERN,
    ROOT,
    TIMEOUT,
    environment,
)
from tests.soak.chats import PASSPHRASE, Peer
from tests.soak.proxy import CLIENT, Fault, FaultProxy

NEVER = Fault("none", CLIENT, 1 << 60)
GOES_ON = "goes on"
FOLDERS = {"hardened": "modern/hardened"}
"""Where a README is, if not in the folder of that name."""

# The tables ----------------------------------------------------------------------------------


def rows_of(package: str) -> dict[str, str]:
    """Return what may happen, and the exit status, of the table of a README."""
    (rows,) = [
        rows
        for head, rows in read(ROOT / FOLDERS.get(package, package) / "README.md").tables
        if head == ["what happens", "what follows", "exit status"]
    ]
    return {row[0]: row[2] for row in rows}


ROWS = {
    "legacy": {
        "ends": "`quit()`, or our input ends",
        "peer": "the peer leaves",
        "output": "standard output is full or closed",
        "SIGINT": "Ctrl-C",
        "SIGTERM": "SIGTERM",
        "SIGHUP": "SIGHUP",
        "SIGQUIT": "SIGQUIT",
        "SIGKILL": "SIGKILL",
    },
    "modern": {
        "ends": "our input ends",
        "peer ends": "the peer's input ends",
        "visitor": "a server's peer leaves before",
        "listener": "a server's peer has said no word and has only closed its sending direction",
        "to a visitor": "a server's peer leaves without having sent anything",
        "peer breaks off": "the peer breaks off",
        "peer is killed": "the peer is killed",
        "output": "standard output is full or closed",
        "not text": "a line of the input is not UTF-8",
        "SIGINT": "Ctrl-C",
        "SIGTERM": "SIGTERM",
        "SIGHUP": "SIGHUP",
        "SIGQUIT": "SIGQUIT",
        "SIGKILL": "SIGKILL",
    },
    "hardened": {
        "ends": "our input ends",
        "peer ends": "the peer says its end",
        "cut": "the connection ends, and the peer has not said its end",
        "peer breaks off": "the peer breaks off",
        "output": "standard output is full or closed",
        "not text": "a line of the input is not UTF-8",
        "SIGINT": "Ctrl-C",
        "SIGTERM": "SIGTERM",
        "SIGHUP": "SIGHUP",
        "SIGQUIT": "SIGQUIT",
        "SIGKILL": "SIGKILL",
    },
    "compat": {
        "side ends": "one side ends",
        "visitor": "a peer leaves, without a word",
        "side breaks off": "a side breaks off",
        "SIGINT": "Ctrl-C",
        "SIGTERM": "SIGTERM",
        "SIGHUP": "SIGHUP",
        "SIGQUIT": "SIGQUIT",
        "SIGKILL": "SIGKILL",
    },
}
"""What is played, and how its row begins."""
PLAYED_ELSEWHERE = {
    "a frame is rejected": "tests/modern/test_programs.py, TestBadPeers",
    "a record is rejected": "tests/modern/hardened/test_programs.py",
    "a server's peer leaves before it has sent a byte": "the same",
    "the peer has another passphrase": "the same, and tests/modern/hardened/test_agreement.py",
    "a modern frame is rejected": "tests/compat/test_bridge.py",
    "the network falls silent": "tests/security/test_silence.py",
    "the peer does not read": "tests/security/test_silence.py",
}

PEER_ROWS = {
    "legacy": {"*": ["peer"]},
    "modern": {
        "ends": ["peer ends"],
        "not text": [],
        "SIGKILL": ["peer is killed", "peer breaks off", "visitor", "to a visitor"],
        "*": ["peer ends", "peer breaks off", "visitor", "listener", "to a visitor"],
    },
    "hardened": {
        "ends": ["peer ends"],
        "not text": [],
        "*": ["peer ends", "cut", "peer breaks off"],
    },
    "compat": {
        "ends": ["side ends", "visitor"],
        "not text": [],
        "*": ["side ends", "side breaks off", "visitor"],
    },
}
"""Which rows of a program name what has happened to one of its peers; `*`: all else."""


def find_row(package: str, name: str) -> str:
    """Return the exit status of a row, as it stands there."""
    begin = ROWS[package][name]
    (status,) = [text for row, text in rows_of(package).items() if row.startswith(begin)]
    return status


STATUSES = {
    (package, name): find_row(package, name) for package, names in ROWS.items() for name in names
}


# Programs ------------------------------------------------------------------------------------


class Actor(Peer):
    """A program whose output can be closed at any moment, and what has happened to it."""

    def __init__(self, package: str, *arguments: str, **options: object) -> None:
        self.package, self.happened = package, set[str]()
        self.typed = b""
        self.may_go_on = False
        self.cut_short: bool | None = None
        """Whether it had ended when its input did: more could have been typed."""
        self._reader, writer = socket.socketpair()
        with writer:
            super().__init__(*arguments, stdout=writer.fileno(), **options)  # type: ignore[arg-type]
        collector = threading.Thread(target=self._collect, args=("stdout", self._reader))
        self._collectors.append(collector)
        collector.start()

    def close_output(self) -> None:
        """Let nobody read any more."""
        with suppress(OSError):  # the program has ended, and its output with it
            self._reader.shutdown(socket.SHUT_RD)

    def leave(self) -> None:
        """End the input, unless that happened."""
        if self.cut_short is None:
            self.cut_short = self.process.poll() is not None
        super().leave()

    def note(self, event: str) -> None:
        """Take note of what has happened to this program."""
        self.happened.add(event)

    def note_peer(self, event: str) -> None:
        """Take note of what has happened to one of its peers."""
        names = PEER_ROWS[self.package]
        self.happened.update(names.get(event, names["*"]))

    def check_end(self) -> None:
        """Hold that it has ended in a way that a row names."""
        texts = [STATUSES[self.package, name] for name in self.happened]
        allowed = {int(number) for text in texts for number in re.findall(r"\d+", text)}
        status = self.process.returncode
        if status < 0:  # a signal that came after the last line of the program, or SIGKILL
            assert signal.Signals(-status).name in self.happened, status
        else:
            assert status in allowed, (status, self.happened, self.stderr)
        assert "Traceback" not in self.stderr, self.stderr

    def is_waiting(self) -> bool:
        """Whether it may wait for another peer, as a row says."""
        return any(STATUSES[self.package, name] == GOES_ON for name in self.happened)


def start_legacy(stack: ExitStack) -> tuple[list[Actor], list[FaultProxy]]:
    """Start a pair of legacy programs, passphrase given."""
    server = stack.enter_context(Actor("legacy", *LEGACY_SERVER, "127.0.0.1:0"))
    proxy = tap(stack, server.wait_for(r"PORT (\d+)")[1])
    client = stack.enter_context(Actor("legacy", *LEGACY_CLIENT))
    client.type(f"127.0.0.1\n{proxy.port}\n{PASSPHRASE}\n")
    server.type(f"{PASSPHRASE}\n")
    for program in (server, client):
        program.wait_for("Listening On Thread 1\n")
    return [server, client], [proxy]


def start_modern(stack: ExitStack) -> tuple[list[Actor], list[FaultProxy]]:
    """Start a pair of modern programs."""
    options = ("--server", "--port", "0", "--bind", "127.0.0.1")
    server = stack.enter_context(Actor("modern", *MODERN, *options, *KEYS))
    proxy = tap(stack, server.wait_for(r"peer on port (\d+)", "stderr")[1])
    client = stack.enter_context(join_modern(proxy.port))
    server.wait_for("connected by", "stderr")
    client.wait_for("connected to", "stderr")
    return [server, client], [proxy]


def start_hardened(stack: ExitStack) -> tuple[list[Actor], list[FaultProxy]]:
    """Start a pair of programs of the third chat, and let them agree."""
    env = environment(HARDENED_PASSPHRASE=HARDENED_PASSPHRASE)
    options = ("--server", "--port", "0", "--bind", "127.0.0.1")
    server = stack.enter_context(Actor("hardened", *HARDENED, *options, env=env))
    proxy = tap(stack, server.wait_for(r"peer on port (\d+)", "stderr")[1])
    where = ("--client", "127.0.0.1", "--port", str(proxy.port))
    client = stack.enter_context(Actor("hardened", *HARDENED, *where, env=env))
    for program in (server, client):
        program.wait_for("both sides know the passphrase", "stderr")
    return [server, client], [proxy]


def start_bridge(stack: ExitStack) -> tuple[list[Actor], list[FaultProxy]]:
    """Start a bridge and a program on each side of it."""
    ends = ("--legacy", "listen:127.0.0.1:0", "--modern", "listen:127.0.0.1:0")
    secrets = ("--passphrase", PASSPHRASE, *KEYS)
    bridge = stack.enter_context(Actor("compat", "-m", "compat.bridge", *ends, *secrets))
    proxies = [
        tap(stack, bridge.wait_for(rf"{side}: waiting .* port (\d+)", "stderr")[1])
        for side in ("legacy", "modern")
    ]
    old = stack.enter_context(Actor("legacy", *LEGACY_CLIENT))
    old.type(f"127.0.0.1\n{proxies[0].port}\n{PASSPHRASE}\n")
    new = stack.enter_context(join_modern(proxies[1].port))
    old.wait_for("Listening On Thread 1\n")
    new.wait_for("connected to", "stderr")
    bridge.wait_for("both sides are here", "stderr")
    return [bridge, old, new], proxies


def join_modern(port: int) -> Actor:
    """Start a modern client."""
    return Actor("modern", *MODERN, "--client", "127.0.0.1", "--port", str(port), *KEYS)


def tap(stack: ExitStack, port: str) -> FaultProxy:
    """Start a proxy before a port, so that its network can fail."""
    proxy = FaultProxy(int(port), NEVER, lambda: None, lambda: None)
    stack.callback(proxy.close)
    return proxy


# The machine ---------------------------------------------------------------------------------

WHO = st.integers(0, 2)
SIGNALS = ["SIGINT", "SIGTERM", "SIGKILL", "SIGHUP", "SIGQUIT"]


class Ends(RuleBasedStateMachine):
    """A conversation of two or three programs, to which anything may happen."""

    start = staticmethod(start_modern)

    @initialize()
    def begin(self) -> None:
        """Start all programs."""
        self.stack = ExitStack()
        self.programs, self.proxies = type(self).start(self.stack)
        self.number = 0
        self.cut = False

    def _pick(self, who: int) -> Actor:
        return self.programs[who % len(self.programs)]

    def _strike(self, actor: Actor, event: str) -> None:
        actor.note(event)
        for other in self.programs:
            if other is not actor:
                other.note_peer(event)

    def _speakers(self) -> list[Actor]:
        return [actor for actor in self.programs if actor.package != "compat"]

    @rule(who=WHO)
    def say(self, who: int) -> None:
        """Type a line, whether or not anybody is there to read it."""
        actor = self._speakers()[who % 2]
        self.number += 1
        line = f"line {self.number} of this chat, naïve ☃\n".encode()
        with suppress(OSError, ValueError):  # its input, or the program, has ended
            actor.type(line)
            actor.typed += line

    @rule(who=WHO)
    def end_input(self, who: int) -> None:
        """End somebody's input."""
        actor = self._speakers()[who % 2]
        self._strike(actor, "ends")
        actor.leave()

    @rule(who=WHO, name=st.sampled_from(SIGNALS), is_waited_for=st.booleans())
    def send_signal(self, who: int, name: str, is_waited_for: bool) -> None:
        """Send a program a signal, perhaps too late. What comes next may come before its end."""
        actor = self._pick(who)
        self._strike(actor, name)
        actor.signal(getattr(signal, name))
        if is_waited_for:
            actor.wait()

    @precondition(lambda self: not self.cut)
    @rule(who=WHO)
    def reset(self, who: int) -> None:
        """Let the network break off a connection."""
        self.cut = True
        for actor in self.programs:
            actor.note_peer("reset")
        self.proxies[who % len(self.proxies)].close()

    @rule(who=WHO)
    def close_output(self, who: int) -> None:
        """Read no more what a program shows; it notices when it has something to show."""
        actor = self._speakers()[who % 2]
        self._strike(actor, "output")
        actor.close_output()

    @rule(who=WHO)
    def type_no_text(self, who: int) -> None:
        """Type what no modern chat carries."""
        actor = self._speakers()[who % 2]
        if actor.package != "legacy":
            actor.note("not text")
            actor.try_to_type(b"\xff\n")

    def teardown(self) -> None:
        """Let everybody's input end, and hold what has become of each program."""
        if not hasattr(self, "stack"):
            return
        with self.stack:
            for actor in self._speakers():
                self._strike(actor, "ends")
                actor.leave()
            for actor in self.programs[::-1]:
                self._wait(actor)
            for actor in self.programs:
                actor.wait()
                actor.check_end()
            self._check_what_was_shown()

    def _wait(self, actor: Actor) -> None:
        """Wait for the end; a server that waits for another peer, as it may, is ended."""
        deadline = time.monotonic() + TIMEOUT
        while actor.is_waiting() and actor.process.poll() is None:
            assert time.monotonic() < deadline, actor.stderr
            if "without a word" in actor.stderr.splitlines()[-1]:
                actor.note("SIGINT")
                actor.signal(signal.SIGINT)
                break
            time.sleep(0.01)
        actor.wait()

    def _check_what_was_shown(self) -> None:
        """Hold that nobody takes a part of what a modern chat sends for all of it."""
        if any(actor.package in ("legacy", "compat") for actor in self.programs):
            return
        for hearer, speaker in (self.programs, self.programs[::-1]):
            text = speaker.typed
            assert text.startswith(hearer.stdout_bytes), (text, hearer.stdout_bytes)
            status, by_signal = speaker.process.returncode, speaker.process.returncode > 128
            if hearer.process.returncode == 0 and (status == 0 or by_signal):
                assert not (by_signal and speaker.cut_short), "a part was taken for the whole"
                assert hearer.stdout_bytes == text, (text, hearer.stdout_bytes)


class LegacyEnds(Ends):
    """Of a legacy pair."""

    start = staticmethod(start_legacy)


class HardenedEnds(Ends):
    """Of a pair of the third chat."""

    start = staticmethod(start_hardened)


class BridgeEnds(Ends):
    """Of a bridge and its two peers."""

    start = staticmethod(start_bridge)


MACHINES = {
    "legacy": LegacyEnds,
    "modern": Ends,
    "hardened": HardenedEnds,
    "bridge": BridgeEnds,
}
