"""The engine with real programs: alice's and bob's are processes, and mallory's code sits between.

The programs are started as a person starts them, and talk over sockets of loopback. What they print
becomes the same events that `local.py` gives.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from functools import partial

from compat.page import events, wording
from compat.page.board import NAMES, PLACES
from compat.page.ends import read_line
from compat.page.events import Command, Event
from compat.page.room import BOTH, Room
from compat.page.scenes import SCENES
from compat.page.secrets import Secrets
from compat.page.workshop import LONG
from compat.tour.stage import Actor, Heard, Meeting, StageError, meet_legacy, meet_modern
from compat.wiretap.relay import Peer
from compat.wiretap.wires import Place
from modern.errors import ModernError
from modern.hardened.pake import derive_w

MOST_HASHES = 2
"""How many guesses are hashed with scrypt at the same time, for all pages together."""
SCRIPT_SECONDS = 10
_BEFORE_DECRYPTION = "ERROR: "
_REFUSALS = (_BEFORE_DECRYPTION, "both tags fit", "the connection was cut", "the connection ended")
"""How a program's last words begin if it has refused something."""


class Ears:
    """Takes what a program prints, and makes events of it."""

    def __init__(self, who: str, chat: str, tell: Callable[[Event], None]):
        """Take the name of who types, the chat, and what gets the events."""
        self._who, self._is_legacy, self._tell = who, chat == "legacy", tell
        self._line, self.last_words = {"stdout": "", "stderr": ""}, ""

    def hear(self, stream: str, text: str) -> None:
        """Take printed text, in pieces of any size."""
        if stream == "stdout" and not self._is_legacy:
            return self._tell(events.Shown(self._who, text, "", ""))
        *lines, self._line[stream] = (self._line[stream] + text).split("\n")
        for line in lines:
            self._take_line(line.rstrip("\r"), stream)
        return None

    def _take_line(self, line: str, stream: str) -> None:
        if stream == "stdout":
            if not line.startswith("[+] "):
                self._tell(read_line(self._who, line))
            return
        self.last_words = line.partition(": ")[2]
        if self.last_words.startswith(_REFUSALS):
            decrypted = not self.last_words.startswith(_BEFORE_DECRYPTION)
            self._tell(events.Refused(self._who, self.last_words, decrypted))


class RealCast:
    """Two programs that have met, and the wire between them. What is done goes into two queues."""

    def __init__(self, room: Room, chat: str):
        """Take the room; the programs come with `meet`."""
        self._room, self._chat = room, chat
        self._ears = {
            name: Ears(name, chat, room.heard) for name in (NAMES[place] for place in BOTH)
        }
        self._jobs: dict[Place, asyncio.Queue[Callable[[], Awaitable[None]]]] = {}
        self._tasks: list[asyncio.Future[None]] = []
        self._is_on = False

    @property
    def heard(self) -> Heard:
        """Return the object that gets everything that the programs print."""
        return self._hear

    def meet(self, meeting: Meeting, exits: contextlib.AsyncExitStack) -> None:
        """Take the programs, and carry what they send."""
        self._is_on = True
        self._actors = {Place.CLIENT: meeting.alice, Place.SERVER: meeting.bob}
        self._peers = {Place.CLIENT: Peer(meeting.client), Place.SERVER: Peer(meeting.server)}
        for place in BOTH:
            self._jobs[place] = asyncio.Queue()
            works = (self._pump(place), self._work(place), self._await_end(place))
            self._tasks += [asyncio.ensure_future(work) for work in works]
        exits.push_async_callback(self._stop)

    def type(self, place: Place, text: str) -> None:
        """Type a line."""
        self._jobs[place].put_nowait(partial(self._actors[place].type, text))

    def leave(self, place: Place) -> None:
        """End the input of a program."""
        self._jobs[place].put_nowait(partial(self._end_input, self._actors[place]))

    def deliver(self, place: Place, data: bytes) -> None:
        """Send bytes; the first chat's programs need time between two messages."""
        apart = self._chat == "legacy"
        send = partial(self._peers[place].send, data, unit_size=None, apart=apart)
        self._jobs[place].put_nowait(send)

    def finish(self, place: Place) -> None:
        """End what a program receives, then its input, as a person at a terminal would."""
        self._jobs[place].put_nowait(partial(self._finish, place))

    def cut(self) -> None:
        """End what both programs receive."""
        for place in BOTH:
            self.finish(place)

    def _hear(self, name: str, stream: str, text: str) -> None:
        if self._is_on:
            self._ears[name].hear(stream, text)

    async def _end_input(self, actor: Actor) -> None:
        actor.end_input()

    async def _finish(self, place: Place) -> None:
        self._peers[place].close_half()
        if self._chat != "legacy":  # whose programs end by themselves, at a pipe as well
            self._actors[place].end_input()

    async def _work(self, place: Place) -> None:
        while True:
            job = await self._jobs[place].get()
            with contextlib.suppress(OSError, StageError):  # the program has ended: it says so
                await job()

    async def _pump(self, place: Place) -> None:
        try:
            while data := await self._peers[place].receive():
                self._room.came(place, data)
        except OSError:
            self._room.broke(place)
            self._peers[place.peer].reset()
        else:
            self._room.closed(place)

    async def _await_end(self, place: Place) -> None:
        status = await self._actors[place].leave()
        last = self._ears[NAMES[place]].last_words if status else ""
        self._room.heard(events.Ended(NAMES[place], status, last))

    async def _stop(self) -> None:
        self._is_on = False
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for peer in self._peers.values():
            peer.reset()


