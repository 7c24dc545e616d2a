"""The room of one chat: alice's and bob's programs, mallory's board, the workshop, and the task.

Both engines use this room, each with its own kind of programs. A `Cast` is the two programs:
without processes in `local.py`, with processes in `real.py`. The room has no socket and no clock.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from compat.page import events
from compat.page.board import NAMES, PLACES, Board, BoardError, Card
from compat.page.events import MOST_BYTES, MOST_TEXT, Command, Event
from compat.page.scenes.hardened import NOBODY
from compat.page.scenes.scene import Scene
from compat.page.secrets import Secrets, invent_lines
from compat.page.story import Story
from compat.page.third import RECORD_SIZE, MakeW
from compat.page.workshop import IN_WORKSHOP, Workshop
from compat.wiretap.recording import Recorder
from compat.wiretap.relay import Ending
from compat.wiretap.wires import LEGACY, WIRE_PROTOCOLS, Place
from modern.attacks import wire_size
from modern.protocol import FRAME_SIZE

BOTH = (Place.SERVER, Place.CLIENT)
ANSWER_SECONDS = 2
"""Between a question and its answer, whatever the answer is: only the length may tell it."""
QUIT = "quit()"
"""Ends the first chat. `legacy.chat` has the same word, but needs sockets; a browser has none."""


class Cast(Protocol):
    """Alice's and bob's programs, each with a wire that ends at mallory."""

    def type(self, place: Place, text: str) -> None:
        """Type a line at a program."""

    def leave(self, place: Place) -> None:
        """End the input of a program."""

    def deliver(self, place: Place, data: bytes) -> None:
        """Send bytes to a program, as one segment."""

    def finish(self, place: Place) -> None:
        """End what a program receives."""

    def cut(self) -> None:
        """End what both programs receive, at once."""


class Room:
    """Takes commands, and gives events."""

    def __init__(self, tell: Callable[[Event], None], clock: Callable[[], float], make_w: MakeW):
        """Take what gets the events, and a clock that counts seconds, for recordings.

        `make_w` is how the programs of the third chat hash their passphrase.
        """
        self._tell, self._clock, self._make_w = tell, clock, make_w
        self._solved: dict[str, set[int]] = {}
        self._story = Story()
        self._scene: Scene | None = None

    # Programs --------------------------------------------------------------------------------

    def begin(self, scene: Scene, secrets: Secrets, cast: Cast) -> None:
        """Start with a new chat, whose programs have just met, or are about to."""
        self._scene, self._cast = scene, cast
        self._story, self._judge = Story(), secrets.judge(scene.chat)
        self._file = io.BytesIO()
        self._recorder = Recorder(self._file, self._clock)
        protocol = WIRE_PROTOCOLS[scene.chat]
        self._board = Board(protocol, self._emit, self._deliver, self._recorder)
        self._board.holds = scene.holds
        self._closing: set[Place] = set()
        self._is_cut = False
        self._workshop = Workshop(
            self._story, self._judge, self._board, secrets, self._emit, make_w=self._make_w
        )
        solved = sorted(self._solved.setdefault(scene.link, set()))
        self._emit(events.Opened(scene.link, scene.chat, scene.holds, solved))

    def script(self) -> Sequence[tuple[str, str]]:
        """Return what the scene's people have already said, to be typed after `begin`."""
        return invent_lines(self._scene) if self._scene else ()

    @property
    def pause(self) -> float:
        """How many seconds pass after each line of the script."""
        return ANSWER_SECONDS if self._scene and self._scene.answers else 0

    def came(self, place: Place, data: bytes) -> None:
        """Take bytes that a program sent. On a wire that was cut, they go nowhere."""
        if self._is_cut:
            return
        try:
            self._board.came(place, data)
        except BoardError as error:
            self._emit(events.Wrong(str(error)))

    def closed(self, place: Place) -> None:
        """Note that a program sends no more. Its peer learns it when mallory holds nothing more."""
        if self._is_cut:
            return
        self._recorder.ended(place, Ending.CLOSED)
        self._closing.add(place)
        self._close_if_done()

    def broke(self, place: Place) -> None:
        """Take note that a program broke the connection off."""
        if self._is_cut:
            return
        self._recorder.ended(place, Ending.RESET)

    def heard(self, event: Event) -> None:
        """Take what a program printed, or that it ended."""
        self._emit(event)

    # Commands --------------------------------------------------------------------------------

    def do(self, command: Command) -> None:
        """Carry a command out. What cannot be done is told as an event."""
        if isinstance(command, IN_WORKSHOP):
            return self.compute(command)()
        if not self._scene:
            return self._emit(events.Wrong("open a scene first"))
        self._try(partial(getattr(self, f"_do_{type(command).__name__.lower()}"), command))
        return self._close_if_done()

    def compute(self, command: Command) -> Callable[[], None]:
        """Carry a command of the workshop out, and return what tells the result.

        One of `workshop.LONG` may be computed in any thread. The result is to be told in the thread
        that does all the rest: the board and the programs' wires belong to it.
        """
        if not self._scene:
            return partial(self._emit, events.Wrong("open a scene first"))
        try:
            return partial(self._try, self._workshop.compute(command))
        except BoardError as error:
            return partial(self._emit, events.Wrong(str(error)))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BoardError as error:
            self._emit(events.Wrong(str(error)))

    def _do_type(self, command: events.Type) -> None:
        place = self._find_person(command.who)
        text = command.text
        if len(text) > MOST_TEXT or not text.isprintable():
            raise BoardError(f"type a line of at most {MOST_TEXT} characters")
        self._emit(events.Typed(command.who, text))
        if text == QUIT and self._board.protocol is LEGACY:
            self._cast.leave(place)
        else:
            self._cast.type(place, text)

    def _do_leave(self, command: events.Leave) -> None:
        self._cast.leave(self._find_person(command.who))

    def _do_hold(self, command: events.Hold) -> None:
        self._board.hold(command.on)

    def _do_pass(self, command: events.Pass) -> None:
        card = self._board.cards.get(command.message)
        earlier = [c for c in self._board.held() if card and c.home is card.home and c.id < card.id]
        if earlier and card and not card.segment.tampering:
            self._story.tricked("swap")
        self._board.let_pass(command.message)

    def _do_drop(self, command: events.Drop) -> None:
        self._story.tricked("drop")
        self._board.drop(command.message)

    def _do_swap(self, command: events.Swap) -> None:
        self._story.tricked("swap")
        self._board.swap(command.message)

    def _do_replay(self, command: events.Replay) -> None:
        self._story.tricked("replay")
        self._board.replay(command.message)

    def _do_reflect(self, command: events.Reflect) -> None:
        self._story.tricked("reflect")
        self._board.reflect(command.message)

    def _do_splice(self, command: events.Splice) -> None:
        self._story.tricked("splice")
        self._board.splice(command.message, command.donor, command.start, command.stop)

    def _do_flip(self, command: events.Flip) -> None:
        self._story.tricked("flip")
        self._board.flip(command.message, command.byte, command.bit)

    def _do_inject(self, command: events.Inject) -> None:
        place = self._find_person(command.who)
        try:
            data = bytes.fromhex(command.bytes)
        except ValueError:
            raise BoardError("give pairs of the digits 0 to 9 and a to f") from None
        if not 0 < len(data) <= MOST_BYTES:
            raise BoardError(f"give 1 to {MOST_BYTES} bytes")
        self._story.tricked("inject")
        self._board.inject(place, data, "made up")

    def _do_cut(self, command: events.Cut) -> None:
        if self._story.ended:
            raise BoardError("the chat is over: begin a new one")
        self._story.tricked("cut")
        for place in BOTH:
            self._recorder.ended(place, Ending.CLOSED)
        self._is_cut = True
        self._cast.cut()

    # Questions -------------------------------------------------------------------------------

    def _do_look(self, command: events.Look) -> None:
        if len(self._find(command.message).data) in (FRAME_SIZE, RECORD_SIZE):
            self._story.looked.add(command.start)
            self._check_task()

    def _do_peek(self, command: events.Peek) -> None:
        texts = self._judge.open(self._find(command.message).data)
        if not texts:
            raise BoardError("nothing in it can be read, or only the two programs have its keys")
        self._emit(events.Plain(command.message, texts))

    def _do_claim(self, command: events.Claim) -> None:
        scene = self._scene
        if scene and scene.answers:
            self._emit(self._judge_answer(scene, command.answer))
        else:
            self._emit(self._judge_pair(command.messages))

    def _judge_answer(self, scene: Scene, answer: str) -> events.Verdict:
        if NOBODY in scene.answers:
            right = answer == NOBODY
            words = "each answer takes one record of the same size"
        else:
            first = self._story.said["alice"][0]  # she may have said more since
            right = answer == first
            frames = wire_size(f"{first}\n") // FRAME_SIZE
            carry = "1 frame carries" if frames == 1 else f"{frames} frames carry"
            words = f"{carry} {15 * frames - 14} to {15 * frames} bytes"
        return events.Verdict(right, f"Right: {words}." if right else f"No: {words}.")

    def _judge_pair(self, messages: list[int]) -> events.Verdict:
        texts = {self._story.messages.get(number, f"message {number}") for number in messages}
        if len(set(messages)) < 2:  # noqa: PLR2004 - a pair
            return events.Verdict(False, "Mark two messages.")
        if len(texts) > 1:
            return events.Verdict(False, "No: look at the blocks from block 2 on.")
        return events.Verdict(True, f"Right: alice said “{texts.pop()}” each time.")

    def _do_record(self, command: events.Record) -> None:
        self._recorder.finish()
        name = f"{self._board.protocol.name}.json"
        self._emit(events.Recorded(name, self._file.getvalue().decode()))

    # How -------------------------------------------------------------------------------------

    def _find_person(self, who: str) -> Place:
        place = PLACES.get(who)
        if place not in BOTH:
            raise BoardError("it is alice or bob")
        if who in self._story.ended:
            raise BoardError(f"{who}'s program has ended: begin a new chat")
        return place

    def _find(self, number: int) -> Card:
        card = self._board.cards.get(number)
        if not card:
            raise BoardError(f"there is no message {number}")
        return card

    def _deliver(self, card: Card) -> None:
        if card.segment.sender is Place.WIRETAP or card.segment.tampering:
            checks = self._judge.check(card.data)
            if checks:
                self._emit(events.Judged(card.id, checks))
        self._cast.deliver(card.segment.receiver, card.data)
        if self._judge.is_silent(card.data):
            self._emit(events.Silent(NAMES[card.segment.receiver]))

    def _close_if_done(self) -> None:
        """Pass the end of what a side sends on, once mallory holds nothing of it any more."""
        for place in tuple(self._closing):
            if not any(card.home is place for card in self._board.held()):
                self._closing.discard(place)
                self._cast.finish(place.peer)

    def _emit(self, event: Event) -> None:
        self._story.take(event)
        self._tell(event)
        if isinstance(event, events.Message) and event.sender != NAMES[Place.WIRETAP]:
            self._read(event)
        self._check_task()

    def _read(self, event: events.Message) -> None:
        """Take note of what an honest message says, and tell its sender's clock."""
        reading = self._judge.read(self._board.cards[event.message].data)
        if reading:
            self._story.sealed(event.message, reading)
            if reading.clock:
                self._tell(events.Stamped(event.sender, reading.clock))

    def _check_task(self) -> None:
        if not self._scene or not self._scene.steps:
            return
        solved, steps = self._solved[self._scene.link], self._scene.steps
        for index, step in enumerate(steps):
            if index not in solved and step.is_done(self._story):
                solved.add(index)
                self._tell(events.Solved(index, len(solved) == len(steps)))
