"""Two real chat programs with a wiretap between them, which a script operates.

Alice's program is the client, bob's is the server. Both run in their own processes, are started in
the usual way, and talk over real sockets. What they print is collected.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, cast

from compat.errors import CompatError
from compat.wiretap import relay
from compat.wiretap.seat import Tamperer
from compat.wiretap.tampering import Rule
from compat.wiretap.wires import LEGACY, MODERN, Segment

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 30
_ROOT = str(Path(__file__).resolve().parents[2])


class StageError(CompatError):
    """A program did not do what the script expects."""


Heard = Callable[[str, str, str], None]
"""Is told what a program printed: its name, `stdout` or `stderr`, and the text."""


def ignore(name: str, stream: str, text: str) -> None:
    """Take no notice."""


class Actor:
    """One program: what is typed to it, and what it prints."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, heard: Heard = ignore):
        """Take a process that was started with three pipes, and collect what it prints."""
        self.name, self._heard = name, heard
        self._process = process
        self._stdin = cast(asyncio.StreamWriter, process.stdin)
        self._printed = {"stdout": "", "stderr": ""}
        self._read_until = {"stdout": 0, "stderr": 0}
        self._news = asyncio.Condition()
        self._collectors = [
            asyncio.ensure_future(self._collect(name, cast(asyncio.StreamReader, stream)))
            for name, stream in (("stdout", process.stdout), ("stderr", process.stderr))
        ]

    @classmethod
    async def enter(
        cls, name: str, *arguments: str, variables: Mapping[str, str], heard: Heard = ignore
    ) -> Actor:
        """Start a Python program with these arguments and additional environment variables."""
        path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", **variables}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=environment
        )
        return cls(name, process, heard)

    async def type(self, *lines: str) -> None:
        """Type lines at the program. Raises StageError."""
        try:
            self._stdin.write("".join(f"{line}\n" for line in lines).encode())
            await self._stdin.drain()
        except ConnectionError:
            raise StageError(f"{self.name}'s program has ended: {self._printed}") from None

    def end_input(self) -> None:
        """End what is typed, as Ctrl-D does."""
        self._stdin.close()

    async def prints(self, pattern: str, stream: str = "stdout") -> re.Match[str]:
        """Wait until a new line matches; return the match. Raises StageError."""
        try:
            found = await asyncio.wait_for(self._find(pattern, stream), PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            raise StageError(
                f"{self.name}'s program did not print {pattern!r}, but {self._printed}"
            ) from None
        self._read_until[stream] = found.end()
        return found

    async def leave(self) -> int:
        """Wait for the end of the program; return its exit status."""
        await asyncio.wait(self._collectors)
        return await self._process.wait()

    async def fall(self) -> None:
        """End the program, if it has not ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            if os.name == "posix":  # its own `kill` may take the exit status that asyncio waits for
                os.kill(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        await self.leave()

    async def _find(self, pattern: str, stream: str) -> re.Match[str]:
        wanted = re.compile(pattern, re.MULTILINE)
        async with self._news:
            while not (found := wanted.search(self._printed[stream], self._read_until[stream])):
                await self._news.wait()
        return found

    async def _collect(self, name: str, stream: asyncio.StreamReader) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while data := await stream.read(1 << 16):
            text = decoder.decode(data)
            self._heard(self.name, name, text)
            async with self._news:
                self._printed[name] += text
                self._news.notify_all()


class Stage(relay.Observer):
    """Alice, bob and the wire between them."""

    def __init__(self, alice: Actor, bob: Actor):
        """Begin with an empty wire."""
        self.alice, self.bob = alice, bob
        self._segments: list[Segment] = []

    def saw(self, segment: Segment) -> None:
        """Keep the segment until somebody asks for it."""
        self._segments.append(segment)

    def take_segments(self) -> list[Segment]:
        """Return what passed since the last call."""
        segments, self._segments = self._segments, []
        return segments


class Meeting(NamedTuple):
    """Two programs that have connected, each to one of our sockets: the wire between them is ours.

    Alice's program is the client.
    """

    alice: Actor
    bob: Actor
    client: socket.socket
    server: socket.socket


async def meet_legacy(
    exits: contextlib.AsyncExitStack, passphrase: str, heard: Heard = ignore
) -> Meeting:
    """Let both enter with the legacy chat and one passphrase. Raises StageError."""
    bob = await _enter(exits, heard, "bob", "-m", "legacy.Server", f"{LOOPBACK}:0")
    alice = await _enter(exits, heard, "alice", "-m", "legacy.Client")
    port = int((await bob.prints(r"PORT (\d+)$"))[1])
    with relay.listen(LOOPBACK, 0) as listener:
        await alice.type(LOOPBACK, str(listener.getsockname()[1]), passphrase)
        await bob.type(passphrase)
        meeting = await _meet(alice, bob, listener, port)
    for actor in (alice, bob):
        await actor.prints("Listening On Thread 1$")
    return meeting


async def meet_modern(
    exits: contextlib.AsyncExitStack,
    module: str,
    variables: Mapping[str, str],
    heard: Heard = ignore,
) -> Meeting:
    """Let both enter with `modern` or `modern.hardened`, and secrets in variables.

    Raises StageError.
    """
    chat = ("-m", module, "--port")
    server = ("--server", "--bind", LOOPBACK)
    bob = await _enter(exits, heard, "bob", *chat, "0", *server, **variables)
    port = int((await bob.prints(r"peer on port (\d+)", "stderr"))[1])
    with relay.listen(LOOPBACK, 0) as listener:
        client = (str(listener.getsockname()[1]), "--client", LOOPBACK)
        alice = await _enter(exits, heard, "alice", *chat, *client, **variables)
        meeting = await _meet(alice, bob, listener, port)
    for actor in (alice, bob):
        await actor.prints("connected", "stderr")
    return meeting


@contextlib.asynccontextmanager
async def legacy_stage(passphrase: str, rules: Iterable[Rule] = ()) -> AsyncIterator[Stage]:
    """Let both enter with the legacy chat and one passphrase; what alice sends is tampered with."""
    async with contextlib.AsyncExitStack() as exits:
        meeting = await meet_legacy(exits, passphrase)
        yield _carry(exits, meeting, Tamperer(LEGACY, rules))


@contextlib.asynccontextmanager
async def modern_stage(
    confkey: str, authkey: str, rules: Iterable[Rule] = ()
) -> AsyncIterator[Stage]:
    """Let both enter with the modern chat and the same keys; what alice sends is tampered with."""
    keys = {"MODERN_CONFKEY": confkey, "MODERN_AUTHKEY": authkey}
    async with contextlib.AsyncExitStack() as exits:
        meeting = await meet_modern(exits, "modern", keys)
        yield _carry(exits, meeting, Tamperer(MODERN, rules))


async def _enter(
    exits: contextlib.AsyncExitStack, heard: Heard, name: str, *arguments: str, **variables: str
) -> Actor:
    actor = await Actor.enter(name, *arguments, variables=variables, heard=heard)
    exits.push_async_callback(actor.fall)
    return actor


async def _meet(alice: Actor, bob: Actor, listener: socket.socket, port: int) -> Meeting:
    try:
        client = await asyncio.wait_for(relay.accept(listener), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        raise StageError("alice's program did not connect") from None
    return Meeting(alice, bob, client, await relay.connect(LOOPBACK, port))


def _carry(exits: contextlib.AsyncExitStack, meeting: Meeting, tamperer: Tamperer) -> Stage:
    stage = Stage(meeting.alice, meeting.bob)
    wire = relay.Relay(meeting.client, meeting.server, tamperer, [stage])
    carrying = asyncio.ensure_future(wire.run())
    exits.callback(carrying.cancel)
    return stage
