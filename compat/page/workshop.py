"""Mallory's workshop of one chat: which experiment a command starts, and how far it has come.

The experiments themselves are in lab.py (the first two chats) and third.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import legacy.attacks
from compat.page import events, lab, third
from compat.page.board import Board, BoardError, Card
from compat.page.events import MOST_TEXT, Command, Event
from compat.page.judge import Judge, ModernJudge
from compat.page.secrets import Secrets
from compat.page.story import Story
from compat.wiretap.wires import HARDENED, LEGACY, Place
from modern.hardened.sizes import HELLO_SIZE
from modern.protocol import FRAME_SIZE

IN_WORKSHOP = (
    events.Guess,
    events.Knock,
    events.Search,
    events.Forge,
    events.FlipAll,
    events.Ask,
    events.Seek,
)
"""The commands that are carried out here. Most of them compute for a while."""


class Experiment(Protocol):
    """Something that is done step by step."""

    @property
    def is_done(self) -> bool:
        """Whether there are no more steps."""

    def step(self) -> Event:
        """Do the next step, and tell what came of it."""


class Workshop:
    """Takes commands, and gives events."""

    def __init__(
        self,
        story: Story,
        judge: Judge,
        board: Board,
        secrets: Secrets,
        emit: Callable[[Event], None],
    ):
        """Take what the chat has, and what an event is given to."""
        self._story, self._judge, self._board, self._emit = story, judge, board, emit
        self._passphrase = secrets.hardened
        self._running: dict[type[Command], tuple[object, Experiment]] = {}
        self._search: lab.Search | None = None
        self._halves: lab.Halves | None = None
        self._door: third.Door | None = None
        self._found = ""

    def do(self, command: Command) -> None:
        """Carry a command out. Raises BoardError."""
        getattr(self, f"_do_{type(command).__name__.lower()}")(command)

    # Passphrases -----------------------------------------------------------------------------

    def _do_guess(self, command: events.Guess) -> None:
        data = self._find(command.message).data
        guess = _check_guess(command.passphrase)
        if self._board.protocol is LEGACY:
            self._tell_guess(lab.guess(guess, data))
        elif self._board.protocol is HARDENED and len(data) == HELLO_SIZE:
            self._emit(third.unmask(command.message, guess, data))
        else:
            raise BoardError("this is for the first chat, or for a share of the third")

    def _do_search(self, command: events.Search) -> None:
        if self._board.protocol is not LEGACY:
            raise BoardError("this is an attack on the first chat")
        data = self._find(command.message).data
        self._search = self._search or lab.Search(data)
        self._tell_guess(self._search.step())

    def _tell_guess(self, guessed: events.Guessed) -> None:
        self._found = self._found or guessed.found
        self._emit(guessed)

    def _do_knock(self, command: events.Knock) -> None:
        if self._board.protocol is not HARDENED:
            raise BoardError("only the third chat agrees on a key")
        self._door = self._door or third.Door(self._passphrase)
        self._emit(self._door.knock(_check_guess(command.passphrase)))

    def _do_forge(self, command: events.Forge) -> None:
        like = [c for c in self._board.cards.values() if c.home is Place.CLIENT]
        if not (self._found and like):
            raise BoardError("find the passphrase first")
        if len(command.text) > MOST_TEXT or not command.text.isprintable():
            raise BoardError(f"type a line of at most {MOST_TEXT} characters")
        self._story.tricked("forge")
        data = legacy.attacks.forge(command.text, like[0].data, self._found)
        self._board.inject(Place.SERVER, data, "written by mallory")

    # Frames and records ----------------------------------------------------------------------

    def _do_flipall(self, command: events.FlipAll) -> None:
        card, judge = self._find_sealed(command.message, checks=command.checks)
        self._step(
            command,
            card,
            lambda: (
                lab.Probe(card.id, card.data, judge, checks=command.checks)
                if judge
                else third.Probe(card.id)
            ),
        )

    def _do_ask(self, command: events.Ask) -> None:
        card, judge = self._find_sealed(command.message, checks=command.checks)
        self._step(
            command,
            card,
            lambda: (
                lab.Oracle(card.id, card.data, judge.keys, checks=command.checks)
                if judge
                else third.Oracle(card.id)
            ),
        )

    def _step(self, command: Command, card: Card, make: Callable[[], Experiment]) -> None:
        """Go on with an experiment; begin anew if the last one is done, or was another one."""
        key = command, card.data
        begun = self._running.get(type(command))
        if not begun or begun[0] != key or begun[1].is_done:
            begun = self._running[type(command)] = key, make()
        self._emit(begun[1].step())

    def _do_seek(self, _command: events.Seek) -> None:
        if not isinstance(self._judge, ModernJudge):
            raise BoardError("this is an attack on the modern chat")
        self._halves = self._halves or lab.Halves(self._judge.keys)
        sought, found = self._halves.step()
        number = 0
        if found:
            self._story.tricked("halves")
            words = f"header of frame {found.header + 1}, body of frame {found.body + 1}"
            number = self._board.inject(Place.SERVER, found.frame, words, held=True).id
        self._emit(events.Sought(sought.frames, sought.pairs, number))

    # How -------------------------------------------------------------------------------------

    def _find(self, number: int) -> Card:
        card = self._board.cards.get(number)
        if not card:
            raise BoardError(f"there is no message {number}")
        return card

    def _find_sealed(self, number: int, *, checks: bool) -> tuple[Card, ModernJudge | None]:
        """Return a frame with who has its keys, or a record, whose keys nobody has."""
        card, judge = self._find(number), self._judge
        if isinstance(judge, ModernJudge) and len(card.data) == FRAME_SIZE:
            return card, judge
        if self._board.protocol is HARDENED and len(card.data) == third.RECORD_SIZE and checks:
            return card, None
        raise BoardError("choose a frame of the modern chat, or a record of the third")


def _check_guess(passphrase: str) -> str:
    if len(passphrase) > MOST_TEXT:
        raise BoardError(f"a guess has at most {MOST_TEXT} characters")
    return passphrase
