"""The steady rhythm: what goes out at each tick, on a clock that the test moves."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modern.chat import Chat
from modern.errors import ConsoleError
from modern.hardened import steady
from modern.hardened.steady import Steady
from tests.modern.hardened.pairs import agreed, converse, say

CHARACTER = st.characters(exclude_categories=["Cs"])


class Clock:
    """Time passes only in `sleep`; before that, what was typed has arrived."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.before_tick = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.before_tick()
        self.slept.append(seconds)
        self.now += seconds


class Source:
    """Typed input that comes when the test says so, and says when all of it was taken."""

    END = object()

    def __init__(self) -> None:
        self._typed: queue.Queue[object] = queue.Queue()
        self._given = threading.Semaphore(0)

    def type(self, what: object) -> None:
        self._typed.put(what)
        assert self._given.acquire(timeout=20)

    def __iter__(self) -> Iterator[Iterable[str]]:
        while True:
            self._given.release()  # what was given before has arrived where it waits
            what = self._typed.get(timeout=20)
            if what is self.END:
                self._given.release()
                return
            if isinstance(what, Exception):
                self._given.release()
                raise what
            yield [what]


@pytest.fixture
def clock() -> Iterator[Clock]:
    with mock.patch.object(steady, "time", Clock()) as clock:
        yield clock


class Typed:
    """A steady sender whose next tick comes when the test asks for it."""

    def __init__(self, clock: Clock, seconds: float = 2.0, size: int = 254):
        self.source = Source()
        self.steady = Steady(seconds, size)
        self.portions = self.steady(iter(self.source))
        self.clock = clock

    def tick(self) -> str:
        return "".join(next(self.portions))


def start(typed: Typed) -> None:
    """Take the first tick, at which nothing was typed: then the source is being read."""
    assert typed.tick() == ""
    assert typed.source._given.acquire(timeout=20)


class TestTicks:
    def test_a_portion_at_each_tick_with_text_or_without(self, clock):
        typed = Typed(clock)
        start(typed)
        assert [typed.tick() for _ in range(3)] == ["", "", ""]
        typed.source.type("hello\n")
        assert typed.tick() == "hello\n"
        assert typed.tick() == ""
        assert clock.slept == [2.0] * 6

    def test_what_waits_for_its_tick_is_counted(self, clock):
        typed = Typed(clock, size=5)
        start(typed)
        assert typed.steady.unsent == 0
        typed.source.type("é☃ and more\n")  # 15 bytes
        assert typed.tick() == "é☃"
        assert typed.steady.unsent == 15  # a portion counts until the next is asked for
        assert typed.tick() == " and "
        assert typed.steady.unsent == 10
        assert [typed.tick(), typed.tick()] == ["more\n", ""]
        assert typed.steady.unsent == 0

    def test_what_was_typed_between_two_ticks_goes_together(self, clock):
        typed = Typed(clock)
        start(typed)
        for word in ("one\n", "two\n", "three\n"):
            typed.source.type(word)
        assert typed.tick() == "one\ntwo\nthree\n"
        assert typed.tick() == ""

    def test_what_does_not_fit_waits_and_no_character_is_cut(self, clock):
        typed = Typed(clock, size=10)
        start(typed)
        typed.source.type("nine char☃☃☃\n")
        assert [typed.tick() for _ in range(4)] == ["nine char", "☃☃☃\n", "", ""]

    def test_when_sending_took_longer_no_tick_is_made_up_for(self, clock):
        """Else an observer would see a burst, and know that it was slow before."""
        typed = Typed(clock)
        start(typed)
        clock.now += 7
        typed.tick()
        typed.tick()
        assert clock.slept == [2.0, 0, 2.0]

    def test_when_the_input_ends_what_waits_is_sent_first(self, clock):
        typed = Typed(clock, size=4)
        start(typed)
        typed.source.type("12345678")
        typed.source.type(Source.END)
        assert [*map("".join, typed.portions)] == ["1234", "5678"]

    def test_when_the_input_ends_with_nothing_to_say_it_ends_at_the_next_tick(self, clock):
        typed = Typed(clock)
        start(typed)
        typed.source.type(Source.END)
        assert list(typed.portions) == []

    def test_when_the_input_fails_the_text_before_is_sent_and_the_failure_raised(self, clock):
        typed = Typed(clock)
        start(typed)
        typed.source.type("said\n")
        typed.source.type(ConsoleError("cannot read"))
        assert typed.tick() == "said\n"
        with pytest.raises(ConsoleError):
            typed.tick()

    def test_an_input_that_never_waits_is_read_no_faster_than_it_is_sent(self, clock):
        taken = 0

        def endless() -> Iterator[Iterable[str]]:
            nonlocal taken
            while True:
                taken += 1
                yield ["x" * 254]

        portions = Steady(1.0, 254)(endless())
        for _ in range(50):
            next(portions)
        assert taken <= 50 + steady._WAITING + 2

    @given(st.lists(st.text(CHARACTER, max_size=700), max_size=6), st.sampled_from([254, 1022, 5]))
    def test_all_text_passes_in_order(self, texts, size):
        with mock.patch.object(steady, "time", Clock()):
            portions = list(map("".join, Steady(1.0, size)([text] for text in texts)))
        assert "".join(portions) == "".join(texts)
        assert all(len(portion.encode()) <= size for portion in portions)


class TestOnTheWire:
    def test_with_text_or_without_it_looks_alike(self):
        session, _ = agreed(steady=True)
        sizes = {len(say(session, text)) for text in ("", "a", "hello\n", "x" * 254)}
        assert sizes == {306}
        assert len(session.farewell()) == 306

    def test_two_steady_chats(self):
        """With a true clock, and short ticks: both inputs end, and all has arrived."""
        text = "a line of some length ☃\n".encode() * 40

        def make_chat(*arguments: Any, **options: Any) -> Chat:
            return Chat(*arguments, pace=Steady(0.01, 254), **options)

        alice, bob = converse(
            *agreed(steady=True), (io.BytesIO(text), io.BytesIO(b"hi\n")), make_chat
        )
        assert (alice.error, bob.error) == (None, None)
        assert (alice.shown, bob.shown) == (b"hi\n", text)
