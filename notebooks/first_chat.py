"""Alice and bob, whom notebook 2 attacks: they answer, and their passphrase stays with them.

This is a game: in one Python process nothing can be hidden from somebody who wants to look, and
the real Mallory has no such object. She has the wire, and sees what the screens show.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from legacy import protocol
from legacy.attacks import Captured
from legacy.guessing import load_wordlist
from notebooks import lab

_PEER = {"alice": "bob", "bob": "alice"}

CONVERSATION = (
    ("alice", "19:59:58", "are you at the station?"),
    ("bob", "20:00:01", "yes"),
    ("alice", "20:00:01", "is it safe to talk?"),
    ("bob", "20:00:07", "yes"),
    ("alice", "20:00:12", "shall I bring the papers?"),
    ("bob", "20:00:12", "no"),
    ("alice", "20:00:20", "should I burn them?"),
    ("bob", "20:00:24", "yes"),
)
"""Who said what, and when. The words are no secret on the page, so that attacks can be judged."""


class Victims:
    """Alice and bob, who share a passphrase, and a program at bob's front door.

    Every class can have victims of its own: another `name` gives other secrets.
    """

    def __init__(self, name: str = "alice & bob"):
        chance = sha256(name.encode()).digest()
        words = load_wordlist()
        word = words[int.from_bytes(chance[:4], "big") % len(words)].capitalize()
        self._key = protocol.derive_key(f"{word}{1950 + chance[4] % 75}")
        place = words[int.from_bytes(chance[5:9], "big") % len(words)].upper()
        self._note = f"the door code is {1000 + chance[9] * 35}-{place}"
        self.captured = [self.send(sender, text, at) for sender, at, text in CONVERSATION]
        """Their conversation, as Mallory records it."""

    def send(self, sender: str, message: str, timestamp: str) -> Captured:
        """Let one of them say something; return what is on the wire."""
        sealed = protocol.seal(message, timestamp, self._key)
        return Captured(sender, _PEER[sender], sealed)

    def screen(self, segments: Iterable[bytes]) -> list[str]:
        """Return what a real receiver with their passphrase shows after these segments."""
        return lab.deliver(list(segments), self._key)

    def front_door(self, note: str) -> bytes:
        """Send bob a visitor's note and the door code; return what the wire carries."""
        (ciphertext,) = lab.type_lines([note + self._note], self._key)
        return ciphertext

    def __repr__(self) -> str:
        """Say who they are, and nothing more."""
        return "alice and bob, who keep their passphrase to themselves"
