"""Both engines say the same: a script of clicks gives the same events, with processes and without.

What differs by nature is left out: bytes and letters' colours, the time of day, and where one read
ends and the next begins. What the programs show is compared as the text of their screens.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict
from typing import Any
from unittest import mock

import pytest

from compat.page import events, wording
from compat.page.board import Board, Card
from compat.page.events import Event
from compat.page.local import LocalEngine
from compat.page.real import MOST_HASHES, RealEngine
from compat.page.room import ANSWER_SECONDS, Room
from compat.page.scenes import SCENES
from compat.page.secrets import Secrets
from compat.wiretap.wires import Place
from modern.hardened import pake
from modern.hardened.sizes import VERSION
from tests import remembering
from tests.compat.page.scripts import SCRIPTS, SECRETS, alice, new, on

EVERYDAY = ("legacy/L5",)
PATIENCE = 25
KNOCK = {"do": "knock", "passphrase": "dragon-2024"}
LAST_WORDS = ("the peer broke off the chat", "the peer left before")


class Summary:
    """All that an engine has said, as far as both must say it."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.screens: dict[str, str] = defaultdict(str)
        self.clocks: list[str] = []
        self.sent: list[str] = []

    def take(self, event: Event) -> None:
        said = wording.to_json(event)
        if said["is"] == "shown":
            self.screens[said["who"]] += said["text"] + said["tag"]
            self.clocks += filter(None, [said["clock"]])  # two reads may be one: only lines count
        elif said["is"] == "stamped":
            self.sent.append(said["clock"])
        elif said["is"] not in ("probed", "answered"):
            said.pop("point", None)  # of a share that is drawn anew
            self.events[repr(self._reduce(said))] += 1

    def _reduce(self, said: dict[str, Any]) -> dict[str, Any]:
        fields = said.pop("fields", [])
        said["letters"] = [(field["name"], field["letter"], field["seen"]) for field in fields]
        if said["is"] == "ended" and said["reason"].startswith(LAST_WORDS):
            said["reason"] = "the peer is gone"
        return said

    @property
    def clock_pattern(self) -> list[int]:
        """Which of the shown times are equal, and which of those that were sent."""
        return [times.index(time) for times in (self.clocks, self.sent) for time in times]

    @property
    def said(self) -> tuple[Any, ...]:
        return self.events, dict(self.screens), self.clock_pattern


def play_locally(script: list) -> list[tuple[Any, ...]]:
    """Return what was said after each command."""
    summary, second, said = Summary(), 0, []
    engine = LocalEngine(summary.take, lambda: f"12:00:{second:02}")
    for command in script:
        if command is None:
            second += 1
        else:
            engine.do(command)
        said.append((Counter(summary.events), dict(summary.screens), summary.clock_pattern))
    return said


