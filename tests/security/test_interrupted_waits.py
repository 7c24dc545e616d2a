"""A signal that wakes nobody: it comes between Python's last look for signals and a wait.

`_thread.interrupt_main` makes such a signal: Python notes it, and the system call goes on waiting.
"""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import gc
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from compat import loop
from compat.bridge import bridge
from compat.bridge.command_line import Address, _Reception
from legacy import chat as legacy_chat
from legacy.console import Console
from modern import chat, network, waiting
from modern.session import Session

SOON = 0.05


@contextlib.contextmanager
def interrupted() -> Iterator[None]:
    """Make a signal while the block waits.

    On a busy machine, it may come already before the block begins.
    """
    timer = threading.Timer(SOON, _thread.interrupt_main)
    try:
        timer.start()
        yield
    finally:
        timer.join()


def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def modern_chat() -> chat.Chat:
    return chat.Chat(socket.socketpair()[0], object.__new__(Session), None, None)


def legacy_conversation() -> legacy_chat.Conversation:
    here, _ = socket.socketpair()
    wire = legacy_chat.OriginalWire(here, bytes(32))
    return legacy_chat.Conversation(here, wire, Console(None, None))


def reception() -> _Reception:
    address = Address(listens=True, host="127.0.0.1", port=0)
    return _Reception({"modern": address}, {"modern": listener()}, lambda side, peer: None)


WAITS: dict[str, Callable[[], object]] = {
    "a modern server": lambda: network.accept(listener()),
    "a modern server that looks at its input": lambda: waiting._wait_for_any([listener()]),
    "a modern chat": lambda: modern_chat()._next_end(),
    "a legacy server": lambda: legacy_chat.accept(listener()),
    "a legacy chat": lambda: legacy_conversation()._wait(),
    "a bridge that waits for peers": lambda: reception().wait(),
    "a bridge": lambda: bridge.Bridge(None, None, print)._wait_for_first(),  # type: ignore[arg-type]
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # what waits is left as it is
@pytest.mark.timeout(30)
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_signal_that_interrupts_no_system_call_is_heeded_all_the_same(wait):
    with pytest.raises(KeyboardInterrupt), interrupted():
        wait()


@pytest.mark.timeout(30)
def test_a_loop_heeds_such_a_signal():
    """The wiretap and the tour wait in a loop. It has begun here when the signal comes."""

    async def wait() -> None:
        with interrupted():
            await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        loop.run(wait())


def test_a_signal_before_a_loop_has_begun_leaves_no_warning(monkeypatch, recwarn):
    async def program() -> None:
        raise AssertionError("it must not begin")

    def interrupt(main: Coroutine[Any, Any, None]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asyncio, "run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        loop.run(program())
    gc.collect()
    assert not [str(each.message) for each in recwarn]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_ctrl_c_while_a_legacy_chat_starts_shows_no_end_of_the_peer(monkeypatch, tmp_path):
    """The chat ends because of Ctrl-C; its listening thread must not report a broken pipe."""
    shown = (tmp_path / "shown").open("w+b", buffering=0)
    here, there = socket.socketpair()
    wire = legacy_chat.OriginalWire(here, bytes(32))
    talk = legacy_chat.Conversation(here, wire, Console(None, shown))
    start, threads = threading.Thread.start, []

    def start_once(thread: threading.Thread) -> None:
        if threads:
            raise KeyboardInterrupt
        threads.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_once)
    with there, contextlib.suppress(KeyboardInterrupt):
        talk.run()
    here.close()
    threads[0].join()
    shown.seek(0)
    assert shown.read() == b""
