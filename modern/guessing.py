"""M8: a search for the two secrets of the modern chat, with one captured frame as the test.

Each secret becomes a key by one fast, unsalted hash. One tag tests an authkey, and one encrypted
length tests a confkey, so the two are searched one after the other. The other weaknesses are in
attacks.py, which also explains the lists in the docstrings. For your own chats only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modern.attacks import AttackFailed, open_carelessly
from modern.errors import FrameError
from modern.protocol import HEADER, LENGTH_TAG, Keys, derive_keys, tag


@dataclass(frozen=True)
class Found:
    """A secret that was guessed."""

    secret: str
    guesses: int
    """How many guesses it took, including this one."""


def guess_authkey(frame: bytes, guesses: Iterable[str]) -> Found:
    """Find the authkey with one tag: a hash and an HMAC per guess, but no AES.

    - Knows: a list that may contain the authkey. (For the `chained` dialect, an
      entry must be the confkey followed by the authkey.)
    - Needs: one captured frame.
    - Gets: the authkey. The search is offline, so nobody notices it.
    - Costs: one guess for each entry, until the right one.

    Raises AttackFailed if it is not in the list.
    """
    header, length_tag = frame[HEADER], frame[LENGTH_TAG]
    for number, guess in enumerate(guesses, 1):
        if tag(header, derive_keys("", guess)) == length_tag:
            return Found(guess, number)
    raise AttackFailed("the authkey is not among the guesses")


def guess_confkey(frame: bytes, guesses: Iterable[str]) -> Found:
    """Find the confkey with one frame: the right key decrypts it to a number and a padded text.

    - Knows: a list that may contain the confkey.
    - Needs: one captured frame.
    - Gets: the confkey, and with it all messages of all sessions, which use the same key.
    - Costs: one guess for each entry, until the right one.

    Raises AttackFailed if it is not in the list.
    """
    for number, guess in enumerate(guesses, 1):
        if _is_opened_by(derive_keys(guess, ""), frame):
            return Found(guess, number)
    raise AttackFailed("the confkey is not among the guesses")


def _is_opened_by(keys: Keys, frame: bytes) -> bool:
    try:
        open_carelessly(frame, keys)
    except FrameError:
        return False
    return True
