"""The screen shows everything that it can, and holds up nobody when it cannot."""

from __future__ import annotations

import re
import threading
import time

import pytest

from compat.wiretap.layout import ShortLayout
from compat.wiretap.relay import Ending
from compat.wiretap.screen import MOST_WAITING, Screen
from compat.wiretap.wires import LEGACY, Place, Segment
from modern.errors import ConsoleError

HELLO = Segment(LEGACY, Place.CLIENT, Place.SERVER, b"hello", range(1, 2))
TIMEOUT = 20


class Page:
    """A printer that keeps what it prints, once it may print."""

    def __init__(self):
        self.lines: list[str] = []
        self.free = threading.Event()
        self.free.set()
        self.busy = threading.Event()

    def count(self):
        return sum("client → server" in line for line in self.lines)

    def wait_for(self, count):
        deadline = time.monotonic() + TIMEOUT
        while self.count() < count and time.monotonic() < deadline:
            time.sleep(0.01)

    def print(self, *lines):
        self.busy.set()
        assert self.free.wait(TIMEOUT)
        self.lines += [str(line) for line in lines]


class Torn(Page):
    """A printer that cannot print."""

    def print(self, *lines):
        raise ConsoleError("cannot write to standard output")


def open_screen(page):
    return Screen(page, ShortLayout(80))


def test_segments_and_ends_are_shown_with_their_time():
    page = Page()
    screen = open_screen(page)
    screen.saw(HELLO)
    screen.ended(Place.CLIENT, Ending.CLOSED)
    screen.ended(Place.SERVER, Ending.RESET)
    screen.close()
    clock = r"\d\d:\d\d:\d\d\.\d\d\d  "
    wanted = [
        clock + "client → server   message 1, 5 bytes",
        "    A 6865",
        clock + "client sends no more",
        clock + "server reset the connection",
    ]
    assert len(page.lines) == len(wanted)
    for line, pattern in zip(page.lines, wanted, strict=True):
        assert re.fullmatch(pattern, line)


def test_a_screen_that_is_behind_stops_nobody_and_says_what_it_left_out():
    page = Page()
    page.free.clear()
    screen = open_screen(page)
    screen.saw(HELLO)
    assert page.busy.wait(TIMEOUT)
    for _ in range(1000):
        screen.saw(HELLO)
    page.free.set()
    page.wait_for(MOST_WAITING + 1)
    for _ in range(2):
        screen.saw(HELLO)
    screen.close()
    assert page.count() == MOST_WAITING + 3
    (left_out,) = (line for line in page.lines if "not shown" in line)
    assert int(re.search(r"… (\d+) more", left_out)[1]) == 1003 - page.count()


def test_what_was_left_out_last_is_said_at_the_end():
    page = Page()
    page.free.clear()
    screen = open_screen(page)
    screen.saw(HELLO)
    assert page.busy.wait(TIMEOUT)  # from here on, nothing is taken out until the page is free
    for _ in range(999):
        screen.saw(HELLO)
    page.free.set()
    screen.close()
    assert f"… {1000 - page.count():,} more, not shown" in page.lines[-1]


def test_after_ctrl_c_a_stuck_screen_is_not_waited_for():
    page = Page()
    page.free.clear()
    screen = open_screen(page)
    for _ in range(MOST_WAITING + 10):
        screen.saw(HELLO)
    screen.close(patience=0)
    assert page.lines == []
    page.free.set()


def test_a_screen_that_fails_says_so_at_the_end():
    screen = open_screen(Torn())
    for _ in range(3):
        screen.saw(HELLO)
    with pytest.raises(ConsoleError, match="cannot write"):
        screen.close()
