"""What alice and bob share in a scene, and what they said before it: drawn for each scene.

The first and the third chat get a passphrase such as people choose: in the first, L3 can find it;
in the third, M8 shows that nobody can. The second gets secrets that nobody can guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from compat.page.judge import HardenedJudge, Judge, LegacyJudge, ModernJudge
from compat.page.scenes.legacy import ANSWERS
from compat.page.scenes.modern import GUESSES
from compat.page.scenes.scene import Scene
from modern.protocol import derive_keys

_ENDINGS = ("", "!", "1", "123", "7", "2024")
HARDENED_ENDING = "-2024"
"""The third chat's passphrase is a word with this: its program warns of less than 8 characters."""
_FIRST_WORDS = 60
"""The passphrase is one of the first words of the list, so that the search takes a short time."""
_LINES = 5


@dataclass(frozen=True)
class Secrets:
    """The secrets of one chat. The `repr` shows none of them."""

    passphrase: str = field(repr=False)
    """Of the first chat."""
    confkey: str = field(repr=False)
    authkey: str = field(repr=False)
    hardened: str = field(repr=False)
    """The passphrase of the third chat."""

    @classmethod
    def draw(cls) -> Secrets:
        """Return fresh ones."""
        text = files("legacy").joinpath("wordlist.txt").read_text(encoding="utf-8")
        word = secrets.choice(text.split()[:_FIRST_WORDS])
        spelling = secrets.choice((word, word.capitalize()))
        confkey, authkey = secrets.token_hex(16), secrets.token_hex(16)
        passphrase = spelling + secrets.choice(_ENDINGS)
        return cls(passphrase, confkey, authkey, word + HARDENED_ENDING)

    def judge(self, chat: str) -> Judge:
        """Return who can read the messages of a chat."""
        if chat == "legacy":
            return LegacyJudge(self.passphrase)
        if chat == "modern":
            return ModernJudge(derive_keys(self.confkey, self.authkey))
        return HardenedJudge()


def invent_lines(scene: Scene) -> Sequence[tuple[str, str]]:
    """Return what was said before a scene that asks a question: who said it, and what."""
    if not scene.covered:
        return ()
    if scene.answers:
        return (("bob", "will you come on Sunday?"), ("alice", secrets.choice(GUESSES)))
    random = secrets.SystemRandom()
    lines = random.sample(ANSWERS, _LINES - 1)
    lines.insert(random.randrange(2, _LINES), lines[random.randrange(2)])
    return [("alice", line) for line in lines]