class RealEngine:
    """Takes commands as JSON objects, and gives events as JSON objects."""

    def __init__(self, tell: Callable[[Event], None], turns: asyncio.Semaphore | None = None):
        """Take what gets the events, in the thread of the loop, and the turns to hash a guess.

        scrypt takes 128 MiB and a processor. So all engines of a server share the turns.
        """
        self._tell, self._turns = tell, turns or asyncio.Semaphore(MOST_HASHES)
        self._chat = ""
        self._room = Room(self._note, time.monotonic, derive_w)
        self._exits = contextlib.AsyncExitStack()
        self._on_board = asyncio.Event()

    async def do(self, sent: object) -> None:
        """Carry a command out."""
        try:
            command = wording.parse(sent)
        except wording.CommandError as error:
            return self._tell(events.Wrong(str(error)))
        if isinstance(command, events.Open):
            return await self._open(command.scene)
        return await self._do(command)

    async def close(self) -> None:
        """End all programs."""
        exits, self._exits = self._exits, contextlib.AsyncExitStack()
        await exits.aclose()

    async def _do(self, command: Command) -> None:
        if isinstance(command, LONG):
            async with self._turns if self._is_hashed(command) else contextlib.nullcontext():
                tell = await asyncio.to_thread(self._room.compute, command)  # other pages go on
            tell()
        else:
            self._room.do(command)

    def _is_hashed(self, command: Command) -> bool:
        return self._chat == "hardened" and isinstance(command, events.Guess | events.Knock)

    async def _open(self, link: str) -> None:
        scene = SCENES.get(link)
        if not scene:
            return self._tell(events.Wrong("there is no such scene"))
        await self.close()
        secrets = Secrets.draw()
        cast = RealCast(self._room, scene.chat)
        try:
            meeting = await self._meet(scene.chat, secrets, cast)
        except (StageError, ModernError) as error:
            await self.close()
            return self._tell(events.Wrong(str(error)))
        self._chat = scene.chat
        self._room.begin(scene, secrets, cast)
        cast.meet(meeting, self._exits)
        for number, (who, text) in enumerate(self._room.script()):
            await asyncio.sleep(self._room.pause if number else 0)
            await self._say(events.Type(who, text))
        return None

    async def _meet(self, chat: str, secrets: Secrets, cast: RealCast) -> Meeting:
        if chat == "legacy":
            return await meet_legacy(self._exits, secrets.passphrase, cast.heard)
        if chat == "modern":
            keys = {"MODERN_CONFKEY": secrets.confkey, "MODERN_AUTHKEY": secrets.authkey}
            return await meet_modern(self._exits, "modern", keys, cast.heard)
        variables = {"HARDENED_PASSPHRASE": secrets.hardened}
        return await meet_modern(self._exits, "modern.hardened", variables, cast.heard)

    async def _say(self, line: events.Type) -> None:
        """Type a line of the script; wait until it is on the board."""
        self._on_board.clear()
        self._room.do(line)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._on_board.wait(), SCRIPT_SECONDS)

    def _note(self, event: Event) -> None:
        if isinstance(event, events.Message) and event.sender in PLACES:
            self._on_board.set()
        self._tell(event)
