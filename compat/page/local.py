"""The engine in the browser: alice, bob and mallory in one thread, without sockets.

Pyodide runs this in a worker of the page. Nothing in it needs a browser, so the tests run it as it
is. `start` is all that the page's own code calls.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable

from compat.page import events, wording
from compat.page.board import NAMES
from compat.page.ends import BROKEN_OFF, End, Heard, LegacyEnd, SessionEnd
from compat.page.events import Event
from compat.page.room import BOTH, Room
from compat.page.scenes import SCENES
from compat.page.secrets import Secrets
from compat.page.third import quick_w
from compat.wiretap.wires import Place
from legacy.protocol import derive_key
from modern.dialects import INDEPENDENT
from modern.protocol import derive_keys
from modern.session import FrameSession

PLACES = (Place.CLIENT, Place.SERVER)

Later = Callable[[float, Callable[[], object]], object]
"""Calls a function after so many seconds."""


def read_clock() -> str:
    """Return the local time as the first chat writes it."""
    return time.strftime("%H:%M:%S")


def call_now(_seconds: float, act: Callable[[], object]) -> None:
    """Call a function at once: for those who do not want to wait."""
    act()


class LocalCast:
    """Both programs, called directly. What is to be sent waits in a queue, as on a wire."""

    def __init__(self, ends: dict[Place, End], room: Room):
        self._ends, self._room = ends, room
        self._waiting: deque[tuple[Place, bytes]] = deque()
        self._over: set[Place] = set()
        self._closed: set[Place] = set()
        self._is_busy = self._is_cut = False

    def begin(self) -> None:
        """Let both say what they say first."""
        for place in PLACES:
            self._say(place, self._ends[place].begin())

    def type(self, place: Place, text: str) -> None:
        """Type a line."""
        self._say(place, self._ends[place].type(text))

    def leave(self, place: Place) -> None:
        """End the input of a program; the first chat's program ends with it."""
        self._say(place, self._ends[place].leave())
        if isinstance(self._ends[place], LegacyEnd):
            self._end(place, [events.Ended(NAMES[place], 0, "")])
        self._close(place)

    def deliver(self, place: Place, data: bytes) -> None:
        """Put bytes on the wire; give them to the program when it has read what came before."""
        self._waiting.append((place, data))
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._waiting:
                receiver, received = self._waiting.popleft()
                if receiver not in self._over:
                    self._take(receiver, self._ends[receiver].receive(received))
        finally:
            self._is_busy = False

    def finish(self, place: Place) -> None:
        """End what a program receives. It then ends, after a goodbye if its chat has one."""
        if place in self._over:
            return
        heard = self._ends[place].finish()
        if not heard.reset and place not in self._closed:
            self._say(place, self._ends[place].leave())
        self._take(place, heard)
        self._close(place)

    def cut(self) -> None:
        """End what both programs receive, at once: no program gets the other's last words."""
        self._is_cut = True
        for place in BOTH:
            self.finish(place)

    def _say(self, place: Place, data: bytes) -> None:
        if data:
            self._room.came(place, data)

    def _close(self, place: Place) -> None:
        if place not in self._closed:
            self._closed.add(place)
            self._room.closed(place)

    def _take(self, place: Place, heard: Heard) -> None:
        if any(isinstance(event, events.Ended) for event in heard.events):
            self._over.add(place)
        for event in heard.events:
            self._room.heard(event)
        self._say(place, heard.replies)
        if heard.reset and not self._is_cut:
            self._room.broke(place)
            self._end(place.peer, [events.Ended(NAMES[place.peer], 1, BROKEN_OFF)])

    def _end(self, place: Place, last: list[Event]) -> None:
        if place not in self._over:
            self._over.add(place)
            for event in last:
                self._room.heard(event)


class LocalEngine:
    """Takes commands as JSON objects, and gives events as JSON objects."""

    def __init__(
        self,
        tell: Callable[[Event], None],
        clock: Callable[[], str] = read_clock,
        later: Later = call_now,
    ):
        """Take what gets the events, what tells the time to the first chat, and what waits."""
        self._tell, self._clock, self._later = tell, clock, later
        self._cast: LocalCast | None = None
        self._room = Room(tell, time.monotonic, quick_w)

    def do(self, sent: object) -> None:
        """Carry a command out."""
        try:
            command = wording.parse(sent)
        except wording.CommandError as error:
            return self._tell(events.Wrong(str(error)))
        if isinstance(command, events.Open):
            return self._open(command.scene)
        return self._room.do(command)

    def _open(self, link: str) -> None:
        scene = SCENES.get(link)
        if not scene:
            return self._tell(events.Wrong("there is no such scene"))
        secrets = Secrets.draw()
        self._cast = cast = LocalCast(self._make_ends(scene.chat, secrets), self._room)
        self._room.begin(scene, secrets, cast)
        cast.begin()
        self._say(cast, list(self._room.script()))
        return None

    def _say(self, cast: LocalCast, lines: list[tuple[str, str]]) -> None:
        """Let the scene's people type their lines, unless another chat has begun."""
        if not lines or self._cast is not cast:
            return
        (who, text), *rest = lines
        self._room.do(events.Type(who, text))
        self._later(self._room.pause, lambda: self._say(cast, rest))

    def _make_ends(self, chat: str, secrets: Secrets) -> dict[Place, End]:
        if chat == "legacy":
            key = derive_key(secrets.passphrase)
            return {place: LegacyEnd(NAMES[place], key, self._clock) for place in PLACES}
        if chat == "modern":
            keys = {INDEPENDENT: derive_keys(secrets.confkey, secrets.authkey)}
            return {place: SessionEnd(NAMES[place], FrameSession(keys)) for place in PLACES}
        return _meet_hardened(secrets.hardened)


def _meet_hardened(passphrase: str) -> dict[Place, End]:
    """Return both ends of the third chat."""
    from modern.hardened.session import HardenedSession  # noqa: PLC0415 - only here, and slow

    w = quick_w(passphrase)
    return {
        place: SessionEnd(NAMES[place], HardenedSession(w, is_client=place is Place.CLIENT))
        for place in PLACES
    }


def start(tell: Callable[[str], None], later: Later = call_now) -> Callable[[str], None]:
    """Return a function that takes a command as JSON; `tell` gets each event as JSON."""
    engine = LocalEngine(lambda event: tell(json.dumps(wording.to_json(event))), later=later)
    return lambda sent: engine.do(json.loads(sent))