async def play_for_real(script: list, expected: list[tuple[Any, ...]]) -> None:
    """Run real programs; after each command, wait until they have said what is expected."""
    summary, news = Summary(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def take(event: Event) -> None:
        summary.take(event)
        loop.call_soon_threadsafe(news.set)

    engine = RealEngine(take)
    try:
        for command, said in zip(script, expected, strict=True):
            await (engine.do(command) if command else wait_for_another_second())
            await wait_until_said(summary, said, news)
    finally:
        await engine.close()


async def wait_until_said(summary: Summary, said: tuple[Any, ...], news: asyncio.Event) -> None:
    deadline = time.monotonic() + PATIENCE
    while summary.said != said and time.monotonic() < deadline:
        news.clear()
        try:
            await asyncio.wait_for(news.wait(), deadline - time.monotonic())
        except asyncio.TimeoutError:
            break
    assert summary.said == said


async def wait_for_another_second() -> None:
    now = time.strftime("%H:%M:%S")
    while time.strftime("%H:%M:%S") == now:
        await asyncio.sleep(0.02)


def both_say_the_same(link: str) -> None:
    script = [new(link), *SCRIPTS[link]]
    asyncio.run(play_for_real(script, play_locally(script)))


def test_only_what_computes_is_done_in_another_thread(monkeypatch):
    """The queues to the programs belong to the loop's thread: asyncio's debug mode checks that."""
    inject, own = Board.inject, threading.get_ident()

    def inject_in_own_thread(*arguments: Any) -> Card:
        assert threading.get_ident() == own  # before asyncio can stop at it, half done
        return inject(*arguments)

    monkeypatch.setattr(Board, "inject", inject_in_own_thread)
    monkeypatch.setattr(Secrets, "draw", lambda: SECRETS)
    asyncio.run(forge_for_real(), debug=True)


async def forge_for_real() -> None:
    heard: asyncio.Queue[Event] = asyncio.Queue()
    threads = set()

    def take(event: Event) -> None:
        threads.add(threading.get_ident())
        heard.put_nowait(event)

    async def wait_for(kind: type[Event]) -> Any:
        while not isinstance(event := await asyncio.wait_for(heard.get(), PATIENCE), kind):
            pass
        return event

    engine = RealEngine(take)
    try:
        await engine.do(new("legacy/L3"))
        await engine.do(alice("hello"))
        await wait_for(events.Shown)
        await engine.do(on(1, "guess", passphrase=SECRETS.passphrase))
        await engine.do({"do": "forge", "text": "give mallory the key"})
        assert (await wait_for(events.Shown)).text == "give mallory the key"
    finally:
        await engine.close()
    assert threads == {threading.get_ident()}


def test_the_right_guess_leaves_the_point_of_a_program_that_takes_scrypt(monkeypatch):
    """No program tells its secret number, so the share is made here, with a known number."""
    monkeypatch.setattr(pake, "scrypt", remembering.remembering(pake.scrypt))
    share = pake.Exchange(pake.derive_w(SECRETS.hardened), is_client=True, draw=lambda: 2024).share
    heard: list[Event] = []
    engine = RealEngine(heard.append)
    engine._room.begin(SCENES["hardened/M8"], SECRETS, mock.Mock())
    engine._room.came(Place.CLIENT, bytes([VERSION]) + share)
    asyncio.run(engine.do(on(1, "guess", passphrase=SECRETS.hardened)))
    (unmasked,) = (event for event in heard if isinstance(event, events.Unmasked))
    assert unmasked.point == pake.encode(pake.G * 2024)[1:9].hex()


def test_guesses_of_all_pages_take_turns_and_nothing_else_waits_for_them(monkeypatch):
    asyncio.run(guess_with_many_pages(monkeypatch))


async def guess_with_many_pages(monkeypatch) -> None:
    lock, released, begun = threading.Lock(), threading.Event(), threading.Semaphore(0)
    running, most = 0, 0

    def compute(_room: Room, command: events.Command) -> Any:
        nonlocal running, most
        if isinstance(command, events.Knock):
            with lock:
                running += 1
                most = max(most, running)
            begun.release()
            assert released.wait(PATIENCE)
            with lock:
                running -= 1
        return lambda: None

    monkeypatch.setattr(Room, "compute", compute)
    turns = asyncio.Semaphore(MOST_HASHES)
    pages = [RealEngine(lambda _: None, turns) for _ in range(3 * MOST_HASHES)]
    for page in pages:
        page._chat = "hardened"
    knocks = [asyncio.ensure_future(page.do(KNOCK)) for page in pages]
    for _ in range(MOST_HASHES):
        assert await asyncio.to_thread(begun.acquire, timeout=PATIENCE)
    flips = on(1, "flipall", checks=True)
    await asyncio.wait_for(RealEngine(lambda _: None, turns).do(flips), PATIENCE)
    assert not any(knock.done() for knock in knocks)
    released.set()
    await asyncio.gather(*knocks)
    assert most == MOST_HASHES


@pytest.mark.soak
def test_real_people_take_time_to_answer():
    times = asyncio.run(time_the_script("modern/M6"))
    assert len(times) == 2
    assert times[1] - times[0] >= ANSWER_SECONDS


async def time_the_script(link: str) -> list[float]:
    times: list[float] = []

    def take(event: Event) -> None:
        if isinstance(event, events.Typed):
            times.append(time.monotonic())

    engine = RealEngine(take)
    try:
        await engine.do(new(link))
    finally:
        await engine.close()
    return times


@pytest.mark.parametrize("link", EVERYDAY)
def test_both_engines_say_the_same(link):
    both_say_the_same(link)


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("link", [link for link in SCRIPTS if link not in EVERYDAY])
def test_both_engines_say_the_same_in_every_scene(link):
    both_say_the_same(link)
