"""What has happened in a scene so far, and the questions that tell whether its task is done.

A story only listens. It gets the same events as the page. It also gets the text of honest messages,
which the engine knows because it has the keys of alice and bob.
"""

from __future__ import annotations

from collections import defaultdict

from compat.page import events
from compat.page.events import Event
from compat.page.judge import Reading
from legacy.protocol import NOT_VERIFIED, VERIFIED

CHUNK_BYTES = 16


class Story:
    """The facts of one chat, and of the experiments that were made beside it."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = defaultdict(list)
        """The lines that were typed, by who typed them."""
        self.clocks: dict[str, set[str]] = defaultdict(set)
        """The times at which a text was really sent, by text."""
        self.messages: dict[int, str] = {}
        """What honest messages say."""
        self.shown: dict[str, list[events.Shown]] = defaultdict(list)
        self.made: set[int] = set()
        self.waiting: set[int] = set()
        """Messages that are held, or were thrown away."""
        self.dropped = self.shown_since_drop = False
        self.looked: set[int] = set()
        self.refused_tags: set[str] = set()
        self.refused_tricks: set[str] = set()
        self.last_trick = ""
        self.ended: dict[str, int] = {}
        self.found = self.right = self.has_both_tags = False
        self.recovered = self.oracle_failed = False
        self.rejected_bits = 0
        self.unmasked: set[str] = set()
        """Guesses that were tested on a recording of the third chat."""
        self.knocks = 0
        self._checks: list[tuple[str, bool]] = []

    # What happened ---------------------------------------------------------------------------

    def tricked(self, trick: str) -> None:
        """Take note of what mallory does. The next refusal is a result of that."""
        self.last_trick = trick

    def sealed(self, number: int, reading: Reading) -> None:
        """Take note of what an honest message says."""
        self.messages[number] = reading.text
        self.clocks[reading.text].add(reading.clock)

    def take(self, event: Event) -> None:
        """Take note of an event."""
        take = getattr(self, f"_take_{type(event).__name__.lower()}", None)
        if take:
            take(event)

    def _take_typed(self, event: events.Typed) -> None:
        self.said[event.who].append(event.text)

    def _take_message(self, event: events.Message) -> None:
        if event.state == "made":
            self.made.add(event.message)
        elif event.state == "held":
            self.waiting.add(event.message)

    def _take_changed(self, event: events.Changed) -> None:
        self.made.add(event.message)

    def _take_gone(self, event: events.Gone) -> None:
        if event.state == "passed":
            self.waiting.discard(event.message)
        else:
            self.dropped, self.shown_since_drop = True, False

    def _take_shown(self, event: events.Shown) -> None:
        self.shown[event.who].append(event)
        self.shown_since_drop = True

    def _take_judged(self, event: events.Judged) -> None:
        self._checks = event.checks
        both = len(event.checks) > 1 and all(fits for _, fits in event.checks)
        self.has_both_tags = self.has_both_tags or (both and self.last_trick == "splice")

    def _take_refused(self, event: events.Refused) -> None:
        if self.last_trick:
            self.refused_tricks.add(self.last_trick)
        if not event.decrypted:
            self.refused_tags |= {name for name, fits in self._checks if not fits}

    def _take_ended(self, event: events.Ended) -> None:
        self.ended[event.who] = event.status

    def _take_guessed(self, event: events.Guessed) -> None:
        self.found = self.found or bool(event.found)

    def _take_verdict(self, event: events.Verdict) -> None:
        self.right = self.right or event.right

    def _take_answered(self, event: events.Answered) -> None:
        if event.failed:
            self.oracle_failed = self.oracle_failed or event.checks
        else:
            self.recovered = self.recovered or len(event.known) == 2 * CHUNK_BYTES

    def _take_probed(self, event: events.Probed) -> None:
        if event.checks:
            before = self.rejected_bits if event.start else 0
            self.rejected_bits = before + sum(verdict in "123tl" for verdict in event.verdicts)

    def _take_unmasked(self, event: events.Unmasked) -> None:
        self.unmasked.add(event.passphrase)

    def _take_knocked(self, event: events.Knocked) -> None:
        self.knocks = event.tried

    # Questions -------------------------------------------------------------------------------

    def lines(self, who: str) -> list[str]:
        """Return the whole lines that a program has shown as genuine."""
        shown = self.shown[who]
        if any(event.tag for event in shown):
            return [event.text for event in shown if event.tag == VERIFIED]
        return "".join(event.text for event in shown).split("\n")[:-1]

    def is_replayed(self) -> bool:
        """Whether bob sees a line more often than alice typed it."""
        seen, said = self.lines("bob"), self.said["alice"]
        return any(0 < said.count(line) < seen.count(line) for line in seen)

    def has_other_clock(self) -> bool:
        """Whether bob sees alice's words, as genuine, with a time at which she did not write."""
        return any(
            event.tag == VERIFIED
            and event.text in self.said["alice"]
            and event.clock not in self.clocks[event.text]
            for event in self.shown["bob"]
        )

    def is_reflected(self) -> bool:
        """Whether alice sees her own words as if bob had written them."""
        seen, own, bobs = self.lines("alice"), self.said["alice"], self.said["bob"]
        return any(line in own and line not in bobs for line in seen)

    def is_dropped(self) -> bool:
        """Whether a message never arrives, and bob goes on to read what follows."""
        return self.dropped and self.shown_since_drop and not self.ended

    def is_swapped(self) -> bool:
        """Whether bob sees two of alice's lines in another order than she typed them."""
        seen, said = self.lines("bob"), self.said["alice"]
        places = [said.index(line) for line in dict.fromkeys(seen) if line in said]
        return places != sorted(places)

    def is_garbled(self) -> bool:
        """Whether bob sees a broken message that nobody has touched."""
        broken = any(event.tag == NOT_VERIFIED for event in self.shown["bob"])
        return broken and not self.made and any("~" in line for line in self.said["alice"])

    def is_forged(self) -> bool:
        """Whether bob sees, as genuine, what nobody typed."""
        said = {*self.said["alice"], *self.said["bob"]}
        return any(e.tag == VERIFIED and e.text not in said for e in self.shown["bob"])

    def is_foreign(self) -> bool:
        """Whether bob's program shows a text that is in none of the typed lines."""
        said = "\n".join([*self.said["alice"], *self.said["bob"], ""])
        return any(event.text not in said for event in self.shown["bob"])

    def is_cut(self) -> bool:
        """Whether bob takes a part of what alice wrote for all of it."""
        return self.last_trick == "cut" and bool(self.waiting) and self.ended.get("bob") == 0

    def is_refused(self, trick: str) -> bool:
        """Whether a program refused what mallory did."""
        return trick in self.refused_tricks
