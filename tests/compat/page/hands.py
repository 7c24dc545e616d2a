"""Three pairs of hands for the page: a mouse, a keyboard, a finger. Each can do all commands.

The scripts say what to do; these hands do it where a person would, on what the page shows.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

WAIT = 60_000
"""Milliseconds: Python in a browser is slow where eight other programs run."""


class Hands(ABC):
    """One person at the page."""

    name: str

    def __init__(self, page: Any):
        self.page = page

    @abstractmethod
    def press(self, target: Any) -> None:
        """Press a button, or what works like one."""

    @abstractmethod
    def move(self, donor: int, indexes: list[int], message: int) -> None:
        """Put fields of one message into another."""

    # Scenes ----------------------------------------------------------------------------------

    def open(self, link: str) -> None:
        """Follow a link to a scene, and wait until its chat has begun."""
        before = self.count_openings()
        if self.page.url.endswith(f"#{link}"):  # following this link again does nothing
            return self.begin_anew()
        self.page.evaluate("link => { location.hash = link; }", link)
        return self.wait_for_opening(before)

    def begin_anew(self) -> None:
        before = self.count_openings()
        self.press(self.page.get_by_role("button", name="new chat"))
        self.wait_for_opening(before)

    def count_openings(self) -> int:
        return self.page.evaluate("Number(document.getElementById('stage').dataset.opened ?? 0)")

    def wait_for_opening(self, before: int) -> None:
        self.page.wait_for_function(
            "before => Number(document.getElementById('stage').dataset.opened ?? 0) > before",
            arg=before,
            timeout=WAIT,
        )

    def play(self, script: list) -> None:
        """Do all commands of a script."""
        for command in script:
            if command is None:
                self.page.wait_for_timeout(1100)
            else:
                entries = dict(command)
                getattr(self, f"do_{entries.pop('do')}")(**entries)

    def come_to_rest(self) -> None:
        """Wait until nothing moves or fades: half faded, words have too little contrast."""
        # A function: the page's policy forbids to evaluate an expression again and again.
        self.page.wait_for_function(
            "() => document.getAnimations().every(each => each.playState !== 'running')",
            timeout=WAIT,
        )

    def is_solved(self) -> bool:
        self.page.locator("#doing.all").wait_for(timeout=WAIT)
        return True

    def card(self, message: int) -> Any:
        card = self.page.locator(f"#message-{message}")
        card.wait_for(timeout=WAIT)
        return card

    def key(self, message: int, key: str) -> Any:
        return self.card(message).locator(f'[data-key="{key}"]')

    def _count_cards(self) -> int:
        return int(self.page.locator(".card").count())

    def _wait_for_card(self, before: int) -> None:
        """Wait until there is one more message: it moves what stands below it."""
        self.page.wait_for_function(
            "before => document.querySelectorAll('.card').length > before",
            arg=before,
            timeout=WAIT,
        )

    # Commands --------------------------------------------------------------------------------

    def do_open(self, scene: str) -> None:
        self.begin_anew()

    def do_type(self, who: str, text: str) -> None:
        before = self._count_cards()
        field = self.page.locator(f'input[data-who="{who}"]')
        self.press(field)
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        self._wait_for_card(before)

    def do_look(self, message: int, start: int) -> None:
        self.card(message)
        fields = self.page.evaluate("n => window.page.wire.cards.get(n).fields", message)
        index = [field["start"] for field in fields].index(start)
        self.press(self.key(message, f"tile-{index}"))

    def do_splice(self, message: int, donor: int, start: int, stop: int) -> None:
        bounds = self.page.evaluate("n => window.page.wire.cards.get(n).fields", donor)
        indexes = [
            index
            for index, field in enumerate(bounds)
            if start <= field["start"] and field["stop"] <= stop
        ]
        before = self._count_cards()
        self.move(donor, indexes, message)
        self._wait_for_card(before)

    def do_flip(self, message: int, byte: int, bit: int) -> None:
        fields = self.page.evaluate("n => window.page.wire.cards.get(n).fields", message)
        index = next(i for i, f in enumerate(fields) if f["start"] <= byte < f["stop"])
        tile = self.key(message, f"tile-{index}")
        if tile.get_attribute("aria-expanded") == "false":
            self.press(tile)
        self.press(self.key(message, f"byte-{byte}"))
        before = self._count_cards()
        self.press(self.key(message, f"bit-{bit}"))
        self._wait_for_card(before)

    def do_flip_all(self, message: int, checks: bool) -> None:
        caption = self.page.locator(".grid figcaption").first
        if not (caption.text_content() or "").startswith(("896", "2448")):
            self.press(self.page.get_by_role("button", name="flip all").first)
            full = re.compile("896 of 896|2448 of 2448")
            self.page.locator("figcaption", has_text=full).wait_for(timeout=WAIT)

    def do_ask(self, message: int, checks: bool) -> None:
        if not self.page.locator("#checks").count():  # the third chat has no such switch
            return self.press(self.page.get_by_role("button", name="ask", exact=True))
        line = self.page.locator(".oracle .note-line")
        switch = self.page.locator("#checks")
        if switch.is_checked() != checks:
            self.press(switch)
        if checks:
            self.press(self.page.get_by_role("button", name="one more byte"))
        elif "16 of 16" not in (line.text_content() or ""):
            self.press(self.page.get_by_role("button", name="all bytes"))
            self.page.locator(".oracle", has_text="16 of 16").wait_for(timeout=WAIT)
        return None

    def do_guess(self, message: int, passphrase: str) -> None:
        self._try(passphrase, "test it on the recording")

    def do_knock(self, passphrase: str) -> None:
        self._try(passphrase, "knock at bob's door")

    def _try(self, passphrase: str, button: str) -> None:
        """Type a guess, and press a button; wait for what came of it."""
        field = self.page.get_by_label("a guess for the passphrase")
        said = self.page.locator(".guesses li")
        before = said.count()
        self.press(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(passphrase)
        self.press(self.page.get_by_role("button", name=button))
        said.nth(before).wait_for(timeout=WAIT)

    def do_cut(self) -> None:
        self.press(self.page.get_by_role("button", name="cut the wire"))

    def do_pass(self, message: int) -> None:
        self.press(self.key(message, "pass"))

    def do_drop(self, message: int) -> None:
        self.press(self.key(message, "drop"))

    def do_swap(self, message: int) -> None:
        self.press(self.key(message, "swap"))

    def do_replay(self, message: int) -> None:
        self.press(self.key(message, "replay"))

    def do_reflect(self, message: int) -> None:
        self.press(self.key(message, "reflect"))


class Mouse(Hands):
    """Clicks, and drags."""

    name = "pointer"

    def press(self, target: Any) -> None:
        target.click(timeout=WAIT)

    def move(self, donor: int, indexes: list[int], message: int) -> None:
        tile = self._grip(donor, indexes)
        first = min(donor, message)  # both are in sight then
        self.card(first).evaluate("card => card.scrollIntoView({ block: 'center' })")
        self.come_to_rest()
        source = tile.bounding_box()
        target = self.card(message).bounding_box()
        mouse = self.page.mouse
        mouse.move(source["x"] + source["width"] / 2, source["y"] + source["height"] / 2)
        mouse.down()
        mouse.move(source["x"] + 30, source["y"] + 30, steps=3)
        mouse.move(target["x"] + target["width"] / 2, target["y"] + 12, steps=4)
        mouse.up()

    def _grip(self, donor: int, indexes: list[int]) -> Any:
        whole = len(indexes) > 1
        return self.key(donor, f"half-{indexes[0]}" if whole else f"tile-{indexes[0]}")


class Keyboard(Hands):
    """Only keys: Tab is stood in for by the focus, which each target must be able to have."""

    name = "keyboard"

    def press(self, target: Any) -> None:
        target.focus(timeout=WAIT)
        assert target.evaluate("element => element === document.activeElement")
        kind = target.evaluate("element => element.type")
        if kind != "text":
            self.page.keyboard.press("Space" if kind == "checkbox" else "Enter")

    def move(self, donor: int, indexes: list[int], message: int) -> None:
        if len(indexes) > 1:
            self.press(self.key(donor, f"half-{indexes[0]}"))
        else:
            self.press(self.key(donor, f"tile-{indexes[0]}"))
            self.press(self.key(donor, "take"))
        self.press(self.key(message, "put"))


class Finger(Mouse):
    """Taps, and drags on a touch screen."""

    name = "touch"

    def press(self, target: Any) -> None:
        target.tap(timeout=WAIT)

    def move(self, donor: int, indexes: list[int], message: int) -> None:
        tile = self._grip(donor, indexes)
        first = min(donor, message)
        self.card(first).evaluate("card => card.scrollIntoView({ block: 'center' })")
        self.come_to_rest()
        source, target = tile.bounding_box(), self.card(message).bounding_box()
        start = (source["x"] + source["width"] / 2, source["y"] + source["height"] / 2)
        end = (target["x"] + target["width"] / 2, target["y"] + 12)
        session = self.page.context.new_cdp_session(self.page)
        steps = [
            (start[0] + (end[0] - start[0]) * n / 5, start[1] + (end[1] - start[1]) * n / 5)
            for n in range(1, 6)
        ]
        self._touch(session, "touchStart", start)
        for step in steps:
            self._touch(session, "touchMove", step)
        # A finger that leaves in movement flings the page, and the next tap would only stop that.
        self.page.wait_for_timeout(200)
        self._touch(session, "touchMove", end)
        self._touch(session, "touchEnd")
        session.detach()

    def _touch(self, session: Any, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
