"""Mallory's workshop of one chat: which experiment a command starts, and how far it has come.

The experiments themselves are in lab.py (the first two chats) and third.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import legacy.attacks
from compat.page import events, lab, third
from compat.page.board import Board, BoardError, Card
from compat.page.events import MOST_TEXT, Command, Event
from compat.page.judge import Judge, ModernJudge
from compat.page.secrets import Secrets
from compat.page.story import Story
from compat.page.third import MakeW
from compat.wiretap.wires import HARDENED, LEGACY, Place
from legacy.protocol import LegacyError
from modern.attacks import SplicedFrame
from modern.errors import ModernError
from modern.hardened.sizes import HELLO_SIZE
from modern.protocol import FRAME_SIZE

LONG = (events.Guess, events.Knock, events.Search, events.FlipAll, events.Ask, events.Seek)
"""The commands that compute for a while, and need nobody's program meanwhile."""
IN_WORKSHOP = (*LONG, events.Forge)
"""The commands that are carried out here."""

Tell = Callable[[], None]
"""Tells what came of a command. It touches the board, so it belongs to the board's thread."""


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
        *,
        make_w: MakeW,
    ):
        """Take what the chat has, what an event is given to, and how the third chat hashes."""
        self._story, self._judge, self._board, self._emit = story, judge, board, emit
        self._passphrase, self._make_w = secrets.hardened, make_w
        self._running: dict[type[Command], tuple[object, Experiment]] = {}
        self._search: lab.Search | None = None
        self._halves: lab.Halves | None = None
        self._door: third.Door | None = None
        self._found = ""

    def compute(self, command: Command) -> Tell:
        """Carry a command out, and return what tells the result. Both may raise BoardError.

        The commands in LONG may be computed in another thread. Mallory can make up any bytes, so
        an attack may find that they are not what it is made for.
        """
        try:
            tell: Tell = getattr(self, f"_do_{type(command).__name__.lower()}")(command)
        except (LegacyError, ModernError, ValueError):
            raise BoardError("this needs a message as alice's or bob's program sent it") from None
        return tell

    # Passphrases -----------------------------------------------------------------------------

    def _do_guess(self, command: events.Guess) -> Tell:
        card = self._find(command.message)
        guess = _check_guess(command.passphrase)
        if self._board.protocol is LEGACY:
            return self._tell_guess(lab.guess(guess, card.data))
        if self._board.protocol is HARDENED and _is_alices(card) and len(card.data) == HELLO_SIZE:
            return partial(self._emit, third.unmask(card.id, guess, card.data, self._make_w))
        raise BoardError("this is for the first chat, or for alice's share in the third")

    def _do_search(self, command: events.Search) -> Tell:
        if self._board.protocol is not LEGACY:
            raise BoardError("this is an attack on the first chat")
        data = self._find(command.message).data
        if not self._search or self._search.captured != data:
            self._search = lab.Search(data)
        return self._tell_guess(self._search.step())

    def _tell_guess(self, guessed: events.Guessed) -> Tell:
        self._found = guessed.found or self._found
        return partial(self._emit, guessed)

    def _do_knock(self, command: events.Knock) -> Tell:
        if self._board.protocol is not HARDENED:
            raise BoardError("only the third chat agrees on a key")
        guess = _check_guess(command.passphrase)
        self._door = self._door or third.Door(self._passphrase, self._make_w)
        return partial(self._emit, self._door.knock(guess))

    def _do_forge(self, command: events.Forge) -> Tell:
        like = [card for card in self._board.cards.values() if _is_alices(card)]
        if not self._found:
            raise BoardError("find the passphrase first")
        if not like:
            raise BoardError("alice must first send a message that you do not change")
        if len(command.text) > MOST_TEXT or not command.text.isprintable():
            raise BoardError(f"type a line of at most {MOST_TEXT} characters")
        return partial(
            self._send_forged, legacy.attacks.forge(command.text, like[0].data, self._found)
        )

    def _send_forged(self, data: bytes) -> None:
        self._story.tricked("forge")
        self._board.inject(Place.SERVER, data, "written by mallory")

    # Frames and records ----------------------------------------------------------------------

    def _do_flipall(self, command: events.FlipAll) -> Tell:
        card, judge = self._find_sealed(command.message, checks=command.checks)
        return self._step(
            command,
            card,
            lambda: (
                lab.Probe(card.id, card.data, judge, checks=command.checks)
                if judge
                else third.Probe(card.id)
            ),
        )

    def _do_ask(self, command: events.Ask) -> Tell:
        card, judge = self._find_sealed(command.message, checks=command.checks)
        return self._step(
            command,
            card,
            lambda: (
                lab.Oracle(card.id, card.data, judge.keys, checks=command.checks)
                if judge
                else third.Oracle(card.id)
            ),
        )

    def _step(self, command: Command, card: Card, make: Callable[[], Experiment]) -> Tell:
        """Go on with an experiment; begin anew if the last one is done, or was another one."""
        key = command, card.data
        begun = self._running.get(type(command))
        if not begun or begun[0] != key or begun[1].is_done:
            begun = self._running[type(command)] = key, make()
        return partial(self._emit, begun[1].step())

    def _do_seek(self, _command: events.Seek) -> Tell:
        if not isinstance(self._judge, ModernJudge):
            raise BoardError("this is an attack on the modern chat")
        self._halves = self._halves or lab.Halves(self._judge.keys)
        return partial(self._tell_sought, *self._halves.step())

    def _tell_sought(self, sought: events.Sought, found: SplicedFrame | None) -> None:
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


def _is_alices(card: Card) -> bool:
    """Whether alice's program sent these bytes, and mallory has changed none."""
    return card.home is card.segment.sender is Place.CLIENT and not card.segment.tampering


def _check_guess(passphrase: str) -> str:
    if len(passphrase) > MOST_TEXT:
        raise BoardError(f"a guess has at most {MOST_TEXT} characters")
    try:
        passphrase.encode()
    except UnicodeEncodeError:  # half of a character that takes two, which JSON can carry
        raise BoardError("this guess has a character that cannot be encoded") from None
    return passphrase
